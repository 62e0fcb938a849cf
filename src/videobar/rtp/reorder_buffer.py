"""Packets of a video stream in their order, and what is missing among them.

Video has no clock of its own to wait for as audio has: a packet goes on at once when it is the next one. Behind a hole
packets wait a little, for those that were overtaken or are sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from videobar.rtp.packet import RtpPacket

OVERTAKEN_S: Final = 0.04
"""Patience for a hole that the far end is not asked to fill."""
RESENT_S: Final = 0.2
"""Least patience for one whose packets are sent again on request."""
LONGEST_RESENT_S: Final = 0.6
"""Most patience, however long a round trip takes: pictures that are later disturb a conversation."""
UNKNOWN_ROUND_TRIP_S: Final = 0.2
"""Round trip that is assumed until a report gives it: longer than most, so that nothing is asked for twice in one."""
ROUND_TRIPS: Final = 1.25
"""A packet is not asked for again within so many round trips: it may be on its way."""
ASK_AGAIN_S: Final = 0.06
"""Minimum pause between requests for one packet, however short round trips are: the far end spreads what it resends."""
ASK_PAUSE_S: Final = 0.02
"""Minimum pause between any two requests, each for all packets that are missing by then."""
MOST_TIMES: Final = 3
"""Most requests for one packet; for more loss than that a keyframe is the better cure."""
FARTHEST: Final = 1024
"""A jump ahead of more packets than that is another stream."""
CAPACITY: Final = 512
"""Packets that wait behind a hole at most."""
MOST_MISSING: Final = 64
"""Packets that are asked for at once at most."""


@dataclass(slots=True)
class ReorderCounts:
    """Counters of packets."""

    reordered: int = 0
    """Waited behind a hole that was filled."""
    lost: int = 0
    """Holes that were given up, in packets."""
    late: int = 0
    """Came after that, or twice."""
    restarts: int = 0
    asked: int = 0
    """Asked for, in packets; each time counts."""


@dataclass(slots=True)
class _Request:
    """A missing packet that was asked for."""

    first_s: float
    last_s: float
    times: int = 1


class ReorderBuffer:
    """Orders packets by their 16-bit sequence numbers. `resent` when missing ones are sent again on request.

    A hole ages from the arrival of the first packet behind it. How long it may get follows the round trip, so that what
    was asked for twice can still be in time.
    """

    def __init__(self, *, resent: bool = False) -> None:
        self.counts = ReorderCounts()
        self.round_trip_s: float | None = None
        """Time that a request and what it brings take, where that is known."""
        self._resent = resent
        self._next: int | None = None
        self._waiting: dict[int, tuple[RtpPacket, float]] = {}
        """Packets that wait, with and in the order of their times of arrival."""
        self._requests: dict[int, _Request] = {}
        """Requests for missing packets, by sequence number."""
        self._asked_at = float("-inf")

    @property
    def patience_s(self) -> float:
        """Age at which a hole is given up."""
        if not self._resent:
            return OVERTAKEN_S
        twice = self._ask_again_s + self._round_trip_s + ASK_PAUSE_S
        return min(LONGEST_RESENT_S, max(RESENT_S, twice))

    def put(self, packet: RtpPacket, now: float) -> list[tuple[RtpPacket, bool]]:
        """Take a packet; those that can go on now, each with whether packets are missing before it."""
        ready: list[tuple[RtpPacket, bool]] = []
        if self._next is None:
            self._next = packet.sequence
        ahead = (packet.sequence - self._next) & 0xFFFF
        if ahead >= 0x10000 - FARTHEST:
            self.counts.late += 1
        elif ahead > FARTHEST:
            self.counts.restarts += 1
            self._waiting.clear()
            self._requests.clear()
            self._next = packet.sequence
            ready.append((self._pass_on(packet), True))
        elif ahead == 0:
            ready.append((self._pass_on(packet), False))
            ready += self._passed_on_after()
        elif packet.sequence in self._waiting:
            self.counts.late += 1
        else:
            self._waiting[packet.sequence] = packet, now
            self._requests.pop(packet.sequence, None)
        while self._waiting and (self._age_s(now) >= self.patience_s or len(self._waiting) > CAPACITY):
            ready += self._give_up_hole()
        return ready

    def missing(self, now: float) -> list[int]:
        """Sequence numbers to ask for now: none too often, too soon again, or when it could not come in time."""
        if not self._waiting or self._next is None or now - self._asked_at < ASK_PAUSE_S:
            return []
        last = max((sequence - self._next) & 0xFFFF for sequence in self._waiting)
        ahead = ((self._next + distance) & 0xFFFF for distance in range(last))
        holes = [each for each in ahead if each not in self._waiting and self._may_ask(each, now)]
        for sequence in holes[:MOST_MISSING]:
            request = self._requests.get(sequence)
            if request is None:
                self._requests[sequence] = _Request(now, now)
            else:
                request.last_s = now
                request.times += 1
            self.counts.asked += 1
            self._asked_at = now
        return holes[:MOST_MISSING]

    @property
    def _round_trip_s(self) -> float:
        return UNKNOWN_ROUND_TRIP_S if self.round_trip_s is None else self.round_trip_s

    @property
    def _ask_again_s(self) -> float:
        return max(ASK_AGAIN_S, ROUND_TRIPS * self._round_trip_s)

    def _may_ask(self, sequence: int, now: float) -> bool:
        request = self._requests.get(sequence)
        if request is None:
            return True
        return (
            request.times < MOST_TIMES
            and now - request.last_s >= self._ask_again_s
            and now - request.first_s + self._round_trip_s < self.patience_s
        )

    def _age_s(self, now: float) -> float:
        """Age of the first hole: all that waits is behind it, the first that came in front."""
        _, came_s = next(iter(self._waiting.values()))
        return now - came_s

    def _pass_on(self, packet: RtpPacket) -> RtpPacket:
        self._next = (packet.sequence + 1) & 0xFFFF
        self._requests.pop(packet.sequence, None)
        return packet

    def _passed_on_after(self) -> list[tuple[RtpPacket, bool]]:
        ready = []
        while self._next in self._waiting:
            self.counts.reordered += 1
            ready.append((self._pass_on(self._waiting.pop(self._next)[0]), False))
        return ready

    def _give_up_hole(self) -> list[tuple[RtpPacket, bool]]:
        start = self._next or 0
        distance = min((sequence - start) & 0xFFFF for sequence in self._waiting)
        self.counts.lost += distance
        for given_up in range(distance):
            self._requests.pop((start + given_up) & 0xFFFF, None)
        first = self._waiting.pop((start + distance) & 0xFFFF)[0]
        return [(self._pass_on(first), True), *self._passed_on_after()]
