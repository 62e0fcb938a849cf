"""Calls over the scripted engine, for the subsystems that need them."""

from __future__ import annotations

import pytest

from videobar.adapters.store.memory import MemoryCallLog, MemoryStore
from videobar.room.calls.do_not_disturb import DoNotDisturb
from videobar.room.calls.service import CallLimits, Calls


@pytest.fixture
async def make_calls(engine, clock):
    made: list[Calls] = []

    def make(**limits) -> Calls:
        made.append(
            Calls(
                engine=engine,
                clock=clock,
                limits=CallLimits(**limits),
                room_name=lambda: "Lobby",
                call_log=MemoryCallLog(),
                do_not_disturb=DoNotDisturb(MemoryStore()),
            )
        )
        return made[-1]

    yield make
    for calls in made:
        calls.close()
