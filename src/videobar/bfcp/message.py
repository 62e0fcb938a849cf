"""The BFCP message and its attributes (RFC 8855 sections 5.1 and 5.2)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from videobar.bfcp.vocabulary import AttributeType, ErrorCode, RequestStatus

RELIABLE: Final = 1
"""The protocol version over TCP."""
UNRELIABLE: Final = 2
"""The protocol version over UDP."""
HEADER: Final = struct.Struct("!BBHIHH")
_FRAGMENT: Final = struct.Struct("!HH")
LARGEST_PAYLOAD: Final = 4096
"""Bytes. A floor for content needs some hundred; what claims more is refused."""
DEEPEST_GROUP: Final = 4
_GROUPS: Final = frozenset(
    {
        AttributeType.BENEFICIARY_INFORMATION,
        AttributeType.FLOOR_REQUEST_INFORMATION,
        AttributeType.REQUESTED_BY_INFORMATION,
        AttributeType.FLOOR_REQUEST_STATUS,
        AttributeType.OVERALL_REQUEST_STATUS,
    }
)


class MalformedBfcp(ValueError):
    """Bytes are not a BFCP message; the text gives the reason, and `code` is the error code for its sender."""

    def __init__(self, reason: str, code: ErrorCode = ErrorCode.UNPARSABLE) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute. `kind` is a `AttributeType` where it is known, `value` what stands behind type and length."""

    kind: int
    value: bytes = b""
    mandatory: bool = True

    @property
    def number(self) -> int:
        """The 16-bit number at its start: of ids, and of groups. Raises `MalformedBfcp`."""
        if len(self.value) < 2:
            raise MalformedBfcp(f"attribute {self.kind} has no number")
        return int.from_bytes(self.value[:2], "big")

    @property
    def text(self) -> str:
        """Its text, with anything that is not UTF-8 replaced."""
        return self.value.decode("utf-8", "replace")

    @property
    def status(self) -> RequestStatus:
        """Status of a REQUEST-STATUS. Raises `MalformedBfcp`."""
        try:
            return RequestStatus(self.value[0])
        except (IndexError, ValueError):
            raise MalformedBfcp("a request status that nobody knows") from None

    @property
    def members(self) -> tuple[Attribute, ...]:
        """The attributes within a group. Raises `MalformedBfcp`."""
        return parse_attributes(self.value[2:]) if self.kind in _GROUPS else ()

    def pack(self) -> bytes:
        """The attribute as bytes, padded. Raises `ValueError` for one that is too long."""
        length = 2 + len(self.value)
        if not 0 <= self.kind < 128 or length > 255:
            raise ValueError("a BFCP attribute has a 7-bit type and at most 253 bytes")
        return bytes((self.kind << 1 | self.mandatory, length)) + self.value + bytes(-length % 4)


def numbered(kind: AttributeType, number: int, *members: Attribute) -> Attribute:
    """An id, or a group that is named by one."""
    return Attribute(kind, number.to_bytes(2, "big") + b"".join(member.pack() for member in members))


def request_status(status: RequestStatus, queue_position: int = 0) -> Attribute:
    """Request status."""
    return Attribute(AttributeType.REQUEST_STATUS, bytes((status, queue_position)))


def error(code: ErrorCode, *unknown: int) -> Attribute:
    """An ERROR-CODE; `unknown` are the attribute types that were not understood (section 5.2.6.1)."""
    return Attribute(AttributeType.ERROR_CODE, bytes((code, *(kind << 1 for kind in unknown))))


