"""The ports of the cameras: what a camera can do, who is seen, and what is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from videobar.room.cameras.position import Aim, Drive, Position


@dataclass(frozen=True)
class CameraFacts:
    """Make and abilities of a camera."""

    model: str
    pan: bool = False
    tilt: bool = False
    zoom: bool = False
    focus: bool = False
    auto_focus: bool = False
    trackable: bool = False
    """True if the camera can follow the people it sees."""

    def can(self, ability: str) -> bool:
        """True if the camera has the ability of this name, such as `pan`."""
        return bool(getattr(self, ability))


class Camera(Protocol):
    """One camera. Orders are sent and not awaited; their effect shows in `position` and `connected`."""

    @property
    def facts(self) -> CameraFacts:
        """Kind and abilities of the camera; those last known while it is not connected."""
        ...

    @property
    def connected(self) -> bool:
        """True if there is a camera that works."""
        ...

    @property
    def picture(self) -> str:
        """URL at which the media process finds the picture; empty while it is not known."""
        ...

    def position(self) -> Position:
        """Current position, as far as it is known."""
        ...

    def view(self) -> Position:
        """Part of the picture to show: the position, or all of it when the camera itself moves."""
        ...

    def drive(self, drive: Drive) -> None:
        """Move until something else is ordered."""
        ...

    def go_to(self, aim: Aim, pace: float = 1.0) -> None:
        """Go to a position, with a share of full speed, all axes arriving together."""
        ...

    def start(self, on_change: Callable[[], None]) -> None:
        """Begin to look after the camera, and call `on_change` when its picture, view or connection changes."""
        ...

    async def close(self) -> None:
        """Let go of the camera."""
        ...


class Framing(Struct, frozen=True):
    """The pan, tilt and zoom that show all people well; `None` when nobody is seen."""

    view: tuple[int, int, int] | None


class People(Protocol):
    """Finds the people in the picture of the camera that is shown."""

    async def frame_people(self) -> Framing | None:
        """View that shows all people; `None` while nobody looks at the picture, or where it cannot be searched.

        Raises `EngineUnavailable`.
        """
        ...


@dataclass(frozen=True)
class StoredPreset:
    """Stored preset `index` (0 to 9); `source` is the index of its camera."""

    index: int
    source: int
    position: Position
    has_image: bool


class PresetStore(Protocol):
    """Port: presets over a restart. What has returned survives the loss of power."""

    def load(self) -> list[StoredPreset]:
        """All that are stored; called once, at the start."""
        ...

    async def keep(self, preset: StoredPreset, image: bytes | None) -> None:
        """Store one with its JPEG thumbnail, in place of what was there. Raises `StoreUnavailable`."""
        ...

    async def forget(self, index: int) -> None:
        """Clear one. Raises `StoreUnavailable`."""
        ...

    async def image(self, index: int) -> bytes | None:
        """JPEG thumbnail of a preset, if it has one. Raises `StoreUnavailable`."""
        ...
