"""Fixtures that every layer's tests share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest


@dataclass
class DrivenClock:
    """A clock that only moves when a test says so, and then wakes whoever slept long enough."""

    epoch_ms: int = 1_700_000_000_000
    seconds: float = 1000.0
    offset_ms: int = 0
    tz_offset_ms: int = 0
    sleepers: list[tuple[float, asyncio.Future[None]]] = field(default_factory=list)

    def now_ms(self) -> int:
        return self.epoch_ms + self.offset_ms

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.seconds + seconds, future))
        await future

    async def advance(self, seconds: float) -> None:
        """Move on, wake the sleepers that are due, and let them run."""
        for _ in range(3):
            await asyncio.sleep(0)
        self.seconds += seconds
        self.epoch_ms += round(seconds * 1000)
        due = [future for when, future in self.sleepers if when <= self.seconds]
        self.sleepers = [(when, future) for when, future in self.sleepers if when > self.seconds]
        for future in due:
            if not future.done():
                future.set_result(None)
        for _ in range(3):
            await asyncio.sleep(0)


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock()
