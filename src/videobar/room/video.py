"""The room's own picture: what the camera sees, hidden from the far ends or shown; and what there is to see."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from videobar.room.delivery import if_running, kept


class Snapshot(StrEnum):
    """Pictures that can be looked at."""

    NEAR = "near"
    """Picture of the room's camera, whether or not it is muted."""
    FAR = "far"
    """Picture of the far ends."""
    CONTENT = "content"
    """Content that is being presented, by this room or a far end."""


class NearSourceState(Struct, frozen=True, tag=True):
    """Near source state: whether it gives pictures; reported when that changes."""

    url: str
    delivering: bool
    detail: str = ""
    """Reason why it gives none, in words for people."""


class PicturePath(Protocol):
    """Port to the video engine. Commands are sent and not awaited."""

    on_near_source: Callable[[NearSourceState], None]

    @kept
    @if_running
    def set_video_muted(self, muted: bool) -> None:
        """Hide the room's picture from all far ends, or show it."""
        ...

    @kept
    @if_running
    def use_near_source(self, url: str) -> None:
        """Take the room's picture from `url`, such as `pattern:`."""
        ...

    @kept
    @if_running
    def point_camera(self, pan: int, tilt: int, zoom: int, focus: int) -> None:
        """Point the near source, where it can be: -50000 to 50000 each, as the API counts; focus 0 is sharp."""
        ...

    async def snapshot(self, which: Snapshot) -> bytes | None:
        """Current picture, as JPEG; `None` when there is none. Raises `EngineUnavailable`."""
        ...


class Video:
    """Local video mute, which starts off and does not survive a restart, as on the device; and snapshots."""

    def __init__(self, path: PicturePath) -> None:
        self._path = path
        self._muted = False

    @property
    def muted(self) -> bool:
        """True if the room's own picture is hidden."""
        return self._muted

    def set_muted(self, muted: bool) -> None:
        """Hide or show the room's own picture."""
        self._muted = muted
        self._path.set_video_muted(muted)

    async def snapshot(self, which: Snapshot) -> bytes | None:
        """Current picture, as JPEG; `None` when there is none. Raises `EngineUnavailable`."""
        return await self._path.snapshot(which)
