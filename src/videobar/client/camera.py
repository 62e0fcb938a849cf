"""A camera that one steers for so many seconds; works on any room with the contract's interface."""

from __future__ import annotations

import asyncio
import contextlib

from videobar.clock import Clock
from videobar.contract.cameras import (
    CameraAction,
    CameraDirection,
    CameraPosition,
    CameraRequest,
    PositionRequest,
)
from videobar.contract.index import Areas
from videobar.errors import NotReached, VideobarError

LONGEST_MOVE_S = 30.0
SELECTED_PEOPLE = "SELECTED_PEOPLE"
"""The only source that can be sent to a position (guide)."""


class Camera:
    """The people camera in use, of this room or, with `far`, of the far end: `await room.camera.left(0.5)`.

    A move begins, lasts so many seconds (at most 30) and is stopped, also when the caller is cancelled. All
    methods raise what the room raises.
    """

    def __init__(self, room: Areas, clock: Clock, *, far: bool = False) -> None:
        self._room = room
        self._clock = clock
        self._far = far

    def __repr__(self) -> str:
        return f"<Camera {'far' if self._far else 'near'}>"

    async def left(self, seconds: float = 0.5) -> None:
        """Turn left."""
        await self.move(CameraDirection.LEFT, seconds)

    async def right(self, seconds: float = 0.5) -> None:
        """Turn right."""
        await self.move(CameraDirection.RIGHT, seconds)

    async def up(self, seconds: float = 0.5) -> None:
        """Tilt up."""
        await self.move(CameraDirection.UP, seconds)

    async def down(self, seconds: float = 0.5) -> None:
        """Tilt down."""
        await self.move(CameraDirection.DOWN, seconds)

    async def zoom_in(self, seconds: float = 0.5) -> None:
        """Zoom in."""
        await self.move(CameraDirection.ZOOM_IN, seconds)

    async def zoom_out(self, seconds: float = 0.5) -> None:
        """Zoom out."""
        await self.move(CameraDirection.ZOOM_OUT, seconds)

    async def move(self, direction: CameraDirection, seconds: float) -> None:
        """Move for so many seconds. Raises `ValueError` for none, or more than 30."""
        if not 0 < seconds <= LONGEST_MOVE_S:
            raise ValueError(f"seconds must be more than 0 and at most {LONGEST_MOVE_S:g}")
        try:
            await self._act(CameraAction.MOVE_START, direction)
            await self._clock.sleep(seconds)
        except (asyncio.CancelledError, NotReached):
            # Nobody knows whether the room began to move: it is told to stop in any case.
            with contextlib.suppress(VideobarError):
                await self._surely_stop(direction)
            raise
        await self._surely_stop(direction)

    async def stop(self, direction: CameraDirection | None = None) -> None:
        """Stop the move that is under way. Some firmware wants the direction again (observed)."""
        await self._act(CameraAction.MOVE_STOP, direction)

    async def look_at(self, pan: int = 0, tilt: int = 0, zoom: int = 0, *, relative: bool = False) -> None:
        """Go to a position, or by a distance, in the device's units: -50000 to 50000. Near cameras only."""
        if self._far:
            raise ValueError("a far camera cannot be sent to a position")
        position = CameraPosition(pan=pan, tilt=tilt, zoom=zoom)
        request = PositionRequest(cam_position=position, relative=relative)
        await self._room.cameras.move_to_position(SELECTED_PEOPLE, request)

    async def store(self, preset: int) -> None:
        """Store where the near camera looks as a preset, 0 to 9."""
        await self._on_preset(preset, CameraAction.STORE)

    async def recall(self, preset: int) -> None:
        """Go to a preset, 0 to 9."""
        await self._on_preset(preset, CameraAction.ACTIVATE)

    async def clear(self, preset: int) -> None:
        """Forget a preset, 0 to 9."""
        await self._on_preset(preset, CameraAction.CLEAR)

    async def _on_preset(self, preset: int, action: CameraAction) -> None:
        if self._far:
            raise ValueError("presets are those of near cameras")
        await self._room.cameras.act_on_near_preset(preset, CameraRequest(action=action))

    async def _act(self, action: CameraAction, direction: CameraDirection | None) -> None:
        request = CameraRequest(action=action, direction=direction)
        if self._far:
            await self._room.cameras.act_on_far_selected_people(request)
        else:
            await self._room.cameras.act_on_near_selected_people(request)

    async def _surely_stop(self, direction: CameraDirection) -> None:
        """Stop, also when the caller is cancelled, and once more when the first time did not reach the room."""
        await asyncio.shield(asyncio.ensure_future(self._stop_twice(direction)))

    async def _stop_twice(self, direction: CameraDirection) -> None:
        try:
            await self.stop(direction)
        except NotReached:
            await self.stop(direction)
