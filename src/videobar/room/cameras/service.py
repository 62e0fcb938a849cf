"""The room's cameras: the list, who is selected, moves, presets and tracking."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from videobar.clock import Clock
from videobar.errors import (
    CameraCannot,
    CameraNotConnected,
    EngineUnavailable,
    InvalidRequest,
    NoSuchPreset,
    NoSuchSource,
    StoreUnavailable,
)
from videobar.room.cameras.framing import GroupFraming, closeness
from videobar.room.cameras.port import (
    Camera,
    People,
    PresetStore,
    StoredPreset,
)
from videobar.room.cameras.position import HOME, STOP, Aim, Drive, Position
from videobar.room.cameras.sources import CONTENT, PEOPLE, Source
from videobar.room.store import Key, Store
from videobar.room.video import PicturePath, Snapshot
from videobar.vocabulary import SourceType

log = logging.getLogger("videobar.cameras")

PRESETS = 10
SAME_VIEW = 1_000
"""Distance, as the API counts, that a camera may have moved for a thumbnail still to show what was stored."""
LONGEST_MOVE_S = 10.0
"""A move that nobody stops ends by itself: the stop may have been lost."""
DETECT_S = 1.0
TRACKING_PACES = {"Slow": 0.1, "Normal": 0.25, "Fast": 0.6}
"""Share of full speed with which a camera follows people, by the device's words (its schema)."""
NORMAL = "Normal"

NO_PICTURE = "none:"
"""Picture URL of a camera that is not there."""

SELECTED = {PEOPLE: Key.SELECTED_PEOPLE, CONTENT: Key.SELECTED_CONTENT}


