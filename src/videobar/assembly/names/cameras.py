"""Names of cameras."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from videobar.assembly.names.behind import Behind
from videobar.assembly.names.kinds import (
    OFF,
    letters,
    read_only,
    setting,
    state,
    truth,
)
from videobar.errors import CameraCannot, CameraNotConnected, InvalidRequest
from videobar.room.cameras.service import Cameras
from videobar.room.cameras.sources import PEOPLE, Source
from videobar.room.system.configuration import (
    NotEditable,
    Value,
    Variable,
    as_text,
)

FRAME_GROUP: Final = "FrameGroup"
TRACKING_MODES: Final = ("Presenter", "FrameSpeaker", FRAME_GROUP, "FrameGroupWithTransition", OFF)
"""Tracking modes of a Studio X30 (its schema)."""


def cameras_of_the_room(behind: Behind) -> Iterator[Variable]:
    """The sources as a device's source manager numbers them; texts are empty for what is not connected."""
    cameras = behind.cameras
    for source in cameras.sources():
        prefix = f"sourceman.camera{source.index}."
        yield from read_only(prefix + "name", "name of a source", lambda source=source: source.name)  # type: ignore[misc]
        yield from read_only(prefix + "role", "what a source is for", lambda source=source: source.kind)  # type: ignore[misc]
        yield from read_only(
            prefix + "model",
            "model of a source",
            lambda source=source: source.facts.model,  # type: ignore[misc]
        )
        yield from read_only(
            prefix + "signaltype",
            "how a source is connected",
            lambda source=source: "DIGITAL" if source.connected else "",  # type: ignore[misc]
        )
        if source.kind is PEOPLE and source.camera is not None:
            yield from _tracking(cameras, source)
    yield from setting(
        "video.camera.farControlNearCamera",
        behind.configured,
        "far_control",
        bool,
        truth("far_control"),
    )


def _tracking(cameras: Cameras, source: Source) -> Iterator[Variable]:
    modes = {letters(mode): mode for mode in TRACKING_MODES}

    async def track(value: Value) -> None:
        mode = modes.get(letters(value))
        if mode not in (FRAME_GROUP, OFF):
            raise InvalidRequest(
                f"value: must be {FRAME_GROUP} or {OFF}: cameras here frame all people or nobody"
            )
        if mode == OFF:
            cameras.stop_tracking(source.index)
            return
        try:
            cameras.start_tracking(source.index)
        except (CameraCannot, CameraNotConnected) as error:
            raise NotEditable(error.detail) from None

    prefix = f"video.camera.{source.index}."
    yield from state(
        prefix + "trackingMode",
        f"whom a camera follows: {FRAME_GROUP} or {OFF}",
        lambda: FRAME_GROUP if cameras.tracks(source.index) else OFF,
        track,
    )
    yield from state(
        prefix + "trackingSpeed",
        "how fast cameras follow people: Slow, Normal or Fast",
        lambda: cameras.tracking_speed,
        lambda value: cameras.set_tracking_speed(as_text(value)),
    )
