"""The H.224 frame in an RTP payload: Q.922 header, H.224 header and client data, without flags and checksum.

HDLC sends the lowest bit of an octet first, and RTP the highest. ITU-T H.323 annex Q keeps the order of the line, so
that each octet stands in the payload with its bits reversed; some systems send octets as H.224 writes them. The two
cannot be confused, because the control field reads 0xC0 in one and 0x03 in the other: both are understood, and a
session answers in the order that it is spoken to.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

REVERSED: Final = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))
"""Each octet with its bits the other way round."""
LARGEST_DATA: Final = 254
"""Octets of client data in one frame (H.224 clause 7)."""
_HEADER: Final = 9
_UNNUMBERED_INFORMATION: Final = 0x03
_LOW_PRIORITY: Final = 0x61
_HIGH_PRIORITY: Final = 0x71

MANAGEMENT: Final = 0x00
"""Client id of the client management entity."""
FAR_END_CAMERA: Final = 0x01
"""Client id of H.281."""
EXTENDED_CLIENT: Final = 0x7E
"""This octet is followed by one that names the client."""
NON_STANDARD_CLIENT: Final = 0x7F
"""This octet is followed by five that name a maker and its client."""


class MalformedFrame(ValueError):
    """A payload is not an H.224 frame; the text says why."""


class BitOrder(Enum):
    """Bit order of octets in the payload."""

    LINE = "line"
    """The bits of each octet reversed, as H.323 annex Q has it."""
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class H224Frame:
    """One frame. `client` is the client's octet, with the octets of its longer name behind it where it has one.

    Messages longer than a frame come in segments: `begins` and `ends` mark the first and the last, `segment` counts
    modulo 16.
    """

    client: bytes
    data: bytes
    begins: bool = True
    ends: bool = True
    segment: int = 0
    high_priority: bool = False
    destination: int = 0
    source: int = 0

    def pack(self, order: BitOrder = BitOrder.LINE) -> bytes:
        """As an RTP payload. Raises `ValueError` for fields out of range."""
        if len(self.data) > LARGEST_DATA or not 0 <= self.segment < 16:
            raise ValueError("an H.224 frame carries at most 254 octets and counts segments to 15")
        out = (
            bytes((0x00, _HIGH_PRIORITY if self.high_priority else _LOW_PRIORITY, _UNNUMBERED_INFORMATION))
            + self.destination.to_bytes(2, "big")
            + self.source.to_bytes(2, "big")
            + self.client
            + bytes((self.ends << 7 | self.begins << 6 | self.segment,))
            + self.data
        )
        return out.translate(REVERSED) if order is BitOrder.LINE else out


def parse(payload: bytes) -> tuple[H224Frame, BitOrder]:
    """The frame in an RTP payload, and how its octets stand. Raises `MalformedFrame`."""
    if len(payload) < _HEADER:
        raise MalformedFrame(f"{len(payload)} octets cannot be an H.224 frame")
    if payload[2] == _UNNUMBERED_INFORMATION:
        order = BitOrder.PLAIN
    elif payload[2] == REVERSED[_UNNUMBERED_INFORMATION]:
        order, payload = BitOrder.LINE, payload.translate(REVERSED)
    else:
        raise MalformedFrame(f"control field {payload[2]:#04x}")
    if payload[0] != 0 or payload[1] not in (_LOW_PRIORITY, _HIGH_PRIORITY):
        raise MalformedFrame("not a data link of H.224")
    length = {EXTENDED_CLIENT: 2, NON_STANDARD_CLIENT: 6}.get(payload[7], 1)
    start = 7 + length
    if payload[7] & 0x80 or start >= len(payload):
        raise MalformedFrame("the client is cut off")
    flags, data = payload[start], payload[start + 1 :]
    if len(data) > LARGEST_DATA:
        raise MalformedFrame(f"{len(data)} octets of client data")
    frame = H224Frame(
        client=payload[7:start],
        data=data,
        begins=bool(flags & 0x40),
        ends=bool(flags & 0x80),
        segment=flags & 0x0F,
        high_priority=payload[1] == _HIGH_PRIORITY,
        destination=int.from_bytes(payload[3:5], "big"),
        source=int.from_bytes(payload[5:7], "big"),
    )
    return frame, order
