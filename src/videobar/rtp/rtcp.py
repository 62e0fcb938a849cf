"""RTCP: sender and receiver reports, source description, goodbye (RFC 3550 section 6)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from videobar.rtp.packet import LARGEST_DATAGRAM, MalformedPacket

_HEADER: Final = struct.Struct("!BBH")
_SENDER: Final = struct.Struct("!IQIII")
_BLOCK: Final = struct.Struct("!IB3sIIII")
_SSRC: Final = struct.Struct("!I")

_SR: Final = 200
_RR: Final = 201
_SDES: Final = 202
_BYE: Final = 203
_SDES_END: Final = 0
_SDES_CNAME: Final = 1

MOST_BLOCKS: Final = 31
"""What the five-bit count of an RTCP header can hold."""


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver says about one source (section 6.4.1)."""

    ssrc: int
    fraction_lost: int
    """Lost since the last report, in 1/256."""
    cumulative_lost: int
    """Signed 24 bits; negative when duplicates arrived."""
    highest_sequence: int
    """Extended highest sequence number: cycles in the upper 16 bits."""
    jitter: int
    """Interarrival jitter in units of the timestamp clock."""
    last_sr: int
    """Middle 32 bits of the NTP time of the last sender report; 0 for none."""
    delay_since_last_sr: int
    """In 1/65536 s."""


@dataclass(frozen=True, slots=True)
class SenderReport:
    """Section 6.4.1. `ntp` is a 64-bit NTP time, `packets` and `octets` (payload bytes) count modulo 2³²."""

    ssrc: int
    ntp: int
    rtp_timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """Section 6.4.2: the report of somebody who does not send."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """Section 6.5, the CNAME item alone: the lasting name of each source."""

    names: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Section 6.6: these sources leave."""

    ssrcs: tuple[int, ...]
    reason: str = ""


RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Goodbye


def parse_compound(datagram: bytes) -> tuple[RtcpPacket, ...]:
    """The packets of a compound datagram that are understood; others are skipped. Raises `MalformedPacket`."""
    if not _HEADER.size <= len(datagram) <= LARGEST_DATAGRAM:
        raise MalformedPacket(f"{len(datagram)} bytes cannot be RTCP")
    found: list[RtcpPacket] = []
    at = 0
    while at < len(datagram):
        if at + _HEADER.size > len(datagram):
            raise MalformedPacket("RTCP header is cut off")
        first, kind, words = _HEADER.unpack_from(datagram, at)
        end = at + 4 * (words + 1)
        if first >> 6 != 2 or end > len(datagram):
            raise MalformedPacket("RTCP packet has a wrong version or length")
        body = (
            _unpadded(datagram[at + _HEADER.size : end])
            if first & 0x20
            else datagram[at + _HEADER.size : end]
        )
        packet = _parse(kind, first & 0x1F, body)
        if packet is not None:
            found.append(packet)
        at = end
    return tuple(found)


def pack_compound(packets: Iterable[RtcpPacket]) -> bytes:
    """`packets` as one datagram. Raises `ValueError` for fields out of range."""
    return b"".join(_pack(packet) for packet in packets)


def _parse(kind: int, count: int, body: bytes) -> RtcpPacket | None:
    try:
        match kind:
            case 200:
                ssrc, ntp, timestamp, packets, octets = _SENDER.unpack_from(body)
                blocks = _parse_blocks(body, _SENDER.size, count)
                return SenderReport(ssrc, ntp, timestamp, packets, octets, blocks)
            case 201:
                return ReceiverReport(_SSRC.unpack_from(body)[0], _parse_blocks(body, _SSRC.size, count))
            case 202:
                return _parse_description(count, body)
            case 203:
                return _parse_goodbye(count, body)
            case _:
                return None
    except struct.error:
        raise MalformedPacket(f"RTCP packet of type {kind} is cut off") from None


