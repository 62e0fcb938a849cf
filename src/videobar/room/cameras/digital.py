"""A camera whose picture does not move: it is pointed by showing a part of the picture."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from videobar.clock import Clock
from videobar.room.cameras.motors import Motors
from videobar.room.cameras.port import CameraFacts
from videobar.room.cameras.position import Aim, Drive, Position

FRAME_S = 1 / 30
"""How often a moving view is passed on."""
LOOK_S = 2.0
"""How often a camera that can be unplugged is looked for."""


async def always() -> bool:
    """For a camera that nobody can unplug."""
    return True


class DigitalCamera:
    """Implements `Camera` over the motors of `Motors`.

    `present` says whether the camera is there; it is asked every two seconds and must not raise.
    """

    def __init__(
        self,
        facts: CameraFacts,
        picture: str,
        *,
        clock: Clock,
        present: Callable[[], Awaitable[bool]] = always,
    ) -> None:
        self.facts = facts
        self.picture = picture
        self._clock = clock
        self._present = present
        self._motors = Motors(clock)
        self._connected = present is always
        self._on_change: Callable[[], None] = lambda: None
        self._looking: asyncio.Task[None] | None = None
        self._moving: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether it was there when last looked for."""
        return self._connected

    def position(self) -> Position:
        """Where the view is."""
        return self._motors.position()

    def view(self) -> Position:
        """The same: the view is all that moves."""
        return self._motors.position()

    def drive(self, drive: Drive) -> None:
        """Move the view."""
        self._motors.drive(drive)
        self._follow()

    def go_to(self, aim: Aim, pace: float = 1.0) -> None:
        """Move the view to a position."""
        self._motors.go_to(aim, pace)
        self._follow()

    def start(self, on_change: Callable[[], None]) -> None:
        """Look for the camera from time to time, if it can be unplugged."""
        self._on_change = on_change
        if self._present is not always:
            self._looking = asyncio.create_task(self._look(), name="camera-presence")

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
        """Tell of the view while it moves, and once more when it rests."""
        while self._motors.move():
            self._on_change()
            await self._clock.sleep(FRAME_S)
        self._on_change()

    async def _look(self) -> None:
        while True:
            connected = await self._present()
            if connected is not self._connected:
                self._connected = connected
                self._on_change()
            await self._clock.sleep(LOOK_S)
