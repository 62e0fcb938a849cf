"""The audit log in the room's database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from videobar.adapters.store.database import Database
from videobar.room.audit import AuditedChange

COLUMNS = "at_ms, user, address, session, action, target, status, reason, names"


class SqliteAudit:
    """Entries by number; the oldest are removed when there are too many."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, entries: Sequence[AuditedChange], most: int) -> None:
        """Keep entries, and of all only the newest `most`."""
        rows = [
            (*(e.at_ms, e.user, e.address, e.session, e.action, e.target, e.status, e.reason), _text(e.names))
            for e in entries
        ]

        def insert(connection: sqlite3.Connection) -> None:
            connection.executemany(f"INSERT INTO audit ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608
            connection.execute(
                "DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?", (most,)
            )

        await self._database.write(insert)

    async def latest(self, limit: int, before: int | None) -> list[AuditedChange]:
        """The newest first."""

        def select(connection: sqlite3.Connection) -> list[AuditedChange]:
            rows = connection.execute(
                f"SELECT {COLUMNS}, number FROM audit WHERE ? IS NULL OR number < ? ORDER BY number DESC LIMIT ?",  # noqa: S608
                (before, before, limit),
            )
            return [
                replace(AuditedChange(*rest), names=tuple(json.loads(names)), number=number)
                for *rest, names, number in rows
            ]

        return await self._database.read(select)


def _text(names: Sequence[str]) -> str:
    return json.dumps(names, ensure_ascii=False)
