"""What is asked for and allowed, on arrivals over simulated links, with time moved by hand."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from videobar.rtp.rate.congestion import (
    DECREASE,
    LEAST_KBPS,
    MISSED_S,
    MOST_QUEUE_S,
    QUEUE_S,
    REPEAT_S,
    Allowance,
    Arrival,
    RateMeter,
)

CLOCK = 90_000
PACKET = 1200
MOST_KBPS = 20_000.0


@dataclass
class Link:
    """A link with a queue of 300 ms, behind a sender of 30 pictures a second that obeys what it is asked for."""

    kbps: float
    sends_kbps: float = 1900.0
    obeys: bool = True
    jitter_s: float = 0.0
    spread_s: float = 0.0
    """How long the packets of a picture take to leave the sender."""
    delay_s: float = 0.02
    now: float = 50.0
    arrival: Arrival = field(default_factory=lambda: Arrival(CLOCK))
    sent_bits: float = 0.0
    free_at: float = 0.0
    said: list[tuple[float, float]] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(5))
    _coming: list[tuple[float, int, int]] = field(default_factory=list)
    _timestamp: int = 0xFFFF_0000

    def run(self, seconds: float) -> float:
        """Let time pass; the rate that was sent, in kbit/s."""
        before, began = self.sent_bits, self.now
        while self.now < began + seconds:
            self._send_picture()
            for _ in range(8):
                self.now += 1 / 240
                self._receive()
        return (self.sent_bits - before) / 1000 / seconds

    def _send_picture(self) -> None:
        asked = self.said[-1][1] if self.said and self.obeys else float("inf")
        size = min(self.sends_kbps, asked) * 1000 / 8 / 30
        count = max(1, round(size / PACKET))
        self._timestamp = (self._timestamp + CLOCK // 30) & 0xFFFF_FFFF
        for index in range(count):
            leaves = self.now + self.spread_s * index / count
            self.sent_bits += size / count * 8
            begins = max(leaves, self.free_at)
            if begins - leaves > 0.3:
                continue
            self.free_at = begins + size / count * 8 / self.kbps / 1000
            late = self.chance.random() * self.jitter_s
            self._coming.append((self.free_at + self.delay_s + late, self._timestamp, int(size / count)))

    def _receive(self) -> None:
        for at, timestamp, size in sorted(each for each in self._coming if each[0] <= self.now):
            self.arrival.take(timestamp, size, at, resent=False)
        self._coming = [each for each in self._coming if each[0] > self.now]
        self.arrival.look(self.now, MOST_KBPS)
        asked = self.arrival.question_at(self.now)
        if asked is not None:
            self.said.append((self.now, asked))


def test_on_a_link_that_is_wide_enough_nothing_is_said() -> None:
    link = Link(4000)
    link.run(60)
    assert link.said == []
    assert link.arrival.queue_s < 0.01


@pytest.mark.parametrize("jitter_s", [0.02, 0.05])
def test_jitter_is_no_queue(jitter_s: float) -> None:
    link = Link(4000, jitter_s=jitter_s)
    link.run(60)
    assert link.said == []


def test_pictures_that_are_spread_by_the_sender_are_no_queue() -> None:
    """Each of several packets, the last of which leaves 30 ms after the first."""
    link = Link(4000, spread_s=0.03)
    link.run(30)
    assert link.said == []


@pytest.mark.parametrize("narrow", [300.0, 600.0, 1200.0])
@pytest.mark.parametrize("jitter_s", [0.0, 0.03])
def test_after_a_step_down_no_more_is_sent_than_the_link_carries(narrow: float, jitter_s: float) -> None:
    link = Link(2500, jitter_s=jitter_s)
    link.run(5)
    link.kbps = narrow
    link.run(5)
    assert link.run(10) <= 1.1 * narrow
    assert link.run(10) >= 0.6 * narrow, "and most of what it carries"
    assert link.arrival.queue_s < MOST_QUEUE_S


def test_a_machine_that_is_always_late_is_no_queue() -> None:
    """Its pictures are 0 to 120 ms late, by turns of half a second, whatever is sent."""
    arrival = Arrival(CLOCK)
    for index in range(1800):
        late = 0.12 * (index // 15 % 8) / 7
        arrival.take(index * 3000, PACKET, index / 30 + late, resent=False)
        arrival.look(index / 30 + late, MOST_KBPS)
    assert arrival.wanted_kbps is None or arrival.wanted_kbps > 0.8 * 30 * PACKET * 8 / 1000


def test_when_the_link_is_back_so_is_the_rate() -> None:
    link = Link(2500)
    link.run(5)
    link.kbps = 300
    link.run(15)
    link.kbps = 2500
    link.run(20)
    assert link.run(2) > 0.9 * link.sends_kbps


def test_a_queue_of_which_the_far_end_does_not_hear_is_told_again_until_it_says_so() -> None:
    link = Link(600, obeys=False)
    link.run(10)
    times = [at for at, _ in link.said]
    assert len(times) > 10
    assert times[1] - times[0] < 1.1
    assert min(rate for _, rate in link.said) >= LEAST_KBPS
    link.arrival.notice()
    before = len(link.said)
    link.obeys = True
    link.run(REPEAT_S)
    assert len(link.said) > before, "the rate changes"


def test_what_the_far_end_has_noticed_is_not_repeated() -> None:
    arrival = Link(600).arrival
    arrival.wanted_kbps = 500.0
    assert arrival.question_at(10.0) == 500.0
    assert arrival.question_at(12.0) is None
    assert arrival.question_at(10.0 + REPEAT_S) == 500.0
    arrival.notice()
    assert arrival.question_at(100.0) is None
    arrival.wanted_kbps = 400.0
    assert arrival.question_at(100.5) == 400.0


def test_a_quiet_picture_is_no_reason_to_ask_for_less() -> None:
    link = Link(2500)
    link.run(5)
    link.sends_kbps = 60
    link.run(20)
    link.sends_kbps = 1900
    assert link.run(2) == pytest.approx(1900, rel=0.02)
    assert link.said == []


def test_packets_that_are_sent_again_and_other_clocks_are_no_queue() -> None:
    arrival = Arrival(CLOCK)
    for index in range(600):
        now = index / 30
        timestamp = index * 3000 if index < 300 else 0x7000_0000 + index * 3000
        arrival.take(timestamp & 0xFFFF_FFFF, PACKET, now, resent=False)
        arrival.take((timestamp - 30_000) & 0xFFFF_FFFF, PACKET, now, resent=True)
        arrival.take((timestamp - 6000) & 0xFFFF_FFFF, PACKET, now, resent=False)
        arrival.look(now, MOST_KBPS)
        assert arrival.queue_s < QUEUE_S
    assert arrival.wanted_kbps is None


def test_a_rate_is_of_the_last_moment() -> None:
    meter = RateMeter(0.5)
    for index in range(100):
        meter.add(125, index / 100)
    assert meter.kbps(1.0) == pytest.approx(100, rel=0.03)
    assert meter.per_s(1.0) == pytest.approx(100, rel=0.03)
    assert meter.kbps(2.0) == 0


def allowance(most: float = 2000.0) -> Allowance:
    made = Allowance()
    made.most_kbps = most
    return made


def test_the_lowest_counts() -> None:
    made = allowance()
    assert made.kbps == 2000
    made.asked_kbps = 500
    assert made.kbps == 500
    made.asked_kbps = 0
    assert made.kbps == LEAST_KBPS
    made.asked_kbps = 1e12
    assert made.kbps == 2000
    made.most_kbps = 32
    assert made.kbps == 32, "what was agreed on counts, however little"


@pytest.mark.parametrize(
    ("lost", "expected"), [(0.7, 540), (0.3, 1260), (0.15, 1850), (0.05, 2000), (0, 2000)]
)
def test_loss_leaves_what_came_through(lost: float, expected: float) -> None:
    made = allowance()
    made.take_report(lost, 0.05, 2000, 10.0)
    assert made.kbps == pytest.approx(expected)


def test_without_loss_it_grows_back_slowly_and_faster_where_the_far_end_asks() -> None:
    times = []
    for asked in (float("inf"), 5000.0):
        made = allowance()
        made.asked_kbps = asked
        made.take_report(0.7, None, 2000, 0.0)
        second = 0
        while made.kbps < 2000:
            second += 1
            made.take_report(0.01, None, made.kbps, float(second))
        times.append(second)
    assert times[0] > 2 * times[1] > 6
    made = allowance()
    made.take_report(0.7, None, 2000, 0.0)
    made.take_report(0.05, None, 500, 1.0)
    assert made.kbps == pytest.approx(540), "some loss, and no more than that"


def test_a_round_trip_that_stays_long_tells_of_a_queue_and_a_single_one_does_not() -> None:
    made = allowance()
    for second, milliseconds in enumerate((20, 20, 280, 17, 280, 20, 400, 25)):
        made.take_report(0.0, milliseconds / 1000, 2000, float(second))
    assert made.kbps == 2000
    for second in range(10, 13):
        made.take_report(0.0, 0.3, 2000, float(second))
    assert made.kbps == pytest.approx(1600)
    made = allowance()
    made.asked_kbps = 3000
    for second in range(13):
        made.take_report(0.0, 0.02 if second < 5 else 0.3, 2000, float(second))
    assert made.kbps == 2000, "who asks sees queues itself"


def test_reports_that_cease_reduce_the_rate_again_and_again() -> None:
    made = allowance()
    made.look(2000, 1000.0)
    assert made.kbps == 2000, "there may never be any"
    made.take_report(0.0, 0.02, 2000, 1000.0)
    made.look(2000, 1000.0 + MISSED_S - 0.1)
    assert made.kbps == 2000
    made.look(2000, 1000.0 + MISSED_S)
    made.look(2000, 1000.0 + MISSED_S + 0.1)
    assert made.kbps == pytest.approx(1200)
    for index in range(2, 40):
        made.look(made.kbps, 1000.0 + index * MISSED_S)
    assert made.kbps == LEAST_KBPS
    made = allowance()
    made.take_report(0.0, 0.02, 0, 0.0)
    made.look(0, 100.0)
    assert made.kbps == 2000, "who sends nothing gets no reports"


def test_the_first_cut_is_a_part_of_what_arrives() -> None:
    link = Link(1600)
    link.run(4)
    assert link.said
    assert 0.5 * 1600 < link.said[0][1] <= DECREASE * 1900


def test_a_far_end_that_stops_while_there_is_a_queue_has_none_when_it_goes_on() -> None:
    link = Link(2500)
    link.run(3)
    link.kbps = 600
    while not link.arrival.is_full or link.arrival.wanted_kbps is None:
        link.run(0.1)
    for _ in range(1000):
        link.now += 0.1
        link.arrival.look(link.now, MOST_KBPS)
    assert not link.arrival.is_full
    assert link.arrival.wanted_kbps is not None
    assert link.arrival.wanted_kbps >= 250, "what does not come says nothing of the link"
