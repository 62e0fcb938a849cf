"""HEIF files (HEIC, AVIF; ISO/IEC 23008-12) whose picture is spread over several coded ones.

libav gives each coded image item as a stream, whose id is that of the item. What belongs together is read here from the
`meta` box: the tiles of a grid, as telephones write them, and the auxiliary picture with the alpha channel.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import BinaryIO, Final

import av
from av.filter import Graph
from av.video.reformatter import VideoReformatter

from videobar.media.video.conversion import UPRIGHT, Matrix, as_rgba
from videobar.media.video.frame import rows

BRANDS: Final = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis", b"miaf")
)
LARGEST_META: Final = 4_000_000
"""Bytes of a `meta` box that is read."""
MOST_TILES: Final = 1024
_ALPHA: Final = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")

_TURNS: Final[tuple[Matrix, ...]] = (UPRIGHT, (0, -1, 1, 0), (-1, 0, 0, -1), (0, 1, -1, 0))
"""Matrices of the property `irot`: quarters to the left."""


@dataclass(frozen=True)
class Layout:
    """Layout of an image's items: `tiles` from left to right and from the top, and the size of what is seen."""

    tiles: tuple[int, ...]
    columns: int
    size: tuple[int, int] | None = None
    """Width and height of a grid; `None` for a single item."""


@dataclass(frozen=True)
class Primary:
    """The image of a file, and its alpha channel if it has one."""

    colour: Layout
    alpha: Layout | None
    matrix: Matrix = UPRIGHT
    """Orientation: how it is turned and mirrored."""


@dataclass
class _Meta:
    """The contents of a `meta` box."""

    primary: int = 0
    types: dict[int, bytes] = field(default_factory=dict)
    places: dict[int, tuple[int, list[tuple[int, int]]]] = field(default_factory=dict)
    """Construction method, and offset and length of each extent."""
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)
    alpha_properties: set[int] = field(default_factory=set)
    """Positions of properties, from 1, that mark an alpha channel."""
    properties: dict[int, list[int]] = field(default_factory=dict)
    """Positions of the properties of each item, in their order."""
    transformations: dict[int, Matrix] = field(default_factory=dict)
    """Apply the properties at these positions."""
    data: bytes = b""


def read_primary(file: BinaryIO) -> Primary | None:
    """The primary image of a file; `None` where it is no HEIF file, or one that is not understood."""
    try:
        file.seek(0)
        found = _meta_box(file)
        if found is None:
            return None
        meta = _parse(found)
        colour = _layout(file, meta, meta.primary)
        alpha = next(
            (
                item
                for kind, item, to in meta.references
                if kind == b"auxl"
                and meta.primary in to
                and meta.alpha_properties.intersection(meta.properties.get(item, ()))
            ),
            None,
        )
        matrix = UPRIGHT
        for index in meta.properties.get(meta.primary, ()):
            matrix = _then(matrix, meta.transformations.get(index, UPRIGHT))
        return Primary(colour, None if alpha is None else _layout(file, meta, alpha), matrix)
    except (OSError, struct.error, ValueError, IndexError):
        return None


def merge(
    primary: Primary, frames: Mapping[int, av.VideoFrame], reformatter: VideoReformatter
) -> av.VideoFrame:
    """The whole image of the frames of its items. Raises `KeyError` where one is missing, and `av.FFmpegError`."""
    colour = _assembled(primary.colour, frames)
    if primary.alpha is None:
        return colour
    alpha = _assembled(primary.alpha, frames)
    mask = as_rgba(alpha, reformatter, name="gray", size=(colour.width, colour.height))
    rgba = as_rgba(colour, reformatter)
    pixels = rows(rgba.planes[0])
    pixels[: rgba.height, 3 : rgba.width * 4 : 4] = rows(mask.planes[0])[: mask.height, : mask.width]
    return rgba


def _assembled(layout: Layout, frames: Mapping[int, av.VideoFrame]) -> av.VideoFrame:
    first = frames[layout.tiles[0]]
    if layout.size is None:
        return first
    tiles = [frames[item] for item in layout.tiles]
    graph = Graph()
    across, down = first.width, first.height
    places = "|".join(
        f"{number % layout.columns * across}_{number // layout.columns * down}"
        for number in range(len(tiles))
    )
    stack = (
        graph.add("xstack", f"inputs={len(tiles)}:layout={places}") if len(tiles) > 1 else graph.add("null")
    )
    sources = []
    for number, tile in enumerate(tiles):
        source = graph.add_buffer(
            width=tile.width, height=tile.height, format=tile.format, time_base=Fraction(1)
        )
        source.link_to(stack, 0, number)
        sources.append(source)
    crop = graph.add("crop", f"w={layout.size[0]}:h={layout.size[1]}:x=0:y=0")
    sink = graph.add("buffersink")
    stack.link_to(crop)
    crop.link_to(sink)
    graph.configure()
    for source, tile in zip(sources, tiles, strict=True):
        tile.pts, tile.time_base = 0, Fraction(1)
        source.push(tile)
        source.push(None)
    whole = sink.pull()
    assert isinstance(whole, av.VideoFrame)  # noqa: S101 - the graph has pictures only
    whole.color_range, whole.colorspace = first.color_range, first.colorspace
    whole.color_trc, whole.color_primaries = first.color_trc, first.color_primaries
    return whole


