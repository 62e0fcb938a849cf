"""The last good calendar data, in the room's database."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence

import msgspec

from videobar.adapters.store.database import Database
from videobar.room.calendar.meeting import Meeting, Window
from videobar.room.calendar.port import Kept, KeptCalendar


class SqliteCalendarCache:
    """Implements `CalendarCache`. One calendar at a time is kept, under a digest of its source."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._meetings = msgspec.msgpack.Decoder(tuple[tuple[Meeting, ...], int])

    async def load(self, source: str) -> KeptCalendar | None:
        """Stored copy of a calendar; a row that cannot be read makes it a calendar that was never read."""
        return await self._database.read(lambda connection: self._load(connection, _digest(source)))

    async def keep(
        self, source: str, snapshot: KeptCalendar, changed: Sequence[str], gone: Sequence[str]
    ) -> None:
        """Keep it in one transaction."""
        digest = _digest(source)
        rows = [
            (each, kept.version, msgspec.msgpack.encode((kept.meetings, kept.lost)))
            for each in changed
            for kept in (snapshot.items[each],)
        ]

        def write(connection: sqlite3.Connection) -> None:
            known = connection.execute("SELECT source FROM calendar").fetchone()
            if known is None or known[0] != digest:
                connection.execute("DELETE FROM calendar")
                connection.execute("DELETE FROM calendar_item")
            connection.execute(
                "INSERT INTO calendar VALUES (1, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                "source = excluded.source, token = excluded.token, start_s = excluded.start_s, "
                "end_s = excluded.end_s, synced_s = excluded.synced_s",
                (digest, snapshot.token, snapshot.window.start_s, snapshot.window.end_s, snapshot.synced_s),
            )
            connection.executemany("DELETE FROM calendar_item WHERE name = ?", [(each,) for each in gone])
            connection.executemany(
                "INSERT INTO calendar_item VALUES (?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET version = excluded.version, meetings = excluded.meetings",
                rows,
            )

        await self._database.write(write)

    def _load(self, connection: sqlite3.Connection, digest: str) -> KeptCalendar | None:
        row = connection.execute(
            "SELECT token, start_s, end_s, synced_s FROM calendar WHERE source = ?", (digest,)
        ).fetchone()
        if row is None:
            return None
        try:
            items = {
                name: Kept(version, *self._meetings.decode(meetings))
                for name, version, meetings in connection.execute(
                    "SELECT name, version, meetings FROM calendar_item"
                )
            }
        except (msgspec.DecodeError, msgspec.ValidationError, TypeError):
            return None
        token, start_s, end_s, synced_s = row
        return KeptCalendar(items, token, Window(start_s, end_s), synced_s)


def _digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()
