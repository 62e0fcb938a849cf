"""The schema of the room's file, as the steps that lead to it.

Migration n takes the schema from version n to n + 1. One that was released is never edited; new ones go to the end.
"""

from __future__ import annotations

from collections.abc import Sequence

STATE = "CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
"""Small values by key; see `sqlite.SqliteStore`."""

CAMERA_PRESETS = """
    CREATE TABLE camera_preset (
        number INTEGER PRIMARY KEY CHECK (number BETWEEN 0 AND 9),
        source INTEGER NOT NULL,
        pan INTEGER NOT NULL, tilt INTEGER NOT NULL, zoom INTEGER NOT NULL, focus INTEGER NOT NULL,
        image BLOB
    )
"""
"""Where cameras looked, with a JPEG thumbnail; see `presets.SqlitePresets`."""

MIGRATIONS: Sequence[str] = (STATE, CAMERA_PRESETS)
