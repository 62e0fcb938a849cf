"""The sending side alone: numbers, reports, and what waits."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from tests.rtp.conftest import DrivenTime

from videobar.rtp.io import MediaTime
from videobar.rtp.packet import RtpPacket
from videobar.rtp.parameters import StreamParameters
from videobar.rtp.ports import PortPair, PortRange
from videobar.rtp.rtcp import Goodbye, ReceiverReport, SenderReport, parse_compound
from videobar.rtp.sender import RtpSender
from videobar.rtp.statistics import DiscardCounts
from videobar.vocabulary import StreamDirection

HERE = "127.0.0.1"


class Stage:
    """A sender and the far end's sockets."""

    def __init__(self, undo: ExitStack, time: DrivenTime) -> None:
        ports = PortRange(40_000, 59_999)
        self.far, self.pair = ports.allocate(HERE), ports.allocate(HERE)
        undo.callback(self.far.close)
        undo.callback(self.pair.close)
        self.faults = DiscardCounts()
        self.sender = RtpSender(
            self.pair, MediaTime(time, lambda: 1e6), self.faults, None, random.Random(3), resendable=10
        )
        self.parameters = StreamParameters(
            (HERE, self.far.port), (HERE, self.far.port + 1), frozenset({96}), clock_rate=90_000
        )
        self.sender.configure(self.parameters)

    def came(self) -> list[RtpPacket]:
        found = []
        while True:
            try:
                found.append(RtpPacket.parse(self.far.rtp.recv(4096)))
            except BlockingIOError:
                return found


@pytest.fixture
def stage(driven_time: DrivenTime) -> Iterator[Stage]:
    with ExitStack() as undo:
        yield Stage(undo, driven_time)


def test_another_ssrc_goes_on_with_the_sequence(stage: Stage) -> None:
    first = stage.sender.ssrc
    stage.sender.send(stage.parameters, 96, 0, b"a", marker=False)
    stage.sender.change_ssrc()
    stage.sender.send(stage.parameters, 96, 1 << 32, b"b", marker=True)
    before, after = stage.came()
    assert (before.ssrc, after.ssrc) == (first, stage.sender.ssrc)
    assert first != stage.sender.ssrc
    assert after.sequence == before.sequence + 1
    assert (after.timestamp, after.marker) == (0, True)


def test_its_report_is_a_senders_once_it_has_sent(stage: Stage, driven_time: DrivenTime) -> None:
    assert stage.sender.report(stage.parameters, (), 100.0) == ReceiverReport(stage.sender.ssrc)
    stage.sender.send(stage.parameters, 96, 9000, bytes(7), marker=False)
    driven_time.advance(2)
    report = stage.sender.report(stage.parameters, (), driven_time.seconds)
    assert isinstance(report, SenderReport)
    assert (report.packets, report.octets, report.rtp_timestamp) == (1, 7, 9000 + 2 * 90_000)


@pytest.mark.parametrize("stop", ["clear", "configure"])
def test_what_waits_is_dropped(stage: Stage, driven_time: DrivenTime, stop: str) -> None:
    stage.sender.send_picture(stage.parameters, 96, 0, [bytes(100)] * 60)
    assert 0 < len(stage.came()) < 60
    assert stage.sender.due < float("inf")
    if stop == "clear":
        stage.sender.clear()
    else:
        stage.sender.configure(replace(stage.parameters, direction=StreamDirection.INACTIVE))
    assert stage.sender.due == float("inf")
    driven_time.advance(1)
    stage.sender.send_due(stage.parameters, driven_time.seconds)
    assert stage.came() == []


@pytest.mark.parametrize("mux", [False, True])
def test_rtcp_and_key_exchanges_leave_from_the_agreed_port(stage: Stage, mux: bool) -> None:
    parameters = replace(stage.parameters, rtcp_mux=mux)
    goodbye = (ReceiverReport(stage.sender.ssrc), Goodbye((stage.sender.ssrc,)))
    stage.sender.send_rtcp(parameters, goodbye)
    datagram, source = (stage.far.rtp if mux else stage.far.rtcp).recvfrom(4096)
    assert parse_compound(datagram) == goodbye
    assert source == (HERE, stage.pair.port + (not mux))
    for rtcp, far in ((False, stage.far.rtp), (True, stage.far.rtcp)):
        stage.sender.send_handshake(parameters, b"\x16hello", rtcp=rtcp)
        assert far.recvfrom(4096) == (b"\x16hello", (HERE, stage.pair.port + rtcp))


def test_what_the_system_refuses_is_counted_and_not_numbered(stage: Stage) -> None:
    stage.sender.send(stage.parameters, 96, 0, bytes(70_000), marker=False)
    assert (stage.faults.unsent, stage.sender.transmission.packets) == (1, 0)
    stage.sender.send(replace(stage.parameters, remote=("0.0.0.0", 9)), 96, 0, b"x", marker=False)
    assert (stage.faults.unsent, stage.sender.transmission.packets) == (1, 0)


@pytest.mark.parametrize(
    ("local", "source", "own"),
    [
        (HERE, (HERE, 4000), True),
        (HERE, (HERE, 4001), False),
        (HERE, ("127.0.0.2", 4000), False),
        ("0.0.0.0", ("192.0.2.1", 4000), True),
        ("::", ("2001:db8::1", 4000), True),
        ("::", ("2001:db8::1", 4002), False),
    ],
)
def test_a_pair_knows_its_own_address(stage: Stage, local: str, source: tuple[str, int], own: bool) -> None:
    pair = PortPair(stage.pair.rtp, stage.pair.rtcp, local, 4000)
    assert pair.sends_from(source) is own
