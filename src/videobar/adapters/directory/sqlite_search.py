"""Questions to the room's own entries, each answered by one statement.

Entries are walked in the order of an index, from where the last page ended, and those that do not match are left out.
Where few match, that would be a long way: then those are looked up first, and put in order afterwards.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from videobar.adapters.directory import rows
from videobar.adapters.store.database import Database
from videobar.room.directory.entry import LOCAL, Entry
from videobar.room.directory.search import DirectorySearch, SortKey
from videobar.room.directory.text import SHORT
from videobar.vocabulary import EntryScope, GroupScope, ServerScope

MANY = 2000
"""Number of matches from which walking the order is faster than sorting them."""

TIERS = {
    EntryScope.GROUP: (0,),
    EntryScope.SINGLE: (1,),
    EntryScope.ANY: (0, 1),
    EntryScope.ANY_TIERED: (0, 1),
}


class SqliteSearch:
    """Implements `EntrySearch`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def latest(self) -> int:
        """The number of the entry that was made last."""
        return await self._database.read(
            lambda connection: connection.execute(
                "SELECT coalesce(max(number), 0) FROM directory_entry"
            ).fetchone()[0]
        )

    async def page(
        self, question: DirectorySearch, latest: int, after: SortKey | None, skip: int, limit: int
    ) -> list[tuple[SortKey, Entry]]:
        """The entries that answer `question`."""

        def work(connection: sqlite3.Connection) -> list[tuple[SortKey, Entry]]:
            group = (
                None
                if question.group_id is None
                else rows.group_number(connection, question.group_id, "groupID")
            )
            sets = list(sets_of(question, group))
            few = bool(sets) and _count(connection, sets[0]) < MANY
            statement = page_statement(question, latest, after, sets, skip, limit, few=few)
            return [
                (SortKey(tier, key, number), rows.local_entry(entry_id, favorite, content))
                for tier, key, number, entry_id, favorite, *content in connection.execute(
                    statement.sql, statement.values
                )
            ]

        return await self._database.read(work)

    async def check_group(self, group_id: str, field: str) -> None:
        """Return if there is a local group with this id."""
        await self._database.read(lambda connection: rows.group_number(connection, group_id, field))


@dataclass
class Statement:
    """SQL and its values."""

    sql: str
    values: list[Any] = field(default_factory=list)


def page_statement(
    question: DirectorySearch,
    latest: int,
    after: SortKey | None,
    sets: list[Statement],
    skip: int,
    limit: int,
    *,
    few: bool,
) -> Statement:
    """The statement for a page of what answers `question` and is in all of `sets`; `few` are in the first of them."""
    inner = _matches(question, sets, after, latest) if few else _walk(question, sets, after, latest)
    order = "tier, key, number" if question.entries is EntryScope.ANY_TIERED else "key, number"
    return Statement(
        f"SELECT p.tier, p.key, p.number, e.id, f.entry, {rows.CONTENT} FROM ("  # noqa: S608
        f"{inner.sql} ORDER BY {order} LIMIT ? OFFSET ?) p "
        "CROSS JOIN directory_entry e ON e.number = p.number "
        f"LEFT JOIN directory_favorite f ON f.server = '{LOCAL}' AND f.entry = e.id "
        "ORDER BY p.tier, p.key, p.number",
        [*inner.values, limit, skip],
    )


def _count(connection: sqlite3.Connection, matches: Statement) -> int:
    """Number of matches, up to `MANY`."""
    counted = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM ({matches.sql}) LIMIT {MANY})",  # noqa: S608
        matches.values,
    )
    return int(counted.fetchone()[0])


def _walk(question: DirectorySearch, sets: list[Statement], after: SortKey | None, latest: int) -> Statement:
    """Both tiers by their index, merged; none of it is sorted."""
    column = rows.ORDER_COLUMN[question.order]
    tiered = question.entries is EntryScope.ANY_TIERED
    parts: list[Statement] = []
    for tier in TIERS[question.entries]:
        shown = tier if tiered else 0
        part = Statement(
            f"SELECT {'tier' if tiered else 0} AS tier, {column} AS key, number FROM directory_entry "  # noqa: S608
            f"WHERE tier = {tier} AND number <= ?",
            [latest],
        )
        if after is not None and after.tier > shown:
            continue
        if after is not None and after.tier == shown:
            part.sql += f" AND ({column}, number) > (?, ?)"
            part.values += [after.key, after.number]
        for one in sets:  # the plus keeps the index in its place
            part.sql += f" AND +number IN ({one.sql})"
            part.values += one.values
        parts.append(part)
    return Statement(
        " UNION ALL ".join(part.sql for part in parts), [value for part in parts for value in part.values]
    )


def _matches(
    question: DirectorySearch, sets: list[Statement], after: SortKey | None, latest: int
) -> Statement:
    """Entries that are in all of the sets."""
    column = rows.ORDER_COLUMN[question.order]
    tier = "e.tier" if question.entries is EntryScope.ANY_TIERED else "0"
    first, *others = sets
    statement = Statement(
        f"SELECT {tier} AS tier, e.{column} AS key, e.number AS number FROM ({first.sql}) m "  # noqa: S608
        "CROSS JOIN directory_entry e ON e.number = m.number WHERE e.number <= ?",
        [*first.values, latest],
    )
    for other in others:
        statement.sql += f" AND e.number IN ({other.sql})"
        statement.values += other.values
    if len(TIERS[question.entries]) == 1:
        statement.sql += f" AND e.tier = {TIERS[question.entries][0]}"
    if after is not None:
        statement.sql += f" AND ({tier}, e.{column}, e.number) > (?, ?, ?)"
        statement.values += after
    return statement


def sets_of(question: DirectorySearch, group: int | None) -> Iterator[Statement]:
    """The sets of numbers that an answer must be in."""
    long = [word for word in question.words if len(word) >= SHORT]
    short = [word for word in question.words if len(word) < SHORT]
    for table, words in (("directory_words", long), ("directory_starts", short)):
        if words:
            match = " AND ".join(f'"{word}"' for word in words)  # words are letters and digits only
            yield Statement(f"SELECT rowid AS number FROM {table} WHERE {table} MATCH ?", [match])  # noqa: S608
    if group is not None and question.groups is GroupScope.ONE_LEVEL:
        yield Statement("SELECT member AS number FROM directory_member WHERE parent = ?", [group])
    elif group is not None:
        yield Statement(f"{rows.RECURSIVE} SELECT number FROM inside", [group])  # noqa: S608
    if question.servers is ServerScope.FAVORITES:
        yield Statement(
            f"SELECT l.number FROM directory_favorite v JOIN directory_entry l ON l.id = v.entry "  # noqa: S608
            f"WHERE v.server = '{LOCAL}'"
        )