class Cameras:
    """Owner of the near sources.

    Selections and presets survive a restart; positions and tracking do not. A selected camera that is unplugged
    stays selected, and shows its picture again when it is back. Until a content source is selected, the first
    connected one counts as selected.

    Selections and what is done with presets take effect in the order in which they were asked for. None of it waits for
    a picture.
    """

    def __init__(
        self,
        *,
        sources: Sequence[Source],
        presets: PresetStore,
        pictures: PicturePath,
        people: People,
        clock: Clock,
        store: Store,
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        """Called when a camera has come, gone or moved."""
        self._sources = {source.index: source for source in sources}
        self._presets = {preset.index: preset for preset in presets.load()}
        self._preset_store = presets
        self._pictures = pictures
        self._shown = ""
        self._people = people
        self._clock = clock
        self._store = store
        self._in_order = asyncio.Lock()
        """Serves those who wait in the order in which they came."""
        self._without_thumbnail: dict[int, StoredPreset] = {}
        """Presets that are to have one, until there is a picture."""
        self._thumbnails: asyncio.Task[None] | None = None
        self._orders = itertools.count(1)
        self._last_move: dict[int, int] = {}
        """Number of the latest order that moved or stopped each camera."""
        self._chosen = {kind: self._remembered(kind) for kind in SourceType}
        self._guards: dict[int, asyncio.Task[None]] = {}
        self._trackers: dict[int, asyncio.Task[None]] = {}
        speed = store.get(Key.TRACKING_SPEED)
        self._tracking_speed = speed if isinstance(speed, str) and speed in TRACKING_PACES else NORMAL

    def start(self) -> None:
        """Begin to look after the cameras, and show the selected one."""
        for source in self._sources.values():
            if source.camera is not None:
                source.camera.start(lambda index=source.index: self._changed(index))  # type: ignore[misc]
        self._show()

    async def close(self) -> None:
        """Let go of all cameras."""
        tasks = [*self._guards.values(), *self._trackers.values()]
        if self._thumbnails is not None:
            tasks.append(self._thumbnails)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for source in self._sources.values():
            if source.camera is not None:
                await source.camera.close()

    # ---- the list

    def sources(self, kind: SourceType | None = None) -> list[Source]:
        """All sources, or those of a kind, in the order of their index."""
        return [source for source in self._sources.values() if kind in (None, source.kind)]

    def source(self, index: int) -> Source:
        """The source of this index. Raises `NoSuchSource`."""
        try:
            return self._sources[index]
        except KeyError:
            raise NoSuchSource(f"there is no near source {index}") from None

    def selected(self, kind: SourceType) -> Source | None:
        """The source of a kind that is in use, connected or not; `None` where none was ever connected."""
        chosen = self._chosen[kind]
        if chosen is not None:
            return self._sources[chosen]
        return next((source for source in self.sources(kind) if source.connected), None)

    @property
    def selectable(self) -> bool:
        """True if there is a choice: more than one connected source."""
        return sum(source.connected for source in self._sources.values()) > 1

    async def select(self, index: int) -> None:
        """Use a source for its kind, durably. Raises `NoSuchSource`, `CameraNotConnected`, `StoreUnavailable`."""
        source = self.source(index)
        self._working(source)
        async with self._in_order:
            await self._select(source)

    # ---- moving

    def drive(self, index: int, drive: Drive) -> None:
        """Move a camera until it is stopped, has reached its limit, or ten seconds have passed. It ends tracking.

        Pan and tilt are slower the closer the camera looks. Raises `NoSuchSource`, `CameraNotConnected`,
        `CameraCannot`.
        """
        camera = self._able(self.source(index), (axis for axis, speed in drive.given() if speed is not None))
        self._note_move(index)
        self.stop_tracking(index)
        slower = closeness(camera.position().zoom)
        camera.drive(
            Drive(
                None if drive.pan is None else drive.pan * slower,
                None if drive.tilt is None else drive.tilt * slower,
                drive.zoom,
                drive.focus,
            )
        )
        self._cancel_guard(index)
        self._guards[index] = asyncio.create_task(self._stop_late(index, camera), name="camera-guard")

    def halt(self, index: int) -> None:
        """Stop a camera; one that does not move is left as it is. Raises `NoSuchSource`, `CameraNotConnected`."""
        camera = self._working(self.source(index))
        self._note_move(index)
        self._cancel_guard(index)
        camera.drive(STOP)

    def go_to(self, index: int, aim: Aim, *, relative: bool = False, pace: float = 1.0) -> None:
        """Go to a position, or by a distance from where the camera looks now; limits end it. It ends tracking.

        Axes that the camera does not have are left out, unless it has none of those given. Raises `NoSuchSource`,
        `CameraNotConnected`, `CameraCannot`.
        """
        source = self.source(index)
        camera = self._working(source)
        looks = vars(camera.position())
        wanted = {axis: value for axis, value in aim.given() if value is not None}
        possible = {axis: value for axis, value in wanted.items() if camera.facts.can(axis)}
        if wanted and not possible:
            self._able(source, wanted)
        self._note_move(index)
        self.stop_tracking(index)
        self._cancel_guard(index)
        if relative:
            possible = {axis: looks[axis] + value for axis, value in possible.items()}
        camera.go_to(Aim(**possible).limited(), pace)

    # ---- presets

    def preset(self, index: int) -> StoredPreset | None:
        """Preset stored under 0 to 9, if any."""
        return self._presets.get(index)

    async def store_preset(self, index: int, *, with_image: bool) -> None:
        """Remember the selected people camera and where it looks at this moment.

        A thumbnail, if it is asked for, follows when there is a picture, unless the preset was stored again or cleared
        or the camera was moved before that. Raises `CameraNotConnected`, `StoreUnavailable`.
        """
        source = self.selected(PEOPLE)
        if source is None:
            raise CameraNotConnected("there is no people camera")
        preset = StoredPreset(index, source.index, self._working(source).position(), False)
        async with self._in_order:
            await self._preset_store.keep(preset, None)
            self._presets[index] = preset
            self._without_thumbnail.pop(index, None)
            if with_image:
                self._without_thumbnail[index] = preset
                self._take_thumbnails()

    async def activate_preset(self, index: int) -> None:
        """Select its camera and let it go where it looked. Raises `NoSuchPreset` and whatever `select` raises.

        A move of that camera that was asked for later, while this waited for the disk, is not undone.
        """
        asked = next(self._orders)
        async with self._in_order:
            preset = self._presets.get(index)
            if preset is None:
                raise NoSuchPreset(f"nothing is stored in preset {index}")
            selected = self.selected(PEOPLE)
            if selected is None or selected.index != preset.source:
                source = self.source(preset.source)
                self._working(source)
                await self._select(source)
            if self._last_move.get(preset.source, 0) < asked:
                self.go_to(preset.source, Aim.at(preset.position))

    async def clear_preset(self, index: int) -> None:
        """Forget one; one that is not stored is no error. Raises `StoreUnavailable`."""
        async with self._in_order:
            await self._preset_store.forget(index)
            self._presets.pop(index, None)
            self._without_thumbnail.pop(index, None)

    async def preset_image(self, index: int) -> bytes:
        """Thumbnail of a preset as JPEG. Raises `NoSuchPreset` where there is none, and `StoreUnavailable`."""
        image = await self._preset_store.image(index)
        if image is None:
            raise NoSuchPreset(f"preset {index} has no image")
        return image

    # ---- tracking

    def tracks(self, index: int) -> bool:
        """True if a camera follows people."""
        return index in self._trackers

    def start_tracking(self, index: int) -> None:
        """Follow the people whom a camera sees, while somebody looks at its picture.

        Raises `NoSuchSource`, `CameraNotConnected`, `CameraCannot`.
        """
        source = self.source(index)
        camera = self._able(source, ("trackable",))
        if index not in self._trackers:
            self._cancel_guard(index)
            self._trackers[index] = asyncio.create_task(self._track(index, camera), name="camera-tracking")

    def stop_tracking(self, index: int) -> None:
        """End tracking; a camera that does not track is no error. Raises `NoSuchSource`."""
        self.source(index)
        tracker = self._trackers.pop(index, None)
        if tracker is not None:
            tracker.cancel()

    @property
    def tracking_speed(self) -> str:
        """Speed at which cameras follow people: `Slow`, `Normal` or `Fast`."""
        return self._tracking_speed

    async def set_tracking_speed(self, speed: str) -> None:
        """Set the speed at which cameras follow people, durably. Raises `InvalidRequest` or `StoreUnavailable`."""
        word = speed.strip().capitalize()
        if word not in TRACKING_PACES:
            raise InvalidRequest(f"value: must be one of {', '.join(TRACKING_PACES)}")
        async with self._in_order:
            await self._store.put({Key.TRACKING_SPEED: word})
            self._tracking_speed = word

    # ---- inside

    def _remembered(self, kind: SourceType) -> int | None:
        """The selection of the last run; else the first place for people, and none for content."""
        stored = self._store.get(SELECTED[kind])
        source = self._sources.get(stored) if isinstance(stored, int) else None
        if source is not None and source.kind is kind and source.camera is not None:
            return source.index
        if kind is CONTENT:
            return None
        return next((source.index for source in self.sources(kind) if source.camera is not None), None)

    def _working(self, source: Source) -> Camera:
        if source.camera is None or not source.camera.connected:
            raise CameraNotConnected(f"near source {source.index} has no camera")
        return source.camera

    def _able(self, source: Source, abilities: Iterable[str]) -> Camera:
        camera = self._working(source)
        for ability in abilities:
            if not camera.facts.can(ability):
                raise CameraCannot(f"near source {source.index}: {WORDS[ability]}")
        return camera

    def _changed(self, index: int) -> None:
        self.on_change()
        selected = self.selected(PEOPLE)
        if selected is not None and selected.index == index:
            self._show()

    def _show(self) -> None:
        selected = self.selected(PEOPLE)
        camera = selected.camera if selected is not None else None
        url = camera.picture if camera is not None and camera.connected else NO_PICTURE
        if url != self._shown:
            self._shown = url
            self._pictures.use_near_source(url)
        view = camera.view() if camera is not None else HOME
        self._pictures.point_camera(view.pan, view.tilt, view.zoom, view.focus)

    async def _select(self, source: Source) -> None:
        await self._store.put({SELECTED[source.kind]: source.index})
        self._chosen[source.kind] = source.index
        self._show()

    def _take_thumbnails(self) -> None:
        if self._thumbnails is None or self._thumbnails.done():
            self._thumbnails = asyncio.create_task(self._illustrate(), name="preset-thumbnails")

    async def _illustrate(self) -> None:
        """Give the presets that wait for one a thumbnail, each from a picture that was taken after it was stored."""
        while waiting := dict(self._without_thumbnail):
            image: bytes | None = None
            with contextlib.suppress(EngineUnavailable):
                image = await self._pictures.snapshot(Snapshot.NEAR)
            async with self._in_order:
                for index, preset in waiting.items():
                    if self._without_thumbnail.get(index) is preset:
                        del self._without_thumbnail[index]
                        if image is not None and self._still_seen(preset):
                            await self._illustrate_one(preset, image)

    async def _illustrate_one(self, preset: StoredPreset, image: bytes) -> None:
        illustrated = replace(preset, has_image=True)
        try:
            await self._preset_store.keep(illustrated, image)
        except StoreUnavailable as error:
            log.error("the picture of preset %d could not be kept: %s", preset.index, error.detail)
            return
        self._presets[preset.index] = illustrated

    def _still_seen(self, preset: StoredPreset) -> bool:
        """True if the current picture is that of a preset."""
        selected = self.selected(PEOPLE)
        if selected is None or selected.index != preset.source or selected.camera is None:
            return False
        looks, wanted = vars(selected.camera.position()), vars(preset.position)
        return all(abs(looks[axis] - wanted[axis]) <= SAME_VIEW for axis in wanted)

    def _note_move(self, index: int) -> None:
        self._last_move[index] = next(self._orders)

    def _cancel_guard(self, index: int) -> None:
        guard = self._guards.pop(index, None)
        if guard is not None:
            guard.cancel()

    async def _stop_late(self, index: int, camera: Camera) -> None:
        await self._clock.sleep(LONGEST_MOVE_S)
        self._guards.pop(index, None)
        camera.drive(STOP)

    async def _track(self, index: int, camera: Camera) -> None:
        framing = GroupFraming(self._clock.monotonic())
        while True:
            selected = self.selected(PEOPLE)
            if camera.connected and selected is not None and selected.index == index:
                with contextlib.suppress(EngineUnavailable):
                    seen = await self._people.frame_people()
                    if seen is not None:
                        view = None if seen.view is None else Position(*seen.view)
                        wanted = framing.update(view, camera.position(), self._clock.monotonic())
                        if wanted is not None:
                            pace = TRACKING_PACES[self._tracking_speed]
                            camera.go_to(Aim(wanted.pan, wanted.tilt, wanted.zoom), pace)
            await self._clock.sleep(DETECT_S)


WORDS = {
    "pan": "it cannot pan",
    "tilt": "it cannot tilt",
    "zoom": "it cannot zoom",
    "focus": "it cannot be focused",
    "trackable": "it cannot follow people",
}
