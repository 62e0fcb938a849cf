from __future__ import annotations

import random
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examples import examples

from videobar.rtp.io import RtpIo
from videobar.rtp.packet import RtpPacket
from videobar.rtp.parameters import StreamParameters
from videobar.rtp.ports import PortRange
from videobar.rtp.rtcp import (
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    pack_compound,
    parse_compound,
)
from videobar.rtp.stream import RtpStream
from videobar.vocabulary import StreamDirection

FAR_SSRC = 0xFA


class FarEnd:
    """A bare pair of sockets that speaks RTP by hand."""

    def __init__(self, undo: ExitStack) -> None:
        self.pair = PortRange(40_000, 59_999).allocate("127.0.0.1")
        undo.callback(self.pair.close)

    @property
    def parameters(self) -> StreamParameters:
        return StreamParameters(
            remote=("127.0.0.1", self.pair.port),
            remote_rtcp=("127.0.0.1", self.pair.port + 1),
            media_types=frozenset({0}),
            event_types=frozenset({101}),
        )

    def rtp(self) -> list[RtpPacket]:
        return [RtpPacket.parse(datagram) for datagram in drained(self.pair.rtp)]

    def rtcp(self) -> list[Any]:
        return [packet for datagram in drained(self.pair.rtcp) for packet in parse_compound(datagram)]

    def send(self, to: RtpStream, sequence: int, payload_type: int = 0, ssrc: int = FAR_SSRC) -> None:
        packet = RtpPacket(payload_type, sequence & 0xFFFF, sequence * 160 & 0xFFFFFFFF, ssrc, b"\xff" * 160)
        self.pair.rtp.sendto(packet.pack(), ("127.0.0.1", to.port))

    def send_rtcp(self, to: RtpStream, *packets: Any) -> None:
        self.pair.rtcp.sendto(pack_compound(packets), ("127.0.0.1", to.port + 1))