@dataclass(frozen=True, slots=True)
class BfcpMessage:
    """One message. `primitive` is a `Primitive` where it is known; `response` is the R bit, of version 2 only.

    Over TCP a message of the server's own accord has transaction 0.
    """

    primitive: int
    conference: int
    transaction: int
    user: int
    attributes: tuple[Attribute, ...] = ()
    response: bool = False
    version: int = UNRELIABLE

    def find(self, kind: AttributeType) -> Attribute | None:
        """The first attribute of this kind, looked for at the top only."""
        return next((each for each in self.attributes if each.kind == kind), None)

    @property
    def floors(self) -> tuple[int, ...]:
        """The FLOOR-IDs. Raises `MalformedBfcp`."""
        return tuple(each.number for each in self.attributes if each.kind == AttributeType.FLOOR_ID)

    @property
    def unknown_mandatory(self) -> tuple[int, ...]:
        """Types of attributes that must be understood, and are not."""
        known = {int(kind) for kind in AttributeType}
        return tuple(each.kind for each in self.attributes if each.mandatory and each.kind not in known)

    def pack(self) -> bytes:
        """The message as bytes, in one piece. Raises `ValueError` for fields out of range."""
        payload = b"".join(attribute.pack() for attribute in self.attributes)
        return self._header(len(payload) // 4, fragment=False) + payload

    def fragments(self, largest: int) -> Iterator[bytes]:
        """The message as datagrams of at most `largest` bytes (RFC 8855 section 6.2.3)."""
        whole = self.pack()
        if len(whole) <= largest:
            yield whole
            return
        payload = whole[HEADER.size :]
        step = (largest - HEADER.size - _FRAGMENT.size) // 4 * 4
        header = self._header(len(payload) // 4, fragment=True)
        for start in range(0, len(payload), step):
            part = payload[start : start + step]
            yield header + _FRAGMENT.pack(start // 4, len(part) // 4) + part

    def _header(self, words: int, *, fragment: bool) -> bytes:
        first = self.version << 5 | self.response << 4 | fragment << 3
        try:
            return HEADER.pack(first, self.primitive, words, self.conference, self.transaction, self.user)
        except struct.error as cause:
            raise ValueError(f"a field of a BFCP header is out of range: {cause}") from None


@dataclass(frozen=True, slots=True)
class Piece:
    """Fragment, as in one datagram: a header, and all of a payload or a part of it. Offsets and lengths in bytes."""

    message: BfcpMessage
    """Header, as a message without attributes."""
    total: int
    start: int
    payload: bytes

    @property
    def whole(self) -> bool:
        """True if it is the whole message."""
        return self.start == 0 and len(self.payload) == self.total


def parse_piece(datagram: bytes) -> Piece:
    """Read the header, and cut off what it belongs to. Raises `MalformedBfcp`."""
    if len(datagram) < HEADER.size:
        raise MalformedBfcp(f"{len(datagram)} bytes cannot be a BFCP message")
    first, primitive, words, conference, transaction, user = HEADER.unpack_from(datagram)
    version = first >> 5
    if version not in (RELIABLE, UNRELIABLE):
        raise MalformedBfcp(f"BFCP version {version}", ErrorCode.UNSUPPORTED_VERSION)
    head = BfcpMessage(primitive, conference, transaction, user, (), bool(first & 0x10), version)
    total = 4 * words
    if total > LARGEST_PAYLOAD:
        raise MalformedBfcp(f"a payload of {total} bytes", ErrorCode.INCORRECT_LENGTH)
    if not first & 0x08:
        payload = datagram[HEADER.size :]
        if len(payload) != total:
            raise MalformedBfcp(
                f"{len(payload)} bytes of payload instead of {total}", ErrorCode.INCORRECT_LENGTH
            )
        return Piece(head, total, 0, payload)
    if len(datagram) < HEADER.size + _FRAGMENT.size:
        raise MalformedBfcp("a fragment is cut off", ErrorCode.INCORRECT_LENGTH)
    start, length = (4 * each for each in _FRAGMENT.unpack_from(datagram, HEADER.size))
    payload = datagram[HEADER.size + _FRAGMENT.size :]
    if len(payload) != length or not length or start + length > total:
        raise MalformedBfcp("a fragment does not fit its message", ErrorCode.INCORRECT_LENGTH)
    return Piece(head, total, start, payload)


def parse_attributes(payload: bytes, depth: int = 0) -> tuple[Attribute, ...]:
    """The attributes of a payload or a group, groups checked through. Raises `MalformedBfcp`."""
    if depth > DEEPEST_GROUP:
        raise MalformedBfcp("groups within groups")
    found: list[Attribute] = []
    start = 0
    while start < len(payload):
        if start + 2 > len(payload):
            raise MalformedBfcp("an attribute is cut off")
        kind, length = payload[start] >> 1, payload[start + 1]
        if length < 2 or start + length > len(payload):
            raise MalformedBfcp(f"attribute {kind} claims {length} bytes")
        attribute = Attribute(kind, payload[start + 2 : start + length], bool(payload[start] & 1))
        if kind in _GROUPS:
            _ = attribute.number
            parse_attributes(attribute.value[2:], depth + 1)
        found.append(attribute)
        start += length + -length % 4
    return tuple(found)


def parse(datagram: bytes) -> BfcpMessage:
    """The message that is in one datagram as a whole. Raises `MalformedBfcp`."""
    piece = parse_piece(datagram)
    if not piece.whole:
        raise MalformedBfcp("a fragment, not a message")
    return complete(piece.message, piece.payload)


def complete(head: BfcpMessage, payload: bytes) -> BfcpMessage:
    """The message of a header and a whole payload. Raises `MalformedBfcp`."""
    return replace(head, attributes=parse_attributes(payload))