def _then(first: Matrix, second: Matrix) -> Matrix:
    """One after the other; points are rows, so it is the product in that order."""
    a, b, c, d = first
    e, f, g, h = second
    return a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h


def _layout(file: BinaryIO, meta: _Meta, item: int) -> Layout:
    """Raises `ValueError` for an item that is derived in another way than as a grid."""
    kind = meta.types.get(item, b"")
    if kind != b"grid":
        if kind in (b"iovl", b"iden", b"tmap", b""):
            raise ValueError(f"the image is of the kind {kind!r}")
        return Layout((item,), 1)
    tiles = next(to for name, of, to in meta.references if name == b"dimg" and of == item)
    data = _data(file, meta, item)
    _, flags, down, across = struct.unpack_from(">4B", data)
    size = struct.unpack_from(">II" if flags & 1 else ">HH", data, 4)
    rows_, columns = down + 1, across + 1
    if rows_ * columns != len(tiles) or len(tiles) > MOST_TILES or not all(size):
        raise ValueError("the grid is not whole")
    return Layout(tiles, columns, (size[0], size[1]))


def _data(file: BinaryIO, meta: _Meta, item: int) -> bytes:
    method, extents = meta.places[item]
    data = b""
    for offset, length in extents:
        if length > 64:
            raise ValueError("too long for a grid")
        if method == 1:
            data += meta.data[offset : offset + length]
        else:
            file.seek(offset)
            data += file.read(length)
    return data


def _meta_box(file: BinaryIO) -> bytes | None:
    """The contents of the `meta` box of a file with one of `BRANDS`."""
    at, is_heif = 0, False
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        start = 8
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
            start = 16
        if at == 0:
            if name != b"ftyp" or not start <= length <= 4096:
                return None
            brands = file.read(length - start)
            is_heif = any(brands[index : index + 4] in BRANDS for index in range(0, len(brands), 4))
            if not is_heif:
                return None
        elif name == b"meta":
            return file.read(length - start) if start < length <= LARGEST_META else None
        if length < start:
            return None  # up to the end of the file, or broken
        at += length
        file.seek(at)
    return None


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if length < 8 or at + length > len(data):
            raise ValueError("a box does not fit")
        yield name, data[at + 8 : at + length]
        at += length


def _parse(content: bytes) -> _Meta:
    meta = _Meta()
    for name, body in _boxes(content[4:]):
        version = body[0] if body else 0
        match name:
            case b"pitm":
                (meta.primary,) = struct.unpack_from(">I" if version else ">H", body, 4)
            case b"iinf":
                for _, entry in _boxes(body[8 if version else 6 :]):
                    identity, _, kind = struct.unpack_from(">IH4s" if entry[0] == 3 else ">HH4s", entry, 4)
                    meta.types[identity] = kind
            case b"iloc":
                meta.places = _places(body)
            case b"iref":
                for kind, entry in _boxes(body[4:]):
                    size = "I" if version else "H"
                    of, count = struct.unpack_from(f">{size}H", entry)
                    meta.references.append(
                        (kind, of, struct.unpack_from(f">{count}{size}", entry, struct.calcsize(f">{size}H")))
                    )
            case b"iprp":
                _properties(body, meta)
            case b"idat":
                meta.data = body
    return meta


def _properties(body: bytes, meta: _Meta) -> None:
    for name, inner in _boxes(body):
        if name == b"ipco":
            for number, (kind, value) in enumerate(_boxes(inner), 1):
                if kind == b"auxC" and value[4:].split(b"\0")[0] in _ALPHA:
                    meta.alpha_properties.add(number)
                elif kind == b"irot":
                    meta.transformations[number] = _TURNS[value[0] & 3]
                elif kind == b"imir":
                    meta.transformations[number] = (-1, 0, 0, 1) if value[0] & 1 else (1, 0, 0, -1)
        elif name == b"ipma":
            version, wide = inner[0], inner[3] & 1
            (count,) = struct.unpack_from(">I", inner, 4)
            at = 8
            for _ in range(count):
                (item,) = struct.unpack_from(">I" if version else ">H", inner, at)
                at += 4 if version else 2
                associated = inner[at]
                at += 1
                for _ in range(associated):
                    index = struct.unpack_from(">H", inner, at)[0] & 0x7FFF if wide else inner[at] & 0x7F
                    at += 2 if wide else 1
                    meta.properties.setdefault(item, []).append(index)


def _places(body: bytes) -> dict[int, tuple[int, list[tuple[int, int]]]]:
    version, sizes = body[0], (body[4] >> 4, body[4] & 15, body[5] >> 4, body[5] & 15)
    at = 6

    def number(size: int) -> int:
        nonlocal at
        at += size
        if at > len(body):
            raise ValueError("iloc ends early")
        return int.from_bytes(body[at - size : at], "big")

    found: dict[int, tuple[int, list[tuple[int, int]]]] = {}
    for _ in range(number(4 if version == 2 else 2)):
        item = number(4 if version == 2 else 2)
        method = number(2) & 15 if version else 0
        number(2)
        base = number(sizes[2])
        extents = []
        for _ in range(number(2)):
            if version:
                number(sizes[3])
            offset = number(sizes[0])
            extents.append((base + offset, number(sizes[1])))
        found[item] = method, extents
    return found
