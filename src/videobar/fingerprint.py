"""Picture fingerprint: some thousand bytes that differ little where pictures look alike, and their comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LUMA: Final = (64, 36)
CHROMA: Final = (16, 9)
LEAST_SIZE: Final = (2 * LUMA[0], 2 * LUMA[1])
"""Width and height of a picture at least, so that each cell has a pixel of each plane."""
CHANGED: Final = 10
"""By how much a cell must differ to have changed: more than what encoding does to it."""
CHANGED_CELLS: Final = 3
"""So many changed cells are a mouse pointer; more are something new."""


def fingerprint(planes: Sequence[NDArray[np.uint8]]) -> bytes:
    """The fingerprint of a picture's planes Y, U and V, at half the size the latter two.

    That is the means of 64 by 36 cells of luma, and of 16 by 9 of each chroma; the size does not matter, if it is not
    below `LEAST_SIZE`.
    """
    y, u, v = planes
    return _cells(y, LUMA) + _cells(u, CHROMA) + _cells(v, CHROMA)


def alike(one: bytes, other: bytes) -> bool:
    """True if two fingerprints are of pictures that look alike."""
    if len(one) != len(other):
        return False
    changed = 0
    for a, b in zip(one, other, strict=True):
        if a - b > CHANGED or b - a > CHANGED:
            changed += 1
            if changed > CHANGED_CELLS:
                return False
    return True


def _cells(plane: NDArray[np.uint8], size: tuple[int, int]) -> bytes:
    columns, rows = size
    height, width = plane.shape[0] // rows, plane.shape[1] // columns
    cells = plane[: rows * height, : columns * width].reshape(rows, height, columns, width)
    return bytes(cells.mean(axis=(1, 3)).astype("uint8"))
