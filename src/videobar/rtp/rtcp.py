"""RTCP: sender and receiver reports, source description, goodbye (RFC 3550 section 6), and feedback: Generic NACK and
PLI (RFC 4585 sections 6.2.1 and 6.3.1), FIR, TMMBR and TMMBN (RFC 5104 sections 4.3.1, 4.2.1 and 4.2.2), and REMB.
"""

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
_FEEDBACK: Final = struct.Struct("!II")
_NACK_PAIR: Final = struct.Struct("!HH")
_FIR_ENTRY: Final = struct.Struct("!IB3x")

_SR: Final = 200
_RR: Final = 201
_SDES: Final = 202
_BYE: Final = 203
_RTPFB: Final = 205
_PSFB: Final = 206
_NACK_FORMAT: Final = 1
_PLI_FORMAT: Final = 1
_FIR_FORMAT: Final = 4
_TMMBR_FORMAT: Final = 3
_TMMBN_FORMAT: Final = 4
_ALFB_FORMAT: Final = 15
"""Application layer feedback; REMB is one of them."""
_REMB: Final = b"REMB"
_TMMBR_BITS, _REMB_BITS = 17, 18
"""Bits of the mantissa of a rate; six of exponent stand before them."""
_OVERHEAD_BITS: Final = 9
_SDES_END: Final = 0
_SDES_CNAME: Final = 1

MOST_BLOCKS: Final = 31
"""Largest count in an RTCP header, which has five bits."""


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """Report block: what a receiver says about one source (section 6.4.1)."""

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
    """Delay in units of 1/65536 s."""


