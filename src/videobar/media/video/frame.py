"""Frame: a decoded video frame in I420 in memory, with scaling, pasting and conversion from and to libav's frames."""

from __future__ import annotations

import fractions
from dataclasses import dataclass
from typing import Final, TypeAlias

import av
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from videobar.fingerprint import LEAST_SIZE, fingerprint

Plane: TypeAlias = NDArray[np.uint8]

BLACK_Y: Final = 16
"""Luma of black (BT.601 and BT.709, limited range)."""
GREY: Final = 128
"""Chroma of anything grey."""
_EXACT: Final = Interpolation.BILINEAR | Interpolation.ACCURATE_RND
_JPEG_QUALITY: Final = 4
"""FFmpeg's quantiser scale: 2 is best, 31 worst."""


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """A frozen picture in I420, limited range, matrix of BT.601: nobody writes into its planes once it is made.

    That matrix is the only one of VP8 (RFC 6386 section 9.2) and of JPEG files (JFIF), and H.264 can signal it.

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


def filled(width: int, height: int, y: int = BLACK_Y, u: int = GREY, v: int = GREY) -> Frame:
    """A picture of one colour; black unless said otherwise."""
    half = (height // 2, width // 2)
    return Frame(
        width,
        height,
        np.full((height, width), y, np.uint8),
        np.full(half, u, np.uint8),
        np.full(half, v, np.uint8),
    )


def black(width: int, height: int) -> Frame:
    """A black picture."""
    return filled(width, height)


def yuv(red: int, green: int, blue: int) -> tuple[int, int, int]:
    """An 8-bit RGB colour as limited-range BT.601, as all pictures here are."""
    y = 16 + (65.738 * red + 129.057 * green + 25.064 * blue) / 256
    u = 128 + (-37.945 * red - 74.494 * green + 112.439 * blue) / 256
    v = 128 + (112.439 * red - 94.154 * green - 18.285 * blue) / 256
    return round(y), round(u), round(v)


def from_rgb(pixels: NDArray[np.uint8]) -> Frame:
    """A picture from RGB pixels of the shape `(height, width, 3)`, both even."""
    return from_frame(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24"))


def to_rgb(picture: Frame) -> NDArray[np.uint8]:
    """The picture as RGB pixels of the shape `(height, width, 3)`."""
    return to_frame(picture).to_ndarray(format="rgb24").astype(np.uint8, copy=False)


def to_frame(picture: Frame) -> av.VideoFrame:
    """A frame of libav with a copy of the picture: its timestamps and picture type belong to one encoder alone."""
    frame = av.VideoFrame(picture.width, picture.height, "yuv420p")
    for plane, source in zip(frame.planes, picture.planes, strict=True):
        lines = rows(plane)
        lines[: source.shape[0], : source.shape[1]] = source
    return frame


def from_frame(
    frame: av.VideoFrame,
    reformatter: VideoReformatter | None = None,
    *,
    size: tuple[int, int] | None = None,
    untagged: Colorspace = Colorspace.ITU601,
    exact: bool = False,
) -> Frame:
    """A picture that may share memory with `frame`, which nobody else may change.

    A frame of another format, range, matrix or `size` (even) is converted, by `reformatter` where one is kept for many
    frames; transparency is ignored. `untagged` is the matrix of a frame that names none. Without `size` odd sizes lose
    their last row or column. `exact` halves the error of another matrix, three values at most, for twice the time.
    """
    full, matrix = colour_of(frame, untagged)
    if not full and not _has_chroma(frame):
        return _from_limited_grey(frame, reformatter or VideoReformatter(), size)
    as_it_is = frame.format.name == "yuv420p" and not full and matrix is Colorspace.ITU601
    if not as_it_is or (size is not None and size != (frame.width, frame.height)):
        frame = (reformatter or VideoReformatter()).reformat(
            frame,
            *(size or (frame.width, frame.height)),
            format="yuv420p",
            src_colorspace=matrix,
            dst_colorspace=Colorspace.ITU601,
            src_color_range=ColorRange.JPEG if full else ColorRange.MPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=_EXACT if exact else None,
        )
    width, height = frame.width & ~1, frame.height & ~1
    y, u, v = (
        rows(plane)[: height >> (index > 0), : width >> (index > 0)]
        for index, plane in enumerate(frame.planes)
    )
    return Frame(width, height, y, u, v)


def colour_of(frame: av.VideoFrame, untagged: Colorspace) -> tuple[bool, Colorspace]:
    """Colour range (true if full) and matrix of a frame."""
    return _is_full_range(frame), _matrix(frame, untagged)


def _is_full_range(frame: av.VideoFrame) -> bool:
    """True if black is 0 and white 255: RGB always, grey unless it declares otherwise, Y'CbCr where it declares it."""
    tagged = frame.color_range
    if frame.format.is_rgb or frame.format.name.startswith("yuvj") or tagged == ColorRange.JPEG:
        return True
    return not _has_chroma(frame) and tagged != ColorRange.MPEG


