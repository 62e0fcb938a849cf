"""Digital PTZ camera: its view is a part of its picture, or is passed on to a device as positions."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from videobar.clock import Clock
from videobar.room.cameras.motors import Motors
from videobar.room.cameras.port import CameraFacts
from videobar.room.cameras.position import HOME, Aim, Drive, Position

FRAME_S: Final = 1 / 30
"""Interval at which a moving view is passed on."""
LOOK_S: Final = 2.0
"""Interval at which a camera that can be unplugged is looked for."""
NOTHING: Final = CameraFacts("")


@dataclass(frozen=True)
class FoundCamera:
    """A camera that is there."""

    facts: CameraFacts
    picture: str
    """URL of its picture."""
    move: Callable[[Position], None] | None = None
    """Moves the camera itself; without it, a part of the picture is shown."""


Find = Callable[[], Awaitable[FoundCamera | None]]
"""Looks for the camera, and must not raise; `None` when it is not there."""


class DigitalCamera:
    """Implements `Camera` over `Motors`: a camera that is always there, or one that `find` looks for now and then."""

    def __init__(
        self,
        found: FoundCamera | None = None,
        *,
        clock: Clock,
        find: Find | None = None,
        every_s: float | None = None,
    ) -> None:
        self._clock = clock
        self._find = find
        self._every_s = LOOK_S if every_s is None else every_s
        self._motors = Motors(clock)
        self._found = found
        self._known = found
        self._on_change: Callable[[], None] = lambda: None
        self._looking: asyncio.Task[None] | None = None
        self._moving: asyncio.Task[None] | None = None

    @property
    def facts(self) -> CameraFacts:
        """Facts of the camera; those last known while it is unplugged."""
        return self._known.facts if self._known is not None else NOTHING

    @property
    def picture(self) -> str:
        """URL of the picture; the last one while the camera is unplugged."""
        return self._known.picture if self._known is not None else ""

    @property
    def connected(self) -> bool:
        """True if the camera was there when last looked for."""
        return self._found is not None

    def position(self) -> Position:
        """Position of the view."""
        return self._motors.position()

    def view(self) -> Position:
        """The part of the picture to show."""
        return HOME if self._known is not None and self._known.move is not None else self._motors.position()

    def drive(self, drive: Drive) -> None:
        """Move."""
        self._motors.drive(drive)
        self._follow()

    def go_to(self, aim: Aim, pace: float = 1.0) -> None:
        """Move to a position."""
        self._motors.go_to(aim, pace)
        self._follow()

    def start(self, on_change: Callable[[], None]) -> None:
        """Look for the camera from time to time, if it can be unplugged."""
        self._on_change = on_change
        if self._find is not None:
            self._looking = asyncio.create_task(self._look(self._find), name="camera-presence")

    async def close(self) -> None:
        """Stop moving and looking."""
        for task in (self._looking, self._moving):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def _follow(self) -> None:
        if self._moving is None or self._moving.done():
            self._moving = asyncio.create_task(self._pass_on(), name="camera-view")

    async def _pass_on(self) -> None:
        """Pass on the view while it moves, and once more when it rests."""
        while self._motors.move():
            self._tell()
            await self._clock.sleep(FRAME_S)
        self._tell()

    def _tell(self) -> None:
        if self._found is not None and self._found.move is not None:
            self._found.move(self._motors.position())
        else:
            self._on_change()

    async def _look(self, find: Find) -> None:
        while True:
            before, self._found = self._found, await find()
            if self._found is not None:
                self._known = self._found
            if before != self._found:
                self._on_change()
                if before is None and self._found is not None and self._found.move is not None:
                    self._follow()  # it may have been turned, or have lost its power
            await self._clock.sleep(self._every_s)
