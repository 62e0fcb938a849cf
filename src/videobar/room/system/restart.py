"""Restarts on request: the answer goes out first, and then the room goes away and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from videobar.clock import Clock
from videobar.room.system.service import System

ANSWER_S = 0.3
"""Seconds for the client to read the answer to its request for the restart."""


class Restart:
    """Restarts once, however often it is asked. `go` stops everything and starts it again.

    `away_s` is for how many seconds the room then refuses everybody, as a device does that starts; 0 for not at all.
    """

    def __init__(self, *, clock: Clock, system: System, away_s: float, go: Callable[[float], None]) -> None:
        self._clock = clock
        self._system = system
        self._away_s = away_s
        self._go = go
        self._running: asyncio.Task[None] | None = None

    def begin(self, away_s: float | None = None) -> None:
        """Restart in a moment; nothing happens when a restart is under way."""
        if self._running is None:
            away_s = self._away_s if away_s is None else away_s
            self._running = asyncio.ensure_future(self._run(away_s))

    def close(self) -> None:
        """Give up a restart that has not begun to stop anything."""
        if self._running is not None:
            self._running.cancel()

    async def _run(self, away_s: float) -> None:
        await self._clock.sleep(ANSWER_S)
        self._system.shutting_down()
        self._go(away_s)
