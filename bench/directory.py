"""Searches, import and export at 100,000 entries, beside plain SQLite running the same statements.

python bench/directory.py [ENTRIES]
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from videobar.adapters.directory import rows
from videobar.adapters.directory.sqlite_search import MANY, page_statement, sets_of
from videobar.adapters.store.database import Database
from videobar.adapters.store.migrations import MIGRATIONS
from videobar.assembly.directory import directory_over
from videobar.clock import SystemClock
from videobar.room.directory.entry import EntryDevice, EntryFields
from videobar.room.directory.formats import own
from videobar.room.directory.search import DirectorySearch, SortKey, search_words
from videobar.room.directory.text import sort_key, starts_of
from videobar.vocabulary import DialType, EntryOrder, EntryScope, EntryType

FIRST = (
    "Ann",
    "Bob",
    "Łukasz",
    "Mira",
    "Åsa",
    "José",
    "Chen",
    "Yuki",
    "Omar",
    "Priya",
    "Zoe",
    "Ivan",
    "Björn",
    "Emre",
)
SYLLABLES = (
    "ka",
    "mo",
    "ri",
    "ten",
    "sol",
    "ber",
    "vik",
    "ans",
    "hol",
    "ter",
    "mu",
    "la",
    "dro",
    "fin",
    "gar",
    "lin",
)
PAGE = 50
ROUNDS = 200

QUESTIONS: dict[str, tuple[DirectorySearch, str]] = {
    "first page": (DirectorySearch(), ""),
    "first page, groups first": (DirectorySearch(entries=EntryScope.ANY_TIERED), ""),
    "first page by last name": (DirectorySearch(order=EntryOrder.LAST_NAME), ""),
    "page in the middle": (DirectorySearch(), "mira m"),
    "one letter": (DirectorySearch(search_words("k")), ""),
    "two letters": (DirectorySearch(search_words("ka")), ""),
    "word": (DirectorySearch(search_words("holmulin")), ""),
    "two words": (DirectorySearch(search_words("mira holmu")), ""),
    "within a word": (DirectorySearch(search_words("olmul")), ""),
    "number": (DirectorySearch(search_words("5550099")), ""),
    "address": (DirectorySearch(search_words("p4711@rooms")), ""),
    "everybody's word": (DirectorySearch(search_words("rooms")), ""),
    "group of 500": (DirectorySearch(group_id="g"), ""),
}


def contents(count: int) -> list[EntryFields]:
    random.seed(1)
    made = []
    for number in range(count):
        first, last = random.choice(FIRST), "".join(random.choices(SYLLABLES, k=3)).title()
        made.append(
            EntryFields(
                EntryType.SINGLE,
                f"{first} {last}",
                first,
                last,
                f"{first} {last}",
                f"{first}.{last}@example.org".lower(),
                "",
                f"+1 555 {number:07}",
                devices=(EntryDevice("1", f"p{number}@rooms.example.org", DialType.SIP),),
            )
        )
    return made


def document(made: list[EntryFields]) -> bytes:
    parts = [own.write_entry(f"i{number}", content, (), None) for number, content in enumerate(made)]
    members = tuple(f"i{number}" for number in range(0, len(made), max(1, len(made) // 500)))
    parts.append(own.write_entry("g", EntryFields(EntryType.GROUP, "Group"), members, None))
    return "".join(own.document(parts)).encode()


def plain_import(path: Path, made: list[EntryFields]) -> float:
    """The inserts alone, of rows that are made beforehand, with one transaction and the same settings."""
    prepared = [rows.kept(f"i{number}", content) for number, content in enumerate(made)]
    words = [(number, row[rows.WORDS_AT]) for number, row in enumerate(prepared, 1)]
    starts = [(number, starts_of(text)) for number, text in words]
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    for migration in MIGRATIONS:
        connection.executescript(migration)
    begun = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(rows.INSERT, prepared)
    connection.executemany("INSERT INTO directory_words (rowid, words) VALUES (?, ?)", words)
    connection.executemany("INSERT INTO directory_starts (rowid, starts) VALUES (?, ?)", starts)
    connection.execute("COMMIT")
    took = time.perf_counter() - begun
    connection.close()
    return took


def plain_export(path: Path) -> float:
    """Reading the same columns."""
    connection = sqlite3.connect(path)
    begun = time.perf_counter()
    for _ in connection.execute(
        f"SELECT e.number, e.id, {rows.CONTENT} FROM directory_entry e ORDER BY e.number"
    ):
        pass
    took = time.perf_counter() - begun
    connection.close()
    return took


def percentiles(times: list[float]) -> tuple[float, float]:
    return statistics.median(times) * 1000, statistics.quantiles(times, n=20)[18] * 1000


def plain_search(
    path: Path, question: DirectorySearch, after: SortKey | None, group: int
) -> tuple[float, float]:
    connection = sqlite3.connect(path)
    sets = list(sets_of(question, group if question.group_id else None))
    few = bool(sets) and len(connection.execute(sets[0].sql, sets[0].values).fetchall()) < MANY
    statement = page_statement(question, 2**40, after, sets, 0, PAGE + 1, few=few)
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        connection.execute(statement.sql, statement.values).fetchall()
        times.append(time.perf_counter() - begun)
    connection.close()
    return percentiles(times)


async def measured(ask: Callable[[], object]) -> tuple[float, float]:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        await ask()
        times.append(time.perf_counter() - begun)
    return percentiles(times)


async def main(count: int, folder: Path) -> None:
    made = contents(count)
    file = document(made)
    print(f"{count} entries, {len(file) / 1e6:.1f} MB of XML")
    database = Database(folder / "room.sqlite")
    directory = directory_over(database, SystemClock())
    begun = time.perf_counter()
    await directory.take_in(file)
    ours = time.perf_counter() - begun
    plain = plain_import(folder / "plain.sqlite", made)
    print(
        f"import  {count / ours:8.0f} entries/s, plain inserts {count / plain:8.0f}/s, ratio {ours / plain:.1f}"
    )
    begun = time.perf_counter()
    export = await directory.export()
    size = sum([len(chunk) async for chunk in export.chunks])
    ours = time.perf_counter() - begun
    plain = plain_export(folder / "room.sqlite")
    print(
        f"export  {count / ours:8.0f} entries/s, plain select  {count / plain:8.0f}/s, ratio {ours / plain:.1f}"
    )
    print(
        f"        {size / 1e6:.1f} MB; the database has {(folder / 'room.sqlite').stat().st_size / 1e6:.0f} MB"
    )
    group = database.read_at_start(lambda connection: rows.group_number(connection, "g"))
    print(f"{'page of 50, ms':28}     p50     p95   plain p50   ratio")
    for name, (question, key) in QUESTIONS.items():
        after = SortKey(0, sort_key(key), 0) if key else None

        async def ask(question: DirectorySearch = question, after: SortKey | None = after) -> None:
            if after is not None:
                await directory._search.page(question, 2**40, after, 0, PAGE + 1)
                return
            query = await directory.begin_query(question)
            await directory.query(query, 1, PAGE)
            directory.delete_query(query)

        median, late = await measured(ask)
        plain_median, _ = plain_search(folder / "room.sqlite", question, after, group)
        print(f"{name:28} {median:7.2f} {late:7.2f} {plain_median:11.2f} {median / plain_median:7.1f}")
    await directory.close()
    database.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="videobar-bench-") as place:
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, Path(place)))
