"""Congestion control: the receiver asks for less where packets queue, and the sender reduces its rate.

Rates count whole datagrams with their IP and UDP headers, since it is those that fill a link. The receiver's side,
`Arrival`, measures the queue on the way to us as NADA (RFC 8698) and SCReAM (RFC 8298) do: by how much later than the
least late of the last half minute pictures come, against their timestamps. While a queue stands, a part of what arrives
is asked for, by TMMBR (RFC 5104 section 4.2.1) or REMB; while none does, more and more. The sender's side, `Allowance`,
is the lowest of what was agreed on, of what the far end asks for, and of what its reports leave: loss (as in GCC,
draft-ietf-rmcat-gcc-02 section 6), a round trip that grows, and reports that cease (in the spirit of RFC 8083).
"""

from __future__ import annotations

from collections import deque
from typing import Final

HEADERS: Final = 40
"""Bytes of IPv4, UDP and RTP headers around each payload; what TMMBR calls the measured overhead."""
LEAST_KBPS: Final = 64.0
"""Minimum rate that is asked for or accepted: with less there are no pictures at all."""

QUEUE_S: Final = 0.08
"""A standing queue of so much is too long."""
MOST_QUEUE_S: Final = 0.15
"""The same at most where pictures always come so late, since a busy machine makes them so late itself."""
OF_USUAL: Final = 2.0
"""Threshold of lateness beyond the usual, between these two."""
USUAL_LOOKS: Final = 100
"""Of ten seconds is what is usual."""
LONG_QUEUE_S: Final = 0.2
CALM: Final = 0.6
"""With less than this part of what is too long there is no queue."""
FULL_S: Final = 0.12
"""With more than that, nothing that was lost is asked for again: it would be lost as well."""
BASE_WINDOW_S: Final = 30.0
"""The least late picture of so long had no queue before it."""
LATENESS_WINDOW_S: Final = 0.3
"""The least late of so long tells the queue: what delayed all others was on the way to the link, not on it."""
LEAST_PICTURES: Final = 3
LOOK_S: Final = 0.1
RATE_WINDOW_S: Final = 0.5
LONG_RATE_WINDOW_S: Final = 1.5
"""For a short queue, as of a link that is nearly wide enough: a moment with few bits says nothing of the link."""
DECREASE: Final = 0.85
STRONG_DECREASE: Final = 0.68
DECREASE_PAUSE_S: Final = 0.3
"""Between two decreases, besides the queue that what was sent before the first has to pass."""
GROWTH_PER_S: Final = 1.12
"""Near the rate at which there was a queue last."""
FAST_GROWTH_PER_S: Final = 1.5
NEAR: Final = (0.85, 1.1)
HOLD_S: Final = 0.8
"""Time without a queue before more is asked for."""
MOST_OF_RECEIVED: Final = 1.6
"""More than that of what arrives says nothing: the far end has no more to send."""
STALE_S: Final = 1.5
"""Timeout: where no picture has come for so long, nothing is known of a queue."""
OTHER_CLOCK_S: Final = 5.0
"""Timestamps that are off by more come of another clock."""

ASK_PAUSE_S: Final = 1.0
QUEUED_ASK_PAUSE_S: Final = 0.5
"""While there is a queue: what was asked for last may be lost."""
REPEAT_S: Final = 4.0
"""Interval at which what has not changed is sent again, in case it was lost."""
CHANGE: Final = 0.02
"""Tolerance: rates that differ by less are the same."""

HEAVY_LOSS: Final = 0.20
LOSS: Final = 0.10
LITTLE_LOSS: Final = 0.02
LITTLE_LOSS_WHEN_ASKED: Final = 0.05
"""The same where the far end asks for what it wants: it sees queues itself, and loss may have other causes."""
RECOVERY_PER_S: Final = 1.08
RECOVERY_PER_S_WHEN_ASKED: Final = 1.25
GROWN_ROUND_TRIP_S: Final = 0.15
"""A round trip that is so much longer in three reports running tells of a queue."""
ROUND_TRIP_WINDOW_S: Final = 60.0
MISSED_S: Final = 7.5
"""Reports come each five seconds or oftener (RFC 3550 section 6.2); when none has for longer, nothing gets through."""
LONGEST_STEP_S: Final = 6.0


class RateMeter:
    """Rate meter in kbit/s over the last half second. Not thread-safe."""

    def __init__(self, window_s: float = RATE_WINDOW_S) -> None:
        self._window_s = window_s
        self._sizes: deque[tuple[float, int]] = deque()
        self._sum = 0

    def add(self, size: int, now: float) -> None:
        """Count a datagram of `size` bytes."""
        self._sizes.append((now, size))
        self._sum += size
        self._forget(now)

    def kbps(self, now: float) -> float:
        """The rate now."""
        self._forget(now)
        return self._sum * 8 / self._window_s / 1000

    def per_s(self, now: float) -> float:
        """Datagrams a second."""
        self._forget(now)
        return len(self._sizes) / self._window_s

    def _forget(self, now: float) -> None:
        while self._sizes and self._sizes[0][0] < now - self._window_s:
            self._sum -= self._sizes.popleft()[1]


