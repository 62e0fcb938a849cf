from __future__ import annotations

import itertools
import random

import pytest

from videobar.rtp.rate.retransmission import (
    LEAST_SAVED_BYTES,
    MOST_TIMES,
    ROUND_TRIPS,
    SAVED_S,
    SHARE,
    RetransmissionBuffer,
)

SIZE = 1200


def kept(count: int, *, most: int = 384, kbps: float | None = 600.0) -> RetransmissionBuffer:
    resending = RetransmissionBuffer(most)
    resending.kbps = kbps
    for sequence in range(count):
        resending.keep(sequence, bytes([sequence & 0xFF]) * SIZE, 0.0)
    return resending


def test_what_is_kept_is_sent_again_as_it_was_in_the_order_of_the_request() -> None:
    resending = kept(5, most=3)
    assert resending.wanted([4, 0, 3, 4, 77], 1.0, 0.05) == [b"\4" * SIZE, b"\3" * SIZE]
    assert RetransmissionBuffer(0).wanted([1], 1.0, 0.05) == []


@pytest.mark.parametrize("round_trip_s", [0.02, 0.1, 0.5, None])
def test_a_packet_is_not_sent_again_within_most_of_a_round_trip_and_three_times_at_most(
    round_trip_s: float | None,
) -> None:
    resending = kept(1)
    times = [
        millisecond / 1000
        for millisecond in range(1, 5000)
        if resending.wanted([0], millisecond / 1000, round_trip_s)
    ]
    assert len(times) == MOST_TIMES
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert all(pause >= ROUND_TRIPS * (round_trip_s or 0.02) - 1e-9 for pause in pauses)


@pytest.mark.parametrize("kbps", [64.0, 300.0, 600.0, 1920.0])
def test_what_is_sent_again_stays_a_share_of_the_rate_whatever_is_asked_for(kbps: float) -> None:
    """Ten seconds of a far end that asks for everything all the time."""
    resending = kept(0, kbps=kbps)
    chance = random.Random(3)
    sent = 0
    for index in range(2000):
        now = index * 0.005
        resending.keep(index, b"x" * SIZE, now)
        asked = [chance.randrange(max(0, index - 300), index + 1) for _ in range(200)]
        sent += sum(map(len, resending.wanted(asked, now, 0.02)))
    share = kbps * 1000 / 8 * SHARE
    assert sent <= share * 10 + max(LEAST_SAVED_BYTES, share * SAVED_S)
    assert sent > share * 10 * 0.5, "and no less than that"
    assert resending.withheld > 0


def test_a_packet_of_the_same_number_is_another_one() -> None:
    resending = kept(1)
    for index in range(MOST_TIMES):
        assert resending.wanted([0], 1.0 + index, 0.1)
    resending.keep(0, b"new", 10.0)
    assert resending.wanted([0], 11.0, 0.1) == [b"new"]
