"""The favourites in the room's database.

Each has a position, a real number between those of its neighbours, so that moving one touches one row; when there is
no number left between two, all get whole numbers anew.
"""

from __future__ import annotations

import sqlite3

import msgspec

from videobar.adapters.directory import rows
from videobar.adapters.store.database import Database
from videobar.errors import InvalidRequest, NotAFavorite
from videobar.room.directory.entry import GLOBAL, LOCAL, Entry

ENTRY = msgspec.json.Decoder(Entry)

SELECT = (
    f"SELECT f.kept, f.entry, {rows.CONTENT} FROM directory_favorite f "  # noqa: S608
    f"LEFT JOIN directory_entry e ON f.server = '{LOCAL}' AND e.id = f.entry"
)


class SqliteFavorites:
    """Implements `FavoriteStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, skip: int, limit: int) -> list[Entry]:
        """Some of the favourites."""
        return await self._database.read(
            lambda connection: [
                ENTRY.decode(kept) if kept else rows.local_entry(entry_id, True, content)
                for kept, entry_id, *content in connection.execute(
                    f"{SELECT} ORDER BY f.position LIMIT ? OFFSET ?", (limit, skip)
                )
            ]
        )

    async def global_ones(self) -> list[Entry]:
        """All favourites of the global directory."""
        return await self._database.read(
            lambda connection: [
                ENTRY.decode(kept)
                for (kept,) in connection.execute(
                    "SELECT kept FROM directory_favorite WHERE server = ? ORDER BY position", (GLOBAL,)
                )
            ]
        )

    async def add(self, entry: Entry) -> None:
        """Make an entry the last of the favourites."""

        def work(connection: sqlite3.Connection) -> None:
            if entry.local:
                rows.number_of(connection, entry.id)  # it may have been deleted since it was looked at
                append(connection, LOCAL, entry.id)
            else:
                append(connection, entry.server_id, entry.id, kept(entry))

        await self._database.write(work)

    async def remove(self, server_id: str, entry_id: str) -> None:
        """Make an entry no favourite."""
        await self._database.write(lambda connection: forget(connection, server_id, entry_id))

    async def move(self, server_id: str, entry_id: str, index: int) -> None:
        """Put a favourite at a place."""

        def work(connection: sqlite3.Connection) -> None:
            order = connection.execute(
                "SELECT server, entry, position FROM directory_favorite ORDER BY position"
            ).fetchall()
            others = [row for row in order if (row[0], row[1]) != (server_id, entry_id)]
            if len(others) == len(order):
                raise NotAFavorite(f"{entry_id!r} is no favourite")
            if index > len(others):
                raise InvalidRequest(
                    f"index: there are {len(order)} favourites, so it can be 0 to {len(others)}"
                )
            low = others[index - 1][2] if index else others[0][2] - 2 if others else 0.0
            high = others[index][2] if index < len(others) else low + 2
            middle = (low + high) / 2
            if low < middle < high:
                _place(connection, server_id, entry_id, middle)
                return
            others.insert(index, (server_id, entry_id, middle))
            for position, (server, entry, _) in enumerate(others):
                _place(connection, server, entry, float(position))

        await self._database.write(work)


def append(connection: sqlite3.Connection, server_id: str, entry_id: str, kept: str = "") -> bool:
    """Make an entry the last favourite. Returns false for one that is a favourite; what is kept of it is renewed."""
    position = connection.execute("SELECT coalesce(max(position), 0) + 1 FROM directory_favorite").fetchone()[
        0
    ]
    added = connection.execute(
        "INSERT OR IGNORE INTO directory_favorite VALUES (?, ?, ?, ?)", (server_id, entry_id, position, kept)
    )
    if added.rowcount:
        return True
    connection.execute(
        "UPDATE directory_favorite SET kept = ? WHERE server = ? AND entry = ?", (kept, server_id, entry_id)
    )
    return False


def forget(connection: sqlite3.Connection, server_id: str, entry_id: str) -> None:
    """Make an entry no favourite."""
    connection.execute("DELETE FROM directory_favorite WHERE server = ? AND entry = ?", (server_id, entry_id))


def kept(entry: Entry) -> str:
    """Stored text of a favourite that is not the room's own."""
    as_favorite = Entry(entry.id, entry.server_id, entry.content, entry.protocol, favorite=True)
    return msgspec.json.encode(as_favorite).decode()


def _place(connection: sqlite3.Connection, server_id: str, entry_id: str, position: float) -> None:
    connection.execute(
        "UPDATE directory_favorite SET position = ? WHERE server = ? AND entry = ?",
        (position, server_id, entry_id),
    )
