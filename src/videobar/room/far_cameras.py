"""The far ends' cameras, as far as they let us move them; and what far ends may do with ours.

Far ends tell what they have once a call is connected. Nothing that is sent to them is answered: a far camera that does
not move has not heard it, or is not willing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Protocol

from msgspec import Struct

from videobar.errors import CameraCannot, NoSuchSource, VideobarError
from videobar.room.calls.port import LegId
from videobar.room.cameras.position import STOP, Drive
from videobar.room.cameras.service import PRESETS, Cameras
from videobar.room.delivery import if_running, kept
from videobar.vocabulary import SourceType

log = logging.getLogger("videobar.cameras")

NAMES: Final = {
    1: "Main Camera",
    2: "Auxiliary Camera",
    3: "Document Camera",
    4: "Auxiliary Document Camera",
    5: "Video Playback",
}
"""Names of the H.281 sources, by number; other numbers are the maker's."""
FIRST_DOCUMENT: Final = 3
SPEED: Final = 0.5
"""Share of a camera's full speed with which a far end moves it, the same as for moves of the API."""


class Motion(Struct, frozen=True):
    """Direction of a move, each axis -1, 0 or 1: right, up, zoom in and focus far are 1; all zero is a stop."""

    pan: int = 0
    tilt: int = 0
    zoom: int = 0
    focus: int = 0


class CameraAbility(Struct, frozen=True):
    """A source and the axes along which it moves. `number` is H.281's."""

    number: int
    pan: bool = False
    tilt: bool = False
    zoom: bool = False
    focus: bool = False


class FarCamerasKnown(Struct, frozen=True, tag=True):
    """Cameras that a far end lets us move, and the source that it shows. Without any, it lets us move none."""

    leg: LegId
    sources: tuple[CameraAbility, ...]
    shown: int


class FarEndMoves(Struct, frozen=True, tag=True):
    """A far end moves our camera so from now on."""

    leg: LegId
    motion: Motion


class FarEndSelects(Struct, frozen=True, tag=True):
    """A far end wants to see another source of ours."""

    leg: LegId
    number: int


class FarEndPreset(Struct, frozen=True, tag=True):
    """A far end stores or activates a preset of ours."""

    leg: LegId
    preset: int
    store: bool


class FarCamerasLost(Struct, frozen=True, tag=True):
    """The engine died."""


FarCameraReport = FarCamerasKnown | FarEndMoves | FarEndSelects | FarEndPreset
"""Reports of the engine while it runs."""
FarCameraEvent = FarCameraReport | FarCamerasLost


class FarCameraPath(Protocol):
    """Carries camera control to and from far ends. `on_far_camera` receives their events."""

    on_far_camera: Callable[[FarCameraEvent], None]

    @if_running
    def move_far_camera(self, leg: LegId, motion: Motion) -> None:
        """Move a far end's camera until the next order."""
        ...

    @if_running
    def select_far_source(self, leg: LegId, number: int) -> None:
        """Ask a far end to show another source."""
        ...

    @kept
    @if_running
    def allow_far_control(self, sources: tuple[CameraAbility, ...], presets: int) -> None:
        """Let far ends move these sources of ours, and use so many presets; none allows nothing."""
        ...


@dataclass(frozen=True)
class FarSource:
    """A far end's source."""

    index: int
    """As the API numbers it."""
    leg: LegId
    ability: CameraAbility
    selected: bool

    @property
    def name(self) -> str:
        """Name of the source."""
        return NAMES.get(self.ability.number, f"Source {self.ability.number}")

    @property
    def kind(self) -> SourceType:
        """Type of the source."""
        documents = self.ability.number in (FIRST_DOCUMENT, FIRST_DOCUMENT + 1)
        return SourceType.CONTENT if documents else SourceType.PEOPLE


