"""Who was not named by the signalling cannot be heard on a media port, nor disturb the far end, whatever they send."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from tests.rtp.conftest import DrivenTime

from videobar.rtp.io import RtpIo
from videobar.rtp.latching import PACKETS_NEAR, SILENCE_S
from videobar.rtp.packet import RtpPacket
from videobar.rtp.parameters import StreamParameters
from videobar.rtp.ports import PortRange
from videobar.rtp.rtcp import (
    FullIntraRequest,
    GenericNack,
    Goodbye,
    PictureLossIndication,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    pack_compound,
)
from videobar.rtp.stream import RtpStream

HERE = "127.0.0.1"
ELSEWHERE = "127.0.0.66"
FAR, OTHER = 0xFA, 0xBAD


class Stage:
    """A stream of ours, the far end's sockets, and a stranger's."""

    def __init__(self, io: RtpIo, time: DrivenTime, undo: ExitStack, stranger: str = ELSEWHERE) -> None:
        self.io, self.time = io, time
        ports = PortRange(40_000, 59_999)
        self.far = ports.allocate(HERE)
        undo.callback(self.far.close)
        self.stranger = undo.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.stranger.setblocking(False)
        self.stranger.bind((stranger, 0))
        self.heard: list[RtpPacket] = []
        self.wanted = 0
        self.stream = RtpStream(
            io,
            ports.allocate(HERE),
            "room",
            self.heard.append,
            on_keyframe_request=self._want,
            resendable=100,
        )
        undo.callback(self.stream.close)
        self.parameters = StreamParameters(
            (HERE, self.far.port), (HERE, self.far.port + 1), frozenset({0}), signalling_host=HERE
        )
        self.stream.configure(self.parameters)
        self.sequence = 1000

    def _want(self) -> None:
        self.wanted += 1

    def far_speaks(self, ssrc: int = FAR) -> None:
        """A packet every 20 ms."""
        self.sequence += 1
        self.put(self.far.rtp, RtpPacket(0, self.sequence, self.sequence * 160, ssrc, b"far"))
        self.time.advance(0.02)

    def put(self, source: socket.socket, *packets: RtpPacket) -> None:
        for packet in packets:
            source.sendto(packet.pack(), (HERE, self.stream.port))
        self.io.poll()

    def report(self, source: socket.socket, *packets: object, port: int = 1) -> None:
        source.sendto(pack_compound(packets), (HERE, self.stream.port + port))  # type: ignore[arg-type]
        self.io.poll()


@pytest.fixture
def undo() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def stage(io: RtpIo, driven_time: DrivenTime, undo: ExitStack) -> Stage:
    return Stage(io, driven_time, undo)


def noise(kind: str, rate: int, ssrc: int, index: int, chance: random.Random) -> list[RtpPacket]:
    """What a stranger sends between two packets of the far end."""
    numbers = {
        "in sequence": lambda each: index * rate + each,
        "odd": lambda each: chance.randrange(0x10000),
        "ahead": lambda each: 1000 + index * 2900 + each,
        "behind": lambda each: 1000 + index - 500 - each,
        "like the far end": lambda each: 1000 + index + each,
    }[kind]
    return [RtpPacket(0, numbers(each) & 0xFFFF, index * 160, ssrc, b"stranger") for each in range(rate)]


@pytest.mark.parametrize("host", [ELSEWHERE, HERE])
@pytest.mark.parametrize("kind", ["in sequence", "odd", "ahead", "behind", "like the far end"])
@pytest.mark.parametrize("ssrc", [FAR, OTHER, 0])
@pytest.mark.parametrize("rate", [1, 4, 50])
def test_a_far_end_that_speaks_is_not_disturbed(
    io: RtpIo, driven_time: DrivenTime, undo: ExitStack, host: str, kind: str, ssrc: int, rate: int
) -> None:
    """Also not from another port of its own host."""
    stage = Stage(io, driven_time, undo, host)
    chance = random.Random(rate)
    before = stage.stream.ssrc
    for index in range(60):
        stage.far_speaks()
        stage.put(stage.stranger, *noise(kind, rate, ssrc or before, index, chance))
    assert [packet.payload for packet in stage.heard] == [b"far"] * 60
    received = stage.stream.statistics()[1]
    assert (received.packets, received.lost, received.unused) == (60, 0, 60 * rate)
    assert received.jitter_ms == pytest.approx(0, abs=0.01)
    assert stage.stream.ssrc == before
    with pytest.raises(BlockingIOError):
        stage.stranger.recv(2048)


@pytest.mark.parametrize("far_spoke", [0, 5])
@pytest.mark.parametrize("rate", [1, 50])
def test_a_stranger_is_not_heard_either_while_nobody_speaks(stage: Stage, far_spoke: int, rate: int) -> None:
    for _ in range(far_spoke):
        stage.far_speaks()
    chance = random.Random(1)
    for index in range(600):
        stage.put(stage.stranger, *noise("in sequence", rate, OTHER, index, chance))
        stage.time.advance(0.02)
    assert [packet.payload for packet in stage.heard] == [b"far"] * far_spoke
    assert stage.stream.silent_s >= 11, "nor do they make it seem alive"
    stage.far_speaks()
    assert stage.heard[-1].payload == b"far"
    assert stage.stream.statistics()[1].packets == far_spoke + 1


@pytest.mark.parametrize("mux", [False, True])
@pytest.mark.parametrize("host", [ELSEWHERE, HERE])
def test_reports_of_strangers_are_not_heeded(
    io: RtpIo, driven_time: DrivenTime, undo: ExitStack, mux: bool, host: str
) -> None:
    stage = Stage(io, driven_time, undo, host)
    stage.stream.configure(replace(stage.parameters, rtcp_mux=mux))
    for number in range(5):
        stage.stream.send(0, number, b"ours")
    sent = [RtpPacket.parse(stage.far.rtp.recv(2048)).sequence for _ in range(5)]
    stage.far_speaks()
    port = 0 if mux else 1
    far = stage.far.rtp if mux else stage.far.rtcp
    ours = stage.stream.ssrc
    block = ReportBlock(ours, 255, 77, 0, 9999, 0, 0)
    lies = (
        (ReceiverReport(OTHER, (block,)),),
        (SenderReport(OTHER, 1 << 40, 0, 1, 1, (block,)),),
        (ReceiverReport(OTHER), GenericNack(OTHER, ours, tuple(sent))),
        (ReceiverReport(OTHER), PictureLossIndication(OTHER, ours)),
        (ReceiverReport(OTHER), FullIntraRequest(OTHER, ((ours, 1),))),
        (ReceiverReport(OTHER), Goodbye((FAR,))),
    )
    for lie in lies:
        stage.report(stage.stranger, *lie, port=port)
    assert stage.wanted == 0
    assert stage.stream.statistics()[0].lost == 0
    with pytest.raises(BlockingIOError):
        stage.far.rtp.recv(2048)
    stage.report(far, ReceiverReport(FAR, (replace(block, cumulative_lost=3),)), port=port)
    stage.report(far, ReceiverReport(FAR), PictureLossIndication(FAR, ours), port=port)
    assert (stage.wanted, stage.stream.statistics()[0].lost) == (1, 3)
    for lie in lies:
        stage.report(stage.stranger, *(_signed(each, FAR) for each in lie), port=port)
    assert (stage.wanted, stage.stream.statistics()[0].lost) == (1, 3)


def _signed(packet: object, ssrc: int) -> object:
    """The same in the far end's name."""
    name = "sender" if hasattr(packet, "sender") else "ssrc"
    return packet if isinstance(packet, Goodbye) else replace(packet, **{name: ssrc})  # type: ignore[type-var]


