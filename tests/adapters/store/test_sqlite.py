import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from videobar.adapters.store.memory import MemoryStore
from videobar.adapters.store.sqlite import MIGRATIONS, SqliteStore
from videobar.errors import StoreUnavailable


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    made = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "room.sqlite")
    yield made
    if isinstance(made, SqliteStore):
        made.close()


async def test_what_is_put_can_be_got(store):
    assert store.get("a") is None
    values = {"a": 1, "b": "ü", "c": True, "d": None, "e": 0.5}
    await store.put(values)
    assert {key: store.get(key) for key in values} == values
    await store.put({"a": 2})
    assert store.get("a") == 2


async def test_it_survives_closing(tmp_path):
    first = SqliteStore(tmp_path / "room.sqlite")
    await first.put({"audio.volume": 37})
    first.close()
    second = SqliteStore(tmp_path / "room.sqlite")
    assert second.get("audio.volume") == 37
    second.close()


WRITER = """
import asyncio, pathlib, sys
from videobar.adapters.store.sqlite import SqliteStore
async def main():
    store = SqliteStore(pathlib.Path(sys.argv[1]))
    for number in range(1_000_000):
        await store.put({"n": number})
        print(number, flush=True)
asyncio.run(main())
"""


def test_nothing_acknowledged_is_lost_when_killed(tmp_path):
    path = tmp_path / "room.sqlite"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    with writer:
        for _ in range(20):
            acknowledged = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
    store = SqliteStore(path)
    assert store.get("n") in (acknowledged, acknowledged + 1)
    store.close()


def test_a_damaged_file_is_set_aside(tmp_path, caplog):
    path = tmp_path / "room.sqlite"
    path.write_bytes(b"this is no database " * 500)
    store = SqliteStore(path)
    assert store.get("a") is None
    store.close()
    assert "cannot be read" in caplog.text
    assert len(list(tmp_path.glob("room.sqlite.damaged-*"))) == 1


async def test_one_value_that_cannot_be_read_does_not_take_the_others_along(tmp_path, caplog):
    path = tmp_path / "room.sqlite"
    store = SqliteStore(path)
    await store.put({"a": 1, "b": 2, "c": 3})
    store.close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE state SET value = '{half' WHERE key = 'b'")
        database.execute("UPDATE state SET value = x'ff' WHERE key = 'c'")
    database.close()
    store = SqliteStore(path)
    assert (store.get("a"), store.get("b"), store.get("c")) == (1, None, None)
    assert "value of b cannot be read" in caplog.text
    await store.put({"b": 4})
    store.close()
    again = SqliteStore(path)
    assert again.get("b") == 4
    again.close()


def test_a_newer_schema_is_refused(tmp_path):
    path = tmp_path / "room.sqlite"
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    database.close()
    with pytest.raises(StoreUnavailable, match="newer videobar"):
        SqliteStore(path)


def test_a_directory_that_is_not_there(tmp_path):
    with pytest.raises(StoreUnavailable, match="cannot use"):
        SqliteStore(tmp_path / "missing" / "room.sqlite")


async def test_a_write_that_fails_keeps_the_old_value(tmp_path):
    path = tmp_path / "room.sqlite"
    store = SqliteStore(path)
    await store.put({"a": 1})
    store._database.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreUnavailable):
        await store.put({"a": 2, "b": 3})
    assert (store.get("a"), store.get("b")) == (1, None)
    store._database.execute("PRAGMA query_only = OFF")
    await store.put({"a": 2})
    assert store.get("a") == 2
    store.close()
