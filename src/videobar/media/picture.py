"""A picture in memory, and what can be done with it without a codec of its own."""

from __future__ import annotations

import fractions
from dataclasses import dataclass
from typing import Final, TypeAlias

import av
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

Plane: TypeAlias = NDArray[np.uint8]

BLACK_Y: Final = 16
"""Luma of black (BT.601 and BT.709, limited range)."""
GREY: Final = 128
"""Chroma of anything grey."""
_JPEG_QUALITY: Final = 4
"""FFmpeg's quantiser scale: 2 is best, 31 worst."""


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """A frozen picture in I420, limited range: nobody writes into its planes once it is made.

    `width` and `height` are even; `y` has the shape `(height, width)`, `u` and `v` half of that both ways; all are
    uint8. Planes may be views into something larger.
    """

    width: int
    height: int
    y: Plane
    u: Plane
    v: Plane

    def __post_init__(self) -> None:
        half = (self.height // 2, self.width // 2)
        if self.width % 2 or self.height % 2 or self.width <= 0 or self.height <= 0:
            raise ValueError(f"a picture of {self.width}x{self.height} cannot be halved")
        if self.y.shape != (self.height, self.width) or self.u.shape != half or self.v.shape != half:
            raise ValueError(f"the planes are not those of a picture of {self.width}x{self.height}")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height

    @property
    def planes(self) -> tuple[Plane, Plane, Plane]:
        """Luma, then the two chromas."""
        return self.y, self.u, self.v


def filled(width: int, height: int, y: int = BLACK_Y, u: int = GREY, v: int = GREY) -> Picture:
    """A picture of one colour; black unless said otherwise."""
    half = (height // 2, width // 2)
    return Picture(
        width,
        height,
        np.full((height, width), y, np.uint8),
        np.full(half, u, np.uint8),
        np.full(half, v, np.uint8),
    )


def black(width: int, height: int) -> Picture:
    """A black picture."""
    return filled(width, height)


def yuv(red: int, green: int, blue: int) -> tuple[int, int, int]:
    """An 8-bit RGB colour as limited-range BT.601, which is what H.264 and VP8 decoders assume of video calls."""
    y = 16 + (65.738 * red + 129.057 * green + 25.064 * blue) / 256
    u = 128 + (-37.945 * red - 74.494 * green + 112.439 * blue) / 256
    v = 128 + (112.439 * red - 94.154 * green - 18.285 * blue) / 256
    return round(y), round(u), round(v)


def from_rgb(pixels: NDArray[np.uint8]) -> Picture:
    """A picture from RGB pixels of the shape `(height, width, 3)`, both even."""
    return from_frame(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24"))


def to_rgb(picture: Picture) -> NDArray[np.uint8]:
    """The picture as RGB pixels of the shape `(height, width, 3)`."""
    return to_frame(picture).to_ndarray(format="rgb24").astype(np.uint8, copy=False)


def to_frame(picture: Picture) -> av.VideoFrame:
    """A frame of libav with a copy of the picture: its timestamps and picture type belong to one encoder alone."""
    frame = av.VideoFrame(picture.width, picture.height, "yuv420p")
    for plane, source in zip(frame.planes, picture.planes, strict=True):
        rows = _rows(plane)
        rows[: source.shape[0], : source.shape[1]] = source
    return frame


def from_frame(frame: av.VideoFrame, reformatter: VideoReformatter | None = None) -> Picture:
    """A picture that shares memory with `frame`, which nobody else may change.

    A frame in another format is converted, by `reformatter` where one is kept for many frames. Odd sizes lose
    their last row or column.
    """
    if frame.format.name not in ("yuv420p", "yuvj420p"):
        frame = (reformatter or VideoReformatter()).reformat(frame, format="yuv420p")
    width, height = frame.width & ~1, frame.height & ~1
    y, u, v = (
        _rows(plane)[: height >> (index > 0), : width >> (index > 0)]
        for index, plane in enumerate(frame.planes)
    )
    return Picture(width, height, y, u, v)


def _rows(plane: VideoPlane) -> Plane:
    """The memory of a plane, whose lines may be longer than what is seen of them."""
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload,no-any-return]


class Scaler:
    """Scales pictures, keeping the shape of things: what does not fit the other shape stays black.

    One for each consumer, because its converter is not thread-safe (and `VideoFrame.reformat` on a frame that threads
    share crashes the process).
    """

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def fit(self, picture: Picture, width: int, height: int) -> Picture:
        """The whole picture in the middle of `width` by `height` (both even); the same object where it fits already."""
        if picture.size == (width, height):
            return picture
        inner_width, inner_height = fitting(picture.size, (width, height))
        inner = self.stretch(picture, inner_width, inner_height)
        if inner.size == (width, height):
            return inner
        canvas = black(width, height)
        paste(canvas, inner, (width - inner_width) // 4 * 2, (height - inner_height) // 4 * 2)
        return canvas

    def stretch(self, picture: Picture, width: int, height: int) -> Picture:
        """The picture in exactly that size, both even."""
        if picture.size == (width, height):
            return picture
        return from_frame(self._reformatter.reformat(to_frame(picture), width, height))


def fitting(size: tuple[int, int], into: tuple[int, int]) -> tuple[int, int]:
    """The largest even size of the shape of `size` that fits `into`."""
    scale = min(into[0] / size[0], into[1] / size[1])
    width = min(into[0], max(2, round(size[0] * scale / 2) * 2))
    return width, min(into[1], max(2, round(size[1] * scale / 2) * 2))


def paste(canvas: Picture, picture: Picture, left: int, top: int) -> None:
    """Write `picture` into a canvas that its maker has not given away yet; `left` and `top` are even and it fits."""
    for index, (to, source) in enumerate(zip(canvas.planes, picture.planes, strict=True)):
        x, y = left >> (index > 0), top >> (index > 0)
        to[y : y + source.shape[0], x : x + source.shape[1]] = source


def jpeg(picture: Picture) -> bytes:
    """The picture as a JPEG file. Takes some milliseconds; any thread may."""
    frame = VideoReformatter().reformat(
        to_frame(picture), format="yuvj420p", src_color_range="MPEG", dst_color_range="JPEG"
    )
    frame.pts = 0
    context = av.CodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt = picture.width, picture.height, "yuvj420p"
    context.time_base = fractions.Fraction(1, 30)
    context.options = {"qscale": str(_JPEG_QUALITY)}
    return b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode(None)))
