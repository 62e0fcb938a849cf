"""The room's small state in its database: read into memory when it is opened, so that reading never waits."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3

from videobar.adapters.store.database import Database
from videobar.room.store import Value

log = logging.getLogger("videobar.store")


class SqliteStore:
    """Values by key. A single value that cannot be read counts as not there. Raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._values: dict[str, Value] = {}
        for key, value in database.read_at_start(_rows):
            try:
                self._values[key] = json.loads(value)
            except (TypeError, ValueError):
                log.error("%s: the value of %s cannot be read, and is ignored", database.path.name, key)

    async def put(self, values: dict[str, Value]) -> None:
        """Keep all of `values` durably, or raise `StoreUnavailable` and keep none."""
        # Shielded: what was written must be known here too, also when nobody waits for it any more.
        await asyncio.shield(self._put(dict(values)))

    def get(self, key: str) -> Value:
        """The value kept under `key`, or `None`."""
        return self._values.get(key)

    def keys(self, prefix: str) -> list[str]:
        """The keys in use that begin with `prefix`."""
        return [key for key in self._values if key.startswith(prefix)]

    async def _put(self, values: dict[str, Value]) -> None:
        rows = [(key, json.dumps(value)) for key, value in values.items() if value is not None]
        gone = [(key,) for key, value in values.items() if value is None]

        def upsert(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT INTO state VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", rows
            )
            connection.executemany("DELETE FROM state WHERE key = ?", gone)

        await self._database.write(upsert)
        for key, value in values.items():
            if value is None:
                self._values.pop(key, None)
            else:
                self._values[key] = value


def _rows(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return connection.execute("SELECT key, value FROM state").fetchall()
