"""Drawing on a part of a picture in the coordinates of the whole, with edges that are smooth to a sixteenth pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Colour: TypeAlias = tuple[int, int, int]
"""Red, green, blue."""
Pixels: TypeAlias = NDArray[np.uint8]
"""Shape `(height, width, 3)`, in OpenCV's order: blue, green, red."""

_SHIFT: Final = 4
_ONE: Final = 1 << _SHIFT


def bgr(colour: Colour) -> tuple[int, int, int]:
    """The colour as OpenCV has it."""
    return colour[2], colour[1], colour[0]


def shade(colour: Colour, factor: float) -> Colour:
    """A darker (below 1) or lighter colour."""
    red, green, blue = (min(255, max(0, round(part * factor))) for part in colour)
    return red, green, blue


class Brush:
    """Draws on `pixels`, whose upper left corner is at `left`, `top` of the whole picture."""

    def __init__(self, pixels: Pixels, left: int = 0, top: int = 0) -> None:
        self.pixels = pixels
        self._left, self._top = left, top

    def ellipse(
        self,
        x: float,
        y: float,
        across: float,
        down: float,
        colour: Colour,
        *,
        turn: float = 0.0,
        arc: tuple[float, float] = (0, 360),
        line: float = 0.0,
    ) -> None:
        """An ellipse with half axes `across` and `down`, filled unless `line` is its width; `arc` in degrees."""
        cv2.ellipse(
            self.pixels,
            self._point(x, y),
            (max(1, round(across * _ONE)), max(1, round(down * _ONE))),
            turn,
            arc[0],
            arc[1],
            bgr(colour),
            max(1, round(line)) if line else cv2.FILLED,
            cv2.LINE_AA,
            _SHIFT,
        )

    def polygon(self, points: Sequence[tuple[float, float]], colour: Colour) -> None:
        """A filled convex or concave area."""
        cv2.fillPoly(self.pixels, [self._points(points)], bgr(colour), cv2.LINE_AA, _SHIFT)

    def path(
        self, points: Sequence[tuple[float, float]], colour: Colour, line: float, *, closed: bool = False
    ) -> None:
        """A line through points."""
        cv2.polylines(
            self.pixels,
            [self._points(points)],
            closed,
            bgr(colour),
            max(1, round(line)),
            cv2.LINE_AA,
            _SHIFT,
        )

    def box(self, x: float, y: float, width: float, height: float, colour: Colour, radius: float = 0) -> None:
        """A filled rectangle, its corners rounded by `radius`."""
        if radius <= 0:
            corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
            self.polygon(corners, colour)
            return
        points: list[tuple[float, float]] = []
        for centre_x, centre_y, start in (
            (x + width - radius, y + radius, -90),
            (x + width - radius, y + height - radius, 0),
            (x + radius, y + height - radius, 90),
            (x + radius, y + radius, 180),
        ):
            for degrees in range(start, start + 91, 15):
                angle = np.deg2rad(degrees)
                points.append((centre_x + radius * np.cos(angle), centre_y + radius * np.sin(angle)))
        self.polygon(points, colour)

    def text(self, words: str, x: float, y: float, size: float, colour: Colour, line: float = 2) -> None:
        """Words whose baseline begins at a point; `size` is the height of capitals in pixels."""
        cv2.putText(
            self.pixels,
            words,
            (round(x) - self._left, round(y) - self._top),
            cv2.FONT_HERSHEY_DUPLEX,
            size / 21,
            bgr(colour),
            max(1, round(line)),
            cv2.LINE_AA,
        )

    def _point(self, x: float, y: float) -> tuple[int, int]:
        return round((x - self._left) * _ONE), round((y - self._top) * _ONE)

    def _points(self, points: Sequence[tuple[float, float]]) -> Any:
        return np.array([self._point(x, y) for x, y in points], np.int32)


def gradient(pixels: Pixels, above: Colour, below: Colour) -> None:
    """Fill with a colour that changes from the top to the bottom."""
    share = np.linspace(0, 1, pixels.shape[0], dtype=np.float32)[:, None, None]
    colours = np.array(bgr(above), np.float32) * (1 - share) + np.array(bgr(below), np.float32) * share
    pixels[:] = colours.astype(np.uint8)


def shadow(pixels: Pixels, mask: NDArray[np.uint8], softness: int, strength: float) -> None:
    """Darken where `mask` is 255, with an edge that is `softness` pixels soft and up to `strength` (0 to 1) dark."""
    # A small mask is enough for a soft edge, and much faster to blur.
    small = cv2.resize(mask, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    width = max(1, softness // 8) * 2 + 1
    soft = cv2.GaussianBlur(small, (width, width), 0).astype(np.float32)
    light = cv2.resize((255 - soft * strength).astype(np.uint8), (mask.shape[1], mask.shape[0]))
    darken(pixels, light, 1 / 255)


def darken(pixels: Pixels, light: NDArray[Any], scale: float) -> None:
    """Multiply all colours by `light` times `scale`."""
    cv2.multiply(pixels, cv2.merge([light, light, light]), pixels, scale)
