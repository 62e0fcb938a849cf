"""`/rest/cameras`: those of this room, those of far ends, and what is seen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from videobar.contract import cameras as contract
from videobar.contract.cameras import (
    CameraAction,
    CameraDirection,
    CameraRequest,
    CameraSource,
    CameraView,
    ContentState,
    FarControl,
    PositionRequest,
    Preset,
    Switch,
    YesNo,
)
from videobar.contract.model import Download
from videobar.errors import InvalidRequest, NoSuchSource
from videobar.handlers import snapshots
from videobar.room.calls.connection import Phase
from videobar.room.cameras.position import Aim, Drive
from videobar.room.cameras.service import PRESETS
from videobar.room.cameras.sources import Source
from videobar.room.far_cameras import FarSource, Motion
from videobar.room.room import Room
from videobar.vocabulary import CallMedia, SourceType

SELECTED_PEOPLE: Final = "SELECTED_PEOPLE"

SPEED: Final = 0.5
"""Share of a camera's full speed with which a started move goes on."""

DRIVES: Final = {
    CameraDirection.LEFT: Drive(pan=-SPEED),
    CameraDirection.RIGHT: Drive(pan=SPEED),
    CameraDirection.UP: Drive(tilt=SPEED),
    CameraDirection.DOWN: Drive(tilt=-SPEED),
    CameraDirection.ZOOM_IN: Drive(zoom=SPEED),
    CameraDirection.ZOOM_OUT: Drive(zoom=-SPEED),
    CameraDirection.FOCUS_NEAR: Drive(focus=-SPEED),
    CameraDirection.FOCUS_FAR: Drive(focus=SPEED),
}


FAR_MOTIONS: Final = {
    CameraDirection.LEFT: Motion(pan=-1),
    CameraDirection.RIGHT: Motion(pan=1),
    CameraDirection.UP: Motion(tilt=1),
    CameraDirection.DOWN: Motion(tilt=-1),
    CameraDirection.ZOOM_IN: Motion(zoom=1),
    CameraDirection.ZOOM_OUT: Motion(zoom=-1),
    CameraDirection.FOCUS_NEAR: Motion(focus=-1),
    CameraDirection.FOCUS_FAR: Motion(focus=1),
}


