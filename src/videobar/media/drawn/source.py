"""Video source of the drawn room."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from videobar.media.drawn.backdrop import HEIGHT, WIDTH
from videobar.media.drawn.people import Box
from videobar.media.drawn.scene import Scene, host_time
from videobar.media.video.digital_ptz import show
from videobar.media.video.faces import Survey, shrink
from videobar.media.video.frame import Frame
from videobar.media.video.lens import LIMIT, Lens

WIDEST: Final = 2 / 3
"""Share of the room that the widest view shows: there is something to pan to. Two pixels of it make one of 1280."""


class DrawnSource:
    """Implements `VideoSource`, `Pointable` and `Surveyable`, in pictures of `width` by `height`.

    Only what is looked at is drawn, and only when it changed; a picture in which nothing did is the same object.
    """

    def __init__(
        self, width: int, height: int, clock: Callable[[], tuple[int, int, int]] = host_time
    ) -> None:
        self._size = (width, height)
        self._scene = Scene(clock)
        self._view = (0, 0, -LIMIT, 0)
        self._shown: tuple[tuple[int, int, int, int], Frame] | None = None

    @property
    def lens(self) -> Lens:
        """Lens that maps a position to a part of the room."""
        return Lens(WIDTH, HEIGHT, WIDEST)

    def point(self, pan: int, tilt: int, zoom: int, focus: int = 0) -> None:
        """Look there from the next picture on."""
        self._view = (pan, tilt, zoom, focus)

    def frame(self, at_s: float) -> Frame:
        """Frame of the camera's view at that time."""
        view = self._view
        window = self.lens.window(*view[:3])
        seen = Box(
            math.floor(window.left),
            math.floor(window.top),
            math.ceil(window.left + window.width),
            math.ceil(window.top + window.height),
        )
        changed = self._scene.update(at_s, seen)
        if self._shown is None or changed or self._shown[0] != view:
            self._shown = view, show(self._scene.whole(), window, *self._size, view[3])
        return self._shown[1]

    def survey(self, at_s: float) -> Survey:
        """The whole room at that time."""
        # A picture that showed what is drawn here would not be drawn again.
        if self._scene.update(at_s, Box(0, 0, WIDTH, HEIGHT)):
            self._shown = None
        return Survey(shrink(self._scene.whole().y), self.lens)

    def close(self) -> None:
        """Nothing to let go of."""
