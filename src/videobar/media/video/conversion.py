"""Frames of files and cameras as the pictures that they are meant to be seen as: one way in for all of them.

A frame is turned and mirrored as its display matrix says (of MP4 and MOV films, and what libav makes of EXIF), its
pixels become square, what is transparent becomes white, and its colours limited-range BT.601 (`Frame`).
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any, Final

import av
import numpy as np
from av.filter import Graph
from av.filter.context import FilterContext
from av.sidedata.sidedata import Type
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter

from videobar.media.video.frame import Frame, Plane, colour_of, fitting, from_frame, rows

Matrix = tuple[int, int, int, int]
"""`a, b, c, d` of a display matrix: a point goes to `x' = a x + c y`, `y' = b x + d y` (libavutil/display.h)."""

UPRIGHT: Final[Matrix] = (1, 0, 0, 1)
HD_FROM: Final = (1280, 577)
"""Untagged video from this width or this height on is taken for BT.709, else for BT.601, as players do."""
_THIN: Final = 16
"""A picture as thin as this is stretched to an even size; of a larger one an odd last line is left out."""
_MOST_ASPECT: Final = Fraction(10)
"""A sample aspect ratio beyond this, or below its inverse, is taken for a mistake."""
_STRIP: Final = 128
"""Rows in which transparency is worked out at a time."""
_MATRIX: Final = struct.Struct("=9i")
_SIDE_DATA_KINDS: Final = 64
"""No libav has more kinds of side data."""
_HDR: Final = (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)
"""PQ and HLG (ITU-R BT.2100)."""
_WIDE: Final = (ColorPrimaries.BT2020, ColorPrimaries.SMPTE431, ColorPrimaries.SMPTE432)
"""BT.2020, and the two of DCI-P3."""


class Converter:
    """Makes pictures of the frames of one stream. Belongs to one thread.

    `aspect` is the sample aspect ratio, `None` or 0 where it is not known. `within` is the most that is wanted: what is
    larger is made smaller. `matrix` is that of frames that name none; `None` decides by size (`HD_FROM`). `mapper` may
    be one that has been used for the same film before.
    """

    def __init__(
        self,
        *,
        aspect: Fraction | None = None,
        within: tuple[int, int] | None = None,
        matrix: Colorspace | None = None,
        mapper: ToneMapper | None = None,
    ) -> None:
        believable = aspect is not None and 1 / _MOST_ASPECT <= aspect <= _MOST_ASPECT
        self._aspect = aspect if believable and aspect else Fraction(1)
        self._within = within
        self._untagged = matrix
        self._reformatter = VideoReformatter()
        self._mapper = mapper or ToneMapper()

    def convert(self, frame: av.VideoFrame, turned: Matrix | None = None) -> Frame:
        """The picture of a frame, which nobody else may change; `turned` is in place of its own display matrix.

        Raises `av.FFmpegError` or `ValueError` where it cannot be made.
        """
        matrix = display_matrix(frame) if turned is None else turned
        size = self._size(frame, turned=not matrix[0])
        untagged = self._matrix(frame)
        if frame.color_trc in _HDR or frame.color_primaries in _WIDE:
            frame = self._mapper.mapped(frame, size, untagged)
        frame = on_white(frame, self._reformatter, untagged)
        made = from_frame(frame, self._reformatter, size=size, untagged=untagged, exact=True)
        return oriented(made, matrix)

    def _matrix(self, frame: av.VideoFrame) -> Colorspace:
        if self._untagged is not None:
            return self._untagged
        is_hd = frame.width >= HD_FROM[0] or frame.height >= HD_FROM[1]
        return Colorspace.ITU709 if is_hd else Colorspace.ITU601

    def _size(self, frame: av.VideoFrame, *, turned: bool) -> tuple[int, int] | None:
        """The size before it is turned, `None` for its own without odd lines."""
        wide, high = max(self._aspect, Fraction(1)), max(1 / self._aspect, Fraction(1))
        width, height = max(1, round(frame.width * wide)), max(1, round(frame.height * high))
        if self._within is not None:
            most = self._within[::-1] if turned else self._within
            if width > most[0] or height > most[1]:
                return fitting((width, height), most)
        if (width, height) == (frame.width, frame.height) and min(width, height) > _THIN:
            return None
        return width + width % 2, height + height % 2


class ToneMapper:
    """Maps HDR and wide primaries to BT.709. Keeps what it has worked out, which takes seconds, for like frames."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        self._kept: tuple[tuple[object, ...], Graph] | None = None

    def mapped(
        self, frame: av.VideoFrame, size: tuple[int, int] | None, untagged: Colorspace
    ) -> av.VideoFrame:
        """The frame as RGB in the primaries and the transfer of BT.709, no larger than `size`.

        The white of HDR (203 cd/m², ITU-R BT.2408) becomes white, and so does what is brighter.
        """
        full, matrix = colour_of(frame, untagged)
        range_ = ColorRange.JPEG if full else ColorRange.MPEG
        transfer, primaries = frame.color_trc, frame.color_primaries
        if size is not None and size[0] * size[1] < frame.width * frame.height:
            frame = self._reformatter.reformat(
                frame,
                *size,
                format=frame.format.name,
                src_colorspace=matrix,
                dst_colorspace=matrix,
                src_color_range=range_,
                dst_color_range=range_,
            )
        frame.color_range, frame.colorspace = range_, matrix
        frame.color_trc, frame.color_primaries = transfer, primaries
        kind = (frame.width, frame.height, frame.format.name, full, matrix, transfer, primaries)
        if self._kept is None or self._kept[0] != kind:
            self._kept = kind, _mapping(frame)
        graph = self._kept[1]
        graph.push(frame)
        mapped = graph.pull()
        assert isinstance(mapped, av.VideoFrame)  # noqa: S101 - the graph has pictures only
        return mapped


