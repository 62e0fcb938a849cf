"""The RTP packet (RFC 3550 section 5.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

LARGEST_DATAGRAM: Final = 2048
"""Longer datagrams are refused: no audio or video packet is larger than a link's MTU."""

_FIXED: Final = struct.Struct("!BBHII")
_EXTENSION: Final = struct.Struct("!HH")
_VERSION: Final = 2


class MalformedPacket(ValueError):
    """A datagram is not what its first bytes claim; the text says why."""


@dataclass(frozen=True, slots=True)
class HeaderExtension:
    """The header extension (RFC 3550 section 5.3.1): 16 bits defined by the profile, and whole 32-bit words."""

    profile: int
    data: bytes


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One RTP packet. `payload` has no padding; sequence is 16 bits, timestamp and SSRC are 32 bits."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False
    csrc: tuple[int, ...] = ()
    extension: HeaderExtension | None = None

    @classmethod
    def parse(cls, datagram: bytes) -> RtpPacket:
        """The packet in `datagram`; raises `MalformedPacket`."""
        if not _FIXED.size <= len(datagram) <= LARGEST_DATAGRAM:
            raise MalformedPacket(f"{len(datagram)} bytes cannot be an RTP packet")
        first, second, sequence, timestamp, ssrc = _FIXED.unpack_from(datagram)
        if first >> 6 != _VERSION:
            raise MalformedPacket(f"RTP version {first >> 6}")
        csrc, start = _parse_csrc(datagram, first & 0x0F)
        extension = None
        if first & 0x10:
            extension, start = _parse_extension(datagram, start)
        end = len(datagram) - (_padding(datagram, start) if first & 0x20 else 0)
        return cls(
            payload_type=second & 0x7F,
            sequence=sequence,
            timestamp=timestamp,
            ssrc=ssrc,
            payload=datagram[start:end],
            marker=bool(second & 0x80),
            csrc=csrc,
            extension=extension,
        )

    def pack(self) -> bytes:
        """The packet as a datagram, without padding. Raises `ValueError` for fields out of range."""
        if len(self.csrc) > 15:
            raise ValueError("an RTP packet names at most 15 contributing sources")
        if not 0 <= self.payload_type <= 127:
            raise ValueError(f"payload type {self.payload_type} is not in 0 to 127")
        first = _VERSION << 6 | (0x10 if self.extension else 0) | len(self.csrc)
        second = (0x80 if self.marker else 0) | self.payload_type
        try:
            header = _FIXED.pack(first, second, self.sequence, self.timestamp, self.ssrc)
            contributors = struct.pack(f"!{len(self.csrc)}I", *self.csrc)
        except struct.error as error:
            raise ValueError(f"RTP header field out of range: {error}") from None
        return header + contributors + _pack_extension(self.extension) + self.payload


def is_rtcp(datagram: bytes) -> bool:
    """True if a datagram on a shared port is RTCP rather than RTP (RFC 5761 section 4)."""
    return len(datagram) >= 2 and 192 <= datagram[1] <= 223


def _parse_csrc(datagram: bytes, count: int) -> tuple[tuple[int, ...], int]:
    end = _FIXED.size + 4 * count
    if end > len(datagram):
        raise MalformedPacket("contributing sources are cut off")
    return struct.unpack_from(f"!{count}I", datagram, _FIXED.size), end


def _parse_extension(datagram: bytes, start: int) -> tuple[HeaderExtension, int]:
    data = start + _EXTENSION.size
    if data > len(datagram):
        raise MalformedPacket("header extension is cut off")
    profile, words = _EXTENSION.unpack_from(datagram, start)
    end = data + 4 * words
    if end > len(datagram):
        raise MalformedPacket("header extension is longer than the packet")
    return HeaderExtension(profile, datagram[data:end]), end


def _padding(datagram: bytes, start: int) -> int:
    count = datagram[-1]
    if not 0 < count <= len(datagram) - start:
        raise MalformedPacket(f"padding of {count} bytes does not fit the packet")
    return count


def _pack_extension(extension: HeaderExtension | None) -> bytes:
    if extension is None:
        return b""
    if (
        len(extension.data) % 4
        or len(extension.data) > LARGEST_DATAGRAM
        or not 0 <= extension.profile <= 0xFFFF
    ):
        raise ValueError("a header extension is a 16-bit profile value and whole 32-bit words")
    return _EXTENSION.pack(extension.profile, len(extension.data) // 4) + extension.data
