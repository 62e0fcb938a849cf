from __future__ import annotations

import pytest

from videobar.rtp.rate.congestion import HEADERS, LOOK_S
from videobar.rtp.rate.rate_control import RateControl, RateFeedback
from videobar.rtp.rtcp import Remb, Tmmbn, Tmmbr, TmmbrLimit

OURS, THEIRS = 1, 2


def control(question: RateFeedback = RateFeedback.TMMBR, kbps: int | None = 1000) -> RateControl:
    made = RateControl(90_000)
    made.configure(90_000, kbps, question, 0.0)
    return made


def congested(made: RateControl) -> list[object]:
    """What is said over a link whose queue grows."""
    said = []
    for index in range(200):
        now = index / 30
        made.take(index * 3000, 3000, now + max(0, index - 60) * 0.01, resent=False)
        if made.due <= now:
            said.append(made.look(now, OURS, THEIRS))
    return [each for each in said if each is not None]


def test_it_asks_in_the_way_that_was_agreed_on() -> None:
    (first, *_) = congested(control())
    assert isinstance(first, Tmmbr)
    (limit,) = first.limits
    assert (first.sender, limit.ssrc, limit.overhead) == (OURS, THEIRS, HEADERS)
    assert 100_000 < limit.bits_per_s < 800_000
    (estimate, *_) = congested(control(RateFeedback.REMB))
    assert isinstance(estimate, Remb)
    assert (estimate.sender, estimate.ssrcs) == (OURS, (THEIRS,))
    assert congested(control(RateFeedback.NONE)) == []


def test_what_it_is_asked_for_counts_and_is_answered() -> None:
    made = control()
    answer = made.on_feedback(Tmmbr(THEIRS, (TmmbrLimit(9, 1000, 0), TmmbrLimit(OURS, 400_000, 33))), OURS)
    assert answer == Tmmbn(OURS, (TmmbrLimit(THEIRS, 400_000, 33),))
    assert made.kbps == 400
    assert made.on_feedback(Tmmbr(THEIRS, (TmmbrLimit(9, 1000, 0),)), OURS) is None
    assert made.on_feedback(Remb(THEIRS, 300_000, (9,)), OURS) is None
    assert made.kbps == 400
    assert made.on_feedback(Remb(THEIRS, 300_000, (9, OURS)), OURS) is None
    assert made.kbps == 300
    assert made.on_feedback(Tmmbr(THEIRS, (TmmbrLimit(OURS, 1 << 70, 0),)), OURS) is not None
    assert made.kbps == 1000


def test_payloads_may_take_what_headers_and_what_is_sent_again_leave() -> None:
    made = control(kbps=1000)
    assert made.payload_kbps(0.0) == 1000
    for index in range(50):
        made.record(bytes(1212), index / 50)
    for _ in range(10):
        made.record(bytes(972), 0.99, resent=True)
    assert made.payload_kbps(1.0) == pytest.approx(1000 - 50 * HEADERS * 8 / 1000 - 10 * 8)
    assert control(kbps=None).payload_kbps(0.0) == float("inf")


def test_loss_is_of_what_was_sent_when_it_happened() -> None:
    """Much was sent, a third came through, and by the time of the second report little is sent any more."""
    made = control(kbps=2000)
    made.take_report(0.0, 0.05, 0.0)
    for index in range(200):
        made.record(bytes(1222), index / 200)
    made.take_report(0.7, 0.05, 1.0)
    assert made.kbps == pytest.approx(2000 * 0.3 * 0.9, rel=0.01)
    for index in range(20):
        made.record(bytes(1222), 1.0 + index / 20)
    made.take_report(0.7, 0.05, 2.0)
    assert made.kbps == pytest.approx(2000 * 0.3 * 0.9, rel=0.01)


def test_it_wants_to_look_ten_times_a_second() -> None:
    made = control()
    assert made.due == LOOK_S
    made.look(5.0, OURS, None)
    assert made.due == pytest.approx(5.0 + LOOK_S)


def test_what_was_asked_for_counts_for_as_long_as_who_asked_is_there() -> None:
    for change in (
        RateControl.begin_anew,
        lambda made: made.configure(90_000, 1000, RateFeedback.NONE, 1.0),
    ):
        made = control()
        made.on_feedback(Tmmbr(THEIRS, (TmmbrLimit(OURS, 400_000, 40),)), OURS)
        made.configure(90_000, 1000, RateFeedback.TMMBR, 0.5)
        assert made.kbps == 400
        change(made)
        assert made.kbps == 1000
