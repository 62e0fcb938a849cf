"""Words of VISCA over IP, for both sides: Sony's command list for network cameras, and its header (UDP, port 52381)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from videobar.room.cameras.position import HIGHEST, LOWEST

PORT: Final = 52381
LONGEST: Final = 16
"""Bytes of a message, without its header."""

COMMAND: Final = 0x0100
INQUIRY: Final = 0x0110
REPLY: Final = 0x0111
CONTROL: Final = 0x0200
CONTROL_REPLY: Final = 0x0201
"""Types of payload."""

END: Final = 0xFF
"""The last byte of every message."""
BROADCAST: Final = b"\x88"
"""The address of all cameras."""
RESET: Final = b"\x01"
"""Payload of a control message: begin to count anew."""

SYNTAX_ERROR: Final = b"\x60\x02"
CANCELLED: Final = b"\x60\x04"
NO_SOCKET: Final = b"\x60\x05"
NOT_EXECUTABLE: Final = b"\x61\x41"
ACKNOWLEDGED: Final = b"\x40"
COMPLETED: Final = b"\x50"
ANSWERED: Final = b"\x50"
"""Reply to an inquiry, without the address before and the terminator behind."""

FASTEST_PAN: Final = 0x18
FASTEST_TILT: Final = 0x17
FASTEST_ZOOM: Final = 7
_HEADER: Final = struct.Struct(">HHI")


@dataclass(frozen=True)
class Range:
    """Range of an axis in the camera's own numbers, both ends included."""

    lowest: int
    highest: int

    def raw(self, units: float) -> int:
        """The camera's number for -50000 to 50000."""
        share = (units - LOWEST) / (HIGHEST - LOWEST)
        return round(self.lowest + min(max(share, 0.0), 1.0) * (self.highest - self.lowest))

    def units(self, raw: int) -> int:
        """The API's units for the camera's number."""
        share = (raw - self.lowest) / (self.highest - self.lowest)
        return round(LOWEST + min(max(share, 0.0), 1.0) * (HIGHEST - LOWEST))

    def distance(self, raw: int) -> int:
        """A distance of the camera's as one of the API's."""
        return round(raw / (self.highest - self.lowest) * (HIGHEST - LOWEST))


PAN: Final = Range(-2448, 2448)
TILT: Final = Range(-1296, 1296)
ZOOM: Final = Range(0, 0x4000)
FOCUS: Final = Range(0x1000, 0xF000)
"""Focus range of common cameras; some go less far."""


@dataclass(frozen=True)
class Packet:
    """A message with its header; `sequence` is `None` for one without, as cameras of other makers than Sony have it."""

    kind: int
    sequence: int | None
    payload: bytes

    def encoded(self) -> bytes:
        """The packet as bytes."""
        if self.sequence is None:
            return self.payload
        return _HEADER.pack(self.kind, len(self.payload), self.sequence) + self.payload


def read_packet(data: bytes) -> Packet | None:
    """The message in a datagram, or `None` where there is none."""
    if data[:1] and data[0] & 0xF0 == 0x80 and data[-1] == END and len(data) <= LONGEST:
        return Packet(COMMAND, None, data)
    if len(data) < _HEADER.size:
        return None
    kind, length, sequence = _HEADER.unpack_from(data)
    payload = data[_HEADER.size :]
    if length != len(payload) or not 0 < length <= LONGEST:
        return None
    return Packet(kind, sequence, payload)


def of_socket(body: bytes, socket: int) -> bytes:
    """A reply that names the socket, 1 or 2, in which a command is carried out."""
    return bytes((body[0] & 0xF0 | socket,)) + body[1:]


def nibbles(value: int, count: int) -> bytes:
    """A number, two's complement, as `count` bytes of four bits each."""
    value &= (1 << 4 * count) - 1
    return bytes(value >> 4 * (count - 1 - place) & 15 for place in range(count))


def from_nibbles(data: bytes, *, signed: bool = True) -> int:
    """The number in bytes of four bits each; upper halves are ignored."""
    value = 0
    for byte in data:
        value = value << 4 | byte & 15
    return value - (1 << 4 * len(data)) if signed and value >> 4 * len(data) - 1 else value
