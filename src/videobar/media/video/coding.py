"""Coding parameters of video: what an encoder is to make, and what libav must know of a codec for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

KEYFRAME_INTERVAL: Final = 900
"""Pictures after which a keyframe comes unasked, for far ends that cannot ask; 30 s at full rate."""


class MalformedHeader(ValueError):
    """Header of a coded picture that cannot be read; the text says of what."""


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """Headers of one access unit, read before a decoder sees it.

    `sizes` are width and height in pixels of each size that decoding has to expect from here on; empty where the one
    before goes on. `pictures` is how many are coded in it. `keyframe`: it needs none before it.
    """

    sizes: tuple[tuple[int, int], ...]
    pictures: int
    keyframe: bool


class VideoCoding(Protocol):
    """A video codec as libav must know it."""

    @property
    def encoding(self) -> str:
        """Its name in SDP."""
        ...

    @property
    def libav_encoder(self) -> str:
        """libav's name of the encoder."""
        ...

    @property
    def libav_decoder(self) -> str:
        """libav's name of the decoder."""
        ...

    @property
    def rate_is_adjustable(self) -> bool:
        """True if a running encoder takes another bit rate."""
        ...

    def encoder_options(self, settings: EncoderSettings, kbps: float) -> dict[str, str]:
        """Options of libav's encoder; `kbps` is what it aims at first, no more than `settings.kbps`."""
        ...

    def read_header(self, data: bytes) -> FrameHeader:
        """Headers of what is to be decoded. Raises `MalformedHeader`."""
        ...


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """Settings of a video encoder; equal ones make the same of the same pictures.

    `largest_slice` is the most bytes of one H.264 NAL unit, for a far end that takes none cut; None for no limit.
    """

    codec: VideoCoding
    width: int
    height: int
    pictures_per_s: int
    kbps: int
    largest_slice: int | None = None
    buffer_ms: int = 500
    """Buffer of the rate control: so much of the rate a single picture may take, which bounds keyframes."""
