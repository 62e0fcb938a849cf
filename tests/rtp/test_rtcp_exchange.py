"""The exchange alone, between a sender and a receiver."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.rtp.conftest import DrivenTime

from videobar.rtp.io import MediaTime
from videobar.rtp.packet import RtpPacket
from videobar.rtp.parameters import StreamParameters
from videobar.rtp.ports import PortRange
from videobar.rtp.receiver import RtpReceiver
from videobar.rtp.rtcp import (
    FullIntraRequest,
    Goodbye,
    PictureLossIndication,
    ReceiverReport,
    RtcpPacket,
    SourceDescription,
    parse_compound,
)
from videobar.rtp.rtcp_exchange import RtcpExchange
from videobar.rtp.sender import RtpSender
from videobar.rtp.statistics import DiscardCounts

HERE, FAR = "127.0.0.1", 5


class Stage:
    """An exchange and the far end's sockets."""

    def __init__(self, undo: ExitStack, driven_time: DrivenTime) -> None:
        ports = PortRange(40_000, 59_999)
        self.far, pair = ports.allocate(HERE), ports.allocate(HERE)
        undo.callback(self.far.close)
        undo.callback(pair.close)
        self.time, faults, chance = driven_time, DiscardCounts(), random.Random(1)
        clock = MediaTime(driven_time, lambda: 1e6)
        self.sender = RtpSender(pair, clock, faults, None, chance, resendable=0)
        self.receiver = RtpReceiver(HERE, clock, faults, None)
        self.exchange = RtcpExchange("room", clock, self.sender, self.receiver, None, chance)
        self.parameters = StreamParameters((HERE, self.far.port), (HERE, self.far.port + 1), frozenset({0}))
        self.exchange.configure(None, self.parameters, driven_time.seconds)

    def came(self) -> list[tuple[RtcpPacket, ...]]:
        found = []
        while True:
            try:
                found.append(parse_compound(self.far.rtcp.recv(4096)))
            except BlockingIOError:
                return found


@pytest.fixture
def stage(driven_time: DrivenTime) -> Iterator[Stage]:
    with ExitStack() as undo:
        yield Stage(undo, driven_time)


def test_nothing_is_due_before_it_is_configured(stage: Stage) -> None:
    made = RtcpExchange("room", MediaTime(stage.time), stage.sender, stage.receiver, None, random.Random(1))
    assert (made.due, made.allowed_kbps) == (float("inf"), float("inf"))
    assert stage.time.seconds + 0.3 <= stage.exchange.due <= stage.time.seconds + 0.8


def test_other_parameters_do_not_put_off_the_next_report(stage: Stage) -> None:
    due = stage.exchange.due
    stage.exchange.configure(stage.parameters, stage.parameters, stage.time.seconds + 0.2)
    assert stage.exchange.due == due


@pytest.mark.parametrize("sends", [True, False])
def test_the_next_report_is_due_later_whether_or_not_one_may_be_sent(stage: Stage, sends: bool) -> None:
    stage.time.seconds = now = stage.exchange.due
    stage.exchange.on_due(stage.parameters if sends else None, now)
    assert 2.5 / 1.22 < stage.exchange.due - now < 7.5 / 1.21
    names = SourceDescription(((stage.sender.ssrc, "room"),))
    assert stage.came() == [(ReceiverReport(stage.sender.ssrc), names)] * sends


def test_goodbye_follows_a_report(stage: Stage) -> None:
    stage.exchange.send_goodbye(stage.parameters)
    ((report, _, goodbye),) = stage.came()
    assert (report, goodbye) == (ReceiverReport(stage.sender.ssrc), Goodbye((stage.sender.ssrc,)))


def test_requests_for_keyframes_are_numbered(stage: Stage) -> None:
    stage.exchange.send_fir(stage.parameters)
    assert stage.came() == [], "nobody is heard yet"
    stage.receiver.take(stage.parameters, RtpPacket(0, 1, 0, FAR, b"x"))
    for _ in range(257):
        stage.exchange.send_fir(stage.parameters)
        ((*_, request),) = stage.came()
    assert request == FullIntraRequest(stage.sender.ssrc, ((FAR, 0),))


@pytest.mark.parametrize("offset", [0, 1])
def test_a_keyframe_request_is_for_one_source(stage: Stage, offset: int) -> None:
    ssrc = stage.sender.ssrc ^ offset
    for request in (PictureLossIndication(FAR, ssrc), FullIntraRequest(FAR, ((7, 0), (ssrc, 1)))):
        assert stage.exchange.is_keyframe_request(request) is (offset == 0)
    assert not stage.exchange.is_keyframe_request(ReceiverReport(ssrc))
