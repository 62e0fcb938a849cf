"""Video encoder and decoder over libav, of whatever codec: what is particular to one is its `VideoCoding`."""

from __future__ import annotations

import threading
from fractions import Fraction
from typing import Final

import av
from av.codec.context import Flags
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter

from videobar.media.video.coding import KEYFRAME_INTERVAL, EncoderSettings, VideoCoding
from videobar.media.video.frame import Frame, from_frame, to_frame


class VideoEncoder:
    """Encodes one stream of pictures of one size. Belongs to one thread; has native memory until `close`."""

    def __init__(self, settings: EncoderSettings, kbps: float | None = None) -> None:
        """Aims at `kbps`, which is no more than the settings say, and is that where it is `None`."""
        self.settings = settings
        self._count = 0
        self._context: av.VideoCodecContext | None = _encoder(settings, kbps)

    def aim(self, kbps: float) -> bool:
        """Make so much from now on, no more than the settings say; false where that takes a new encoder.

        libav passes it on to x264, without a keyframe, and not to libvpx.
        """
        if self._context is None or not self.settings.codec.rate_is_adjustable:
            return False
        self._context.bit_rate = int(kbps * 1000)
        return True

    def encode(self, picture: Frame, *, keyframe: bool) -> bytes:
        """The coded picture; with `keyframe` one that can be decoded without any before it. Empty after `close`."""
        if self._context is None:
            return b""
        frame = to_frame(picture)
        frame.pts = self._count
        frame.time_base = self._context.time_base
        frame.pict_type = PictureType.I if keyframe or self._count == 0 else PictureType.NONE
        self._count += 1
        return b"".join(bytes(packet) for packet in self._context.encode(frame))

    def close(self) -> None:
        """Free native memory; twice is harmless."""
        self._context = None


class VideoDecoder:
    """Decodes one stream. Belongs to one thread; what is damaged is concealed, as far as libav can."""

    def __init__(self, codec: VideoCoding, most_pixels: int | None = None) -> None:
        """libav refuses pictures of more than `most_pixels`, before it takes memory for them."""
        self.codec = codec
        self.failures = 0
        """Coded pictures that could not be decoded at all."""
        context = av.CodecContext.create(codec.libav_decoder, "r")
        context.thread_count = 1
        context.flags |= Flags.low_delay
        if most_pixels is not None:
            context.options = {"max_pixels": str(most_pixels)}
        self._context: av.VideoCodecContext | None = context  # type: ignore[assignment]
        self._reformatter = VideoReformatter()

    def decode(self, data: bytes) -> list[Frame]:
        """The pictures that a coded one completes: one, or none. Never raises."""
        if self._context is None:
            return []
        try:
            frames = self._context.decode(av.Packet(data))
            return [
                from_frame(frame, self._reformatter) for frame in frames if frame.width > 1 < frame.height
            ]
        except (av.error.FFmpegError, ValueError):
            self.failures += 1
            return []

    def close(self) -> None:
        """Free native memory; twice is harmless."""
        self._context = None


_making: Final = threading.Lock()
"""Encoders are opened one after the other: libvpx sets up shared tables when the first one is."""


def _encoder(settings: EncoderSettings, kbps: float | None) -> av.VideoCodecContext:
    aimed = min(settings.kbps, kbps or settings.kbps)
    with _making:
        context = av.CodecContext.create(settings.codec.libav_encoder, "w")
        assert isinstance(context, av.VideoCodecContext)  # noqa: S101 - every VideoCoding names a video codec
        context.width, context.height, context.pix_fmt = settings.width, settings.height, "yuv420p"
        context.framerate = Fraction(settings.pictures_per_s)
        context.time_base = Fraction(1, settings.pictures_per_s)
        context.bit_rate = int(aimed * 1000)
        context.gop_size = KEYFRAME_INTERVAL
        context.max_b_frames = 0
        context.thread_count = 1
        context.options = settings.codec.encoder_options(settings, aimed)
        context.open()
    return context
