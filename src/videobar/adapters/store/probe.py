"""Store probe: whether the room's database can be written."""

from __future__ import annotations

import asyncio
import sqlite3

from videobar.adapters.store.database import Database
from videobar.clock import Clock
from videobar.errors import StoreUnavailable

FRESH_S = 5.0
"""Seconds for which an answer is cached."""
PATIENCE_S = 5.0


class StoreProbe:
    """Implements `Probe` by really writing to the file, and to the disk below it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._asking: asyncio.Task[bool] | None = None
        self._asked_at = 0.0

    async def works(self) -> bool:
        """True if a write succeeded; one that takes longer than some seconds counts as failed."""
        now = self._clock.monotonic()
        if self._asking is None or (self._asking.done() and now - self._asked_at >= FRESH_S):
            self._asked_at = now
            self._asking = asyncio.create_task(self._write(), name="store-probe")
        done, _ = await asyncio.wait([self._asking], timeout=PATIENCE_S)
        return bool(done) and self._asking.result()

    async def _write(self) -> bool:
        try:
            await self._database.write(_touch)
        except StoreUnavailable:
            return False
        return True


def _touch(connection: sqlite3.Connection) -> None:
    """Write the version that is there already: that changes nothing and still has to reach the disk."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute(f"PRAGMA user_version = {version}")
