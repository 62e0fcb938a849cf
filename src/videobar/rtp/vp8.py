"""VP8 in RTP (RFC 7741)."""

from __future__ import annotations

from typing import Final

from videobar.rtp.access_unit import LARGEST_UNIT, PAYLOAD_SIZE, AccessUnit, MalformedPayload

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


class Vp8Depacketizer:
    """Puts frames together. What is left of a damaged one is given only with its beginning."""

    def __init__(self) -> None:
        self._frame = bytearray()
        self._timestamp: int | None = None
        self._damaged = False

    def push(self, payload: bytes, timestamp: int, marker: bool, *, after_loss: bool) -> list[AccessUnit]:
        """See `Depacketizer`."""
        done = []
        if self._timestamp is not None and timestamp != self._timestamp:
            done += self._complete()
        self._timestamp = timestamp
        self._damaged = self._damaged or after_loss
        try:
            self._take(payload)
        except MalformedPayload:
            self._damaged = True
            raise
        finally:
            if marker:
                done += self._complete()
        return done

    def _take(self, payload: bytes) -> None:
        at = descriptor_length(payload)
        begins = payload[0] & _START and not payload[0] & _PARTITION
        if begins and not self._frame:
            self._frame += payload[at:]
        elif not self._frame or self._damaged:
            self._damaged = True  # after a hole nobody knows where its partitions are
        elif len(self._frame) + len(payload) > LARGEST_UNIT:
            raise MalformedPayload("a frame without end")
        else:
            self._frame += payload[at:]

    def _complete(self) -> list[AccessUnit]:
        frame, timestamp, damaged = bytes(self._frame), self._timestamp or 0, self._damaged
        self._frame.clear()
        self._timestamp = None
        self._damaged = False
        return [AccessUnit(frame, timestamp, not frame[0] & _INTER_FRAME, damaged)] if frame else []
