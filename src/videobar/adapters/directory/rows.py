"""Between entries and the rows that keep them, with what they are found and sorted by."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from videobar.errors import NoSuchEntry, NotAGroup
from videobar.room.directory.entry import LOCAL, TEXTS, Entry, EntryDevice, EntryFields
from videobar.room.directory.text import starts_of
from videobar.vocabulary import EntryOrder, EntryType

ORDER_COLUMN = {
    EntryOrder.DISPLAY_NAME: "by_display",
    EntryOrder.FIRST_NAME: "by_first",
    EntryOrder.LAST_NAME: "by_last",
}
GROUP = 0
"""The tier of groups."""

CONTENT = ", ".join(f"e.{name}" for name in ("tier", *TEXTS, "devices"))
"""The columns of an entry's content, of a table that is called `e`."""

KEPT = ("id", "tier", *TEXTS, "devices", "words", "by_display", "by_first", "by_last")
INSERT = f"INSERT INTO directory_entry ({', '.join(KEPT)}) VALUES ({', '.join('?' * len(KEPT))})"  # noqa: S608
UPDATE = f"UPDATE directory_entry SET {', '.join(f'{name} = ?' for name in KEPT)} WHERE number = ?"  # noqa: S608

MAKE: Callable[..., EntryFields] = EntryFields
"""Type, then texts in the order of `TEXTS`, then devices."""

DEVICES = msgspec.json.Decoder(tuple[EntryDevice, ...])


def kept(entry_id: str, content: EntryFields) -> tuple[Any, ...]:
    """The values of the columns `KEPT`."""
    return (
        entry_id,
        content.tier,
        *(getattr(content, name) for name in TEXTS),
        msgspec.json.encode(content.devices).decode() if content.devices else "[]",
        content.words,
        *(content.sort_key(order) for order in ORDER_COLUMN),
    )


WORDS_AT = KEPT.index("words")


def content_of(row: Sequence[Any]) -> EntryFields:
    """The content, from the columns `CONTENT`."""
    tier, *texts, devices = row
    kind = EntryType.GROUP if tier == GROUP else EntryType.SINGLE
    return MAKE(kind, *texts, () if devices == "[]" else DEVICES.decode(devices))


def local_entry(entry_id: str, favorite: object, content: Sequence[Any]) -> Entry:
    """An entry of the room's own directory."""
    return Entry(entry_id, LOCAL, content_of(content), favorite=bool(favorite))


def insert(connection: sqlite3.Connection, row: tuple[Any, ...]) -> int:
    """Keep a new entry, and return its number."""
    number = connection.execute(INSERT, row).lastrowid
    assert number is not None  # noqa: S101 (for the type checker; an insert gives a number)
    _find_by(connection, number, row[WORDS_AT])
    return number


def replace(connection: sqlite3.Connection, number: int, row: tuple[Any, ...]) -> None:
    """Keep an entry anew."""
    old = connection.execute("SELECT words FROM directory_entry WHERE number = ?", (number,)).fetchone()[0]
    connection.execute(UPDATE, (*row, number))
    if old != row[WORDS_AT]:
        _find_no_more(connection, number, old)
        _find_by(connection, number, row[WORDS_AT])


def delete(connection: sqlite3.Connection, number: int) -> None:
    """Forget an entry, with its memberships and its place among the favourites."""
    entry_id, words = connection.execute(
        "SELECT id, words FROM directory_entry WHERE number = ?", (number,)
    ).fetchone()
    _find_no_more(connection, number, words)
    connection.execute("DELETE FROM directory_favorite WHERE server = ? AND entry = ?", (LOCAL, entry_id))
    connection.execute("DELETE FROM directory_entry WHERE number = ?", (number,))


def number_of(connection: sqlite3.Connection, entry_id: str, field: str = "entryId") -> int:
    """The number of an entry. Raises `NoSuchEntry`, naming the field that the id came in."""
    row = connection.execute("SELECT number FROM directory_entry WHERE id = ?", (entry_id,)).fetchone()
    if row is None:
        raise NoSuchEntry(f"{field}: there is no local entry {entry_id!r}")
    number: int = row[0]
    return number


def group_number(connection: sqlite3.Connection, group_id: str, field: str = "entryId") -> int:
    """The number of a group. Raises `NoSuchEntry` or `NotAGroup`, naming the field that the id came in."""
    number = number_of(connection, group_id, field)
    tier = connection.execute("SELECT tier FROM directory_entry WHERE number = ?", (number,)).fetchone()[0]
    if tier != GROUP:
        raise NotAGroup(f"{field}: {group_id!r} is no group")
    return number


def members_within(connection: sqlite3.Connection, group: int) -> set[int]:
    """The numbers of all members of a group, and of the groups in it."""
    return set(_first(connection.execute(f"{RECURSIVE} SELECT number FROM inside", (group,))))  # noqa: S608


RECURSIVE = (
    "WITH RECURSIVE inside(number) AS (SELECT member FROM directory_member WHERE parent = ? UNION "
    "SELECT member FROM directory_member JOIN inside ON parent = number)"
)
"""All members of a group at any depth; `UNION` ends it even if there were a cycle."""


def _first(rows: Iterable[Sequence[Any]]) -> Iterable[Any]:
    return (row[0] for row in rows)


def _find_by(connection: sqlite3.Connection, number: int, words: str) -> None:
    connection.execute("INSERT INTO directory_words (rowid, words) VALUES (?, ?)", (number, words))
    connection.execute(
        "INSERT INTO directory_starts (rowid, starts) VALUES (?, ?)", (number, starts_of(words))
    )


def _find_no_more(connection: sqlite3.Connection, number: int, words: str) -> None:
    """Delete from an index without contents, which needs the old texts for that."""
    connection.execute(
        "INSERT INTO directory_words (directory_words, rowid, words) VALUES ('delete', ?, ?)", (number, words)
    )
    connection.execute(
        "INSERT INTO directory_starts (directory_starts, rowid, starts) VALUES ('delete', ?, ?)",
        (number, starts_of(words)),
    )
