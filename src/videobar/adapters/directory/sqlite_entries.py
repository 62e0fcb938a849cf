"""The room's own entries and groups in its database."""

from __future__ import annotations

import dataclasses
import sqlite3
from typing import Any

from videobar.adapters.directory import rows
from videobar.adapters.directory.sqlite_favorites import append, forget
from videobar.adapters.store.database import Database
from videobar.errors import GroupCycle, InvalidRequest, NoSuchEntry
from videobar.room.directory.entry import LOCAL, Entry, EntryFields, checked
from videobar.room.directory.port import DirectoryChange

SELECT = (
    f"SELECT e.number, e.id, f.entry, {rows.CONTENT} FROM directory_entry e "  # noqa: S608
    f"LEFT JOIN directory_favorite f ON f.server = '{LOCAL}' AND f.entry = e.id WHERE e.id = ?"
)


class SqliteEntries:
    """Implements `EntryStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, entry_id: str, content: EntryFields, *, favorite: bool) -> Entry:
        """Keep a new entry."""
        row = rows.kept(entry_id, content)

        def work(connection: sqlite3.Connection) -> None:
            rows.insert(connection, row)
            if favorite:
                append(connection, LOCAL, entry_id)

        await self._database.write(work)
        return Entry(entry_id, LOCAL, content, favorite=favorite)

    async def entry(self, entry_id: str) -> Entry:
        """One entry."""
        return (await self._database.read(lambda connection: _read(connection, entry_id)))[1]

    async def change(self, entry_id: str, change: DirectoryChange) -> Entry:
        """Change an entry."""

        def work(connection: sqlite3.Connection) -> Entry:
            number, old = _read(connection, entry_id)
            if change.type not in (None, old.content.type):
                raise InvalidRequest(f"type: the entry is {old.content.type} and stays so")
            devices = old.content.devices if change.devices is None else change.devices
            texts: dict[str, Any] = dict(change.texts)
            content = checked(dataclasses.replace(old.content, devices=devices, **texts))
            if content != old.content:
                rows.replace(connection, number, rows.kept(entry_id, content))
            favorite = old.favorite if change.favorite is None else change.favorite
            if favorite and not old.favorite:
                append(connection, LOCAL, entry_id)
            elif old.favorite and not favorite:
                forget(connection, LOCAL, entry_id)
            return dataclasses.replace(old, content=content, favorite=favorite)

        return await self._database.write(work)

    async def remove(self, entry_id: str) -> None:
        """Forget an entry."""
        await self._database.write(
            lambda connection: rows.delete(connection, rows.number_of(connection, entry_id))
        )

    async def add_member(self, group_id: str, entry_id: str) -> None:
        """Put an entry into a group."""

        def work(connection: sqlite3.Connection) -> None:
            group = rows.group_number(connection, group_id)
            member = rows.number_of(connection, entry_id)
            if member == group or group in rows.members_within(connection, member):
                raise GroupCycle(f"entryId: {entry_id!r} has the group {group_id!r} in it")
            connection.execute("INSERT OR IGNORE INTO directory_member VALUES (?, ?)", (group, member))

        await self._database.write(work)

    async def remove_member(self, group_id: str, entry_id: str) -> None:
        """Take an entry out of a group."""

        def work(connection: sqlite3.Connection) -> None:
            group = rows.group_number(connection, group_id)
            member = rows.number_of(connection, entry_id)
            gone = connection.execute(
                "DELETE FROM directory_member WHERE parent = ? AND member = ?", (group, member)
            )
            if not gone.rowcount:
                raise NoSuchEntry(f"entryId: {entry_id!r} is no member of {group_id!r}")

        await self._database.write(work)


def _read(connection: sqlite3.Connection, entry_id: str) -> tuple[int, Entry]:
    row = connection.execute(SELECT, (entry_id,)).fetchone()
    if row is None:
        raise NoSuchEntry(f"entryId: there is no local entry {entry_id!r}")
    number, _, favorite, *content = row
    return number, rows.local_entry(entry_id, favorite, content)
