from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from videobar.errors import EngineUnavailable
from videobar.room.calls.port import (
    DialOrder,
    EngineEvent,
    EngineReport,
    Refusal,
    StreamStatistics,
)
from videobar.room.calls.service import CallLimits, Calls
from videobar.vocabulary import EngineState, MediaDirection, MediaType


class ScriptedEngine:
    """Implements `CallEngine` by writing down what it is told; the test plays the far ends."""

    def __init__(self) -> None:
        self.on_event: Callable[[EngineEvent], None] = lambda _: None
        self.told: list[tuple[object, ...]] = []
        self.rows: dict[str, tuple[StreamStatistics, ...]] = {}
        self.down = False

    def dial(self, leg: str, order: DialOrder) -> None:
        self.told.append(("dial", leg, order.target))

    def answer(self, leg: str) -> None:
        self.told.append(("answer", leg))

    def refuse(self, leg: str, refusal: Refusal) -> None:
        self.told.append(("refuse", leg, refusal))

    def hang_up(self, leg: str) -> None:
        self.told.append(("hang up", leg))

    def send_digits(self, leg: str, digits: str) -> None:
        self.told.append(("digits", leg, digits))

    async def statistics(self) -> Mapping[str, tuple[StreamStatistics, ...]]:
        if self.down:
            raise EngineUnavailable("down")
        return self.rows

    def report(self) -> EngineReport:
        return EngineReport("scripted", EngineState.RUNNING, None, 0, 0)

    def count(self, leg: str, packets: int) -> None:
        """Make the statistics of `leg` one TX audio stream of so many packets."""
        row = StreamStatistics(MediaType.AUDIO, MediaDirection.TX, "Opus", 64.0, packets, 0, 0.0, 0.0)
        self.rows[leg] = (row,)


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
async def make_calls(engine, clock):
    made: list[Calls] = []

    def make(**limits) -> Calls:
        made.append(Calls(engine=engine, clock=clock, limits=CallLimits(**limits), room_name=lambda: "Lobby"))
        return made[-1]

    yield make
    for calls in made:
        calls.close()


@pytest.fixture
async def calls(make_calls) -> Calls:
    return make_calls(ring_seconds=60.0, max_connections=3)
