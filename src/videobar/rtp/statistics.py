"""Statistics of a stream: RFC 3550 section 6.4, appendices A.1 (sequence), A.3 (loss) and A.8 (jitter)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from videobar.rtp.rtcp import ReportBlock
from videobar.stream_counters import StreamCounters

MAX_DROPOUT: Final = 3000
"""A jump ahead of this many packets or more is a restarted sender, not loss (A.1)."""
MAX_MISORDER: Final = 100
"""A packet further back than this belongs to a restarted sender (A.1)."""
RATE_WINDOW_S: Final = 2.0
_BUCKETS_PER_S: Final = 10
_LONGEST_STEP_S: Final = 2.0
"""A transit time that changes by more is a break in the far end's timestamps, not jitter."""
_LONGEST_ROUND_TRIP_S: Final = 60.0
_ROUND_TRIPS: Final = 3
"""The longest of so many counts where something waits for one: single far ends are late with a report now and then."""


@dataclass(slots=True)
class DiscardCounts:
    """Datagrams that were not used, and why. Never logged one by one: strangers decide how many there are."""

    malformed: int = 0
    early: int = 0
    """Came before the stream was configured."""
    refused: int = 0
    """Payload type that was not negotiated."""
    foreign: int = 0
    """Packets from an address other than the far end's, or from another source while one is already received."""
    collisions: int = 0
    """Our own SSRC, used by somebody else."""
    unsent: int = 0
    """The operating system would not send it."""
    unkeyed: int = 0
    """Came before the keys to check it with."""
    untrusted: int = 0
    """Plain, forged, or sent a second time, on a protected stream."""

    @property
    def unused(self) -> int:
        """All datagrams that came and were not used."""
        return self.malformed + self.early + self.refused + self.foreign + self.unkeyed + self.untrusted


class RateWindow:
    """Payload rate over the last two seconds, in memory that does not grow with the rate."""

    def __init__(self) -> None:
        self._buckets: deque[tuple[int, int]] = deque(maxlen=int(RATE_WINDOW_S * _BUCKETS_PER_S) + 1)

    def add(self, size: int, now: float) -> None:
        """Count `size` bytes at `now` seconds."""
        bucket = int(now * _BUCKETS_PER_S)
        if self._buckets and self._buckets[-1][0] >= bucket:
            at, already = self._buckets[-1]
            self._buckets[-1] = (at, already + size)
        else:
            self._buckets.append((bucket, size))

    def kbps(self, now: float) -> float:
        """The rate over the last 20 complete tenths of a second, in kbit/s."""
        current = int(now * _BUCKETS_PER_S)
        first = current - int(RATE_WINDOW_S * _BUCKETS_PER_S)
        return sum(size for at, size in self._buckets if first <= at < current) * 8 / RATE_WINDOW_S / 1000


