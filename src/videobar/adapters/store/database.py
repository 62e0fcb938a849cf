"""The room's one SQLite file, which all its durable subsystems share.

One thread writes, a transaction at a time, on disk before `write` returns (`synchronous=FULL`, write-ahead log). Others
read, each on a connection of its own that sees the last finished transaction, so that a long question holds up neither
writers nor the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from videobar.adapters.store.migrations import MIGRATIONS
from videobar.errors import StoreUnavailable

log = logging.getLogger("videobar.store")

READERS = 2
"""Questions that are answered at the same time."""
BUSY_S = 5.0
"""Time for which a connection waits for a lock that another one holds."""

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]


class Database:
    """Opens, or makes, the file at `path`.

    A file that SQLite cannot read is set aside beside it (`<name>.damaged-<epoch seconds>`) and a new one begun, so
    that a room always starts. Raises `StoreUnavailable` when the directory cannot be written, or the file was written
    by a newer version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._connection = self._open_or_set_aside()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"cannot use {path}: {error}") from error
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._readers = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="store-reader")
        self._here = threading.local()
        self._reading: list[sqlite3.Connection] = []

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    async def write(self, work: Work[Result]) -> Result:
        """Run `work` in the writer's thread, in one transaction, and return its result once that is on disk.

        Whatever `work` raises takes all it did back; an error of SQLite becomes `StoreUnavailable`. A caller who is
        cancelled while he waits does not stop a transaction that was begun.
        """
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._transact, work)

    async def read(self, work: Work[Result]) -> Result:
        """Run `work` on a connection that only reads, and return its result. Raises `StoreUnavailable`."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._question, work)

    def read_at_start(self, work: Work[Result]) -> Result:
        """The same at once and in this thread: for constructors, while nobody waits for the event loop."""
        try:
            return work(self._connection)
        except sqlite3.Error as error:
            raise StoreUnavailable(f"cannot read {self._path}: {error}") from error

    def close(self) -> None:
        """Finish writing and reading, and let go of the file."""
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        for connection in (*self._reading, self._connection):
            connection.close()

    def _transact(self, work: Work[Result]) -> Result:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk may have ended it already
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise StoreUnavailable(f"cannot write the room's state: {error}") from error
        return result

    def _question(self, work: Work[Result]) -> Result:
        try:
            connection: sqlite3.Connection | None = getattr(self._here, "connection", None)
            if connection is None:
                connection = _connect(self._path)
                connection.execute("PRAGMA query_only = ON")
                self._here.connection = connection
                self._reading.append(connection)
            return work(connection)
        except sqlite3.Error as error:
            raise StoreUnavailable(f"cannot read the room's state: {error}") from error

    def _open_or_set_aside(self) -> sqlite3.Connection:
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:  # the file can be read; something else is wrong
                raise
            stamp = f".damaged-{int(time.time())}"
            log.error(
                "%s cannot be read (%s); set aside as %s", self._path.name, error, self._path.name + stamp
            )
            for suffix in ("", "-wal", "-shm"):
                part = self._path.with_name(self._path.name + suffix)
                if part.exists():
                    part.rename(self._path.with_name(self._path.name + stamp + suffix))
            return self._open()

    def _open(self) -> sqlite3.Connection:
        connection = _connect(self._path)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            self._migrate(connection)
            damage = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if damage != "ok":
                raise sqlite3.DatabaseError(damage)
        except BaseException:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise StoreUnavailable(
                f"{self._path} was written by a newer videobar (schema {version}, known {len(MIGRATIONS)})"
            )
        for number in range(version, len(MIGRATIONS)):
            connection.executescript(
                f"BEGIN IMMEDIATE; {MIGRATIONS[number]}; PRAGMA user_version = {number + 1}; COMMIT;"
            )


def _connect(path: Path) -> sqlite3.Connection:
    """A connection with explicit transactions, usable in another thread than the one that made it."""
    connection = sqlite3.connect(path, check_same_thread=False, timeout=BUSY_S, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection
