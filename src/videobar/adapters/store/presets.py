"""Camera presets in the room's database."""

from __future__ import annotations

import sqlite3

from videobar.adapters.store.database import Database
from videobar.room.cameras.port import StoredPreset
from videobar.room.cameras.position import Position


class SqlitePresets:
    """Implements `PresetStore`; thumbnails stay on disk until they are asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> list[StoredPreset]:
        """All that are stored."""
        rows = self._database.read_at_start(
            lambda connection: connection.execute(
                "SELECT number, source, pan, tilt, zoom, focus, image IS NOT NULL FROM camera_preset"
            ).fetchall()
        )
        return [
            StoredPreset(number, source, Position(*position), bool(has_image))
            for number, source, *position, has_image in rows
        ]

    async def keep(self, preset: StoredPreset, image: bytes | None) -> None:
        """Store one in place of what was there."""
        looks = preset.position
        row = (preset.index, preset.source, looks.pan, looks.tilt, looks.zoom, looks.focus, image)
        await self._database.write(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO camera_preset VALUES (?, ?, ?, ?, ?, ?, ?)", row
            )
        )

    async def forget(self, index: int) -> None:
        """Clear one."""
        await self._database.write(
            lambda connection: connection.execute("DELETE FROM camera_preset WHERE number = ?", (index,))
        )

    async def image(self, index: int) -> bytes | None:
        """Thumbnail of a preset."""

        def ask(connection: sqlite3.Connection) -> bytes | None:
            row = connection.execute("SELECT image FROM camera_preset WHERE number = ?", (index,)).fetchone()
            return row[0] if row is not None else None

        return await self._database.read(ask)
