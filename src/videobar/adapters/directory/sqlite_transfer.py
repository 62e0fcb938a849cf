"""Import into and export from the room's database."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from videobar.adapters.directory import rows
from videobar.adapters.directory.sqlite_favorites import ENTRY, append, kept
from videobar.adapters.directory.temporary import TemporaryChunks
from videobar.adapters.store.database import Database
from videobar.room.directory.entry import LOCAL, EntryFields
from videobar.room.directory.formats import own
from videobar.room.directory.formats.import_errors import ImportErrors
from videobar.room.directory.transfer import FileEntry, ImportCounts, LostFavorite, OpenedExport

BY_ID = f"SELECT number, {', '.join(rows.KEPT[1:])} FROM directory_entry WHERE id = ?"  # noqa: S608
BY_NAME = f"SELECT e.number, {rows.CONTENT} FROM directory_entry e WHERE e.tier = ? AND e.by_display = ?"  # noqa: S608
NAME_AT = rows.KEPT.index("by_display")


class SqliteTransfer:
    """Implements `TransferStore`."""

    def __init__(self, database: Database, new_id: Callable[[], str]) -> None:
        self._database = database
        self._new_id = new_id

    async def merge(
        self, entries: Sequence[FileEntry], lost: Sequence[LostFavorite], *, partial: bool = False
    ) -> ImportCounts:
        """Take in all of `entries`, or nothing: one transaction, with everything computed before it.

        With `partial`, what cannot be taken in is left out.
        """
        prepared = await asyncio.to_thread(self._prepare, entries)
        return await self._database.write(
            lambda connection: _Merge(connection, entries, prepared, partial=partial).run(lost)
        )

    async def export(self) -> OpenedExport:
        """Everything as it is at one moment."""
        chunks = await self._database.read(_export)
        return OpenedExport(chunks, chunks.length)

    def _prepare(self, entries: Sequence[FileEntry]) -> list[tuple[Any, ...]]:
        return [rows.kept(entry.id or self._new_id(), entry.content) for entry in entries]


class _Merge:
    """One import, within its transaction."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        entries: Sequence[FileEntry],
        prepared: Sequence[tuple[Any, ...]],
        *,
        partial: bool,
    ) -> None:
        self._partial = partial
        self._connection = connection
        self._entries = entries
        self._prepared = prepared
        self._numbers: list[int] = []
        """Numbers of all entries, in their order; 0 for those left out."""
        self._by_id: dict[str, tuple[int, int]] = {}
        """Number and line of each entry that has an id in the file."""
        self._added: set[int] = set()
        self._changed: set[int] = set()
        self._complaints = ImportErrors()

    def run(self, lost: Sequence[LostFavorite]) -> ImportCounts:
        for entry, row in zip(self._entries, self._prepared, strict=True):
            self._numbers.append(self._place(entry, row))
        self._judge()
        self._join_groups()
        self._judge()
        self._refuse_cycles()
        self._judge()
        self._make_favorites(lost)
        added, updated = len(self._added), len(self._changed - self._added)
        placed = sum(map(bool, self._numbers))
        return ImportCounts(added, updated, placed - added - updated, self._complaints.left_out)

    def _judge(self) -> None:
        if not self._partial:
            self._complaints.raise_if_any()

    def _place(self, entry: FileEntry, row: tuple[Any, ...]) -> int:
        """The number of the entry, which is there then."""
        if not entry.id:
            number = self._same(entry.content, row)
            return self._add(row) if number is None else number
        if entry.id in self._by_id:
            self._complaints.add(entry.line, f"id: that of line {self._by_id[entry.id][1]}")
            return 0
        found = self._connection.execute(BY_ID, (entry.id,)).fetchone()
        if found is None:
            number = self._add(row)
        else:
            number, *old = found
            if old[0] != row[1]:
                self._complaints.add(entry.line, "type: the room has an entry of the other type with this id")
                return 0
            if tuple(old) != row[1:]:
                rows.replace(self._connection, number, row)
                self._changed.add(number)
        self._by_id[entry.id] = (number, entry.line)
        return number

    def _add(self, row: tuple[Any, ...]) -> int:
        number = rows.insert(self._connection, row)
        self._added.add(number)
        return number

    def _same(self, content: EntryFields, row: tuple[Any, ...]) -> int | None:
        """The entry that says the same already, whatever the ids of its devices."""
        wanted = _without_ids(content)
        for number, *columns in self._connection.execute(BY_NAME, (content.tier, row[NAME_AT])):
            if _without_ids(rows.content_of(columns)) == wanted:
                return int(number)
        return None

    def _join_groups(self) -> None:
        for entry, number in zip(self._entries, self._numbers, strict=True):
            if (
                not number
                or entry.content.tier != rows.GROUP
                or (not entry.members and number in self._added)
            ):
                continue
            wanted = set()
            for member in entry.members:
                found = (
                    self._by_id.get(member)
                    or self._connection.execute(
                        "SELECT number, 0 FROM directory_entry WHERE id = ?", (member,)
                    ).fetchone()
                )
                if found is None:
                    self._complaints.add(entry.line, f"member: there is no entry {member[:64]!r}")
                else:
                    wanted.add(found[0])
            if entry.id and wanted != self._members(number):
                self._connection.execute("DELETE FROM directory_member WHERE parent = ?", (number,))
                self._connection.executemany(
                    "INSERT INTO directory_member VALUES (?, ?)", [(number, member) for member in wanted]
                )
                self._changed.add(number)

    def _members(self, group: int) -> set[int]:
        return {
            member
            for (member,) in self._connection.execute(
                "SELECT member FROM directory_member WHERE parent = ?", (group,)
            )
        }

    def _refuse_cycles(self) -> None:
        edges: dict[int, set[int]] = {}
        for parent, member in self._connection.execute(
            "SELECT parent, member FROM directory_member JOIN directory_entry ON number = member WHERE tier = 0"
        ):
            edges.setdefault(parent, set()).add(member)
        looped = _looped(edges)
        for entry, number in zip(self._entries, self._numbers, strict=True):
            if number and number in looped:
                self._complaints.add(entry.line, "member: the group would be a member of itself")
                for member in edges[number] & looped:
                    self._connection.execute(
                        "DELETE FROM directory_member WHERE parent = ? AND member = ?", (number, member)
                    )

    def _make_favorites(self, lost: Sequence[LostFavorite]) -> None:
        ids = {
            number: entry_id
            for number, (entry_id, *_) in zip(self._numbers, self._prepared, strict=True)
            if number in self._added
        }
        favorites: list[tuple[int, int, str, str, str]] = [
            (one.place, 0, one.entry.server_id, one.entry.id, kept(one.entry)) for one in lost
        ]
        for entry, number in zip(self._entries, self._numbers, strict=True):
            if number and entry.favorite is not None:
                entry_id = ids.get(number) or self._id_of(number)
                favorites.append((entry.favorite, number, LOCAL, entry_id, ""))
        for _, number, server, entry_id, cached in sorted(favorites):
            if append(self._connection, server, entry_id, cached) and number:
                self._changed.add(number)

    def _id_of(self, number: int) -> str:
        (found,) = self._connection.execute(
            "SELECT id FROM directory_entry WHERE number = ?", (number,)
        ).fetchone()
        return str(found)