@dataclass(frozen=True, slots=True)
class SenderReport:
    """Sender report (SR, section 6.4.1).

    `ntp` is a 64-bit NTP time, `packets` and `octets` (payload bytes) count modulo 2³².
    """

    ssrc: int
    ntp: int
    rtp_timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """Receiver report (RR, section 6.4.2), of a participant that does not send."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """Source description (SDES, section 6.5), the CNAME item alone: the lasting name of each source."""

    names: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Goodbye (BYE, section 6.6): these sources leave."""

    ssrcs: tuple[int, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GenericNack:
    """Generic NACK (RFC 4585 section 6.2.1): these packets of `media` (an SSRC) are missing and shall be sent again."""

    sender: int
    media: int
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PictureLossIndication:
    """PLI (RFC 4585 section 6.3.1): pictures of `media` (an SSRC) are damaged until there is a keyframe."""

    sender: int
    media: int


@dataclass(frozen=True, slots=True)
class FullIntraRequest:
    """FIR (RFC 5104 section 4.3.1): a keyframe is requested of each SSRC of `entries`.

    With each stands a number, which is the same for a repetition.
    """

    sender: int
    entries: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class TmmbrLimit:
    """Entry of a TMMBR or TMMBN: the most that one source may send."""

    ssrc: int
    bits_per_s: int
    overhead: int
    """Bytes around each payload that the rate counts, 0 to 511."""


@dataclass(frozen=True, slots=True)
class Tmmbr:
    """TMMBR (RFC 5104 section 4.2.1): each source of `limits` shall send no more than that."""

    sender: int
    limits: tuple[TmmbrLimit, ...]


@dataclass(frozen=True, slots=True)
class Tmmbn:
    """TMMBN (RFC 5104 section 4.2.2): the limits that count now; in each, the SSRC is that of who has asked."""

    sender: int
    limits: tuple[TmmbrLimit, ...]


@dataclass(frozen=True, slots=True)
class Remb:
    """REMB (draft-alvestrand-rmcat-remb-03): what all these sources together may send."""

    sender: int
    bits_per_s: int
    ssrcs: tuple[int, ...]


RtcpPacket = (
    SenderReport
    | ReceiverReport
    | SourceDescription
    | Goodbye
    | GenericNack
    | PictureLossIndication
    | FullIntraRequest
    | Tmmbr
    | Tmmbn
    | Remb
)


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
            case 205 if count == _NACK_FORMAT:
                return _parse_nack(body)
            case 205 if count in (_TMMBR_FORMAT, _TMMBN_FORMAT):
                sender, _ = _FEEDBACK.unpack_from(body)
                kind_of = Tmmbr if count == _TMMBR_FORMAT else Tmmbn
                return kind_of(sender, _parse_limits(body[_FEEDBACK.size :]))
            case 206 if count == _ALFB_FORMAT and body[8:12] == _REMB:
                return _parse_estimate(body)
            case 206 if count == _PLI_FORMAT:
                return PictureLossIndication(*_FEEDBACK.unpack_from(body))
            case 206 if count == _FIR_FORMAT:
                return _parse_fir(body)
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


def _parse_nack(body: bytes) -> GenericNack:
    sender, media = _FEEDBACK.unpack_from(body)
    sequences: list[int] = []
    for first, following in _NACK_PAIR.iter_unpack(body[_FEEDBACK.size : len(body) // 4 * 4]):
        sequences.append(first)
        sequences += [(first + 1 + bit) & 0xFFFF for bit in range(16) if following >> bit & 1]
    return GenericNack(sender, media, tuple(sequences))


def _parse_limits(body: bytes) -> tuple[TmmbrLimit, ...]:
    entries = _FEEDBACK.iter_unpack(body[: len(body) // 8 * 8])
    overheads = (1 << _OVERHEAD_BITS) - 1
    return tuple(
        TmmbrLimit(ssrc, _parse_rate(word >> _OVERHEAD_BITS, _TMMBR_BITS), word & overheads)
        for ssrc, word in entries
    )


def _parse_estimate(body: bytes) -> Remb:
    sender, _, _, word = struct.unpack_from("!IIII", body)
    ssrcs = struct.unpack_from(f"!{word >> 24}I", body, 16)
    return Remb(sender, _parse_rate(word & 0xFF_FFFF, _REMB_BITS), ssrcs)


def _parse_rate(word: int, bits: int) -> int:
    return (word & (1 << bits) - 1) << (word >> bits)


def _parse_fir(body: bytes) -> FullIntraRequest:
    sender, _ = _FEEDBACK.unpack_from(body)
    entries = _FIR_ENTRY.iter_unpack(body[_FEEDBACK.size : len(body) // 8 * 8])
    return FullIntraRequest(sender, tuple((ssrc, number) for ssrc, number in entries))


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
            case GenericNack():
                media = _FEEDBACK.pack(packet.sender, packet.media)
                return _framed(_RTPFB, _NACK_FORMAT, media + _pack_nack(packet.sequences))
            case PictureLossIndication():
                return _framed(_PSFB, _PLI_FORMAT, _FEEDBACK.pack(packet.sender, packet.media))
            case Tmmbr():
                return _framed(_RTPFB, _TMMBR_FORMAT, _pack_limits(packet.sender, packet.limits))
            case Tmmbn():
                return _framed(_RTPFB, _TMMBN_FORMAT, _pack_limits(packet.sender, packet.limits))
            case Remb():
                rate = len(packet.ssrcs) << 24 | _packed_rate(packet.bits_per_s, _REMB_BITS)
                head = _FEEDBACK.pack(packet.sender, 0) + _REMB + _SSRC.pack(rate)
                return _framed(_PSFB, _ALFB_FORMAT, head + b"".join(map(_SSRC.pack, packet.ssrcs)))
            case FullIntraRequest():
                wanted = b"".join(_FIR_ENTRY.pack(*entry) for entry in packet.entries)
                return _framed(_PSFB, _FIR_FORMAT, _FEEDBACK.pack(packet.sender, 0) + wanted)
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


def _pack_nack(sequences: tuple[int, ...]) -> bytes:
    """Sequence numbers in pairs of one and a mask of the 16 after it."""
    packed = b""
    waiting = list(sequences)
    while waiting:
        first = waiting.pop(0)
        following = 0
        while waiting and 0 < (waiting[0] - first) & 0xFFFF <= 16:
            following |= 1 << ((waiting.pop(0) - first) & 0xFFFF) - 1
        packed += _NACK_PAIR.pack(first, following)
    return packed


def _pack_limits(sender: int, limits: tuple[TmmbrLimit, ...]) -> bytes:
    packed = _FEEDBACK.pack(sender, 0)
    for limit in limits:
        if not 0 <= limit.overhead < 1 << _OVERHEAD_BITS:
            raise ValueError(f"an overhead of {limit.overhead} bytes is out of range")
        rate = _packed_rate(limit.bits_per_s, _TMMBR_BITS) << _OVERHEAD_BITS
        packed += _FEEDBACK.pack(limit.ssrc, rate | limit.overhead)
    return packed


def _packed_rate(bits_per_s: int, bits: int) -> int:
    """Six bits of exponent and `bits` of mantissa; rounded down."""
    exponent = max(0, bits_per_s.bit_length() - bits)
    if bits_per_s < 0 or exponent > 63:
        raise ValueError(f"{bits_per_s} bit/s are out of range")
    return exponent << bits | bits_per_s >> exponent


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
