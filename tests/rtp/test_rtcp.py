from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.rtp.packet import MalformedPacket
from videobar.rtp.rtcp import (
    FullIntraRequest,
    GenericNack,
    Goodbye,
    PictureLossIndication,
    ReceiverReport,
    Remb,
    ReportBlock,
    SenderReport,
    SourceDescription,
    Tmmbn,
    Tmmbr,
    TmmbrLimit,
    pack_compound,
    parse_compound,
)

BLOCK = ReportBlock(0x01020304, 64, -2, 0x0001FFFE, 160, 0xAABBCCDD, 65536)
BLOCK_BYTES = bytes.fromhex("01020304 40fffffe 0001fffe 000000a0 aabbccdd 00010000")


def test_a_sender_report_byte_by_byte() -> None:
    report = SenderReport(7, 0x1122334455667788, 0x99AABBCC, 50, 8000, (BLOCK,))
    expected = bytes.fromhex("81c8000c 00000007 1122334455667788 99aabbcc 00000032 00001f40") + BLOCK_BYTES
    assert pack_compound([report]) == expected
    assert parse_compound(expected) == (report,)


def test_a_compound_packet_byte_by_byte() -> None:
    packets = (
        ReceiverReport(7, (BLOCK,)),
        SourceDescription(((7, "room@host"),)),
        Goodbye((7,), "done"),
    )
    expected = (
        bytes.fromhex("81c90007 00000007")
        + BLOCK_BYTES
        + bytes.fromhex("81ca0004 00000007 0109")
        + b"room@host"
        + bytes(1)
        + bytes.fromhex("81cb0003 00000007 04")
        + b"done"
        + bytes(3)
    )
    assert pack_compound(packets) == expected
    assert parse_compound(expected) == packets


@pytest.mark.parametrize("length", range(9))
def test_names_of_any_length_end_on_a_word_with_a_zero(length: int) -> None:
    packets = (SourceDescription(((1, "x" * length), (2, "y"))), Goodbye((1, 2)))
    datagram = pack_compound(packets)
    assert len(datagram) % 4 == 0
    assert parse_compound(datagram) == packets


def test_feedback_on_pictures_byte_by_byte() -> None:
    packets = (
        GenericNack(7, 9, (100, 101, 116, 117, 65535, 0)),
        PictureLossIndication(7, 9),
        FullIntraRequest(7, ((9, 3),)),
    )
    expected = bytes.fromhex(
        "81cd0005 00000007 00000009 00648001 00750000 ffff0001"
        "81ce0002 00000007 00000009"
        "84ce0004 00000007 00000000 00000009 03000000"
    )
    assert pack_compound(packets) == expected
    assert parse_compound(expected) == packets
    for cut in ("81cd0001 00000007", "81ce0001 00000007", "84ce0000"):
        with pytest.raises(MalformedPacket):
            parse_compound(bytes.fromhex(cut))


def test_feedback_on_rates_byte_by_byte() -> None:
    """RFC 5104 sections 4.2.1.1 and 4.2.2.1; draft-alvestrand-rmcat-remb-03 section 2.2."""
    packets = (
        Tmmbr(7, (TmmbrLimit(9, 500_000, 40),)),
        Tmmbn(7, (TmmbrLimit(9, 131_071, 511), TmmbrLimit(10, 0, 0))),
        Remb(7, 262_143 << 3, (9, 10)),
    )
    expected = bytes.fromhex(
        "83cd0004 00000007 00000000 00000009 0bd09028"
        "84cd0006 00000007 00000000 00000009 03ffffff 0000000a 00000000"
        "8fce0006 00000007 00000000 52454d42 020fffff 00000009 0000000a"
    )
    assert pack_compound(packets) == expected
    assert parse_compound(expected) == packets


@given(st.integers(0, 0x1FFFF << 63), st.integers(0, 511))
def test_rates_are_rounded_down_by_little(bits_per_s: int, overhead: int) -> None:
    for packet in (Tmmbr(1, (TmmbrLimit(2, bits_per_s, overhead),)), Remb(1, bits_per_s, (2,))):
        (read,) = parse_compound(pack_compound([packet]))
        found = read.limits[0].bits_per_s if isinstance(read, Tmmbr) else read.bits_per_s  # type: ignore[union-attr]
        assert bits_per_s * (1 - 2**-16) <= found <= bits_per_s


@pytest.mark.parametrize(
    "packet",
    [
        Tmmbr(1, (TmmbrLimit(2, -1, 0),)),
        Tmmbr(1, (TmmbrLimit(2, 1, 512),)),
        Tmmbr(1, (TmmbrLimit(2, 1 << 90, 0),)),
        Remb(1, 1 << 90, ()),
    ],
)
def test_rates_that_do_not_fit_cannot_be_packed(packet: Tmmbr | Remb) -> None:
    with pytest.raises(ValueError, match="out of range"):
        pack_compound([packet])


def test_unknown_types_are_skipped() -> None:
    unknown = bytes.fromhex("81cf0002 00000007 12345678")
    slice_loss = bytes.fromhex("82ce0002 00000007 00000008")
    goodbye = pack_compound([Goodbye((9,))])
    assert parse_compound(unknown + slice_loss + goodbye) == (Goodbye((9,)),)


def test_other_items_of_a_description_are_skipped() -> None:
    chunk = bytes.fromhex("00000007 0203") + b"Bob" + bytes.fromhex("0104") + b"name" + bytes(1)
    assert len(chunk) % 4 == 0
    datagram = bytes((0x81, 202, 0, len(chunk) // 4)) + chunk
    assert parse_compound(datagram) == (SourceDescription(((7, "name"),)),)


def test_padding_is_taken_off() -> None:
    datagram = bytes.fromhex("a1cb0002 00000007 00000004")
    assert parse_compound(datagram) == (Goodbye((7,)),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "80c9",
        "80c90001",  # says 4 more bytes
        "40c90001 00000007",  # version 1
        "81c90001 00000007",  # says one block
        "80c80001 00000007",  # sender report without its sender part
        "82cb0001 00000007",  # says two sources
        "81ca0002 00000007 01090000",  # item longer than the packet
        "82ca0002 00000007 00000000",  # says two chunks
        "a0cb0001 00000009",  # more padding than packet
        "80c90001 00000007 80",  # a stray byte at the end
    ],
)
def test_malformed_packets_are_refused(text: str) -> None:
    with pytest.raises(MalformedPacket):
        parse_compound(bytes.fromhex(text))


@given(st.integers(0, 31), st.integers(198, 208), st.binary(max_size=120))
def test_nothing_but_malformed_packet_escapes(count: int, kind: int, body: bytes) -> None:
    body += bytes(-len(body) % 4)
    framed = bytes((0x80 | count, kind, 0, len(body) // 4)) + body
    for datagram in (body, framed, framed + framed, b"\xa0" + framed[1:]):
        with contextlib.suppress(MalformedPacket):
            parse_compound(datagram)


def test_what_does_not_fit_cannot_be_packed() -> None:
    with pytest.raises(ValueError, match="at most 31"):
        pack_compound([ReceiverReport(1, (BLOCK,) * 32)])
    with pytest.raises(ValueError, match="out of range"):
        pack_compound([ReceiverReport(1 << 32)])
    with pytest.raises(ValueError, match="out of range"):
        pack_compound([ReceiverReport(1, (ReportBlock(1, 0, 0x800000, 0, 0, 0, 0),))])
