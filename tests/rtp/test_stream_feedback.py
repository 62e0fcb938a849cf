"""What a stream of pictures is asked for, and asks for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from tests.rtp.conftest import DrivenTime

from videobar.rtp.io import RtpIo
from videobar.rtp.packet import RtpPacket
from videobar.rtp.parameters import StreamParameters
from videobar.rtp.ports import PortPair, PortRange
from videobar.rtp.rate.rate_control import RateFeedback
from videobar.rtp.rtcp import (
    FullIntraRequest,
    GenericNack,
    PictureLossIndication,
    ReceiverReport,
    Remb,
    Tmmbn,
    Tmmbr,
    TmmbrLimit,
    pack_compound,
    parse_compound,
)
from videobar.rtp.stream import RtpStream
from videobar.vocabulary import StreamDirection

HERE = "127.0.0.1"
FAR = 0xFA


class Stage:
    """A stream of ours and the two sockets of a far end."""

    adapts = False

    def __init__(self, io: RtpIo, undo: ExitStack) -> None:
        self.io = io
        ports = PortRange(40_000, 59_999)
        self.far: PortPair = ports.allocate(HERE)
        undo.callback(self.far.close)
        self.heard: list[RtpPacket] = []
        self.wanted = 0
        self.stream = RtpStream(
            io,
            ports.allocate(HERE),
            "room",
            self.heard.append,
            on_keyframe_request=self.want,
            resendable=3,
            adapts=self.adapts,
        )
        undo.callback(self.stream.close)
        self.stream.configure(self.parameters())

    def parameters(self, kbps: int | None = None) -> StreamParameters:
        remote, rtcp = (HERE, self.far.port), (HERE, self.far.port + 1)
        return StreamParameters(remote, rtcp, frozenset({96}), clock_rate=90_000, kbps=kbps)

    def want(self) -> None:
        self.wanted += 1

    def tell(self, *packets) -> None:
        self.far.rtcp.sendto(pack_compound(packets), (HERE, self.stream.port + 1))
        self.io.poll()

    def rtp(self) -> list[RtpPacket]:
        found = []
        while True:
            try:
                found.append(RtpPacket.parse(self.far.rtp.recv(4096)))
            except BlockingIOError:
                return found

    def feedback(self):
        return parse_compound(self.far.rtcp.recv(4096))[2]


@pytest.fixture
def stage(io: RtpIo) -> Iterator[Stage]:
    with ExitStack() as undo:
        yield Stage(io, undo)


def test_a_keyframe_is_asked_for_in_either_way(stage: Stage) -> None:
    ours = stage.stream.ssrc
    stage.tell(ReceiverReport(FAR), PictureLossIndication(FAR, ours))
    stage.tell(FullIntraRequest(FAR, ((5, 0), (ours, 1))))
    assert stage.wanted == 2
    stage.tell(PictureLossIndication(FAR, ours ^ 1), FullIntraRequest(FAR, ((5, 0),)))
    assert stage.wanted == 2


def test_missing_packets_are_sent_again_as_they_were_while_they_are_kept(stage: Stage) -> None:
    for number in range(5):
        stage.stream.send(96, number, bytes([number]))
    sent = stage.rtp()
    sequences = [packet.sequence for packet in sent]
    stage.tell(GenericNack(FAR, stage.stream.ssrc, tuple(sequences)))
    assert stage.rtp() == sent[2:]
    stage.tell(GenericNack(FAR, 77, tuple(sequences)))
    assert stage.rtp() == []
    assert stage.stream.statistics()[0].packets == 5


def test_nothing_is_asked_for_before_somebody_is_heard(stage: Stage) -> None:
    stage.stream.send_pli()
    stage.stream.send_nack([1])
    with pytest.raises(BlockingIOError):
        stage.far.rtcp.recv(4096)


def test_asking(stage: Stage) -> None:
    stage.far.rtp.sendto(RtpPacket(96, 1, 1, FAR, b"x").pack(), (HERE, stage.stream.port))
    stage.io.poll()
    ours = stage.stream.ssrc
    stage.stream.send_nack([3, 4])
    assert stage.feedback() == GenericNack(ours, FAR, (3, 4))
    stage.stream.send_pli()
    assert stage.feedback() == PictureLossIndication(ours, FAR)
    stage.stream.send_fir()
    assert stage.feedback() == FullIntraRequest(ours, ((FAR, 1),))


def test_packets_that_are_sent_again_spoil_neither_loss_nor_jitter(
    stage: Stage, driven_time: DrivenTime
) -> None:
    """Two in sequence, far behind, would else be a sender that has begun anew (RFC 3550 A.1)."""

    def come(*sequences: int) -> None:
        for sequence in sequences:
            packet = RtpPacket(96, sequence, sequence * 90, FAR, b"x")
            stage.far.rtp.sendto(packet.pack(), (HERE, stage.stream.port))
            stage.io.poll()

    for sequence in range(1, 400):
        if sequence not in (200, 201, 210):
            come(sequence)
        if sequence == 220:
            stage.stream.send_nack([200, 201, 210])
        if sequence in (350, 370):
            come(200, 201)
        driven_time.advance(0.001)
    received = stage.stream.statistics()[1]
    assert (received.packets, received.lost) == (398, 1)
    assert received.jitter_ms == pytest.approx(0, abs=0.1)
    driven_time.advance(100)
    come(*(sequence & 0xFFFF for sequence in (*range(2_000, 65_536, 2_000), 65_536 + 200)))
    assert stage.stream.statistics()[1].packets == 398 + 33, "the numbers have come round to another 200"


def test_what_is_asked_for_over_and_over_is_sent_three_times_in_steps_of_round_trips(
    stage: Stage, driven_time: DrivenTime
) -> None:
    for number in range(3):
        stage.stream.send(96, number, bytes(1000))
    sent = [packet.sequence for packet in stage.rtp()]
    again = []
    for _ in range(400):
        stage.tell(GenericNack(FAR, stage.stream.ssrc, tuple(sent * 20)))
        again += [packet.sequence for packet in stage.rtp()]
        driven_time.advance(0.005)
    assert sorted(again) == sorted(sent * 3)


def test_what_is_sent_again_is_spread_like_a_picture(stage: Stage, driven_time: DrivenTime) -> None:
    stage.stream.configure(stage.parameters(kbps=300))
    stage.stream.send(96, 0, bytes(1200))
    stage.stream.send(96, 1, bytes(1200))
    sent = [packet.sequence for packet in stage.rtp()]
    stage.tell(GenericNack(FAR, stage.stream.ssrc, tuple(sent)))
    assert [packet.sequence for packet in stage.rtp()] == sent[:1]
    driven_time.advance(0.05)
    stage.io.poll()
    assert [packet.sequence for packet in stage.rtp()] == sent[1:]


def test_nothing_of_a_large_picture_goes_out_after_a_hold_has_begun(
    stage: Stage, driven_time: DrivenTime
) -> None:
    stage.stream.send_picture(96, 0, [bytes(1200)] * 60)
    begun = len(stage.rtp())
    assert 0 < begun < 60
    stage.stream.configure(replace(stage.parameters(), direction=StreamDirection.RECVONLY))
    driven_time.advance(1.0)
    stage.io.poll()
    assert stage.rtp() == []


class RatedStage(Stage):
    """The same, for a stream whose rate follows the path."""

    adapts = True


@pytest.fixture
def rated(io: RtpIo) -> Iterator[Stage]:
    with ExitStack() as undo:
        yield RatedStage(io, undo)


def test_less_is_sent_when_the_far_end_asks_for_less_and_it_hears_so(rated: Stage) -> None:
    rated.stream.configure(rated.parameters(kbps=1000))
    assert rated.stream.allowed_kbps == 1000
    ours = rated.stream.ssrc
    rated.tell(ReceiverReport(FAR), Tmmbr(FAR, (TmmbrLimit(ours, 300_000, 40),)))
    assert rated.stream.allowed_kbps == 300
    assert rated.feedback() == Tmmbn(ours, (TmmbrLimit(FAR, 300_000, 40),))
    rated.tell(ReceiverReport(FAR), Remb(FAR, 200_000, (ours,)))
    assert rated.stream.allowed_kbps == 200


def test_a_picture_takes_the_time_that_the_path_needs(rated: Stage, driven_time: DrivenTime) -> None:
    rated.stream.configure(rated.parameters(kbps=2000))
    rated.tell(ReceiverReport(FAR), Tmmbr(FAR, (TmmbrLimit(rated.stream.ssrc, 300_000, 40),)))
    rated.stream.send_picture(96, 0, [bytes(1200)] * 10)
    began, count = driven_time.seconds, len(rated.rtp())
    while count < 10:
        driven_time.advance(0.005)
        rated.io.poll()
        count += len(rated.rtp())
        assert count * 1200 * 8 / 1000 <= 2.5 * 300 * (driven_time.seconds - began) + 2 * 1200 * 8 / 1000
    assert driven_time.seconds - began < 0.2


def test_the_far_end_is_asked_for_less_when_what_it_sends_queues(
    rated: Stage, driven_time: DrivenTime
) -> None:
    rated.stream.configure(replace(rated.parameters(kbps=2000), rate_feedback=RateFeedback.TMMBR))
    for index in range(150):
        driven_time.advance(1 / 30 if index < 60 else 1 / 20)
        packet = RtpPacket(96, index, index * 3000, FAR, bytes(1000), marker=True)
        rated.far.rtp.sendto(packet.pack(), (HERE, rated.stream.port))
        rated.io.poll()
    said = []
    with contextlib.suppress(BlockingIOError):
        while True:
            said += [each for each in parse_compound(rated.far.rtcp.recv(4096)) if isinstance(each, Tmmbr)]
    assert said
    assert [limit.ssrc for each in said for limit in each.limits] == [FAR] * len(said)
    assert said[-1].limits[0].bits_per_s < 1000 * 8 * 30
    assert rated.stream.is_receiving_full


def test_reports_come_each_second(rated: Stage, driven_time: DrivenTime) -> None:
    rated.stream.configure(rated.parameters(kbps=2000))
    for _ in range(1000):
        driven_time.advance(0.01)
        rated.io.poll()
    reports = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            rated.far.rtcp.recv(4096)
            reports += 1
    assert 8 <= reports <= 25
