"""The call log in the room's file."""

from __future__ import annotations

import sqlite3
from typing import Final

from videobar.adapters.store.database import Database
from videobar.room.calls.log import MOST_ENTRIES, LoggedCall
from videobar.room.calls.port import Cause
from videobar.vocabulary import CallTransport, LoggedCallType

_COLUMNS: Final = (
    "key, address, name, kind, outgoing, connected, start_ms, end_ms, duration_s, rate_kbps, transport, cause"
)
_PUT: Final = f"""
INSERT INTO call_log ({_COLUMNS}) VALUES ({", ".join("?" * 12)})
ON CONFLICT (key) DO UPDATE SET name = excluded.name, kind = excluded.kind, connected = excluded.connected,
    end_ms = excluded.end_ms, duration_s = excluded.duration_s, rate_kbps = excluded.rate_kbps,
    transport = excluded.transport, cause = excluded.cause
"""  # noqa: S608 - made of constants


class SqliteCallLog:
    """Implements `CallLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def close_what_was_open(self) -> None:
        """End the calls during which the room died: the time of that is unknown, so they end at their begin."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE call_log SET end_ms = start_ms, cause = ? WHERE end_ms IS NULL",
                (Cause.TEMPORARY_FAILURE,),
            )

        await self._database.write(work)

    async def put(self, call: LoggedCall) -> None:
        """Keep a call; forget those that are too many."""
        values = (
            call.key,
            call.address,
            call.name,
            call.kind,
            call.outgoing,
            call.connected,
            call.start_ms,
            call.end_ms,
            call.duration_s,
            call.rate_kbps,
            call.transport,
            call.cause,
        )

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(_PUT, values)
            connection.execute(
                "DELETE FROM call_log WHERE row <= (SELECT row FROM call_log ORDER BY row DESC LIMIT 1 OFFSET ?)",
                (MOST_ENTRIES,),
            )

        await self._database.write(work)

    async def latest(self, limit: int) -> list[LoggedCall]:
        """The newest first."""

        def work(connection: sqlite3.Connection) -> list[LoggedCall]:
            rows = connection.execute(
                f"SELECT {_COLUMNS}, row FROM call_log WHERE end_ms IS NOT NULL ORDER BY row DESC LIMIT ?",  # noqa: S608 - made of constants
                (limit,),
            )
            return [_call(row) for row in rows]

        return await self._database.read(work)

    async def delete(self, row: int) -> bool:
        """Forget one."""

        def work(connection: sqlite3.Connection) -> bool:
            return connection.execute("DELETE FROM call_log WHERE row = ?", (row,)).rowcount > 0

        return await self._database.write(work)

    async def clear(self) -> None:
        """Forget all; row numbers go on."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM call_log")

        await self._database.write(work)


def _call(row: tuple[object, ...]) -> LoggedCall:
    key, address, name, kind, outgoing, connected, start, end, duration, rate, transport, cause, number = row
    return LoggedCall(
        key=str(key),
        address=str(address),
        name=str(name),
        kind=LoggedCallType(str(kind)),
        outgoing=bool(outgoing),
        connected=bool(connected),
        start_ms=_whole(start),
        end_ms=None if end is None else _whole(end),
        duration_s=_whole(duration),
        rate_kbps=_whole(rate),
        transport=CallTransport(str(transport)),
        cause=_whole(cause),
        row=_whole(number),
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
