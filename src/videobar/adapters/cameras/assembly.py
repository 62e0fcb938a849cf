"""Puts a room's cameras together."""

from __future__ import annotations

from collections.abc import Sequence

from videobar.adapters.cameras.configured import Configured, Surroundings, mount
from videobar.adapters.cameras.unseen import Unseen
from videobar.adapters.store.database import Database
from videobar.adapters.store.presets import SqlitePresets
from videobar.clock import Clock
from videobar.room.cameras.service import Cameras
from videobar.room.cameras.sources import arrange
from videobar.room.store import Store
from videobar.room.video import PicturePath


def open_cameras(
    configured: Sequence[Configured],
    *,
    clock: Clock,
    store: Store,
    database: Database,
    pictures: PicturePath,
) -> Cameras:
    """The cameras of the settings, looked after from now on; close them in the end."""
    cameras = Cameras(
        sources=arrange(mount(configured, Surroundings(clock, tracking=False))),
        presets=SqlitePresets(database),
        pictures=pictures,
        people=Unseen(),
        clock=clock,
        store=store,
    )
    cameras.start()
    return cameras
