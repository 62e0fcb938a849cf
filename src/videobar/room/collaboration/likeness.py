"""When two pictures count as the same, judged by glances at them."""

from __future__ import annotations

from typing import Final

CHANGED: Final = 10
"""By how much a cell must differ to have changed: more than what encoding does to it."""
CHANGED_CELLS: Final = 3
"""So many changed cells are a mouse pointer; more are something new."""


def alike(one: bytes, other: bytes) -> bool:
    """Whether two glances are of pictures that look alike."""
    if len(one) != len(other):
        return False
    changed = 0
    for a, b in zip(one, other, strict=True):
        if a - b > CHANGED or b - a > CHANGED:
            changed += 1
            if changed > CHANGED_CELLS:
                return False
    return True
