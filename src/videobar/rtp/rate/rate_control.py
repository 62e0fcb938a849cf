"""The rate of one stream of pictures, both ways: joins what is measured with what is said on RTCP."""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import Final

from videobar.rtp.rate.congestion import HEADERS, LEAST_KBPS, LOOK_S, Allowance, Arrival, RateMeter
from videobar.rtp.rtcp import Remb, RtcpPacket, Tmmbn, Tmmbr, TmmbrLimit

DATAGRAM_HEADERS: Final = 28
"""Bytes of IPv4 and UDP headers around each datagram."""
MOST_WANTED_KBPS: Final = 20_000.0
"""Maximum rate that is asked for: the far end knows what was agreed on."""
SENT_WINDOW_S: Final = 1.0
LEAST_INTERVAL_S: Final = 0.3
"""Between two reports; what is sent within less says little."""


class RateFeedback(Enum):
    """RTCP feedback for rates that was agreed on."""

    NONE = "none"
    TMMBR = "tmmbr"
    REMB = "remb"


class RateControl:
    """Rate control of what is sent, and asked of the far end. Not thread-safe; times are monotonic seconds."""

    def __init__(self, clock_rate: int) -> None:
        self.due = float("inf")
        """Time of the next call of `look`."""
        self.question = RateFeedback.NONE
        self._clock_rate = clock_rate
        self._arrival = Arrival(clock_rate)
        self._allowance = Allowance()
        self._sent = RateMeter(SENT_WINDOW_S)
        self._resent = RateMeter(SENT_WINDOW_S)
        self._bits_since_report = 0
        self._reported_at: float | None = None
        self._intervals_kbps: deque[float] = deque(maxlen=2)

    @property
    def kbps(self) -> float:
        """Rate that all datagrams together may take."""
        return self._allowance.kbps

    @property
    def is_receiving_full(self) -> bool:
        """True if the way to us is full: more requests would make it worse."""
        return self._arrival.is_full

    def payload_kbps(self, now: float) -> float:
        """Rate that payloads may take of that: the rest is for headers and for what is sent again."""
        headers = (self._sent.per_s(now) - self._resent.per_s(now)) * HEADERS * 8 / 1000
        kbps = self.kbps
        return kbps if kbps == float("inf") else max(LEAST_KBPS / 2, kbps - headers - self._resent.kbps(now))

    def configure(self, clock_rate: int, kbps: int | None, question: RateFeedback, now: float) -> None:
        """Begin, or go on with other terms."""
        if question is not self.question:
            self._allowance.asked_kbps = float("inf")
        self.question = question
        self._allowance.most_kbps = float("inf") if kbps is None else float(kbps)
        if clock_rate != self._clock_rate:
            self._clock_rate = clock_rate
            self.begin_anew()
        self.due = min(self.due, now + LOOK_S)

    def begin_anew(self) -> None:
        """Another source is heard: what the one before has asked for counts no more."""
        self._arrival = Arrival(self._clock_rate)
        self._allowance.asked_kbps = float("inf")

    def record(self, datagram: bytes, now: float, *, resent: bool = False) -> None:
        """Count a datagram that was sent."""
        size = len(datagram) + DATAGRAM_HEADERS
        self._sent.add(size, now)
        self._bits_since_report += size * 8
        if resent:
            self._resent.add(size, now)

    def take(self, timestamp: int, size: int, now: float, *, resent: bool) -> None:
        """Count a packet that came, with `size` bytes of payload."""
        self._arrival.take(timestamp, size + HEADERS, now, resent=resent)

    def take_report(self, fraction_lost: float, round_trip_s: float | None, now: float) -> None:
        """The far end's report about us.

        It is about what was sent in this interval or in the one before, as the way there and back takes its time.
        """
        since_s = now - self._reported_at if self._reported_at is not None else 0.0
        if since_s >= LEAST_INTERVAL_S:
            self._intervals_kbps.append(self._bits_since_report / 1000 / since_s)
        if since_s >= LEAST_INTERVAL_S or self._reported_at is None:
            self._reported_at, self._bits_since_report = now, 0
        sent = max(self._intervals_kbps, default=self._sent.kbps(now))
        self._allowance.take_report(fraction_lost, round_trip_s, sent, now)

    def look(self, now: float, ours: int, theirs: int | None) -> RtcpPacket | None:
        """Find out what has changed; what to say about it. `ours` and `theirs` are the SSRCs."""
        self.due = now + LOOK_S
        self._allowance.look(self._sent.kbps(now), now)
        self._arrival.look(now, MOST_WANTED_KBPS)
        if theirs is None or self.question is RateFeedback.NONE:
            return None
        wanted = self._arrival.question_at(now)
        if wanted is None:
            return None
        bits_per_s = int(wanted * 1000)
        if self.question is RateFeedback.REMB:
            return Remb(ours, bits_per_s, (theirs,))
        return Tmmbr(ours, (TmmbrLimit(theirs, bits_per_s, HEADERS),))

    def on_feedback(self, packet: Tmmbr | Tmmbn | Remb, ours: int) -> RtcpPacket | None:
        """Take TMMBR, TMMBN or REMB of the far end; the answer, if there is one."""
        match packet:
            case Tmmbr():
                limit = next((each for each in packet.limits if each.ssrc == ours), None)
                if limit is None:
                    return None
                self._allowance.asked_kbps = limit.bits_per_s / 1000
                return Tmmbn(ours, (TmmbrLimit(packet.sender, limit.bits_per_s, limit.overhead),))
            case Tmmbn():
                if any(each.ssrc == ours for each in packet.limits):
                    self._arrival.notice()
            case Remb() if ours in packet.ssrcs:
                self._allowance.asked_kbps = packet.bits_per_s / 1000
        return None
