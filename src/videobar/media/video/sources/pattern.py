"""The test pattern: colour bars, and a square that walks."""

from __future__ import annotations

from typing import Final

from videobar.media.video.frame import Frame, filled, yuv

COLOURS: Final = (
    (235, 235, 235),
    (235, 235, 16),
    (16, 235, 235),
    (16, 235, 16),
    (235, 16, 235),
    (235, 16, 16),
    (16, 16, 235),
    (16, 16, 16),
)
"""The bars of the pattern from left to right, in RGB."""
_PERIOD_S: Final = 4.0
"""Time in which the square crosses the picture once."""


class PatternSource:
    """Eight colour bars over a grey floor, on which a white square walks from left to right in four seconds."""

    def __init__(self, width: int, height: int) -> None:
        self._bars = _bars(width, height)

    def frame(self, at_s: float) -> Frame:
        """The bars, and the square where it is at that time."""
        bars = self._bars
        side = bars.height // 8 * 2
        span = bars.width - side
        left = int(at_s % _PERIOD_S / _PERIOD_S * span) // 2 * 2
        top = bars.height - side
        y = bars.y.copy()
        y[top:, left : left + side] = 235
        return Frame(bars.width, bars.height, y, bars.u, bars.v)

    def close(self) -> None:
        """Nothing to let go of."""


def _bars(width: int, height: int) -> Frame:
    picture = filled(width, height, y=90)
    floor = height - height // 8 * 2
    for index, colour in enumerate(COLOURS):
        left, right = (width * edge // len(COLOURS) // 2 * 2 for edge in (index, index + 1))
        for plane, value in zip(picture.planes, yuv(*colour), strict=True):
            scale = 1 if plane is picture.y else 2
            plane[: floor // scale, left // scale : right // scale] = value
    return picture
