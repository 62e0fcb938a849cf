"""Interfaces of a codec's format: audio and video, each with what media, RTP and settings must know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from videobar.codecs.limits import SendLimits
from videobar.media.video.coding import EncoderSettings, VideoCoding
from videobar.rtp.access_unit import Depacketizer
from videobar.sip.sdp.rtp_line import MediaFormat

if TYPE_CHECKING:
    from videobar.media.audio.codecs.codec import AudioCodec


class AudioFormat(Protocol):
    """An audio codec: its names, and what makes an encoder and decoder of it. Equal to others of its class."""

    @property
    def name(self) -> str:
        """Word for it in settings: `opus`."""
        ...

    @property
    def encoding(self) -> str:
        """Encoding name in SDP (RFC 3551): `opus`."""
        ...

    @property
    def shown(self) -> str:
        """Name for people and in statistics: `Opus`."""
        ...

    @property
    def clock_rate(self) -> int:
        """Ticks per second of the RTP clock; for G.722 that is not its sample rate (RFC 3551 section 4.5.2)."""
        ...

    @property
    def offer(self) -> MediaFormat:
        """The format as SDP offers it."""
        ...

    def codec(self, most_kbps: int | None = None) -> AudioCodec:
        """A new encoder and decoder of one stream, which sends at most so much if it has a choice."""
        ...


class VideoFormat(VideoCoding, Protocol):
    """A video codec: its names, libav's encoder and decoder, and its RTP payload format. Equal to others of its class.

    `media.video.codec` makes the encoder of `EncoderSettings` that have this as their `codec`, and the decoder of this.
    """

    @property
    def name(self) -> str:
        """Word for it in settings: `h264`."""
        ...

    @property
    def shown(self) -> str:
        """Name for people and in statistics: `H.264`."""
        ...

    @property
    def clock_rate(self) -> int:
        """Ticks per second of the RTP clock."""
        ...

    def offers(self, kbps: int) -> tuple[MediaFormat, ...]:
        """Formats that we can receive at a rate, in SDP terms and in our order of preference."""
        ...

    def answered(self, ours: MediaFormat, theirs: MediaFormat) -> MediaFormat:
        """Our format as the answer to an offered one names it; it has the offer's payload type."""
        ...

    def limits(self, far: MediaFormat, kbps: int) -> SendLimits:
        """Limits of a far end that names this format, at most `kbps`."""
        ...

    def largest_slice(self, mode: int) -> int | None:
        """Bytes of the largest slice that an encoder may make for a packetization mode; `None` for any size."""
        ...

    def packetize(self, coded: bytes, settings: EncoderSettings) -> list[bytes]:
        """RTP payloads of one frame that an encoder of `settings` made; the last one gets the marker."""
        ...

    def depacketizer(self) -> Depacketizer:
        """A new depacketizer for one incoming stream."""
        ...
