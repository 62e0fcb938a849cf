"""What one far end's video does about loss, on time that is moved by hand."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.rtp.conftest import DrivenTime

from videobar.codecs.limits import SendLimits
from videobar.engine.streams.video import ASK_PAUSE_S, LONGEST_ASK_PAUSE_S, VideoLeg
from videobar.engine.streams.video_formats import FEEDBACK, VideoParameters
from videobar.rtp.io import MediaTime, RtpIo
from videobar.rtp.packet import RtpPacket
from videobar.rtp.ports import PortRange
from videobar.rtp.rtcp import (
    GenericNack,
    PictureLossIndication,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    pack_compound,
    parse_compound,
)
from videobar.vocabulary import StreamDirection

HERE = "127.0.0.1"
FAR = 0xFA
DAMAGED = b"\x41\x9a" + bytes(50)
"""A slice of a picture that needs others."""


class Stage:
    """A leg of ours, and a far end that speaks RTP by hand."""

    def __init__(self, undo: ExitStack, feedback: tuple[str, ...] = FEEDBACK) -> None:
        self.time = DrivenTime()
        self.io = RtpIo(MediaTime(self.time, lambda: 1_000_000.0))
        undo.callback(self.io.close)
        ports = PortRange(40_000, 59_999)
        self.far = ports.allocate(HERE)
        undo.callback(self.far.close)
        self.by_signalling = 0
        self.leg = VideoLeg(self.io, ports, HERE, "room", self._ask_by_signalling)
        undo.callback(self.leg.close)
        self.leg.apply(
            VideoParameters(
                codec="H264",
                mode=1,
                send_payload_type=96,
                receives={96: "H264"},
                remote=(HERE, self.far.port),
                remote_rtcp=(HERE, self.far.port + 1),
                rtcp_mux=False,
                direction=StreamDirection.SENDRECV,
                far_sends=True,
                limits=SendLimits(3600, 108_000, 30, 600),
                feedback=frozenset(feedback),
            )
        )
        self.sequence = 0

    def _ask_by_signalling(self) -> None:
        self.by_signalling += 1

    def picture(self, *, lost: bool = False) -> None:
        """A picture of one packet, which may not arrive."""
        self.sequence += 1
        if not lost:
            packet = RtpPacket(96, self.sequence & 0xFFFF, self.sequence * 3000, FAR, DAMAGED, marker=True)
            self.far.rtp.sendto(packet.pack(), (HERE, self.leg.port))
            self.io.poll()

    def tell(self, *packets: object) -> None:
        self.far.rtcp.sendto(pack_compound(packets), (HERE, self.leg.port + 1))  # type: ignore[arg-type]
        self.io.poll()

    def have_round_trip(self, seconds: float) -> None:
        """Let the leg measure it three times."""
        self.leg.send([b"x"], self.time.seconds)
        for _ in range(3):
            self.leg.stream.send_report()
            report = next(each for each in self.rtcp() if isinstance(each, SenderReport))
            self.time.advance(seconds)
            block = ReportBlock(self.leg.stream.ssrc, 0, 0, 0, 0, report.ntp >> 16 & 0xFFFF_FFFF, 0)
            self.tell(ReceiverReport(FAR, (block,)))
        assert self.leg.stream.round_trip_s == pytest.approx(seconds, abs=0.001)

    def rtcp(self) -> list[object]:
        found: list[object] = []
        while True:
            try:
                found += parse_compound(self.far.rtcp.recv(4096))
            except BlockingIOError:
                return found


@pytest.fixture
def stage() -> Iterator[Stage]:
    with ExitStack() as undo:
        yield Stage(undo)


def asked(stage: Stage, seconds: float) -> list[float]:
    """When keyframes were asked for while every fourth picture was lost and none of them came."""
    times, began = [], stage.time.seconds
    while stage.time.seconds < began + seconds:
        stage.picture(lost=stage.sequence % 4 == 3)
        times += [
            stage.time.seconds - began for each in stage.rtcp() if isinstance(each, PictureLossIndication)
        ]
        stage.time.advance(1 / 30)
    return times


def test_a_keyframe_that_does_not_come_is_asked_for_less_and_less_often(stage: Stage) -> None:
    times = asked(stage, 60)
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert pauses[0] == pytest.approx(ASK_PAUSE_S, abs=0.2)
    assert all(later >= earlier - 0.2 for earlier, later in itertools.pairwise(pauses))
    assert pauses[-1] == pytest.approx(LONGEST_ASK_PAUSE_S, abs=0.2)
    assert len(times) < 20


def test_none_is_asked_for_within_a_round_trip(stage: Stage) -> None:
    stage.have_round_trip(0.8)
    times = asked(stage, 5)
    assert times[1] - times[0] >= 0.8


def test_by_signalling_no_more_often() -> None:
    with ExitStack() as undo:
        stage = Stage(undo, feedback=())
        asked(stage, 60)
        assert 5 < stage.by_signalling < 20


class Keys:
    """Stands where the encoding is, and counts."""

    def __init__(self) -> None:
        self.wanted = 0

    def request_keyframe(self) -> None:
        self.wanted += 1


def test_who_asks_again_within_a_round_trip_gets_no_second_keyframe(stage: Stage) -> None:
    stage.have_round_trip(0.4)
    keys = Keys()
    stage.leg.encoding = keys  # type: ignore[assignment]
    for _ in range(100):
        stage.tell(PictureLossIndication(FAR, stage.leg.stream.ssrc))
        stage.time.advance(0.01)
    assert keys.wanted == 3


def test_lost_packets_are_asked_for_by_round_trip(stage: Stage) -> None:
    stage.have_round_trip(0.12)
    stage.picture()
    stage.picture(lost=True)
    missing = stage.sequence
    times = []
    for _ in range(20):
        stage.picture()
        times += [
            stage.time.seconds
            for each in stage.rtcp()
            if isinstance(each, GenericNack) and missing in each.sequences
        ]
        stage.time.advance(0.02)
    assert len(times) == 2
    assert times[1] - times[0] >= 0.15
