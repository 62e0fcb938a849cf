from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from videobar.rtp.jitter_buffer import (
    CAPACITY,
    DRIFT_WINDOW,
    MISSES_UNTIL_IDLE,
    MOST_DEPTH,
    Gap,
    JitterBuffer,
)


def filled(*sequences: int) -> JitterBuffer[int]:
    buffer: JitterBuffer[int] = JitterBuffer()
    for sequence in sequences:
        buffer.put(sequence, sequence)
    return buffer


def taken(buffer: JitterBuffer[int], count: int) -> list[int | Gap]:
    return [buffer.take() for _ in range(count)]


def test_playing_begins_with_three_packets() -> None:
    buffer = filled(10, 11)
    assert buffer.take() is Gap.IDLE
    buffer.put(12, 12)
    assert taken(buffer, 3) == [10, 11, 12]


def test_the_first_packets_may_come_in_any_order() -> None:
    buffer = filled(12, 10, 11)
    assert taken(buffer, 3) == [10, 11, 12]
    assert buffer.counts.reordered == 2


def test_order_across_the_wrap() -> None:
    buffer = filled(0xFFFF, 1, 0xFFFE, 0)
    assert taken(buffer, 4) == [0xFFFE, 0xFFFF, 0, 1]


def test_a_missing_packet_is_concealed_in_its_place() -> None:
    buffer = filled(1, 2, 4, 5)
    assert taken(buffer, 5) == [1, 2, Gap.LOST, 4, 5]
    assert buffer.counts.concealed == 1


def test_duplicates_are_counted_before_and_after_their_turn() -> None:
    buffer = filled(1, 2, 2, 3)
    assert buffer.take() == 1
    buffer.put(1, 1)
    assert buffer.counts.duplicates == 2
    assert buffer.counts.late == 0
    assert taken(buffer, 2) == [2, 3]


def test_a_late_packet_is_counted_and_lengthens_the_delay() -> None:
    buffer = filled(1, 3, 4, 5, 6)
    assert taken(buffer, 2) == [1, Gap.LOST]
    depth = buffer.depth
    buffer.put(2, 2)
    assert buffer.counts.late == 1
    assert buffer.depth == depth + 1
    assert taken(buffer, 3) == [Gap.LOST, 3, 4]


def test_an_empty_buffer_waits_for_the_same_packet() -> None:
    buffer = filled(1, 2, 3)
    assert taken(buffer, 5) == [1, 2, 3, Gap.LOST, Gap.LOST]
    buffer.put(4, 4)
    assert buffer.take() == 4
    assert buffer.counts.late == 0


def test_a_pause_ends_the_spurt_and_the_next_one_is_buffered_again() -> None:
    buffer = filled(1, 2, 3)
    taken(buffer, 3)
    assert taken(buffer, MISSES_UNTIL_IDLE) == [Gap.LOST] * MISSES_UNTIL_IDLE
    assert taken(buffer, 3) == [Gap.IDLE] * 3
    buffer.put(9, 9)
    assert buffer.take() is Gap.IDLE
    for sequence in range(10, 9 + buffer.depth):
        buffer.put(sequence, sequence)
    assert taken(buffer, 2) == [9, 10]


def test_a_regular_stream_is_played_without_loss_or_skips() -> None:
    buffer = filled(0, 1)
    for sequence in range(2, 2000):
        buffer.put(sequence, sequence)
        assert buffer.take() == sequence - 2
    assert (buffer.counts.skipped, buffer.counts.concealed) == (0, 0)


def test_delay_that_is_never_needed_is_skipped_away() -> None:
    buffer = filled(*range(20))
    sequence = 20
    for _ in range(DRIFT_WINDOW * 30):
        buffer.put(sequence & 0xFFFF, sequence)
        buffer.take()
        sequence += 1
    assert buffer.level <= buffer.depth + 1
    assert buffer.counts.skipped >= 20 - buffer.depth - 2
    assert buffer.counts.concealed == 0


def test_a_far_clock_that_runs_fast_is_absorbed() -> None:
    buffer: JitterBuffer[int] = JitterBuffer()
    sequence = 0
    highest = 0
    for turn in range(20_000):
        for _ in range(2 if turn % 200 == 0 else 1):
            buffer.put(sequence & 0xFFFF, sequence)
            sequence += 1
        buffer.take()
        highest = max(highest, buffer.level)
    assert highest < 12
    assert buffer.counts.overflowed == 0


def test_delay_grows_with_a_jittery_network_and_shrinks_when_it_calms_down() -> None:
    chance = random.Random(1)
    arrivals = sorted(
        (20.0 * index + (chance.uniform(0, 5) if index > 3000 or index % 100 else 120), index)
        for index in range(12_000)
    )
    buffer: JitterBuffer[int] = JitterBuffer()
    concealed_late_in_the_storm = highest = 0
    for turn in range(12_000):
        while arrivals and arrivals[0][0] <= 20 * turn:
            _, sequence = arrivals.pop(0)
            buffer.put(sequence, sequence)
        concealed_before = buffer.counts.concealed
        buffer.take()
        if 1000 < turn < 3000:
            concealed_late_in_the_storm += buffer.counts.concealed - concealed_before
            highest = max(highest, buffer.depth)
    assert highest > 3
    assert concealed_late_in_the_storm <= 10  # 20 packets were 120 ms late
    assert buffer.depth == 3
    assert buffer.level <= 4


def test_a_burst_is_cut_to_the_wanted_depth() -> None:
    buffer = filled(*range(CAPACITY + 1))
    assert buffer.level == buffer.depth
    assert buffer.counts.overflowed == CAPACITY + 1 - buffer.depth
    assert buffer.take() == CAPACITY + 1 - 3


def test_a_stray_sequence_number_is_ignored_and_two_in_a_row_restart() -> None:
    buffer = filled(1, 2, 3, 40000)
    assert buffer.level == 3
    buffer.put(40001, 40001)
    buffer.put(40002, 40002)
    buffer.put(40003, 40003)
    assert buffer.counts.restarts == 1
    assert taken(buffer, 3) == [40001, 40002, 40003]


def test_reset_forgets_the_stream_but_not_the_counts() -> None:
    buffer = filled(1, 2, 2, 3)
    buffer.take()
    buffer.reset()
    assert buffer.level == 0
    assert buffer.take() is Gap.IDLE
    assert buffer.counts.duplicates == 1


@given(st.lists(st.one_of(st.integers(0, 0xFFFF), st.integers(0, 50), st.none()), max_size=400))
def test_any_input_is_bounded(turns: list[int | None]) -> None:
    buffer: JitterBuffer[int] = JitterBuffer()
    for turn in turns:
        if turn is None:
            buffer.take()
        else:
            buffer.put(turn, turn)
        assert buffer.level <= CAPACITY
        assert 3 <= buffer.depth <= MOST_DEPTH


@given(st.permutations(range(12)))
def test_any_order_of_arrival_leaves_in_order(order: list[int]) -> None:
    buffer = filled(*order)
    assert taken(buffer, 12) == list(range(12))