def _mapping(frame: av.VideoFrame) -> Graph:
    graph = Graph()
    source = _source(graph, frame)
    scale = graph.add("scale", "out_transfer=bt709:out_primaries=bt709")
    into = graph.add("format", "rgba" if _has_alpha(frame) else "rgb24")
    sink = graph.add("buffersink")
    source.link_to(scale)
    scale.link_to(into)
    into.link_to(sink)
    graph.configure()
    return graph


def _source(graph: Graph, frame: av.VideoFrame) -> FilterContext:
    return graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000)
    )


def display_matrix(frame: av.VideoFrame) -> Matrix:
    """Display matrix: how a frame is to be turned and mirrored, by right angles; `UPRIGHT` where it says nothing."""
    try:
        found: Any = frame.side_data
    except ValueError:  # there is a kind of side data that PyAV cannot name
        found = _with_known_side_data(frame).side_data
    data = found.get(Type.DISPLAYMATRIX)
    if data is None or len(bytes(data)) < _MATRIX.size:
        return UPRIGHT
    a, b, _, c, d = _MATRIX.unpack_from(bytes(data))[:5]
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return -1 if a < 0 else 1, 0, 0, -1 if d < 0 else 1
    return 0, -1 if b < 0 else 1, -1 if c < 0 else 1, 0


def _with_known_side_data(frame: av.VideoFrame) -> av.VideoFrame:
    """The same frame without the kinds of side data that PyAV does not know, which it cannot list."""
    graph = Graph()
    last = _source(graph, frame)
    for kind in range(len(Type), _SIDE_DATA_KINDS):
        following = graph.add("sidedata", f"mode=delete:type={kind}")
        last.link_to(following)
        last = following
    last.link_to(graph.add("buffersink"))
    graph.configure()
    graph.push(frame)
    known = graph.pull()
    assert isinstance(known, av.VideoFrame)  # noqa: S101 - the graph has pictures only
    return known


def oriented(picture: Frame, matrix: Matrix) -> Frame:
    """The picture turned and mirrored."""
    if matrix == UPRIGHT:
        return picture
    y, u, v = (_oriented(plane, matrix) for plane in picture.planes)
    return Frame(y.shape[1], y.shape[0], y, u, v)


def _oriented(plane: Plane, matrix: Matrix) -> Plane:
    a, b, c, d = matrix
    if not a:
        plane, a, d = plane.T, c, b
    return np.ascontiguousarray(plane[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])


def _has_alpha(frame: av.VideoFrame) -> bool:
    return frame.format.has_palette or any(component.is_alpha for component in frame.format.components)


def on_white(
    frame: av.VideoFrame, reformatter: VideoReformatter, untagged: Colorspace = Colorspace.ITU601
) -> av.VideoFrame:
    """The frame over white, as RGB, where anything of it is transparent; the same frame otherwise."""
    if not _has_alpha(frame):
        return frame
    rgba = as_rgba(frame, reformatter, untagged)
    pixels = rows(rgba.planes[0])[: rgba.height, : rgba.width * 4].reshape(rgba.height, rgba.width, 4)
    return over_white(pixels)


def as_rgba(
    frame: av.VideoFrame,
    reformatter: VideoReformatter,
    untagged: Colorspace = Colorspace.ITU601,
    *,
    name: str = "rgba",
    size: tuple[int, int] | None = None,
) -> av.VideoFrame:
    """The frame in the format `name`, which has the full range."""
    full, matrix = colour_of(frame, untagged)
    return reformatter.reformat(
        frame,
        *(size or (frame.width, frame.height)),
        format=name,
        src_colorspace=matrix,
        src_color_range=ColorRange.JPEG if full else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
    )


def over_white(pixels: Plane) -> av.VideoFrame:
    """RGBA pixels of the shape `(height, width, 4)` over white, as an RGB frame."""
    height, width = pixels.shape[:2]
    frame = av.VideoFrame(width, height, "rgb24")
    out = rows(frame.planes[0])[:height, : width * 3].reshape(height, width, 3)
    for top in range(0, height, _STRIP):
        strip = pixels[top : top + _STRIP]
        colour, alpha = strip[..., :3], strip[..., 3:]
        if alpha.min() == 255:
            out[top : top + _STRIP] = colour
        else:
            share = alpha.astype(np.uint16)
            out[top : top + _STRIP] = (colour * share + (255 - share) * 255 + 127) // 255
    return frame
