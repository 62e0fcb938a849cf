"""The call log: who was called, who called and who was missed; the port to where it is kept, and who writes it."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import Protocol

from msgspec import Struct

from videobar.clock import Clock
from videobar.errors import StoreUnavailable
from videobar.room.calls.connection import Connection, Phase
from videobar.room.calls.port import Cause, Refusal
from videobar.vocabulary import CallMedia, CallProtocol, CallTransport, LoggedCallType

log = logging.getLogger("videobar.calls")

MOST_ENTRIES = 1000
"""Maximum number of calls that are remembered; beyond it the oldest are forgotten."""


class LoggedCall(Struct, frozen=True):
    """One call. Times are room time in epoch milliseconds; `end_ms` is `None` while it lasts.

    `cause` is 0 for a call that was connected and ended as calls do, else a Q.850 cause (observed: 16 where nobody
    answered). `key` is unique; `row` is the number that the store has given it, 0 before.
    """

    key: str
    address: str
    name: str
    kind: LoggedCallType
    outgoing: bool
    connected: bool
    start_ms: int
    end_ms: int | None
    duration_s: int
    rate_kbps: int
    transport: CallTransport
    cause: int
    row: int = 0


class CallLog(Protocol):
    """Port: the latest `MOST_ENTRIES` calls. All raise `StoreUnavailable`."""

    async def put(self, call: LoggedCall) -> None:
        """Keep a call, in place of what was kept under its key."""
        ...

    async def latest(self, limit: int) -> list[LoggedCall]:
        """At most `limit` calls that are over, those that began last first."""
        ...

    async def delete(self, row: int) -> bool:
        """Forget one; false when there is none of that number."""
        ...

    async def clear(self) -> None:
        """Forget all."""
        ...


class Journal:
    """Writes each connection to the log when it begins, when it is connected and when it ends.

    Nobody waits for that: a log that cannot be written is complained about, and calls go on.
    """

    def __init__(self, call_log: CallLog, clock: Clock) -> None:
        self._log = call_log
        self._clock = clock
        self._keys: dict[str, str] = {}
        self._began: dict[str, int] = {}
        self._writing: set[asyncio.Task[None]] = set()
        self._failed = False

    def began(self, connection: Connection) -> None:
        """Log the begin of a connection: it is dialled, or rings here."""
        self._keys[connection.id] = secrets.token_hex(8)
        self._began[connection.id] = connection.start_ms
        self._write(connection, end_ms=None)

    def connected(self, connection: Connection) -> None:
        """Log that a connection is connected."""
        self._write(connection, end_ms=None)

    def ended(self, connection: Connection) -> None:
        """Log the end of a connection."""
        self._write(connection, end_ms=self._clock.now_ms())
        self._keys.pop(connection.id, None)
        self._began.pop(connection.id, None)

    def missed(self, address: str, name: str, rate_kbps: int, cause: int) -> None:
        """Log a caller that was refused before it could ring."""
        now = self._clock.now_ms()
        self._put(
            LoggedCall(
                key=secrets.token_hex(8),
                address=address,
                name=name,
                kind=LoggedCallType.MISSED,
                outgoing=False,
                connected=False,
                start_ms=now,
                end_ms=now,
                duration_s=0,
                rate_kbps=rate_kbps,
                transport=CallTransport.SIP,
                cause=cause,
            )
        )

    async def close(self) -> None:
        """Wait until all is written."""
        while self._writing:
            await asyncio.wait(tuple(self._writing))

    def _write(self, connection: Connection, end_ms: int | None) -> None:
        key = self._keys.get(connection.id)
        if key is None:
            return
        connected = bool(connection.terminal_id)
        self._put(
            LoggedCall(
                key=key,
                address=connection.address,
                name=connection.name,
                kind=_kind(connection, connected),
                outgoing=not connection.incoming,
                connected=connected,
                start_ms=self._began[connection.id],
                end_ms=end_ms,
                duration_s=connection.duration_s if connected else 0,
                rate_kbps=connection.rate_kbps,
                transport=_transport(connection),
                cause=_cause(connection, connected),
            )
        )

    def _put(self, call: LoggedCall) -> None:
        task = asyncio.ensure_future(self._keep(call))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _keep(self, call: LoggedCall) -> None:
        try:
            await self._log.put(call)
            self._failed = False
        except StoreUnavailable as error:
            if not self._failed:
                log.error("the call log cannot be written: %s", error)
            self._failed = True


def _kind(connection: Connection, connected: bool) -> LoggedCallType:
    """Type of the logged call. A caller whom somebody here has turned away was not missed."""
    if not connection.incoming:
        return LoggedCallType.PLACED
    turned_away = connection.refusal is Refusal.DECLINED
    return LoggedCallType.RECEIVED if connected or turned_away else LoggedCallType.MISSED


def _cause(connection: Connection, connected: bool) -> int:
    if connection.phase is not Phase.ENDED or (connected and connection.cause == Cause.NORMAL):
        return Cause.NONE
    unanswered = connection.incoming and connection.cause == Cause.NO_ANSWER
    return Cause.NORMAL if unanswered else connection.cause


def _transport(connection: Connection) -> CallTransport:
    if connection.protocol is CallProtocol.LOOPBACK:
        return CallTransport.LOOPBACK
    audio = connection.media is CallMedia.AUDIO_ONLY
    return CallTransport.VOICE_SIP if audio else CallTransport.SIP