def test_a_far_end_behind_a_nat_is_learned_and_kept_while_it_is_alive(
    io: RtpIo, driven_time: DrivenTime, undo: ExitStack
) -> None:
    """It names an address of which nothing can come; its packets come from where its signalling does."""
    stage = Stage(io, driven_time, undo)
    nowhere = ("192.168.44.44", 4000)
    stage.stream.configure(replace(stage.parameters, remote=nowhere, remote_rtcp=("192.168.44.44", 4001)))
    chance = random.Random(1)
    for index in range(50):
        stage.far_speaks()
        stage.put(stage.stranger, *noise("in sequence", 4, OTHER, index, chance))
    assert [packet.payload for packet in stage.heard] == [b"far"] * (50 - PACKETS_NEAR + 1)
    block = ReportBlock(stage.stream.ssrc, 0, 4, 0, 0, 0, 0)
    stage.report(stage.far.rtcp, ReceiverReport(OTHER, (block,)))
    assert stage.stream.statistics()[0].lost == 0, "it does not know who speaks"
    stage.report(stage.far.rtcp, ReceiverReport(FAR, (block,)))
    assert stage.stream.statistics()[0].lost == 4


def test_a_far_end_that_has_moved_is_found_again(stage: Stage, undo: ExitStack) -> None:
    for _ in range(5):
        stage.far_speaks()
    moved = PortRange(40_000, 59_999).allocate(HERE)
    undo.callback(moved.close)
    stage.far = moved
    for _ in range(int(SILENCE_S / 0.02) + PACKETS_NEAR + 1):
        stage.far_speaks()
    assert len(stage.heard) in (6, 7)
    stage.stream.configure(replace(stage.parameters, remote=(HERE, moved.port)))
    stage.far_speaks()
    assert stage.heard[-1].sequence == stage.sequence


def test_a_second_source_at_the_far_ends_own_address_wins_nothing_for_long(stage: Stage) -> None:
    """Which only who forges its address, or the far end itself, can do."""
    for index in range(50):
        stage.far_speaks()
        stage.put(stage.far.rtp, *(RtpPacket(0, index * 4 + each, 0, OTHER, b"forged") for each in range(4)))
    heard = [packet.payload for packet in stage.heard]
    assert heard.count(b"far") == 50
    assert heard.count(b"forged") == 3
    received = stage.stream.statistics()[1]
    assert (received.packets, received.lost) == (50, 0)
    for _ in range(60):
        stage.far_speaks(OTHER)
    assert stage.heard[-1].ssrc == OTHER, "the far end has really changed its source"
