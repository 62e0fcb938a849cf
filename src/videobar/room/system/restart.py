"""A restart, as it looks from outside: the room goes away, and comes back without its calls and sessions."""

from __future__ import annotations

import asyncio
from typing import Protocol

from videobar.clock import Clock
from videobar.room.calls.service import Calls
from videobar.room.sessions import Sessions
from videobar.room.system.service import System
from videobar.vocabulary import SystemState

ANSWER_S = 0.3
"""How long whoever asked for the restart has to read the answer."""
INITIALIZING_S = 1.0
"""How long the room says that it initialises, once it can be reached again (observed: it passes that state)."""


class Door(Protocol):
    """A way into the room that refuses whoever comes while the room is away."""

    async def close(self) -> None:
        """Break every connection, and refuse new ones."""
        ...

    async def open(self) -> None:
        """Take connections again."""
        ...


class Restart:
    """Restarts the room on request, once at a time. `close` gives up whatever is under way."""

    def __init__(self, *, clock: Clock, system: System, calls: Calls, sessions: Sessions) -> None:
        self._clock = clock
        self._system = system
        self._calls = calls
        self._sessions = sessions
        self._running: asyncio.Task[None] | None = None
        self.doors: list[Door] = []
        self.away = False
        """Whether the room cannot be reached now."""

    def begin(self, away_s: float) -> None:
        """Go away in a moment, for so many seconds; nothing happens when a restart is under way."""
        if self._running is None or self._running.done():
            self._running = asyncio.ensure_future(self._run(away_s))

    async def close(self) -> None:
        """Give up; the room stays as it is."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def _run(self, away_s: float) -> None:
        await self._clock.sleep(ANSWER_S)
        self._system.state = SystemState.SHUTTING_DOWN
        self._calls.close()
        self.away = True
        for door in self.doors:
            await door.close()
        self._sessions.end_all()
        await self._clock.sleep(away_s)
        self._system.restarted()
        self._calls.reopen()
        for door in self.doors:
            await door.open()
        self.away = False
        await self._clock.sleep(INITIALIZING_S)
        self._system.state = SystemState.READY