class Reception:
    """Counts what arrives from one source."""

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        self.ssrc = ssrc
        self.packets = 0
        self.bytes = 0
        self._clock_rate = clock_rate
        self._rate = RateWindow()
        self._base: int | None = None
        self._highest = 0
        self._cycles = 0
        self._received = 0
        self._restart_at: int | None = None
        self._lost_before_restart = 0
        self._jitter = 0.0
        self._previous: tuple[int, float] | None = None
        self._reported_expected = 0
        self._reported_received = 0

    @property
    def clock_rate(self) -> int:
        """Ticks of the timestamp clock per second; setting it keeps the jitter in milliseconds."""
        return self._clock_rate

    @clock_rate.setter
    def clock_rate(self, clock_rate: int) -> None:
        if clock_rate != self._clock_rate:
            self._jitter *= clock_rate / self._clock_rate
            self._clock_rate = clock_rate
            self._previous = None

    def record(self, sequence: int, timestamp: int | None, size: int, now: float) -> None:
        """Count a packet with `size` payload bytes that arrived at `now` seconds.

        `timestamp` is `None` for packets whose timestamps do not run with time, such as telephone events.
        """
        if not self._advance(sequence):
            return
        self._count(size, now)
        if timestamp is not None:
            self._measure_jitter(timestamp, now)

    def begin_anew(self) -> None:
        """Take the next packet for a first one: what is missing until then was not sent, as during a hold."""
        self._lost_before_restart = self.cumulative_lost
        self._base = None
        self._cycles = 0
        self._received = 0
        self._restart_at = None
        self._reported_expected = self._reported_received = 0
        self._previous = None

    def record_resent(self, size: int, now: float) -> None:
        """Count a packet that was sent again on request: it is not lost, and how late it is says nothing of jitter."""
        self._count(size, now)

    @property
    def extended_highest(self) -> int:
        """Highest sequence number, with the count of cycles in the bits above 16."""
        return self._cycles + self._highest

    @property
    def expected(self) -> int:
        """Packets the sender has sent since it (re)started, as the sequence numbers tell."""
        return 0 if self._base is None else self.extended_highest - self._base + 1

    @property
    def cumulative_lost(self) -> int:
        """Expected less received; negative when there were duplicates (A.3)."""
        return self._lost_before_restart + self.expected - self._received

    @property
    def jitter_ms(self) -> float:
        """Interarrival jitter (A.8) in milliseconds."""
        return self._jitter * 1000 / self._clock_rate

    def block(self, last_sr: int, delay_since_last_sr: int) -> ReportBlock:
        """The report block about this source; its fraction covers the time since the last call."""
        expected = self.expected - self._reported_expected
        lost = expected - (self._received - self._reported_received)
        self._reported_expected, self._reported_received = self.expected, self._received
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=0 if expected <= 0 or lost <= 0 else min(255, lost * 256 // expected),
            cumulative_lost=max(-0x800000, min(0x7FFFFF, self.cumulative_lost)),
            highest_sequence=self.extended_highest & 0xFFFF_FFFF,
            jitter=min(int(self._jitter), 0xFFFF_FFFF),
            last_sr=last_sr,
            delay_since_last_sr=delay_since_last_sr,
        )

    def figures(self, now: float, rtt_ms: float | None) -> StreamCounters:
        """The figures at `now` seconds."""
        lost = max(0, self.cumulative_lost)
        return StreamCounters(
            packets=self.packets,
            bytes=self.bytes,
            kbps=self._rate.kbps(now),
            lost=lost,
            lost_percent=_percent(lost, self.packets + lost),
            jitter_ms=self.jitter_ms,
            rtt_ms=rtt_ms,
        )

    def _count(self, size: int, now: float) -> None:
        self._received += 1
        self.packets += 1
        self.bytes += size
        self._rate.add(size, now)

    def _advance(self, sequence: int) -> bool:
        """Follow the sequence number (A.1); false for a packet that must not be counted."""
        if self._base is None:
            self._base = self._highest = sequence
            return True
        ahead = (sequence - self._highest) & 0xFFFF
        if ahead < MAX_DROPOUT:
            if sequence < self._highest:
                self._cycles += 0x10000
            self._highest = sequence
        elif ahead <= 0x10000 - MAX_MISORDER:
            if sequence != self._restart_at:
                self._restart_at = (sequence + 1) & 0xFFFF
                return False
            # Two in a row have come: the sender began again with other sequence numbers.
            self.begin_anew()
            self._base = self._highest = sequence
        return True

    def _measure_jitter(self, timestamp: int, now: float) -> None:
        if self._previous is not None:
            earlier, then = self._previous
            ticks = ((timestamp - earlier + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
            deviation = abs((now - then) * self._clock_rate - ticks)
            if deviation < _LONGEST_STEP_S * self._clock_rate:
                self._jitter += (deviation - self._jitter) / 16
        self._previous = (timestamp, now)


class Transmission:
    """Counts what is sent, and keeps what the far end says about it."""

    def __init__(self) -> None:
        self.packets = 0
        self.bytes = 0
        self.rtt_ms: float | None = None
        self._round_trips_s: deque[float] = deque(maxlen=_ROUND_TRIPS)
        self._rate = RateWindow()
        self._lost = 0
        self._lost_of = 0
        self._jitter_ms = 0.0

    @property
    def round_trip_s(self) -> float | None:
        """The longest of the last three round trips; `None` until the far end has answered a sender report."""
        return max(self._round_trips_s, default=None)

    def record(self, size: int, now: float) -> None:
        """Count a packet with `size` payload bytes sent at `now` seconds."""
        self.packets += 1
        self.bytes += size
        self._rate.add(size, now)

    def take_report(self, block: ReportBlock, clock_rate: int, ntp_middle: int) -> None:
        """Keep the far end's report block about us, which came at the NTP time with these middle 32 bits."""
        self._lost = max(0, block.cumulative_lost)
        self._lost_of = self.packets
        self._jitter_ms = block.jitter * 1000 / clock_rate
        if block.last_sr:
            seconds = round_trip_s(ntp_middle, block.last_sr, block.delay_since_last_sr)
            if seconds <= _LONGEST_ROUND_TRIP_S:
                self.rtt_ms = seconds * 1000
                self._round_trips_s.append(seconds)

    def figures(self, now: float) -> StreamCounters:
        """The figures at `now` seconds."""
        return StreamCounters(
            packets=self.packets,
            bytes=self.bytes,
            kbps=self._rate.kbps(now),
            lost=self._lost,
            lost_percent=_percent(self._lost, self._lost_of),
            jitter_ms=self._jitter_ms,
            rtt_ms=self.rtt_ms,
        )


def round_trip_s(arrival: int, last_sr: int, delay: int) -> float:
    """Round-trip time (section 6.4.1) from three 32-bit times in 1/65536 s.

    On a fast link the rounding of the three can give a little less than nothing; that is 0.
    """
    difference = (arrival - last_sr - delay) & 0xFFFF_FFFF
    return 0.0 if difference >= 0x8000_0000 else difference / 65536


def _percent(part: int, whole: int) -> float:
    return min(100.0, 100.0 * part / whole) if whole > 0 else 0.0
