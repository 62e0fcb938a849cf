"""VP8 in RTP (RFC 7741)."""

from __future__ import annotations

from typing import Final

from videobar.rtp.access_unit import PAYLOAD_SIZE, Depacketizer, MalformedPayload

_EXTENDED: Final = 0x80
_START: Final = 0x10
_PARTITION: Final = 0x07
_HAS_PICTURE_ID: Final = 0x80
_HAS_TL0: Final = 0x40
_HAS_TID_OR_KEYIDX: Final = 0x30
_LONG_PICTURE_ID: Final = 0x80
_INTER_FRAME: Final = 0x01


def packetize(frame: bytes, *, size: int = PAYLOAD_SIZE) -> list[bytes]:
    """The payloads of one frame, each with the shortest descriptor; the last one gets the marker."""
    step = size - 1
    return [bytes([_START if at == 0 else 0]) + frame[at : at + step] for at in range(0, len(frame), step)]


def descriptor_length(payload: bytes) -> int:
    """Bytes of the payload descriptor (section 4.2). Raises `MalformedPayload` when no frame data follow."""
    at = 1
    if payload and payload[0] & _EXTENDED:
        flags = payload[1] if len(payload) > 1 else 0
        at = 2
        if flags & _HAS_PICTURE_ID:
            long = len(payload) > at and payload[at] & _LONG_PICTURE_ID
            at += 2 if long else 1
        at += 1 if flags & _HAS_TL0 else 0
        at += 1 if flags & _HAS_TID_OR_KEYIDX else 0
    if at >= len(payload):
        raise MalformedPayload("a payload without frame data")
    return at


class Vp8Depacketizer(Depacketizer):
    """Puts frames together. What is left of a damaged one is given only with its beginning."""

    def _take(self, payload: bytes) -> None:
        at = descriptor_length(payload)
        begins = payload[0] & _START and not payload[0] & _PARTITION
        if begins and not self._unit:
            self._damaged = False  # what was lost belonged to the frame before
            self._extend(payload[at:])
        elif self._unit and not self._damaged:
            self._extend(payload[at:])
        else:
            self._damaged = True  # after a hole nobody knows where its partitions are

    def _end(self) -> tuple[bool, bool]:
        return bool(self._unit) and not self._unit[0] & _INTER_FRAME, False
