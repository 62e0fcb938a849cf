"""VP8: by libvpx and libav, in RTP (RFC 7741)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from videobar.codecs.limits import MOST_PICTURES, SendLimits, largest_offered, number_of, pictures_per_s
from videobar.media.video.coding import EncoderSettings, FrameHeader, MalformedHeader
from videobar.rtp.access_unit import PAYLOAD_SIZE, Depacketizer, MalformedPayload
from videobar.sip.sdp.rtp_line import MediaFormat

_EXTENDED: Final = 0x80
_START: Final = 0x10
_PARTITION: Final = 0x07
_HAS_PICTURE_ID: Final = 0x80
_HAS_TL0: Final = 0x40
_HAS_TID_OR_KEYIDX: Final = 0x30
_LONG_PICTURE_ID: Final = 0x80
_INTER_FRAME: Final = 0x01
_START_CODE: Final = b"\x9d\x01\x2a"


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


@dataclass(frozen=True, slots=True)
class Vp8:
    """`VideoFormat` of VP8."""

    name: ClassVar = "vp8"
    encoding: ClassVar = "VP8"
    shown: ClassVar = "VP8"
    clock_rate: ClassVar = 90_000
    libav_encoder: ClassVar = "libvpx"
    libav_decoder: ClassVar = "vp8"
    rate_is_adjustable: ClassVar = False
    """libav does not pass a new rate on to libvpx."""

    def encoder_options(self, settings: EncoderSettings, kbps: float) -> dict[str, str]:
        """Options of libvpx for a constant rate."""
        rate = int(kbps * 1000)
        return {
            "deadline": "realtime",
            "cpu-used": "8",
            "lag-in-frames": "0",
            "error-resilient": "1",
            "static-thresh": "100",
            # All three the same are libvpx's constant rate; else it takes up to twice as much for a second or two.
            "maxrate": str(rate),
            "minrate": str(rate),
            "bufsize": str(rate * settings.buffer_ms // 1000),
            "overshoot-pct": "15",
            "undershoot-pct": "100",
            "max-intra-rate": "900",
            "qmin": "4",
            "qmax": "63",
        }

    def read_header(self, data: bytes) -> FrameHeader:
        """Header of the uncompressed data chunk (RFC 6386 section 9.1); sizes are before scaling, which is not done."""
        if not data:
            raise MalformedHeader("an empty frame")
        if data[0] & _INTER_FRAME:
            return FrameHeader((), 1, keyframe=False)
        if len(data) < 10 or data[3:6] != _START_CODE:
            raise MalformedHeader("a key frame without start code")
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        return FrameHeader(((width, height),), 1, keyframe=True)

    def offers(self, kbps: int) -> tuple[MediaFormat, ...]:
        """One format, of pictures as large as the rate is good for."""
        fmtp = f"max-fr={MOST_PICTURES};max-fs={largest_offered(kbps)}"
        return (MediaFormat(self.encoding, self.clock_rate, 1, 105, fmtp),)

    def answered(self, ours: MediaFormat, theirs: MediaFormat) -> MediaFormat:
        """Ours: each side says what it takes."""
        return ours

    def limits(self, far: MediaFormat, kbps: int) -> SendLimits:
        """Limits that the far end gives (RFC 7741 section 6.1); 720p where it gives none."""
        count = number_of(far, "max-fs") or largest_offered(0)
        most = pictures_per_s(far)
        return SendLimits(count, count * most, most, kbps)

    def largest_slice(self, mode: int) -> int | None:
        """Any size: frames are cut."""
        return None

    def packetize(self, coded: bytes, settings: EncoderSettings) -> list[bytes]:
        """Frames are cut wherever a packet is full."""
        return packetize(coded)

    def depacketizer(self) -> Vp8Depacketizer:
        """Depacketizer for descriptors of any length."""
        return Vp8Depacketizer()