class FarCameras:
    """Far cameras (H.281), and what far ends do with ours. `near` is `None` where they may not move our cameras."""

    def __init__(self, path: FarCameraPath, near: NearControl | None) -> None:
        self._path = path
        self._near = near
        self._known: dict[LegId, FarCamerasKnown] = {}
        self._allowed: tuple[CameraAbility, ...] | None = None
        path.on_far_camera = self.hear
        if near is not None:
            near.on_change(self._allow)
            self._allow()

    def sources(self) -> list[FarSource]:
        """All sources of all far ends that let us move them."""
        found: list[FarSource] = []
        for known in self._known.values():
            for ability in known.sources:
                selected = ability.number == known.shown
                found.append(FarSource(len(found) + 1, known.leg, ability, selected))
        return found

    def source(self, index: int) -> FarSource:
        """The far source of this index. Raises `NoSuchSource`."""
        for source in self.sources():
            if source.index == index:
                return source
        raise NoSuchSource(f"there is no far source {index}{self._why_none()}")

    def selected_people(self) -> FarSource:
        """The source of people that a far end shows. Raises `NoSuchSource` where none is known."""
        people = [source for source in self.sources() if source.kind is SourceType.PEOPLE]
        for source in (*(each for each in people if each.selected), *people):
            return source
        raise NoSuchSource("no far end lets its camera be moved")

    def hint(self, leg: LegId, *, video: bool) -> str:
        """Reason why the camera of a connected far end cannot be moved, for people; empty where it can."""
        if leg in self._known:
            return ""
        if not video:
            return "the call has no video, and so no camera to move"
        return "the far end does not let its camera be moved: it has to allow far-end camera control (H.281)"

    def _why_none(self) -> str:
        return "" if self._known else ": no far end lets its camera be moved (far-end camera control, H.281)"

    def move(self, source: FarSource, motion: Motion) -> None:
        """Move it until it is stopped, or ten seconds have passed; shows it first. Raises `CameraCannot`."""
        for axis in ("pan", "tilt", "zoom", "focus"):
            if getattr(motion, axis) and not getattr(source.ability, axis):
                raise CameraCannot(f"far source {source.index}: it cannot {axis}")
        if not source.selected:
            self.select(source)
        self._path.move_far_camera(source.leg, motion)

    def stop(self, source: FarSource) -> None:
        """Stop it; harmless when it does not move."""
        self._path.move_far_camera(source.leg, Motion())

    def select(self, source: FarSource) -> None:
        """Ask the far end to show it."""
        self._path.select_far_source(source.leg, source.ability.number)

    def hear(self, event: FarCameraEvent) -> None:
        """Take what a far end says."""
        if isinstance(event, FarCamerasLost):
            self._known.clear()
            if self._near is not None:
                self._near.move(Motion())
        elif isinstance(event, FarCamerasKnown):
            if event.sources:
                self._known[event.leg] = event
            else:
                self._known.pop(event.leg, None)
        elif self._near is not None:
            if isinstance(event, FarEndMoves):
                self._near.move(event.motion)
            elif isinstance(event, FarEndSelects):
                self._near.select(event.number)
            else:
                self._near.use_preset(event.preset, store=event.store)

    def _allow(self) -> None:
        """Send the engine the permission of far ends, when it has changed."""
        abilities = self._near.abilities() if self._near is not None else ()
        if abilities != self._allowed:
            self._allowed = abilities
            self._path.allow_far_control(abilities, PRESETS)


class NearControl:
    """Far ends at the room's cameras. Orders that a camera cannot carry out are ignored: the protocol has no errors."""

    def __init__(self, cameras: Cameras) -> None:
        self._cameras = cameras
        self._moving: int | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def on_change(self, tell: Callable[[], None]) -> None:
        """Have `tell` called when abilities may have changed."""
        self._cameras.on_change = tell

    def abilities(self) -> tuple[CameraAbility, ...]:
        """The sources that have a camera, by H.281's numbers."""
        found = []
        for number, index in self._numbered().items():
            facts = self._cameras.source(index).facts
            found.append(CameraAbility(number, facts.pan, facts.tilt, facts.zoom, facts.focus))
        return tuple(found)

    def move(self, motion: Motion) -> None:
        """Move the people source in use."""
        try:
            if motion == Motion():
                if self._moving is not None:
                    index, self._moving = self._moving, None
                    self._cameras.halt(index)
                return
            source = self._cameras.selected(SourceType.PEOPLE)
            if source is None:
                return
            drive = Drive(
                **{
                    axis: getattr(motion, axis) * SPEED
                    for axis in ("pan", "tilt", "zoom", "focus")
                    if source.facts.can(axis)
                }
            )
            if drive not in (Drive(), STOP):
                self._cameras.drive(source.index, drive)
                self._moving = source.index
        except VideobarError as error:
            log.info("a far end could not move our camera: %s", error)

    def select(self, number: int) -> None:
        """Show a source."""
        index = self._numbered().get(number)
        if index is not None:
            self._begin(self._cameras.select(index))

    def use_preset(self, preset: int, *, store: bool) -> None:
        """Store or activate a preset."""
        if preset < PRESETS:
            cameras = self._cameras
            self._begin(
                cameras.store_preset(preset, with_image=False) if store else cameras.activate_preset(preset)
            )

    def _numbered(self) -> dict[int, int]:
        """Indexes by H.281's numbers: two cameras for people, two for documents."""
        numbers = {SourceType.PEOPLE: iter((1, 2)), SourceType.CONTENT: iter((3, 4))}
        found = {}
        for source in self._cameras.sources():
            number = next(numbers[source.kind], None) if source.connected else None
            if number is not None:
                found[number] = source.index
        return found

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except VideobarError as error:
            log.info("a far end could not use our cameras: %s", error)
