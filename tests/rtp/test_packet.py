from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.rtp.packet import LARGEST_DATAGRAM, HeaderExtension, MalformedPacket, RtpPacket, is_rtcp


def test_a_plain_packet_byte_by_byte() -> None:
    packet = RtpPacket(96, 0x1234, 0xDEADBEEF, 0xCAFEBABE, b"sound", marker=True)
    assert packet.pack() == bytes.fromhex("80e01234deadbeefcafebabe") + b"sound"
    assert RtpPacket.parse(packet.pack()) == packet


def test_contributors_extension_and_padding_are_taken_off_the_payload() -> None:
    datagram = (
        bytes.fromhex("b2000001 00000002 00000003")  # padding, extension, two contributors
        + bytes.fromhex("0000000a 0000000b")
        + bytes.fromhex("bede0001 11223344")
        + b"payload"
        + bytes.fromhex("0000 03")
    )
    packet = RtpPacket.parse(datagram)
    assert packet.csrc == (10, 11)
    assert packet.extension == HeaderExtension(0xBEDE, bytes.fromhex("11223344"))
    assert packet.payload == b"payload"


def test_padding_may_fill_the_whole_payload() -> None:
    assert RtpPacket.parse(bytes.fromhex("a0000001 00000002 00000003 00000004")).payload == b""


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x80" * 11,
        bytes.fromhex("40000001 00000002 00000003"),  # version 1
        bytes.fromhex("8f000001 00000002 00000003 00000004"),  # 15 contributors, 1 present
        bytes.fromhex("90000001 00000002 00000003 bede"),  # extension cut off
        bytes.fromhex("90000001 00000002 00000003 bede0002 11223344"),
        bytes.fromhex("a0000001 00000002 00000003 00000005"),  # more padding than payload
        bytes.fromhex("a0000001 00000002 00000003 00000000"),
        bytes.fromhex("a0000001 00000002 00000003"),  # padding, and no byte that counts it
        bytes.fromhex("80000001 00000002 00000003") + bytes(LARGEST_DATAGRAM),
    ],
)
def test_malformed_packets_are_refused(datagram: bytes) -> None:
    with pytest.raises(MalformedPacket):
        RtpPacket.parse(datagram)


@pytest.mark.parametrize(
    "packet",
    [
        RtpPacket(128, 0, 0, 0, b""),
        RtpPacket(0, 0x10000, 0, 0, b""),
        RtpPacket(0, 0, 1 << 32, 0, b""),
        RtpPacket(0, 0, 0, 0, b"", csrc=tuple(range(16))),
        RtpPacket(0, 0, 0, 0, b"", extension=HeaderExtension(0, b"123")),
    ],
)
def test_fields_out_of_range_cannot_be_packed(packet: RtpPacket) -> None:
    with pytest.raises(ValueError, match=r".+"):
        packet.pack()


def test_rtcp_is_told_from_rtp_on_a_shared_port() -> None:
    assert is_rtcp(bytes((0x80, 200)))
    assert is_rtcp(bytes((0x80, 207)))
    assert not is_rtcp(bytes((0x80, 96)))
    assert not is_rtcp(bytes((0x80, 0x80 | 101)))
    assert not is_rtcp(b"")


@given(st.binary(max_size=200))
def test_nothing_but_malformed_packet_escapes(datagram: bytes) -> None:
    for start in (b"", b"\x80", b"\xbf", b"\xb1\x60"):
        with contextlib.suppress(MalformedPacket):
            RtpPacket.parse(start + datagram)


words = st.integers(0, 0xFFFF_FFFF)


@given(
    st.builds(
        RtpPacket,
        payload_type=st.integers(0, 127),
        sequence=st.integers(0, 0xFFFF),
        timestamp=words,
        ssrc=words,
        payload=st.binary(max_size=400),
        marker=st.booleans(),
        csrc=st.lists(words, max_size=15).map(tuple),
        extension=st.none()
        | st.builds(HeaderExtension, st.integers(0, 0xFFFF), st.binary(max_size=40).map(lambda b: b * 4)),
    )
)
def test_what_is_packed_is_parsed(packet: RtpPacket) -> None:
    assert RtpPacket.parse(packet.pack()) == packet