def _parse_blocks(body: bytes, start: int, count: int) -> tuple[ReportBlock, ...]:
    return tuple(_parse_block(body, start + index * _BLOCK.size) for index in range(count))


def _parse_block(body: bytes, at: int) -> ReportBlock:
    ssrc, fraction, lost, highest, jitter, last_sr, delay = _BLOCK.unpack_from(body, at)
    return ReportBlock(ssrc, fraction, int.from_bytes(lost, signed=True), highest, jitter, last_sr, delay)


def _parse_description(count: int, body: bytes) -> SourceDescription:
    names: list[tuple[int, str]] = []
    at = 0
    for _ in range(count):
        (ssrc,) = _SSRC.unpack_from(body, at)
        name, at = _parse_chunk(body, at + _SSRC.size)
        if name is not None:
            names.append((ssrc, name))
    return SourceDescription(tuple(names))


def _parse_chunk(body: bytes, at: int) -> tuple[str | None, int]:
    """The CNAME among the items from `at` on, and where the next chunk begins."""
    name = None
    while at < len(body) and body[at] != _SDES_END:
        if at + 2 > len(body) or at + 2 + body[at + 1] > len(body):
            raise MalformedPacket("source description item is cut off")
        end = at + 2 + body[at + 1]
        if body[at] == _SDES_CNAME:
            name = body[at + 2 : end].decode("utf-8", "replace")
        at = end
    return name, at + 4 - at % 4


def _parse_goodbye(count: int, body: bytes) -> Goodbye:
    ssrcs = struct.unpack_from(f"!{count}I", body)
    at = 4 * count
    reason = body[at + 1 : at + 1 + body[at]] if at < len(body) else b""
    return Goodbye(ssrcs, reason.decode("utf-8", "replace"))


def _unpadded(body: bytes) -> bytes:
    count = body[-1] if body else 0
    if not 0 < count <= len(body):
        raise MalformedPacket("RTCP padding does not fit the packet")
    return body[:-count]


def _pack(packet: RtcpPacket) -> bytes:
    try:
        match packet:
            case SenderReport():
                sender = _SENDER.pack(
                    packet.ssrc, packet.ntp, packet.rtp_timestamp, packet.packets, packet.octets
                )
                return _framed(_SR, len(packet.blocks), sender + _pack_blocks(packet.blocks))
            case ReceiverReport():
                return _framed(_RR, len(packet.blocks), _SSRC.pack(packet.ssrc) + _pack_blocks(packet.blocks))
            case SourceDescription():
                return _framed(
                    _SDES, len(packet.names), b"".join(_pack_chunk(*name) for name in packet.names)
                )
            case Goodbye():
                ssrcs = struct.pack(f"!{len(packet.ssrcs)}I", *packet.ssrcs)
                return _framed(_BYE, len(packet.ssrcs), ssrcs + _pack_reason(packet.reason))
    except (struct.error, OverflowError) as error:
        raise ValueError(f"RTCP field out of range: {error}") from None


def _pack_blocks(blocks: tuple[ReportBlock, ...]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost,
            block.cumulative_lost.to_bytes(3, signed=True),
            block.highest_sequence,
            block.jitter,
            block.last_sr,
            block.delay_since_last_sr,
        )
        for block in blocks
    )


def _pack_chunk(ssrc: int, name: str) -> bytes:
    text = name.encode()[:255]
    chunk = _SSRC.pack(ssrc) + bytes((_SDES_CNAME, len(text))) + text
    return chunk + bytes(4 - len(chunk) % 4)


def _pack_reason(reason: str) -> bytes:
    if not reason:
        return b""
    text = reason.encode()[:255]
    counted = bytes((len(text),)) + text
    return counted + bytes(-len(counted) % 4)


def _framed(kind: int, count: int, body: bytes) -> bytes:
    if count > MOST_BLOCKS:
        raise ValueError(f"an RTCP packet holds at most {MOST_BLOCKS} items")
    return _HEADER.pack(2 << 6 | count, kind, len(body) // 4) + body
