"""Puts a room's cameras together."""

from __future__ import annotations

from collections.abc import Sequence

from videobar.adapters.cameras.context import CameraContext
from videobar.adapters.cameras.factory import mount
from videobar.adapters.cameras.setting import CameraSetting
from videobar.adapters.store.database import Database
from videobar.adapters.store.presets import SqlitePresets
from videobar.clock import Clock
from videobar.room.cameras.port import People
from videobar.room.cameras.service import Cameras
from videobar.room.cameras.sources import arrange
from videobar.room.egress import EgressPolicy
from videobar.room.store import Store
from videobar.room.video import PicturePath


def open_cameras(
    configured: Sequence[CameraSetting],
    *,
    clock: Clock,
    store: Store,
    database: Database,
    pictures: PicturePath,
    people: People,
    reach: EgressPolicy,
    tracking: bool,
) -> Cameras:
    """The cameras of the settings, looked after from now on; close them in the end.

    `tracking` says whether `people` can find any.
    """
    cameras = Cameras(
        sources=arrange(mount(configured, CameraContext(clock, reach, tracking))),
        presets=SqlitePresets(database),
        pictures=pictures,
        people=people,
        clock=clock,
        store=store,
    )
    cameras.start()
    return cameras
