"""The receiving side alone: who is believed, and what is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.rtp.conftest import DrivenTime

from videobar.rtp.io import MediaTime
from videobar.rtp.packet import RtpPacket
from videobar.rtp.parameters import StreamParameters
from videobar.rtp.receiver import RtpReceiver
from videobar.rtp.rtcp import ReceiverReport, SenderReport
from videobar.rtp.srtp import AES_80, MasterKey, Srtp
from videobar.rtp.statistics import DiscardCounts

FAR, FAR_RTCP, ELSEWHERE = ("192.0.2.1", 4000), ("192.0.2.1", 4001), ("198.51.100.9", 4000)
SSRC, OTHER = 1, 2
TERMS = StreamParameters(FAR, FAR_RTCP, frozenset({0}), frozenset({101}))


@pytest.fixture
def faults() -> DiscardCounts:
    return DiscardCounts()


@pytest.fixture
def receiver(driven_time: DrivenTime, faults: DiscardCounts) -> RtpReceiver:
    made = RtpReceiver("127.0.0.1", MediaTime(driven_time, lambda: 1e6), faults, None)
    made.configure(None, TERMS, driven_time.seconds)
    return made


def packet(sequence: int, ssrc: int = SSRC, payload_type: int = 0) -> RtpPacket:
    return RtpPacket(payload_type, sequence, sequence * 160, ssrc, b"x" * 10)


def test_strangers_are_told_by_address_where_there_are_no_keys(receiver: RtpReceiver) -> None:
    secured = replace(TERMS, security=Srtp(MasterKey.fresh(AES_80), MasterKey.fresh(AES_80)))
    assert receiver.is_stranger(TERMS, ELSEWHERE, rtcp=False)
    assert not receiver.is_stranger(TERMS, FAR, rtcp=False)
    assert not receiver.is_stranger(TERMS, FAR_RTCP, rtcp=True)
    assert not receiver.is_stranger(secured, ELSEWHERE, rtcp=False)
    assert not receiver.is_stranger(None, ELSEWHERE, rtcp=False)


def test_a_key_exchange_is_had_with_the_signalled_address_only(
    receiver: RtpReceiver, faults: DiscardCounts
) -> None:
    secured = replace(TERMS, security=Srtp(MasterKey.fresh(AES_80), MasterKey.fresh(AES_80)))
    assert receiver.unprotected(secured, b"\x16hello", ELSEWHERE, rtcp=False) is None
    assert receiver.unprotected(secured, b"\x16hello", FAR, rtcp=True) is None
    assert faults.foreign == 2


@pytest.mark.parametrize(
    ("payload_type", "wanted", "refused"), [(0, True, 0), (101, True, 0), (55, False, 1)]
)
def test_what_was_not_negotiated_is_counted_and_not_used(
    receiver: RtpReceiver, faults: DiscardCounts, payload_type: int, wanted: bool, refused: int
) -> None:
    assert receiver.believes(TERMS, packet(1), FAR)
    assert receiver.take(TERMS, packet(1))
    second = packet(2, payload_type=payload_type)
    assert receiver.believes(TERMS, second, FAR)
    assert receiver.take(TERMS, second) is wanted
    assert faults.refused == refused
    assert receiver.reception is not None
    assert receiver.reception.packets == 2


def test_a_new_source_is_believed_at_its_second_packet(receiver: RtpReceiver, faults: DiscardCounts) -> None:
    assert receiver.ssrc is None
    assert receiver.take(TERMS, packet(1))
    assert receiver.ssrc == SSRC
    assert [receiver.take(TERMS, packet(each, OTHER)) for each in (7, 8)] == [False, True]
    assert (receiver.ssrc, faults.foreign) == (OTHER, 1)


def test_reports_that_are_believed_show_that_the_far_end_is_alive(
    receiver: RtpReceiver, faults: DiscardCounts, driven_time: DrivenTime
) -> None:
    made_at = receiver.heard_at
    driven_time.advance(5)
    assert not receiver.believes_reports(TERMS, (ReceiverReport(SSRC),), ELSEWHERE)
    assert (receiver.heard_at, faults.foreign) == (made_at, 1)
    assert receiver.believes_reports(TERMS, (ReceiverReport(SSRC),), FAR_RTCP)
    assert receiver.heard_at == made_at + 5


def test_report_blocks_give_the_last_sender_report_and_its_age(receiver: RtpReceiver) -> None:
    report = SenderReport(SSRC, 0x1234_5678_9ABC_DEF0, 0, 1, 1)
    receiver.take_sender_report(report, 10.0)
    assert receiver.report_blocks(10.0) == ()
    receiver.take(TERMS, packet(1))
    receiver.take_sender_report(replace(report, ssrc=OTHER), 10.0)
    (block,) = receiver.report_blocks(11.0)
    assert (block.ssrc, block.last_sr, block.delay_since_last_sr) == (SSRC, 0, 0)
    receiver.take_sender_report(report, 12.0)
    (block,) = receiver.report_blocks(12.5)
    assert (block.last_sr, block.delay_since_last_sr) == (0x5678_9ABC, 65536 // 2)


def test_a_packet_that_was_asked_for_counts_once(receiver: RtpReceiver) -> None:
    for sequence in (1, 3):
        receiver.take(TERMS, packet(sequence))
    receiver.expect_again([2])
    assert [receiver.take(TERMS, packet(2)) for _ in range(2)] == [True, True]
    assert receiver.reception is not None
    assert (receiver.reception.packets, receiver.reception.cumulative_lost) == (3, 0)
