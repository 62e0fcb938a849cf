from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from videobar.rtp.packet import RtpPacket
from videobar.rtp.reorder import CAPACITY, OVERTAKEN_S, RESENT_S, ReorderBuffer


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


def test_missing_packets_are_asked_for_again_and_waited_for_longer():
    buffer = ReorderBuffer(resent=True)
    given_back(buffer, [1, 4, 6])
    assert buffer.missing(0.0) == [2, 3, 5]
    assert buffer.missing(0.01) == []
    given_back(buffer, [3], 0.02)
    assert buffer.missing(0.07) == [2, 5]
    assert given_back(buffer, [2], RESENT_S - 0.01) == [(2, False), (3, False), (4, False)]
    assert buffer.missing(0.2) == [5]


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