class CamerasHandler(contract.Cameras):
    """The room's cameras and the far ends'."""

    def __init__(self, room: Room) -> None:
        self._cameras = room.cameras
        self._far = room.far_cameras
        self._video = room.video
        self._content = room.content
        self._calls = room.calls

    async def source_selectable(self) -> bool:
        """True if there is a choice."""
        return self._cameras.selectable

    async def near_all(self) -> list[CameraSource]:
        """All sources."""
        return self._shown(None)

    async def near_people(self) -> list[CameraSource]:
        """Those of people."""
        return self._shown(SourceType.PEOPLE)

    async def near_content(self) -> list[CameraSource]:
        """Those of content."""
        return self._shown(SourceType.CONTENT)

    async def near_source(self, source_id: str) -> CameraSource:
        """One near source."""
        return self._show(self._cameras.source(_index(source_id)))

    async def act_on_near_source(self, source_id: str, request: CameraRequest) -> None:
        """Move, stop or select one."""
        await self._act(self._cameras.source(_index(source_id)), request)

    async def near_selected_people(self) -> CameraSource:
        """The people source in use."""
        return self._show(self._selected(SourceType.PEOPLE))

    async def act_on_near_selected_people(self, request: CameraRequest) -> None:
        """Move or stop it."""
        await self._act(self._selected(SourceType.PEOPLE), request)

    async def near_selected_content(self) -> CameraSource:
        """The content source in use."""
        return self._show(self._selected(SourceType.CONTENT))

    async def act_on_near_selected_content(self, request: CameraRequest) -> None:
        """Move or stop it."""
        await self._act(self._selected(SourceType.CONTENT), request)

    async def near_presets(self) -> list[Preset]:
        """All ten."""
        return [self._preset(index) for index in range(PRESETS)]

    async def near_preset(self, index: int) -> Preset:
        """One near preset."""
        return self._preset(index)

    async def act_on_near_preset(self, index: int, request: CameraRequest) -> None:
        """Store, activate or clear it."""
        match request.action:
            case CameraAction.STORE:
                await self._cameras.store_preset(index, with_image=request.with_image is YesNo.YES)
            case CameraAction.ACTIVATE:
                await self._cameras.activate_preset(index)
            case CameraAction.CLEAR:
                await self._cameras.clear_preset(index)
            case _:
                raise InvalidRequest("action: a preset is stored, activated or cleared, and does not move")

    async def near_preset_image(self, index: int) -> Download:
        """Thumbnail of a preset."""
        image = await self._cameras.preset_image(index)

        async def chunks() -> AsyncIterator[bytes]:
            yield image

        return Download("image/jpeg", f"preset_{index}.jpg", chunks(), len(image))

    async def near_view(self, source_id: str) -> CameraView:
        """Position of a camera."""
        source = self._cameras.source(_index(source_id))
        if source.camera is None:
            raise NoSuchSource(f"near source {source.index} has no camera")
        looks = source.camera.position()
        return CameraView(
            pan=looks.pan,
            tilt=looks.tilt,
            zoom=looks.zoom,
            focus=looks.focus,
            tracking=self._cameras.tracks(source.index),
        )

    async def start_tracking(self, index: str) -> None:
        """Follow people."""
        self._cameras.start_tracking(_index(index))

    async def stop_tracking(self, index: str) -> None:
        """Follow nobody."""
        self._cameras.stop_tracking(_index(index))

    async def move_to_position(self, source_id: str, request: PositionRequest) -> None:
        """Move the people source in use to a position."""
        if source_id != SELECTED_PEOPLE:
            raise InvalidRequest(f"sourceID: must be {SELECTED_PEOPLE}")
        wanted = request.cam_position
        self._cameras.go_to(
            self._selected(SourceType.PEOPLE).index,
            Aim(wanted.pan, wanted.tilt, wanted.zoom),
            relative=request.relative,
        )

    async def snapshot(self, snapshot_id: str) -> Download:
        """Snapshot of a picture at this moment."""
        return await snapshots.snapshot(self._video, snapshot_id)

    async def far_all(self) -> list[CameraSource]:
        """All that far ends let us move."""
        return [_show_far(source) for source in self._far.sources()]

    async def far_control(self) -> list[FarControl]:
        """A row for each connected connection."""
        rows = []
        for conference in self._calls.conferences():
            for connection in conference.connections:
                if connection.phase is Phase.CONNECTED:
                    hint = self._far.hint(connection.leg, video=connection.media is not CallMedia.AUDIO_ONLY)
                    rows.append(
                        FarControl(
                            connection=connection.id,
                            address=connection.address,
                            allowed=not hint,
                            hint=hint,
                        )
                    )
        return rows

    async def far_selected_people(self) -> CameraSource:
        """The far people source in use."""
        return _show_far(self._far.selected_people())

    async def act_on_far_selected_people(self, request: CameraRequest) -> None:
        """Move or stop it."""
        self._act_on_far(self._far.selected_people(), request)

    async def far_source(self, source_id: str) -> CameraSource:
        """One far source."""
        return _show_far(self._far.source(_index(source_id, "far")))

    async def act_on_far_source(self, source_id: str, request: CameraRequest) -> None:
        """Move, stop or select one."""
        self._act_on_far(self._far.source(_index(source_id, "far")), request)

    def _act_on_far(self, source: FarSource, request: CameraRequest) -> None:
        match request.action:
            case CameraAction.MOVE_START:
                if not isinstance(request.direction, CameraDirection):
                    raise InvalidRequest("direction: needed to start a move")
                self._far.move(source, FAR_MOTIONS[request.direction])
            case CameraAction.MOVE_STOP:
                self._far.stop(source)
            case CameraAction.ACTIVATE:
                self._far.select(source)
            case _:
                raise InvalidRequest("action: store and clear are for presets")

    async def content_status(self) -> ContentState:
        """Content status."""
        return ContentState.PLAYING if self._content.shown else ContentState.IDLE

    async def _act(self, source: Source, request: CameraRequest) -> None:
        match request.action:
            case CameraAction.MOVE_START:
                if not isinstance(request.direction, CameraDirection):
                    raise InvalidRequest("direction: needed to start a move")
                self._cameras.drive(source.index, DRIVES[request.direction])
            case CameraAction.MOVE_STOP:
                self._cameras.halt(source.index)
            case CameraAction.ACTIVATE:
                await self._cameras.select(source.index)
            case _:
                raise InvalidRequest("action: store and clear are for presets")

    def _selected(self, kind: SourceType) -> Source:
        source = self._cameras.selected(kind)
        if source is None:
            raise NoSuchSource("no source of this kind is in use")
        return source

    def _shown(self, kind: SourceType | None) -> list[CameraSource]:
        return [self._show(source) for source in self._cameras.sources(kind)]

    def _show(self, source: Source) -> CameraSource:
        facts, selected = source.facts, self._cameras.selected(source.kind)
        return CameraSource(
            camera_index=source.index,
            icon_name=None,
            model=facts.model,
            name=source.name,
            session_id=0,
            source_type=source.kind,
            state_auto_focus=Switch.ON if facts.auto_focus else Switch.OFF,
            state_freeze=Switch.OFF,
            state_marker=Switch.OFF,
            connected=source.connected,
            has_auto_focus=facts.auto_focus,
            has_focus=facts.focus,
            has_freeze=False,
            has_marker=False,
            has_pan=facts.pan,
            has_tilt=facts.tilt,
            has_zoom=facts.zoom,
            near_camera=True,
            ptzcapable=facts.pan and facts.tilt and facts.zoom,
            selected=selected is not None and selected.index == source.index,
            trackable=facts.trackable,
        )

    def _preset(self, index: int) -> Preset:
        stored = self._cameras.preset(index)
        image = stored is not None and stored.has_image
        return Preset(
            index=index,
            stored=stored is not None,
            near=True,
            session_id=0,
            image_location=f"/x/cameras/near/presets/{index}/image" if image else "",
        )


def _show_far(source: FarSource) -> CameraSource:
    ability = source.ability
    return CameraSource(
        camera_index=source.index,
        icon_name=None,
        model="",
        name=source.name,
        session_id=0,
        source_type=source.kind,
        state_auto_focus=Switch.OFF,
        state_freeze=Switch.OFF,
        state_marker=Switch.OFF,
        connected=True,
        has_auto_focus=False,
        has_focus=ability.focus,
        has_freeze=False,
        has_marker=False,
        has_pan=ability.pan,
        has_tilt=ability.tilt,
        has_zoom=ability.zoom,
        near_camera=False,
        ptzcapable=ability.pan and ability.tilt and ability.zoom,
        selected=source.selected,
        trackable=False,
    )


def _index(source_id: str, side: str = "near") -> int:
    """The index that an id in a path means. Raises `NoSuchSource`."""
    if not (source_id.isascii() and source_id.isdecimal() and len(source_id) <= 9):
        raise NoSuchSource(f"there is no {side} source {source_id[:40]}")
    return int(source_id)
