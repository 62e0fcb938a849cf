"""Packets of a video stream in their order, and what is missing among them.

Video has no clock of its own to wait for as audio has: a packet goes on at once when it is the next one. Behind a hole
packets wait a little, for those that were overtaken or are sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from videobar.rtp.packet import RtpPacket

OVERTAKEN_S: Final = 0.04
"""How long a hole is waited for that nobody is asked to fill."""
RESENT_S: Final = 0.2
"""How long one is waited for whose packets are sent again on request."""
ASK_AGAIN_S: Final = 0.06
FARTHEST: Final = 1024
"""A jump ahead of more packets than that is another stream."""
CAPACITY: Final = 512
"""Packets that wait behind a hole at most."""
MOST_MISSING: Final = 64
"""Packets that are asked for at once at most; of more loss than that a whole new picture is the better cure."""


@dataclass(slots=True)
class ReorderCounts:
    """What happened to packets so far."""

    reordered: int = 0
    """Waited behind a hole that was filled."""
    lost: int = 0
    """Holes that were given up, in packets."""
    late: int = 0
    """Came after that, or twice."""
    restarts: int = 0


class ReorderBuffer:
    """Orders packets by their 16-bit sequence numbers. `resent` when missing ones are sent again on request."""

    def __init__(self, *, resent: bool = False) -> None:
        self.counts = ReorderCounts()
        self._patience_s = RESENT_S if resent else OVERTAKEN_S
        self._next: int | None = None
        self._waiting: dict[int, RtpPacket] = {}
        self._hole_since = 0.0
        self._asked: dict[int, float] = {}

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
            self._asked.clear()
            self._next = packet.sequence
            ready.append((self._pass_on(packet), True))
        elif ahead == 0:
            ready.append((self._pass_on(packet), False))
            ready += self._passed_on_after()
        elif packet.sequence in self._waiting:
            self.counts.late += 1
        else:
            if not self._waiting:
                self._hole_since = now
            self._waiting[packet.sequence] = packet
        while self._waiting and (now - self._hole_since >= self._patience_s or len(self._waiting) > CAPACITY):
            ready += self._give_up_hole(now)
        return ready

    def missing(self, now: float) -> list[int]:
        """Sequence numbers to ask for now; each is asked for again after a while."""
        if not self._waiting or self._next is None:
            return []
        last = max((sequence - self._next) & 0xFFFF for sequence in self._waiting)
        holes = [
            sequence
            for sequence in ((self._next + ahead) & 0xFFFF for ahead in range(last))
            if sequence not in self._waiting and now - self._asked.get(sequence, -1.0) >= ASK_AGAIN_S
        ][:MOST_MISSING]
        self._asked.update(dict.fromkeys(holes, now))
        return holes

    def _pass_on(self, packet: RtpPacket) -> RtpPacket:
        self._next = (packet.sequence + 1) & 0xFFFF
        self._asked.pop(packet.sequence, None)
        return packet

    def _passed_on_after(self) -> list[tuple[RtpPacket, bool]]:
        ready = []
        while self._next in self._waiting:
            self.counts.reordered += 1
            ready.append((self._pass_on(self._waiting.pop(self._next)), False))
        return ready

    def _give_up_hole(self, now: float) -> list[tuple[RtpPacket, bool]]:
        start = self._next or 0
        first = min(self._waiting, key=lambda sequence: (sequence - start) & 0xFFFF)
        self.counts.lost += (first - start) & 0xFFFF
        self._asked.clear()
        self._hole_since = now
        return [(self._pass_on(self._waiting.pop(first)), True), *self._passed_on_after()]
