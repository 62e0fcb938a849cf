"""The room with its people in it, kept up to date where something changed and somebody looks."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from videobar.media.drawn.backdrop import CLOCK, HEIGHT, TABLE_TOP, WIDTH, draw_backdrop
from videobar.media.drawn.brush import Brush, Pixels
from videobar.media.drawn.people import PEOPLE, Box, Pose
from videobar.media.video.frame import Frame, Plane

_DIAL: Final = Box(CLOCK[0] - CLOCK[2], CLOCK[1] - CLOCK[2], CLOCK[0] + CLOCK[2], CLOCK[1] + CLOCK[2])


MOVES_PER_S: Final = 15
"""Interval of people's movements."""


def host_time() -> tuple[int, int, int]:
    """Hour, minute and second of the host, for the clock on the wall."""
    now = time.localtime()
    return now.tm_hour, now.tm_min, now.tm_sec


class Scene:
    """A picture of 3840 by 2160, of which only what changed is drawn again."""

    def __init__(self, clock: Callable[[], tuple[int, int, int]] = host_time) -> None:
        self._clock = clock
        backdrop = draw_backdrop()
        self._backdrop, self._front = backdrop.pixels, backdrop.front
        self._planes = _planes(self._backdrop)
        self._poses: list[Pose | None] = [None] * len(PEOPLE)
        self._time = (-1, -1, -1)

    @property
    def planes(self) -> tuple[Plane, Plane, Plane]:
        """The picture in I420; written into by `update`."""
        return self._planes

    def whole(self) -> Frame:
        """All of it, sharing memory with what the next `update` writes."""
        return Frame(WIDTH, HEIGHT, *self._planes)

    def update(self, at_s: float, seen: Box) -> bool:
        """Bring up to date what touches `seen`; whether anything there has changed."""
        stale: list[Box] = []
        at_s = math.floor(at_s * MOVES_PER_S) / MOVES_PER_S
        poses = [person.pose(at_s, number / len(PEOPLE)) for number, person in enumerate(PEOPLE)]
        for number, (person, pose) in enumerate(zip(PEOPLE, poses, strict=True)):
            before = self._poses[number]
            if pose == before:
                continue
            area = person.outline(pose) if before is None else person.changed(before, pose)
            if area.touches(seen):
                stale.append(area)
                self._poses[number] = pose
        now = self._clock()
        if now != self._time and _DIAL.touches(seen):
            stale.append(_DIAL)
            self._time = now
        for area in _joined(stale):
            self._draw(area.within(WIDTH, HEIGHT))
        return bool(stale)

    def _draw(self, area: Box) -> None:
        """Draw everything that is in one part of the picture, from the back to the front."""
        if area.left >= area.right or area.top >= area.bottom:
            return
        rows, columns = slice(area.top, area.bottom), slice(area.left, area.right)
        pixels = self._backdrop[rows, columns].copy()
        brush = Brush(pixels, area.left, area.top)
        if _DIAL.touches(area):
            self._hands(brush)
        for person, pose in zip(PEOPLE, self._poses, strict=True):
            if pose is not None and person.outline(pose).touches(area):
                person.draw(brush, pose)
        if area.bottom > TABLE_TOP:
            first = max(area.top, TABLE_TOP)
            mask = self._front[first - TABLE_TOP : area.bottom - TABLE_TOP, columns]
            cv2.copyTo(self._backdrop[first : area.bottom, columns], mask, pixels[first - area.top :])
        for plane, fresh, half in zip(self._planes, _planes(pixels), (0, 1, 1), strict=True):
            plane[area.top >> half : area.bottom >> half, area.left >> half : area.right >> half] = fresh

    def _hands(self, brush: Brush) -> None:
        x, y, radius = CLOCK
        hour, minute, second = self._time
        for angle, length, width, colour in (
            ((hour % 12 + minute / 60) / 12, 0.5, 8, (52, 58, 70)),
            ((minute + second / 60) / 60, 0.72, 6, (52, 58, 70)),
            (second / 60, 0.76, 3, (206, 62, 52)),
        ):
            turn = angle * 2 * math.pi
            tip = (x + length * radius * math.sin(turn), y - length * radius * math.cos(turn))
            brush.path([(x, y), tip], colour, width)
        brush.ellipse(x, y, 6, 6, (206, 62, 52))


def _joined(areas: list[Box]) -> list[Box]:
    """The same areas with those that touch made one, so that nothing is drawn twice."""
    joined: list[Box] = []
    for area in areas:
        while (other := next((each for each in joined if each.touches(area)), None)) is not None:
            joined.remove(other)
            area = area.around(other)
        joined.append(area)
    return joined


def _planes(pixels: Pixels) -> tuple[Plane, Plane, Plane]:
    """Pixels, even in size, as the planes of I420 (BT.601, limited range)."""
    height, width = pixels.shape[:2]
    packed: NDArray[np.uint8] = cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420)  # type: ignore[assignment]
    flat = packed[height:].reshape(-1)
    size = (height // 2) * (width // 2)
    return (
        packed[:height],
        flat[:size].reshape(height // 2, width // 2),
        flat[size:].reshape(height // 2, width // 2),
    )
