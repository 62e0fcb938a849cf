from __future__ import annotations

import pytest

from videobar.rtp.rtcp import ReportBlock
from videobar.rtp.statistics import RateWindow, Reception, Transmission, round_trip_s


def reception_of(sequences: list[int]) -> Reception:
    reception = Reception(1, 8000)
    for sequence in sequences:
        reception.record(sequence, None, 160, 0.0)
    return reception


def test_nothing_received() -> None:
    reception = Reception(1, 8000)
    assert (reception.expected, reception.cumulative_lost) == (0, 0)
    figures = reception.figures(0.0, None)
    assert (figures.packets, figures.bytes, figures.kbps, figures.lost_percent) == (0, 0, 0.0, 0.0)


def test_loss_is_expected_less_received() -> None:
    reception = reception_of([100, 101, 104, 105])  # 102 and 103 are missing
    figures = reception.figures(0.0, 12.5)
    assert (figures.packets, figures.bytes, figures.lost) == (4, 640, 2)
    assert figures.lost_percent == pytest.approx(100 * 2 / 6)
    assert figures.rtt_ms == 12.5


def test_the_sequence_number_wraps() -> None:
    reception = reception_of([0xFFFE, 0xFFFF, 0, 1, 3])
    assert reception.extended_highest == 0x10003
    assert (reception.expected, reception.cumulative_lost) == (6, 1)


def test_two_wraps() -> None:
    sequences = [s & 0xFFFF for s in range(0xFFF0, 0xFFF0 + 0x10000 + 40, 20)]
    reception = reception_of(sequences)
    assert reception.extended_highest == 0xFFF0 + 20 * (len(sequences) - 1)


def test_a_reordered_packet_is_not_lost() -> None:
    assert reception_of([10, 12, 11, 13]).cumulative_lost == 0


def test_reordering_across_the_wrap_adds_no_cycle() -> None:
    reception = reception_of([0xFFFE, 0, 0xFFFF, 1])
    assert reception.extended_highest == 0x10001
    assert reception.cumulative_lost == 0


def test_duplicates_make_the_count_negative_but_not_the_figure() -> None:
    reception = reception_of([1, 2, 2, 2])
    assert reception.cumulative_lost == -2
    assert reception.figures(0.0, None).lost == 0
    assert reception.block(0, 0).cumulative_lost == -2
    assert reception.block(0, 0).fraction_lost == 0


def test_one_stray_sequence_number_is_ignored_and_two_in_a_row_are_a_restart() -> None:
    reception = reception_of([100, 102, 30000, 103])
    assert (reception.packets, reception.cumulative_lost) == (3, 1)
    for sequence in (40000, 40001, 40002):
        reception.record(sequence, None, 160, 0.0)
    assert reception.extended_highest == 40002
    assert (reception.packets, reception.cumulative_lost) == (5, 1)


def test_what_was_not_sent_is_not_lost() -> None:
    reception = reception_of([0xFFFE, 0, 1])  # 0xFFFF is missing
    reception.block(0, 0.0)
    reception.begin_anew()
    assert (reception.cumulative_lost, reception.block(0, 0.0).fraction_lost) == (1, 0)
    for sequence in (70, 71, 73):
        reception.record(sequence, None, 160, 0.0)
    assert (reception.cumulative_lost, reception.packets) == (2, 6)
    assert reception.block(0, 0.0).fraction_lost == 256 // 4


def test_the_fraction_covers_the_time_since_the_last_report() -> None:
    reception = reception_of([0, 1, 2, 3])
    assert reception.block(0, 0).fraction_lost == 0
    for sequence in (5, 7):  # 4 expected, 2 came
        reception.record(sequence, None, 160, 0.0)
    block = reception.block(0xABCD, 77)
    assert block == ReportBlock(1, 128, 2, 7, 0, 0xABCD, 77)
    assert reception.block(0, 0).fraction_lost == 0


def test_jitter_by_hand() -> None:
    reception = Reception(1, 8000)
    # transit differences: 0, then 10 ms = 80 ticks late, then 10 ms early again
    for sequence, arrival in enumerate((0.000, 0.020, 0.050, 0.060)):
        reception.record(sequence, 160 * sequence, 160, arrival)
    first = 80 / 16
    second = first + (80 - first) / 16
    assert reception.jitter_ms == pytest.approx(second / 8)
    assert reception.block(0, 0).jitter == int(second)


def test_jitter_survives_a_wrap_of_the_timestamp() -> None:
    reception = Reception(1, 8000)
    for index in range(4):
        reception.record(index, (0xFFFFFF00 + 160 * index) & 0xFFFFFFFF, 160, 0.02 * index)
    assert reception.jitter_ms == pytest.approx(0.0, abs=1e-6)


def test_a_jump_of_timestamps_is_not_jitter() -> None:
    reception = Reception(1, 8000)
    reception.record(0, 0, 160, 0.0)
    reception.record(1, 5_000_000, 160, 0.02)
    assert reception.jitter_ms == 0.0


def test_a_new_clock_rate_keeps_jitter_in_milliseconds() -> None:
    reception = Reception(1, 8000)
    for sequence, arrival in enumerate((0.0, 0.03)):
        reception.record(sequence, 160 * sequence, 160, arrival)
    before = reception.jitter_ms
    reception.clock_rate = 48000
    assert before > 0
    assert reception.jitter_ms == pytest.approx(before)


def test_the_rate_is_that_of_two_seconds() -> None:
    window = RateWindow()
    for index in range(500):  # 10 s of 160 bytes each 20 ms: 64 kbit/s
        window.add(160, 0.01 + index * 0.02)
    assert window.kbps(10.0) == pytest.approx(64.0)
    assert window.kbps(11.0) == pytest.approx(32.0)
    assert window.kbps(12.0) == 0.0


@pytest.mark.parametrize(
    ("arrival", "last_sr", "delay", "seconds"),
    [
        (0x00030000, 0x00010000, 0x00010000, 1.0),
        (0x00008000, 0xFFFF8000, 0, 1.0),  # across the wrap
        (0x00010000, 0x00010000, 1, 0.0),  # rounding: less than nothing
    ],
)
def test_round_trip_time(arrival: int, last_sr: int, delay: int, seconds: float) -> None:
    assert round_trip_s(arrival, last_sr, delay) == seconds


def test_the_example_of_rfc_3550_figure_2() -> None:
    seconds = round_trip_s(0xB710_8000, 0xB705_2000, 0x0005_4000)
    assert seconds == pytest.approx(6.125)


def test_what_the_far_end_reports_of_ours() -> None:
    sent = Transmission()
    for index in range(50):
        sent.record(160, index * 0.02)
    sent.take_report(ReportBlock(1, 0, 5, 0, 80, 0x00010000, 0), 8000, 0x00018000)
    figures = sent.figures(1.0)
    assert (figures.packets, figures.bytes, figures.lost, figures.lost_percent) == (50, 8000, 5, 10.0)
    assert (figures.jitter_ms, figures.rtt_ms) == (10.0, 500.0)


def test_absurd_reports_do_no_harm() -> None:
    sent = Transmission()
    sent.record(160, 0.0)
    sent.take_report(ReportBlock(1, 255, 0x7FFFFF, 0, 0xFFFFFFFF, 1, 0), 8000, 0x7000_0000)
    figures = sent.figures(0.0)
    assert figures.lost_percent == 100.0
    assert figures.rtt_ms is None
    sent.take_report(ReportBlock(1, 0, -3, 0, 0, 0, 0), 8000, 0)
    assert sent.figures(0.0).lost == 0
