"""Layout of several pictures in one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import Final

STRIP_SHARE: Final = 5
"""The strip of small pictures has a fifth of the height."""


class LayoutStyle(StrEnum):
    """Layout style: how pictures share the room there is."""

    SPEAKER = "speaker"
    """The first one large, the others in a strip below."""
    GRID = "grid"
    """All of one size."""


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle in pixels; all numbers are even."""

    left: int
    top: int
    width: int
    height: int


def places(count: int, width: int, height: int, style: LayoutStyle) -> list[Place]:
    """Places for `count` pictures on `width` by `height`, the first one's first; none overlap."""
    if count <= 0:
        return []
    if count == 1:
        return [Place(0, 0, width, height)]
    if style is LayoutStyle.GRID or count == 2:
        return _grid(count, 0, 0, width, height)
    return _speaker(count, width, height)


def _grid(count: int, left: int, top: int, width: int, height: int) -> list[Place]:
    """Columns and rows as for a square, the last row in the middle; each cell has the shape of the whole."""
    columns = ceil(count**0.5)
    rows = ceil(count / columns)
    scale = min(1 / columns, 1 / rows)
    cell_width, cell_height = _even(width * scale), _even(height * scale)
    first_top = top + _even((height - rows * cell_height) / 2)
    found = []
    for row in range(rows):
        in_row = min(columns, count - row * columns)
        first_left = left + _even((width - in_row * cell_width) / 2)
        found += [
            Place(first_left + column * cell_width, first_top + row * cell_height, cell_width, cell_height)
            for column in range(in_row)
        ]
    return found


def _speaker(count: int, width: int, height: int) -> list[Place]:
    small = count - 1
    small_width = min(_even(width / small), _even(width / STRIP_SHARE))
    small_height = _even(small_width * height / width)
    large_height = height - small_height
    large_width = min(width, _even(large_height * width / height))
    first_left = _even((width - small * small_width) / 2)
    return [
        Place(_even((width - large_width) / 2), 0, large_width, large_height),
        *(
            Place(first_left + index * small_width, large_height, small_width, small_height)
            for index in range(small)
        ),
    ]


def _even(number: float) -> int:
    return int(number) // 2 * 2