def _without_ids(content: EntryFields) -> EntryFields:
    return replace(content, devices=tuple(replace(device, id="") for device in content.devices))


def _looped(edges: Mapping[int, set[int]]) -> set[int]:
    """The groups that are in a cycle, or between two: what is left when ends are taken away again and again."""
    left = {parent: set(members) for parent, members in edges.items()}
    for _ in range(2):  # first those that lead nowhere, then, all turned round, those that nothing leads to
        while True:
            ends = {node for node in set().union(*left.values()) if not left.get(node)} if left else set()
            if not ends:
                break
            left = {node: rest for node, to in left.items() if (rest := to - ends)}
        turned: dict[int, set[int]] = {}
        for node, to in left.items():
            for other in to:
                turned.setdefault(other, set()).add(node)
        left = turned
    return set(left)


def _export(connection: sqlite3.Connection) -> TemporaryChunks:
    """The document in a temporary file: a slow reader of it holds up nothing."""
    connection.execute("BEGIN")
    try:
        return TemporaryChunks(own.document(_elements(connection)))
    finally:
        connection.execute("COMMIT")


def _elements(connection: sqlite3.Connection) -> Iterator[str]:
    places: dict[str, int] = {}
    elsewhere: list[str] = []
    order = connection.execute("SELECT server, entry, kept FROM directory_favorite ORDER BY position")
    for place, (server, entry_id, cached) in enumerate(order, 1):
        if server == LOCAL:
            places[entry_id] = place
        else:
            elsewhere.append(own.write_global(ENTRY.decode(cached), place))
    members: dict[int, list[str]] = {}
    for parent, member in connection.execute(
        "SELECT parent, id FROM directory_member JOIN directory_entry ON number = member ORDER BY parent, member"
    ):
        members.setdefault(parent, []).append(member)
    yield from _local(connection, places, members)
    yield from elsewhere


def _local(
    connection: sqlite3.Connection, places: Mapping[str, int], members: Mapping[int, Iterable[str]]
) -> Iterator[str]:
    for number, entry_id, *columns in connection.execute(
        f"SELECT e.number, e.id, {rows.CONTENT} FROM directory_entry e ORDER BY e.number"  # noqa: S608
    ):
        content = rows.content_of(columns)
        yield own.write_entry(entry_id, content, list(members.get(number, ())), places.get(entry_id))
