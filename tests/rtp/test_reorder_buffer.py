from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.rtp.packet import RtpPacket
from videobar.rtp.reorder_buffer import (
    ASK_AGAIN_S,
    ASK_PAUSE_S,
    CAPACITY,
    LONGEST_RESENT_S,
    MOST_MISSING,
    MOST_TIMES,
    OVERTAKEN_S,
    RESENT_S,
    ROUND_TRIPS,
    UNKNOWN_ROUND_TRIP_S,
    ReorderBuffer,
)


def packet(sequence):
    return RtpPacket(96, sequence & 0xFFFF, 0, 1, b"x")


def given_back(buffer, sequences, now=0.0):
    return [(p.sequence, lost) for sequence in sequences for p, lost in buffer.put(packet(sequence), now)]


def test_what_comes_in_order_goes_on_at_once_also_around_the_end_of_the_numbers():
    buffer = ReorderBuffer()
    assert given_back(buffer, range(65534, 65538)) == [(65534, False), (65535, False), (0, False), (1, False)]


def test_what_was_overtaken_is_waited_for():
    buffer = ReorderBuffer()
    assert given_back(buffer, [1, 3, 4]) == [(1, False)]
    assert given_back(buffer, [2]) == [(2, False), (3, False), (4, False)]
    assert buffer.counts.reordered == 2
    assert buffer.counts.lost == 0


def test_a_hole_is_given_up_after_a_while():
    buffer = ReorderBuffer()
    assert given_back(buffer, [1, 4, 5]) == [(1, False)]
    assert given_back(buffer, [6], OVERTAKEN_S) == [(4, True), (5, False), (6, False)]
    assert buffer.counts.lost == 2
    assert given_back(buffer, [2, 4]) == []
    assert buffer.counts.late == 2


def resending_buffer(round_trip_s=None):
    buffer = ReorderBuffer(resent=True)
    buffer.round_trip_s = round_trip_s
    return buffer


def test_missing_packets_are_asked_for_again_and_waited_for_longer():
    buffer = resending_buffer(0.01)
    given_back(buffer, [1, 4, 6])
    assert buffer.missing(0.0) == [2, 3, 5]
    assert buffer.missing(0.01) == []
    given_back(buffer, [3], 0.02)
    assert buffer.missing(0.07) == [2, 5]
    assert given_back(buffer, [2], RESENT_S - 0.01) == [(2, False), (3, False), (4, False)]
    assert buffer.missing(0.18) == [5]


@pytest.mark.parametrize("round_trip_s", [None, 0.0, 0.02, 0.1, 0.3, 0.5, 2.0])
def test_a_packet_is_asked_for_no_more_often_than_by_round_trip_and_three_times(round_trip_s):
    buffer = resending_buffer(round_trip_s)
    times = []
    for milliseconds in range(0, 1000, 5):
        now = milliseconds / 1000
        given_back(buffer, [1, *([3] if not milliseconds else [])], now)
        times += [now] * buffer.missing(now).count(2)
    assert 1 <= len(times) <= MOST_TIMES
    expected = UNKNOWN_ROUND_TRIP_S if round_trip_s is None else round_trip_s
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert all(pause >= max(ASK_AGAIN_S, ROUND_TRIPS * expected) - 1e-9 for pause in pauses)
    assert all(at + expected < buffer.patience_s for at in times[1:]), "too late to be of use"


def test_patience_covers_a_second_request_as_far_as_a_conversation_allows():
    assert resending_buffer(0.001).patience_s == RESENT_S
    assert resending_buffer(0.2).patience_s > 0.2 * (1 + ROUND_TRIPS)
    assert resending_buffer(5.0).patience_s == LONGEST_RESENT_S
    assert ReorderBuffer().patience_s == OVERTAKEN_S


def test_giving_up_a_hole_makes_no_other_wait_anew():
    """Each hole's time begins when the first packet behind it comes, whatever happens to those in front."""
    buffer = resending_buffer(0.01)
    given_back(buffer, [0])
    for index in range(1, 11):  # a hole before each of 2, 4, 6 …, 10 ms apart
        given_back(buffer, [2 * index], index * 0.01)
    gone = []
    for millisecond in range(110, 400):
        now = millisecond / 1000
        gone += [(sequence, now) for sequence, lost in given_back(buffer, [0], now) if lost]
    assert gone == [(2 * index, pytest.approx(index * 0.01 + RESENT_S, abs=0.0011)) for index in range(1, 11)]


def test_giving_up_a_hole_does_not_ask_for_others_anew():
    buffer = resending_buffer(0.01)
    given_back(buffer, [0, 2])
    assert buffer.missing(0.0) == [1]
    given_back(buffer, [4], RESENT_S - 0.01)
    assert buffer.missing(RESENT_S - 0.01) == [3], "it would be too late for 1"
    assert given_back(buffer, [5], RESENT_S) == [(2, True)]
    assert buffer.missing(RESENT_S + ASK_PAUSE_S) == []
    assert buffer.missing(RESENT_S + ASK_AGAIN_S) == [3]


def test_requests_are_bounded_whatever_is_lost():
    """Half of all packets lost, at 200 a second for 20 s, and a far end that sends nothing again."""
    buffer = resending_buffer(0.1)
    requests = asked = 0
    for index in range(4000):
        if index % 2:
            given_back(buffer, [index], index / 200)
        missing = buffer.missing(index / 200)
        assert len(missing) <= MOST_MISSING
        requests += bool(missing)
        asked += len(missing)
    assert requests <= 20 / ASK_PAUSE_S
    assert asked <= MOST_TIMES * 2000
    assert buffer.counts.asked == asked
    assert len(buffer._requests) <= 2 * CAPACITY


def test_another_stream_begins_anew():
    buffer = ReorderBuffer()
    given_back(buffer, [1, 2])
    assert given_back(buffer, [30_000, 30_001]) == [(30_000, True), (30_001, False)]
    assert buffer.counts.restarts == 1


def test_what_waits_is_bounded():
    buffer = ReorderBuffer()
    ready = given_back(buffer, [0, *range(2, CAPACITY + 4)])
    assert ready[1] == (2, True)
    assert len(ready) == CAPACITY + 3


@given(st.permutations(range(12)))
def test_any_order_within_reach_comes_out_in_order(order):
    buffer = ReorderBuffer()
    assert [s for s, _ in given_back(buffer, [100, *(101 + each for each in order)])] == list(range(100, 113))


@given(st.lists(st.tuples(st.integers(0, 65535), st.floats(0, 1))))
def test_any_sequence_numbers_leave_it_bounded_and_working(puts):
    buffer = ReorderBuffer(resent=True)
    now = 0.0
    for sequence, step in puts:
        now += step
        buffer.put(packet(sequence), now)
        assert len(buffer.missing(now)) <= 64
    assert len(buffer._waiting) <= CAPACITY + 1