class Arrival:
    """Delay-based estimate of one source: queues on its way, and the rate to ask for. Times are monotonic seconds."""

    def __init__(self, clock_rate: int) -> None:
        self.queue_s = 0.0
        """Time that packets have queued on the way."""
        self.wanted_kbps: float | None = None
        """Rate to ask for; `None` while there is no reason to ask for anything."""
        self._clock_rate = clock_rate
        self._received = RateMeter()
        self._received_long = RateMeter(LONG_RATE_WINDOW_S)
        self._first: tuple[int, float] | None = None
        self._picture: int | None = None
        """Timestamp of the picture whose packets come."""
        self._usual_s: deque[float] = deque(maxlen=USUAL_LOOKS)
        self._recent: deque[tuple[float, float]] = deque()
        """Time at which pictures began to come, and how late that was."""
        self._bases: deque[tuple[float, float]] = deque()
        """Candidates for the least lateness, in rising order."""
        self._looked_at = self._changed_at = self._asked_at = float("-inf")
        self._asked_kbps: float | None = None
        self._noticed = False
        self._calm_s = 0.0
        self._ceiling_kbps: float | None = None

    @property
    def is_full(self) -> bool:
        """True if the way to us is so full that more requests would make it worse."""
        return self.queue_s > FULL_S

    def take(self, timestamp: int, size: int, now: float, *, resent: bool) -> None:
        """Count a datagram of `size` bytes; one that was sent again says nothing of when its picture was sent."""
        self._received.add(size, now)
        self._received_long.add(size, now)
        if resent or timestamp == self._picture:
            return
        if self._first is None:
            self._first = timestamp, now
        if self._picture is not None and _ticks(timestamp, self._picture) < 0:
            return  # was overtaken
        self._picture = timestamp
        late = now - self._first[1] - _ticks(timestamp, self._first[0]) / self._clock_rate
        if abs(late) > OTHER_CLOCK_S:
            self._begin_anew(timestamp, now)
            late = 0.0
        self._recent.append((now, late))
        while len(self._recent) > LEAST_PICTURES and self._recent[0][0] < now - LATENESS_WINDOW_S:
            self._recent.popleft()

    def look(self, now: float, most_kbps: float) -> None:
        """Find out about the queue and what to ask for, of `most_kbps` at most; ten times a second."""
        if now - self._looked_at < LOOK_S or len(self._recent) < LEAST_PICTURES:
            return
        step_s, self._looked_at = min(1.0, now - self._looked_at), now
        if now - self._recent[-1][0] >= STALE_S:
            self.queue_s = 0.0
            return
        before_s, self.queue_s = self.queue_s, self._queue_s(now)
        received = self._received.kbps(now)
        too_long_s = self._too_long_s()
        if self.queue_s > too_long_s:
            self._calm_s = 0.0
            is_growing = self.queue_s > before_s - 0.02 and now - self._recent[-1][0] < RATE_WINDOW_S
            if (
                is_growing
                and before_s > too_long_s
                and now - self._changed_at >= DECREASE_PAUSE_S + self.queue_s
            ):
                self._changed_at = now
                if self.queue_s < LONG_QUEUE_S:
                    self._ceiling_kbps = max(received, self._received_long.kbps(now))
                    wanted = self._ceiling_kbps * DECREASE
                else:
                    self._ceiling_kbps = received
                    wanted = received * STRONG_DECREASE
                wanted = max(LEAST_KBPS, wanted)
                self.wanted_kbps = min(wanted, most_kbps if self.wanted_kbps is None else self.wanted_kbps)
            return
        if self.wanted_kbps is None or self.queue_s > CALM * too_long_s:
            self._calm_s = 0.0
            return
        self._calm_s += step_s
        if self._calm_s >= HOLD_S:
            self._grow(self.wanted_kbps, received, step_s, most_kbps)

    def question_at(self, now: float) -> float | None:
        """The rate to ask for now, in kbit/s; `None` while nothing is to be said."""
        wanted, asked = self.wanted_kbps, self._asked_kbps
        if wanted is None:
            return None
        since_s = now - self._asked_at
        is_new = asked is None or abs(wanted - asked) > CHANGE * asked
        is_less = asked is None or wanted < asked * (1 - CHANGE)
        due = (
            (is_less and since_s >= LOOK_S)
            or (self.queue_s > QUEUE_S and not self._noticed and since_s >= QUEUED_ASK_PAUSE_S)
            or (is_new and since_s >= ASK_PAUSE_S)
            or (not self._noticed and since_s >= REPEAT_S)
        )
        if not due:
            return None
        self._asked_at, self._asked_kbps = now, wanted
        self._noticed = False
        return wanted

    def notice(self) -> None:
        """The far end has heard what was asked for last (TMMBN, RFC 5104 section 4.2.2)."""
        self._noticed = True

    def _grow(self, wanted: float, received: float, step_s: float, most_kbps: float) -> None:
        ceiling = self._ceiling_kbps
        near = ceiling is not None and NEAR[0] * ceiling < wanted < NEAR[1] * ceiling
        grown = wanted * float((GROWTH_PER_S if near else FAST_GROWTH_PER_S) ** step_s)
        self.wanted_kbps = min(grown, max(wanted, MOST_OF_RECEIVED * received), most_kbps)

    def _too_long_s(self) -> float:
        """Queue that is too long now."""
        self._usual_s.append(self.queue_s)
        usual_s = sorted(self._usual_s)[len(self._usual_s) // 2]
        return min(MOST_QUEUE_S, max(QUEUE_S, OF_USUAL * usual_s))

    def _queue_s(self, now: float) -> float:
        late = min(each for _, each in self._recent)
        while self._bases and self._bases[-1][1] >= late:
            self._bases.pop()
        self._bases.append((now, late))
        while self._bases[0][0] < now - BASE_WINDOW_S:
            self._bases.popleft()
        return late - self._bases[0][1]

    def _begin_anew(self, timestamp: int, now: float) -> None:
        self._first = timestamp, now
        self._recent.clear()
        self._bases.clear()


class Allowance:
    """Loss-based limit of what may be sent on one stream, in kbit/s. Times are monotonic seconds."""

    def __init__(self) -> None:
        self.most_kbps = float("inf")
        """Rate that was agreed on."""
        self.asked_kbps = float("inf")
        """Rate that the far end asks for; infinity where it asks for nothing."""
        self._reported_kbps = float("inf")
        self._reported_at: float | None = None
        self._missed_at = 0.0
        self._round_trips: deque[tuple[float, float]] = deque()

    @property
    def kbps(self) -> float:
        """The lowest of all."""
        return min(self.most_kbps, max(LEAST_KBPS, min(self.asked_kbps, self._reported_kbps)))

    def look(self, sent_kbps: float, now: float) -> None:
        """Notice that reports have ceased; `sent_kbps` is what is sent now."""
        if self._reported_at is None or sent_kbps <= 0:
            return
        if now - max(self._reported_at, self._missed_at) >= MISSED_S:
            self._missed_at = now
            self._reduce_to(min(self.kbps, sent_kbps) * 0.6)

    def take_report(
        self, fraction_lost: float, round_trip_s: float | None, sent_kbps: float, now: float
    ) -> None:
        """The far end's report about us: the part that was lost, and the round trip, if it gave one."""
        is_asked = self.asked_kbps != float("inf")
        grown_s = self._growth_of(round_trip_s, now)
        step_s = min(LONGEST_STEP_S, now - (self._reported_at if self._reported_at is not None else now))
        self._reported_at = now
        # The report is about what was sent before, which may be more than is allowed by now.
        if fraction_lost > HEAVY_LOSS:
            self._reduce_to(
                sent_kbps * (1 - fraction_lost) * 0.9
            )  # the path says itself how much came through
        elif fraction_lost > LOSS:
            self._reduce_to(sent_kbps * (1 - fraction_lost / 2))
        elif grown_s > GROWN_ROUND_TRIP_S and not is_asked:
            self._reduce_to(sent_kbps * 0.8)
        elif fraction_lost < (LITTLE_LOSS_WHEN_ASKED if is_asked else LITTLE_LOSS):
            per_s = RECOVERY_PER_S_WHEN_ASKED if is_asked else RECOVERY_PER_S
            grown = min(self._reported_kbps, self.most_kbps) * per_s**step_s + 5 * step_s
            self._reported_kbps = grown if grown < self.most_kbps else float("inf")

    def _reduce_to(self, kbps: float) -> None:
        self._reported_kbps = max(LEAST_KBPS, min(self._reported_kbps, kbps))

    def _growth_of(self, round_trip_s: float | None, now: float) -> float:
        """Difference between the least of the last three round trips and the least of the last minute."""
        if round_trip_s is None:
            return 0.0
        self._round_trips.append((now, round_trip_s))
        while self._round_trips[0][0] < now - ROUND_TRIP_WINDOW_S:
            self._round_trips.popleft()
        latest = [seconds for _, seconds in list(self._round_trips)[-3:]]
        return min(latest) - min(seconds for _, seconds in self._round_trips) if len(latest) == 3 else 0.0


def _ticks(later: int, earlier: int) -> int:
    """Ticks from one timestamp to another; negative for an earlier one."""
    return ((later - earlier + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
