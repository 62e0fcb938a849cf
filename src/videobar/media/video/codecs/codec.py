"""Video codecs over libav: H.264 by x264, VP8 by libvpx, both decoded by libav itself."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import av
from av.codec.context import Flags
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter

from videobar.media.video.frame import Picture, from_frame, to_frame

CODECS: Final = ("H264", "VP8")
"""Encoding names (RFC 6184, RFC 7741); not sensitive to case anywhere here."""
KEY_EVERY: Final = 900
"""Pictures after which a whole one comes unasked, for far ends that cannot ask; 30 s at full rate."""


class UnknownVideoCodec(ValueError):
    """There is no video codec of this name."""


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """What an encoder makes; equal ones make the same of the same pictures.

    `largest_slice` is the most bytes of one H.264 NAL unit, for a far end that takes none cut; None for no limit.
    """

    codec: str
    width: int
    height: int
    pictures_per_s: int
    kbps: int
    largest_slice: int | None = None
    buffer_ms: int = 500
    """How much of the rate a single picture may take, which bounds whole ones."""


class VideoEncoder:
    """Encodes one stream of pictures of one size. Belongs to one thread; has native memory until `close`."""

    def __init__(self, settings: EncoderSettings, kbps: float | None = None) -> None:
        """Aims at `kbps`, which is no more than the settings say, and is that where it is `None`.

        Raises `UnknownVideoCodec`.
        """
        self.settings = settings
        self._count = 0
        self._context: av.VideoCodecContext | None = _encoder(settings, kbps)

    def aim(self, kbps: float) -> bool:
        """Make so much from now on, no more than the settings say; false where that takes a new encoder.

        libav passes it on to x264, without a whole picture, and not to libvpx.
        """
        if self._context is None or self.settings.codec.lower() != "h264":
            return False
        self._context.bit_rate = int(kbps * 1000)
        return True

    def encode(self, picture: Picture, *, key: bool) -> bytes:
        """The coded picture; with `key` one that can be decoded without any before it. Empty after `close`."""
        if self._context is None:
            return b""
        frame = to_frame(picture)
        frame.pts = self._count
        frame.time_base = self._context.time_base
        frame.pict_type = PictureType.I if key or self._count == 0 else PictureType.NONE
        self._count += 1
        return b"".join(bytes(packet) for packet in self._context.encode(frame))

    def close(self) -> None:
        """Free native memory; twice is harmless."""
        self._context = None


class VideoDecoder:
    """Decodes one stream. Belongs to one thread; what is damaged is concealed, as far as libav can."""

    def __init__(self, codec: str) -> None:
        """Raises `UnknownVideoCodec`."""
        names = {"h264": "h264", "vp8": "vp8"}
        name = names.get(codec.lower())
        if name is None:
            raise UnknownVideoCodec(f"no video codec {codec!r}; there are {', '.join(CODECS)}")
        self.codec = codec
        self.failures = 0
        """Coded pictures that could not be decoded at all."""
        context = av.CodecContext.create(name, "r")
        context.thread_count = 1
        context.flags |= Flags.low_delay
        self._context: av.VideoCodecContext | None = context  # type: ignore[assignment]
        self._reformatter = VideoReformatter()

    def decode(self, data: bytes) -> list[Picture]:
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
    match settings.codec.lower():
        case "h264":
            name, options = "libx264", _x264(settings)
        case "vp8":
            name, options = "libvpx", _vpx(settings, kbps)
        case _:
            raise UnknownVideoCodec(f"no video codec {settings.codec!r}; there are {', '.join(CODECS)}")
    with _making:
        context = av.CodecContext.create(name, "w")
        assert isinstance(context, av.VideoCodecContext)  # noqa: S101 - both names are of video codecs
        context.width, context.height, context.pix_fmt = settings.width, settings.height, "yuv420p"
        context.framerate = Fraction(settings.pictures_per_s)
        context.time_base = Fraction(1, settings.pictures_per_s)
        context.bit_rate = int(min(settings.kbps, kbps or settings.kbps) * 1000)
        context.gop_size = KEY_EVERY
        context.max_b_frames = 0
        context.thread_count = 1
        context.options = options
        context.open()
    return context


def _x264(settings: EncoderSettings) -> dict[str, str]:
    """Constrained Baseline, which every far end can decode whatever profile was agreed on.

    What serves the eye alone is off: measured on the drawn room (bench/video.py), that takes a third less time and is
    a decibel nearer to the original at the same rate.
    """
    parameters = [
        "repeat-headers=1",
        "annexb=1",
        "scenecut=0",
        f"keyint={KEY_EVERY}",
        "aud=0",
        "psy=0",
        "aq-mode=0",
        "weightp=0",
        "subme=0",
        # What pictures are (see `Picture`), in the VUI (ITU-T H.264 annex E): far ends guess otherwise, by size.
        "range=tv",
        "colorprim=bt709",
        "transfer=bt709",
        "colormatrix=smpte170m",
    ]
    if settings.largest_slice is not None:
        parameters.append(f"slice-max-size={settings.largest_slice}")
    return {
        "preset": "superfast",
        "tune": "zerolatency",
        "profile": "baseline",
        "forced-idr": "1",
        # As x264's own parameters, libav would not let the rate be changed later.
        "maxrate": str(settings.kbps * 1000),
        "bufsize": str(_buffer_bits(settings)),
        "x264-params": ":".join(parameters),
    }


def _buffer_bits(settings: EncoderSettings) -> int:
    return max(50, settings.kbps * settings.buffer_ms // 1000) * 1000


def _vpx(settings: EncoderSettings, kbps: float | None) -> dict[str, str]:
    rate = int(min(settings.kbps, kbps or settings.kbps) * 1000)
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
