import asyncio
import sqlite3
import threading

import pytest

from videobar.adapters.store.database import Database
from videobar.adapters.store.migrations import MIGRATIONS
from videobar.errors import StoreUnavailable


@pytest.fixture
def path(tmp_path):
    return tmp_path / "room.sqlite"


@pytest.fixture
def database(path):
    made = Database(path)
    yield made
    made.close()


def insert(key, value="1"):
    return lambda connection: connection.execute("INSERT INTO state VALUES (?, ?)", (key, value)).rowcount


def keys(connection):
    return [key for (key,) in connection.execute("SELECT key FROM state ORDER BY key")]


async def test_writing_returns_what_the_work_returned_and_readers_see_it(database):
    assert await database.write(insert("a")) == 1
    assert await database.read(keys) == ["a"]


async def test_whatever_goes_wrong_takes_back_the_whole_transaction(database):
    def half(connection):
        insert("a")(connection)
        raise KeyError("b")

    with pytest.raises(KeyError):
        await database.write(half)

    def twice(connection):
        insert("a")(connection)
        insert("a")(connection)

    with pytest.raises(StoreUnavailable, match="UNIQUE"):
        await database.write(twice)
    assert await database.read(keys) == []
    await database.write(insert("a"))
    assert await database.read(keys) == ["a"]


async def test_readers_cannot_write(database):
    with pytest.raises(StoreUnavailable, match="readonly"):
        await database.read(insert("a"))


async def test_a_long_question_holds_up_neither_writers_nor_other_questions(database):
    asked, answer = threading.Event(), threading.Event()

    def slow(connection):
        rows = keys(connection)
        asked.set()
        answer.wait(30)
        return rows, keys(connection)

    question = asyncio.create_task(database.read(slow))
    await asyncio.to_thread(asked.wait, 30)
    await database.write(insert("a"))
    assert await database.read(keys) == ["a"]
    answer.set()
    before, after = await question
    assert (before, after) == ([], ["a"])


def test_a_damaged_file_is_set_aside(path, tmp_path, caplog):
    path.write_bytes(b"this is no database " * 500)
    Database(path).close()
    assert "cannot be read" in caplog.text
    (aside,) = tmp_path.glob("room.sqlite.damaged-*")
    assert aside.read_bytes().startswith(b"this is no database")


def test_a_newer_schema_is_refused(path):
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(StoreUnavailable, match="newer videobar"):
        Database(path)


def test_a_directory_that_is_not_there(tmp_path):
    with pytest.raises(StoreUnavailable, match="cannot use"):
        Database(tmp_path / "missing" / "room.sqlite")
