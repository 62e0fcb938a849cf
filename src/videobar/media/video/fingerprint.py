"""A glance at a picture: some thousand bytes that differ little where the pictures do."""

from __future__ import annotations

from typing import Final

import numpy as np

from videobar.media.video.frame import Picture, Plane, Scaler

LUMA: Final = (64, 36)
CHROMA: Final = (16, 9)


def glance(picture: Picture) -> bytes:
    """The means of 64 by 36 cells of luma, and of 16 by 9 of each chroma; the size does not matter."""
    least = (2 * LUMA[0], 2 * LUMA[1])
    if picture.width < least[0] or picture.height < least[1]:
        picture = Scaler().stretch(picture, *least)
    return _cells(picture.y, LUMA) + _cells(picture.u, CHROMA) + _cells(picture.v, CHROMA)


def _cells(plane: Plane, size: tuple[int, int]) -> bytes:
    columns, rows = size
    height, width = plane.shape[0] // rows, plane.shape[1] // columns
    cells = plane[: rows * height, : columns * width].reshape(rows, height, columns, width)
    return bytes(cells.mean(axis=(1, 3)).astype(np.uint8))