def _has_chroma(frame: av.VideoFrame) -> bool:
    return frame.format.is_rgb or any(component.is_chroma for component in frame.format.components)


def _from_limited_grey(
    frame: av.VideoFrame, reformatter: VideoReformatter, size: tuple[int, int] | None
) -> Frame:
    """Frame of grey whose black is 16, which libswscale takes for full range: its values stay."""
    grey = reformatter.reformat(frame, *(size or (frame.width, frame.height)), format="gray")
    width, height = grey.width & ~1, grey.height & ~1
    neutral = filled(width, height)
    return Frame(width, height, rows(grey.planes[0])[:height, :width], neutral.u, neutral.v)


_BT2020_CONSTANT_LUMINANCE: Final = 10


def _matrix(frame: av.VideoFrame, untagged: Colorspace) -> Colorspace:
    """The matrix of Y'CbCr (ITU-T H.273 table 4); of those that libswscale does not know, the usual one."""
    tagged = int(frame.colorspace)
    if frame.format.is_rgb or tagged == Colorspace.ITU601 + 1:  # SMPTE 170M is BT.601 by another number
        return Colorspace.ITU601
    if tagged == _BT2020_CONSTANT_LUMINANCE:
        return Colorspace.BT2020
    try:
        return Colorspace(tagged)
    except ValueError:
        return untagged


def rows(plane: VideoPlane) -> Plane:
    """The memory of a plane, whose lines may be longer than what is seen of them."""
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload,no-any-return]


class Scaler:
    """Scales pictures, keeping the shape of things: what does not fit the other shape stays black.

    One for each consumer, because its converter is not thread-safe (and `VideoFrame.reformat` on a frame that threads
    share crashes the process).
    """

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def fit(self, picture: Frame, width: int, height: int) -> Frame:
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

    def stretch(self, picture: Frame, width: int, height: int) -> Frame:
        """The picture in exactly that size, both even."""
        if picture.size == (width, height):
            return picture
        return from_frame(self._reformatter.reformat(to_frame(picture), width, height))


def fingerprint_of(picture: Frame) -> bytes:
    """The picture's fingerprint, of whatever size it is."""
    if picture.width < LEAST_SIZE[0] or picture.height < LEAST_SIZE[1]:
        picture = Scaler().stretch(picture, *LEAST_SIZE)
    return fingerprint(picture.planes)


def fitting(size: tuple[int, int], into: tuple[int, int]) -> tuple[int, int]:
    """The largest even size of the shape of `size` that fits `into`."""
    scale = min(into[0] / size[0], into[1] / size[1])
    width = min(into[0], max(2, round(size[0] * scale / 2) * 2))
    return width, min(into[1], max(2, round(size[1] * scale / 2) * 2))


def paste(canvas: Frame, picture: Frame, left: int, top: int) -> None:
    """Write `picture` into a canvas that its maker has not given away yet; `left` and `top` are even and it fits."""
    for index, (to, source) in enumerate(zip(canvas.planes, picture.planes, strict=True)):
        x, y = left >> (index > 0), top >> (index > 0)
        to[y : y + source.shape[0], x : x + source.shape[1]] = source


def jpeg(picture: Frame) -> bytes:
    """The picture as a JPEG file. Takes some milliseconds; any thread may."""
    frame = VideoReformatter().reformat(
        to_frame(picture), format="yuvj420p", src_color_range="MPEG", dst_color_range="JPEG"
    )
    frame.pts = 0
    context = av.CodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt = picture.width, picture.height, "yuvj420p"
    context.time_base = fractions.Fraction(1, 30)
    context.sample_aspect_ratio = fractions.Fraction(
        1
    )  # makes it a JFIF file, which says what its colours are
    context.options = {"qscale": str(_JPEG_QUALITY)}
    return b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode(None)))
