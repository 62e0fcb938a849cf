from __future__ import annotations

import pytest

from videobar.adapters.calendar.cache import SqliteCalendarCache
from videobar.adapters.store.database import Database
from videobar.room.calendar.meeting import Choice, Meeting, Way, Window
from videobar.room.calendar.port import Kept, KeptCalendar

MEETING = Meeting(
    id="m", start_s=10, end_s=20, subject="Ü", choices=(Choice(Way.SIP, "a@b", "uri"),), required=("x",)
)
ONE = KeptCalendar({"1": Kept("v1", (MEETING,)), "2": Kept("v2", (), 3)}, "token", Window(0, 100), 50)


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "room.sqlite")
    yield database
    database.close()


async def test_what_is_kept_is_there_after_a_restart(tmp_path, database):
    cache = SqliteCalendarCache(database)
    assert await cache.load("a") is None
    await cache.keep("a", ONE, ["1", "2"], [])
    database.close()
    again = Database(tmp_path / "room.sqlite")
    assert await SqliteCalendarCache(again).load("a") == ONE
    again.close()


async def test_only_changes_are_written(database):
    cache = SqliteCalendarCache(database)
    await cache.keep("a", ONE, ["1", "2"], [])
    later = KeptCalendar({"2": Kept("v3", (MEETING,))}, "next", Window(0, 100), 60)
    await cache.keep("a", later, ["2"], ["1"])
    assert await cache.load("a") == later


async def test_another_calendar_takes_its_place(database):
    cache = SqliteCalendarCache(database)
    await cache.keep("a", ONE, ["1", "2"], [])
    other = KeptCalendar({"9": Kept("v", ())}, "", Window(0, 1), 2)
    await cache.keep("b", other, ["9"], [])
    assert await cache.load("a") is None
    assert await cache.load("b") == other


async def test_damaged_rows_make_a_calendar_that_was_never_read(database):
    cache = SqliteCalendarCache(database)
    await cache.keep("a", ONE, ["1", "2"], [])
    await database.write(lambda connection: connection.execute("UPDATE calendar_item SET meetings = x'c1'"))
    assert await cache.load("a") is None


async def test_the_address_of_a_calendar_is_not_in_the_file(tmp_path, database):
    cache = SqliteCalendarCache(database)
    await cache.keep("https://example.org/secret-token.ics", ONE, ["1", "2"], [])
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"secret-token" not in content