def drained(readable: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(readable.recv(4096))
        except BlockingIOError:
            return found


@pytest.fixture
def undo() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def far(undo: ExitStack) -> FarEnd:
    return FarEnd(undo)


@pytest.fixture
def heard() -> list[RtpPacket]:
    return []


@pytest.fixture
def stream(io: RtpIo, undo: ExitStack, heard: list[RtpPacket]) -> RtpStream:
    pair = PortRange(40_000, 59_999).allocate("127.0.0.1")
    made = RtpStream(io, pair, "room@videobar", heard.append, chance=random.Random(7))
    undo.callback(made.close)
    return made


def test_nothing_is_sent_before_it_is_configured(stream: RtpStream, far: FarEnd) -> None:
    stream.send(0, 0, b"x")
    stream.send_report()
    assert far.rtp() == []
    assert stream.statistics()[0].packets == 0


def test_packets_go_out_in_sequence(stream: RtpStream, far: FarEnd) -> None:
    stream.configure(far.parameters)
    stream.send(0, 1000, b"a", marker=True)
    stream.send(0, (1 << 32) + 5, b"bc")
    first, second = far.rtp()
    assert (first.payload, first.timestamp, first.marker, first.ssrc) == (b"a", 1000, True, stream.ssrc)
    assert (second.payload, second.timestamp, second.sequence) == (b"bc", 5, first.sequence + 1)
    sent, _ = stream.statistics()
    assert (sent.packets, sent.bytes) == (2, 3)


def test_a_large_picture_goes_out_in_steps_and_in_order(
    io: RtpIo, stream: RtpStream, far: FarEnd, driven_time: Any
) -> None:
    payloads = [bytes([number]) for number in range(60)]
    stream.configure(far.parameters)
    stream.send_picture(0, 3000, payloads)
    began, bursts = driven_time.seconds, [far.rtp()]
    while not bursts[-1][-1].marker:
        driven_time.seconds = stream.due()
        io.poll()
        bursts.append(far.rtp())
    assert max(map(len, bursts)) < 10
    packets = [packet for burst in bursts for packet in burst]
    assert [packet.payload for packet in packets] == payloads
    assert {packet.timestamp for packet in packets} == {3000}
    assert [packet.marker for packet in packets] == [False] * 59 + [True]
    assert 0.01 < driven_time.seconds - began < 1 / 30


def test_a_report_dates_a_picture_by_its_first_packet(
    io: RtpIo, stream: RtpStream, far: FarEnd, driven_time: Any
) -> None:
    stream.configure(far.parameters)
    stream.send(0, 8000, b"x")
    driven_time.advance(0.015)
    stream.send(0, 8000, b"y")
    stream.send_report()
    assert far.rtcp()[0].rtp_timestamp == 8000 + 8000 * 15 // 1000


def test_negotiated_packets_are_delivered_and_counted(
    io: RtpIo, stream: RtpStream, far: FarEnd, heard: list[RtpPacket]
) -> None:
    stream.configure(far.parameters)
    for sequence in (1, 2, 4):
        far.send(stream, sequence)
    far.send(stream, 5, payload_type=101)
    io.poll()
    assert [packet.sequence for packet in heard] == [1, 2, 4, 5]
    _, received = stream.statistics()
    assert (received.packets, received.bytes, received.lost) == (4, 640, 1)


def test_what_is_not_sent_during_a_hold_is_not_lost(io: RtpIo, stream: RtpStream, far: FarEnd) -> None:
    stream.configure(far.parameters)
    for sequence in (1, 2, 4):
        far.send(stream, sequence)
    io.poll()
    for direction in (StreamDirection.RECVONLY, StreamDirection.SENDRECV):
        stream.configure(replace(far.parameters, direction=direction))
    far.send(stream, 70)
    io.poll()
    received = stream.statistics()[1]
    assert (received.packets, received.lost) == (4, 1)
    stream.configure(replace(far.parameters, remote_rtcp=("127.0.0.1", 9)))
    far.send(stream, 72)
    io.poll()
    assert stream.statistics()[1].lost == 2


def test_what_comes_early_or_was_not_negotiated_is_counted(
    io: RtpIo, stream: RtpStream, far: FarEnd, heard: list[RtpPacket]
) -> None:
    far.send(stream, 1)
    io.poll()
    stream.configure(far.parameters)
    far.send(stream, 2, payload_type=77)
    io.poll()
    assert heard == []
    assert (stream.faults.early, stream.faults.refused) == (1, 1)
    assert stream.statistics()[1].packets == 0


def test_other_payload_types_of_the_known_source_are_not_lost(
    io: RtpIo, stream: RtpStream, far: FarEnd, heard: list[RtpPacket]
) -> None:
    stream.configure(far.parameters)
    far.send(stream, 1)
    far.send(stream, 2, payload_type=13)  # comfort noise
    far.send(stream, 3)
    io.poll()
    assert [packet.sequence for packet in heard] == [1, 3]
    assert stream.statistics()[1].lost == 0


def test_a_new_source_needs_two_packets_in_a_row(
    io: RtpIo, stream: RtpStream, far: FarEnd, heard: list[RtpPacket]
) -> None:
    stream.configure(far.parameters)
    stream.send(0, 0, b"mine")
    far.send(stream, 10)
    far.send(stream, 500, ssrc=0xBAD)
    far.send(stream, 11)
    far.send(stream, 501, ssrc=0xBAD)
    io.poll()
    assert [packet.ssrc for packet in heard] == [FAR_SSRC, FAR_SSRC]
    far.send(stream, 900, ssrc=0xCAFE)
    far.send(stream, 901, ssrc=0xCAFE)
    far.send(stream, 903, ssrc=0xCAFE)
    io.poll()
    assert [packet.sequence for packet in heard[2:]] == [901, 903]
    sent, received = stream.statistics()
    assert (received.packets, received.lost) == (2, 1)
    assert sent.packets == 1
    assert stream.faults.foreign == 3


def test_the_first_report_comes_within_a_second_and_the_next_within_some(
    io: RtpIo, stream: RtpStream, far: FarEnd, driven_time: Any
) -> None:
    stream.configure(far.parameters)
    io.poll()
    assert far.rtcp() == []
    driven_time.advance(1.0)
    io.poll()
    report, names = far.rtcp()
    assert report == ReceiverReport(stream.ssrc, ())
    assert names == SourceDescription(((stream.ssrc, "room@videobar"),))
    driven_time.advance(2.0)  # the shortest interval is 2.05 s
    io.poll()
    assert far.rtcp() == []
    driven_time.advance(4.2)  # and the longest 6.16 s
    io.poll()
    assert len(far.rtcp()) == 2


def test_reports_carry_what_was_sent_and_heard(
    io: RtpIo, stream: RtpStream, far: FarEnd, driven_time: Any
) -> None:
    stream.configure(far.parameters)
    stream.send(0, 8000, b"x" * 160)
    for sequence in (1, 2, 5, 6):
        far.send(stream, sequence)
    io.poll()
    far.send_rtcp(stream, SenderReport(FAR_SSRC, 0x0000_ABCD_1234_0000, 0, 4, 640))
    io.poll()
    driven_time.advance(0.5)
    stream.send_report()
    report, _ = far.rtcp()
    assert isinstance(report, SenderReport)
    assert (report.packets, report.octets) == (1, 160)
    assert report.rtp_timestamp == 8000 + 4000
    assert report.ntp >> 32 == 1_000_000 + 2_208_988_800
    (block,) = report.blocks
    assert (block.ssrc, block.cumulative_lost, block.highest_sequence) == (FAR_SSRC, 2, 6)
    assert block.fraction_lost == 2 * 256 // 6
    assert (block.last_sr, block.delay_since_last_sr) == (0xABCD1234, 32768)


def test_the_far_report_gives_loss_jitter_and_round_trip(
    io: RtpIo, stream: RtpStream, far: FarEnd, driven_time: Any
) -> None:
    stream.configure(far.parameters)
    for index in range(20):
        stream.send(0, 160 * index, b"x")
    stream.send_report()
    ours = far.rtcp()[0]
    driven_time.advance(0.3)
    block = ReportBlock(stream.ssrc, 0, 4, 0, 24, ours.ntp >> 16 & 0xFFFFFFFF, int(0.1 * 65536))
    far.send_rtcp(stream, ReceiverReport(FAR_SSRC, (replace(block, ssrc=1, cumulative_lost=9), block)))
    io.poll()
    sent, received = stream.statistics()
    assert (sent.lost, sent.lost_percent, sent.jitter_ms) == (4, 20.0, 3.0)
    assert sent.rtt_ms == pytest.approx(200, abs=0.1)
    assert received.rtt_ms == sent.rtt_ms


def test_closing_says_goodbye_once_and_frees_the_ports(io: RtpIo, stream: RtpStream, far: FarEnd) -> None:
    stream.configure(far.parameters)
    stream.close()
    stream.close()
    stream.send(0, 0, b"x")
    packets = far.rtcp()
    assert [type(packet) for packet in packets] == [ReceiverReport, SourceDescription, Goodbye]
    assert packets[-1] == Goodbye((stream.ssrc,))
    assert far.rtp() == []
    io.poll()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", stream.port))


def test_rtcp_mux_uses_the_rtp_port_both_ways(io: RtpIo, stream: RtpStream, far: FarEnd) -> None:
    stream.configure(replace(far.parameters, rtcp_mux=True))
    stream.send(0, 0, b"x")
    stream.send_report()
    media, report = drained(far.pair.rtp)
    assert RtpPacket.parse(media).payload == b"x"
    assert isinstance(parse_compound(report)[0], SenderReport)
    assert far.rtcp() == []
    block = ReportBlock(stream.ssrc, 0, 1, 0, 0, 0, 0)
    far.pair.rtp.sendto(pack_compound([ReceiverReport(FAR_SSRC, (block,))]), ("127.0.0.1", stream.port))
    io.poll()
    assert stream.statistics()[0].lost == 1


def test_a_stream_that_hears_itself_is_no_collision(
    io: RtpIo, stream: RtpStream, heard: list[RtpPacket]
) -> None:
    stream.configure(
        StreamParameters(("127.0.0.1", stream.port), ("127.0.0.1", stream.port + 1), frozenset({0}))
    )
    before = stream.ssrc
    for index in range(3):
        stream.send(0, 160 * index, b"me")
    io.poll()
    stream.send_report()
    io.poll()
    stream.send_report()
    io.poll()
    assert [packet.payload for packet in heard] == [b"me"] * 3
    assert stream.ssrc == before
    assert stream.faults.collisions == 0
    sent, received = stream.statistics()
    assert (sent.packets, received.packets, sent.lost) == (3, 3, 0)
    assert sent.rtt_ms == pytest.approx(0.0, abs=0.1)


def test_a_collision_moves_our_ssrc_once(
    io: RtpIo, stream: RtpStream, far: FarEnd, heard: list[RtpPacket]
) -> None:
    stream.configure(far.parameters)
    before = stream.ssrc
    far.send(stream, 1, ssrc=before)
    io.poll()
    after = stream.ssrc
    assert after != before
    assert Goodbye((before,)) in far.rtcp()
    for sequence in range(2, 6):  # somebody who reflects whatever we send
        far.send(stream, sequence, ssrc=after)
    io.poll()
    assert stream.ssrc == after
    assert stream.faults.collisions == 1
    assert heard[-1].ssrc == after


@pytest.mark.parametrize("remote", [("0.0.0.0", 4000), ("127.0.0.1", 0), ("::", 4000)])
def test_nothing_is_sent_to_nowhere(stream: RtpStream, far: FarEnd, remote: tuple[str, int]) -> None:
    stream.configure(replace(far.parameters, remote=remote, remote_rtcp=remote))
    stream.send(0, 0, b"x")
    assert stream.statistics()[0].packets == 0


def test_what_cannot_be_sent_is_counted(stream: RtpStream, far: FarEnd) -> None:
    stream.configure(replace(far.parameters, remote=("::1", 4000)))  # the socket is IPv4
    stream.send(0, 0, b"x")
    assert stream.faults.unsent == 1
    assert stream.statistics()[0].packets == 0


@pytest.mark.parametrize(
    "change",
    [{"remote": ("far.example", 4000)}, {"remote_rtcp": ("127.0.0.1", 65536)}, {"clock_rate": 0}],
)
def test_parameters_that_cannot_work_are_refused(far: FarEnd, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        replace(far.parameters, **change)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=examples(150)
)
@given(st.lists(st.binary(max_size=80), max_size=4), st.integers(0, 255), st.booleans())
def test_garbage_never_escapes(
    io: RtpIo, stream: RtpStream, far: FarEnd, garbage: list[bytes], kind: int, mux: bool
) -> None:
    stream.configure(replace(far.parameters, rtcp_mux=mux))
    for body in garbage:
        rtcp = struct.pack("!BBH", 0x81, kind, len(body) // 4) + body
        for datagram in (body, rtcp, b"\xbf" + body, b"\x80\x00" + body):
            far.pair.rtp.sendto(datagram, ("127.0.0.1", stream.port))
            far.pair.rtp.sendto(datagram, ("127.0.0.1", stream.port + 1))
    io.poll()
    assert io.failures == 0


def test_garbage_is_counted(io: RtpIo, stream: RtpStream, far: FarEnd) -> None:
    stream.configure(far.parameters)
    for _ in range(3):
        far.pair.rtp.sendto(b"garbage", ("127.0.0.1", stream.port))
        far.pair.rtp.sendto(bytes(3000), ("127.0.0.1", stream.port))
    far.pair.rtcp.sendto(b"garbage", ("127.0.0.1", stream.port + 1))
    io.poll()
    assert stream.faults.malformed == 7


def test_statistics_are_readable_while_packets_fly(
    stream: RtpStream, far: FarEnd, driven_time: Callable[[], float]
) -> None:
    stream.configure(far.parameters)
    for index in range(150):
        stream.send(0, 160 * index, b"x" * 160)
        driven_time.advance(0.02)  # type: ignore[attr-defined]
    assert stream.statistics()[0].kbps == pytest.approx(64.0, rel=0.01)
