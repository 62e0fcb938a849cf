import asyncio
import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from videobar.adapters.store.database import Database
from videobar.adapters.store.memory import MemoryStore
from videobar.adapters.store.sqlite import SqliteStore
from videobar.errors import StoreUnavailable


@pytest.fixture
def path(tmp_path):
    return tmp_path / "room.sqlite"


@pytest.fixture
def opened():
    """Opens stores, each on a database that is closed at the end, or when the same file is opened again."""
    databases = {}

    def close(path):
        if path in databases:
            databases.pop(path).close()

    def open_store(path):
        close(path)
        databases[path] = Database(path)
        return SqliteStore(databases[path])

    open_store.close = close
    yield open_store
    for path in list(databases):
        close(path)


@pytest.fixture(params=["memory", "sqlite"])
def store(request, path, opened):
    return MemoryStore() if request.param == "memory" else opened(path)


async def test_what_is_put_can_be_got(store):
    assert store.get("a") is None
    values = {"a": 1, "b": "ü", "c": True, "d": None, "e": 0.5}
    await store.put(values)
    assert {key: store.get(key) for key in values} == values
    await store.put({"a": 2})
    assert store.get("a") == 2


async def test_it_survives_closing(path, opened):
    await opened(path).put({"audio.volume": 37})
    assert opened(path).get("audio.volume") == 37


WRITER = """
import asyncio, pathlib, sys
from videobar.adapters.store.database import Database
from videobar.adapters.store.sqlite import SqliteStore
async def main():
    store = SqliteStore(Database(pathlib.Path(sys.argv[1])))
    for number in range(1_000_000):
        await store.put({"n": number})
        print(number, flush=True)
asyncio.run(main())
"""


def test_nothing_acknowledged_is_lost_when_killed(path, opened):
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    with writer:
        for _ in range(20):
            acknowledged = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
    assert opened(path).get("n") in (acknowledged, acknowledged + 1)


async def test_one_value_that_cannot_be_read_does_not_take_the_others_along(path, opened, caplog):
    await opened(path).put({"a": 1, "b": 2, "c": 3})
    opened.close(path)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE state SET value = '{half' WHERE key = 'b'")
        database.execute("UPDATE state SET value = x'ff' WHERE key = 'c'")
    database.close()
    store = opened(path)
    assert (store.get("a"), store.get("b"), store.get("c")) == (1, None, None)
    assert "value of b cannot be read" in caplog.text
    await store.put({"b": 4})
    assert opened(path).get("b") == 4


async def test_a_write_that_fails_keeps_the_old_value(path, opened):
    store = opened(path)
    await store.put({"a": 1})
    await store._database.write(lambda connection: connection.execute("DROP TABLE state"))
    with pytest.raises(StoreUnavailable):
        await store.put({"a": 2, "b": 3})
    assert (store.get("a"), store.get("b")) == (1, None)


async def test_a_caller_who_is_cancelled_leaves_memory_and_file_in_step(path, opened):
    store = opened(path)
    putting = asyncio.create_task(store.put({"a": 1}))
    await asyncio.sleep(0)
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    await store.put({"b": 2})
    assert (store.get("a"), store.get("b")) == (1, 2)
