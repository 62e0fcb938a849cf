"""The room's durable state in one SQLite file, written by a thread of its own.

Everything is read into memory when the file is opened, so that reading never waits. Writing is one
transaction per `put`, on disk before `put` returns (`synchronous=FULL`, write-ahead log).
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from videobar.errors import StoreUnavailable
from videobar.room.store import Value

log = logging.getLogger("videobar.store")

MIGRATIONS: Sequence[str] = ("CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",)
"""Migration n takes the schema from version n to n + 1; never edit one that was released."""


class SqliteStore:
    """Opens, or makes, the file at `path`.

    A file that SQLite cannot read is set aside beside it (`<name>.damaged-<epoch seconds>`) and a new one begun, so
    that a room always starts; a single value that cannot be read counts as not there. Raises `StoreUnavailable` when
    the directory cannot be written, or the file was written by a newer version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        try:
            self._database = self._open_or_set_aside()
            rows = self._database.execute("SELECT key, value FROM state").fetchall()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"cannot use {path}: {error}") from error
        self._values: dict[str, Value] = {}
        for key, value in rows:
            try:
                self._values[key] = json.loads(value)
            except (TypeError, ValueError):
                log.error("%s: the value of %s cannot be read, and is passed over", path.name, key)

    async def put(self, values: dict[str, Value]) -> None:
        """Keep all of `values` durably, or raise `StoreUnavailable` and keep none."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._write, dict(values))
        self._values.update(values)

    def get(self, key: str) -> Value:
        """The value kept under `key`, or `None`."""
        return self._values.get(key)

    def close(self) -> None:
        """Finish writing and let go of the file."""
        self._thread.shutdown(wait=True)
        self._database.close()

    def _write(self, values: dict[str, Value]) -> None:
        try:
            with self._database:
                self._database.executemany(
                    "INSERT INTO state VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    [(key, json.dumps(value)) for key, value in values.items()],
                )
        except sqlite3.Error as error:
            raise StoreUnavailable(f"cannot write the room's state: {error}") from error

    def _open_or_set_aside(self) -> sqlite3.Connection:
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            aside = self._path.with_name(f"{self._path.name}.damaged-{int(time.time())}")
            log.error("%s cannot be read (%s); set aside as %s", self._path.name, error, aside.name)
            self._path.rename(aside)
            for suffix in ("-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            return self._open()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, check_same_thread=False, timeout=5)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            self._migrate(database)
            damage = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if damage != "ok":
                raise sqlite3.DatabaseError(damage)
        except BaseException:
            database.close()
            raise
        return database

    def _migrate(self, database: sqlite3.Connection) -> None:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise StoreUnavailable(
                f"{self._path} was written by a newer videobar (schema {version}, known {len(MIGRATIONS)})"
            )
        for number in range(version, len(MIGRATIONS)):
            database.executescript(
                f"BEGIN IMMEDIATE; {MIGRATIONS[number]}; PRAGMA user_version = {number + 1}; COMMIT;"
            )
