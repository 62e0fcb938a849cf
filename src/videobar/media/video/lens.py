"""Geometry of digital pan, tilt and zoom."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

LIMIT: Final = 50_000
"""The API's units go from minus this to this over each axis; zoom is widest at the negative end."""
CLOSEST: Final = 5.0
"""Largest zoom: how many times larger the closest view shows things than the widest."""


@dataclass(frozen=True)
class ViewWindow:
    """A part of a picture, in pixels of it; `left` and `top` may lie between pixels."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Lens:
    """The views that a picture of `width` by `height` offers; the widest shows the share `widest` of its width.

    Views have the shape of the picture, and pan and tilt count over all of it: a view that would reach beyond an edge
    is moved inside. With `widest` 1 the widest view shows everything, and pan and tilt need some zoom to be seen.
    """

    width: int
    height: int
    widest: float = 1.0

    def window(self, pan: float, tilt: float, zoom: float) -> ViewWindow:
        """Window of the picture that is shown at a position in the API's units."""
        share = self.widest * CLOSEST ** -((zoom + LIMIT) / (2 * LIMIT))
        width, height = self.width * share, self.height * share
        reach = (1 - self.widest / CLOSEST) / 2
        x = self.width * (0.5 + reach * pan / LIMIT)
        y = self.height * (0.5 - reach * tilt / LIMIT)
        return ViewWindow(
            min(max(x - width / 2, 0.0), self.width - width),
            min(max(y - height / 2, 0.0), self.height - height),
            width,
            height,
        )

    def position(self, x: float, y: float, width: float) -> tuple[int, int, int]:
        """Pan, tilt and zoom that show a window around the middle `x`, `y`, `width` wide, as nearly as limits allow."""
        share = min(max(width / self.width, self.widest / CLOSEST), self.widest)
        zoom = 2 * LIMIT * math.log(self.widest / share) / math.log(CLOSEST) - LIMIT
        reach = (1 - self.widest / CLOSEST) / 2
        half = share / 2  # the view is inside the picture, so there is no need to look beyond that
        across = min(max(x / self.width, half), 1 - half) - 0.5
        down = min(max(y / self.height, half), 1 - half) - 0.5
        return (
            _limited(across / reach * LIMIT),
            _limited(-down / reach * LIMIT),
            _limited(zoom),
        )


def _limited(value: float) -> int:
    return min(max(round(value), -LIMIT), LIMIT)
