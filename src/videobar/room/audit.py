"""Audit log: a record of every request that changes something, and of every login."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from videobar.clock import Clock
from videobar.errors import StoreUnavailable

log = logging.getLogger("videobar.audit")

GATHER_S = 0.5
"""For how long entries are gathered before they are written together."""
MOST_WAITING = 10_000
MOST_KEPT = 100_000


@dataclass(frozen=True)
class AuditedChange:
    """One change. `at_ms` is room time, `action` the id of the action, `reason` empty where it was done."""

    at_ms: int
    user: str
    address: str
    session: str
    """Handle of the session; empty for HTTP Basic and for strangers."""
    action: str
    target: str
    """The path, without its query."""
    status: int
    """The HTTP status of the answer."""
    reason: str
    names: tuple[str, ...] = ()
    """Names of the parts of the target that were to be changed, where they do not follow from the action."""
    number: int = 0
    """Grows with every entry; 0 for one that is not kept yet."""


class AuditStore(Protocol):
    """Port: store of entries."""

    async def add(self, entries: Sequence[AuditedChange], most: int) -> None:
        """Keep entries, and of all only the newest `most`. Raises `StoreUnavailable`."""
        ...

    async def latest(self, limit: int, before: int | None) -> list[AuditedChange]:
        """The newest first, those before that number if it is given. Raises `StoreUnavailable`."""
        ...


class Audit:
    """Notes entries at once, and writes them soon, together. `close` writes what waits."""

    def __init__(self, store: AuditStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._waiting: list[AuditedChange] = []
        self._lost = 0
        self._writing: asyncio.Task[None] | None = None

    def note(self, entry: AuditedChange) -> None:
        """Keep an entry. When the disk is full for long, the oldest that wait are lost, which is logged."""
        log.info(
            "%s by %s from %s: %d %s",
            " ".join((entry.action, *entry.names)),
            entry.user or "-",
            entry.address,
            entry.status,
            entry.reason,
        )
        self._waiting.append(entry)
        if len(self._waiting) > MOST_WAITING:
            self._waiting.pop(0)
            self._lost += 1
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write_soon())

    async def latest(self, limit: int, before: int | None) -> list[AuditedChange]:
        """The newest first, with what was noted a moment ago. Raises `StoreUnavailable`."""
        await self._write()
        return await self._store.latest(limit, before)

    async def close(self) -> None:
        """Write what waits."""
        if self._writing is not None:
            self._writing.cancel()
        await self._write()

    async def _write_soon(self) -> None:
        await self._clock.sleep(GATHER_S)
        await self._write()

    async def _write(self) -> None:
        entries, self._waiting = self._waiting, []
        if not entries:
            return
        try:
            await self._store.add(entries, MOST_KEPT)
        except StoreUnavailable as error:
            self._waiting = [*entries, *self._waiting]
            log.error(
                "%d entries of the audit log wait for the disk, %d are lost: %s",
                len(entries),
                self._lost,
                error,
            )
