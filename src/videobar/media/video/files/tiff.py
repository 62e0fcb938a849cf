"""TIFF files whose picture is coded as JPEG (TIFF 6.0, section 22, and Technical Note 2): libav shows them black."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import BinaryIO, Final

LARGEST: Final = 256 * 1024 * 1024
"""Bytes of a file that is read."""
_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
_WIDTH, _HEIGHT, _COMPRESSION, _DNG_VERSION = 256, 257, 259, 50706
_JPEG: Final = (6, 7)
_SHORT: Final = 3


def jpeg_in_tiff(file: BinaryIO, most_pixels: int) -> BytesIO | None:
    """The first picture of such a file as a BMP file; `None` for any other file, and for larger pictures."""
    try:
        file.seek(0)
        order = _ORDERS.get(file.read(4))
        if order is None:
            return None
        tags = _tags(file, order)
        if tags.get(_COMPRESSION) not in _JPEG or _DNG_VERSION in tags:
            return None
        if tags.get(_WIDTH, 0) * tags.get(_HEIGHT, 0) > most_pixels:
            return None
        file.seek(0)
        content = file.read(LARGEST + 1)
    except (OSError, struct.error):
        return None
    return _as_bmp(content) if len(content) <= LARGEST else None


def _tags(file: BinaryIO, order: str) -> dict[int, int]:
    """The first value of each entry of the first directory."""
    (at,) = struct.unpack(f"{order}I", file.read(4))
    file.seek(at)
    (count,) = struct.unpack(f"{order}H", file.read(2))
    found: dict[int, int] = {}
    for _ in range(count):
        entry = file.read(12)
        tag, kind = struct.unpack_from(f"{order}HH", entry)
        (found[tag],) = struct.unpack_from(f"{order}{'H' if kind == _SHORT else 'I'}", entry, 8)
    return found


def _as_bmp(content: bytes) -> BytesIO | None:
    import cv2  # takes its time and memory
    import numpy as np

    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        if pixels is None:
            return None
        done, coded = cv2.imencode(".bmp", pixels)
    except cv2.error:
        return None
    return BytesIO(coded.tobytes()) if done else None
