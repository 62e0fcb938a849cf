"""Many calls, and far ends that do everything at once."""

from __future__ import annotations

import asyncio
import random

from videobar.adapters.calls.simulated import SimulatedEngine
from videobar.adapters.store.memory import MemoryCallLog, MemoryStore
from videobar.room.calls.connection import Phase
from videobar.room.calls.dialling import Dialling
from videobar.room.calls.do_not_disturb import DoNotDisturb
from videobar.room.calls.port import (
    Connected,
    DigitReceived,
    Encrypted,
    Ended,
    EngineLost,
    HeldByFarEnd,
    HeldHere,
    Incoming,
    MediaChanged,
    MutedByFarEnd,
    Ringing,
)
from videobar.room.calls.service import CallLimits, Calls
from videobar.vocabulary import CallMedia


def what_grows(calls):
    """Sizes of all that a room's calls keep."""
    kept = {**vars(calls), **vars(calls._journal)}
    return {name: len(value) for name, value in kept.items() if hasattr(value, "__len__")}


async def test_a_thousand_calls_leave_nothing_behind(clock):
    engine = SimulatedEngine(clock)
    calls = Calls(
        engine=engine,
        clock=clock,
        limits=CallLimits(max_connections=6),
        room_name=lambda: "Lobby",
        call_log=MemoryCallLog(),
        do_not_disturb=DoNotDisturb(MemoryStore()),
    )

    async def ten_calls(number):
        for _ in range(3):
            calls.dial(Dialling(f"ada{number}@sim", password="1"))
        calls.dial(Dialling("busy@sim"))
        for caller in range(2):
            engine.ring_in(f"bob{caller}@sim", "Bob")
        for connection in calls.conference("PENDING").connections[:1]:
            calls.answer(connection.id)
        await clock.advance(2)
        await clock.advance(3)
        for _ in range(3):
            engine.ring_in("eve@sim", "Eve")
        calls.hold("0", True)
        calls.send_digits("12#")
        for conference in calls.conferences():
            calls.hang_up_conference(conference.id)
        for _ in range(1):
            calls.dial(Dialling("drop@sim"))
        calls.hang_up_conference("0")
        await clock.advance(5)
        await calls.written()

    for number in range(15):  # until what keeps the latest is full
        await ten_calls(number)
    before, tasks = what_grows(calls), len(asyncio.all_tasks())
    for number in range(120):
        await ten_calls(number)
    assert calls._last_connection > 1000
    after = what_grows(calls)
    assert after == before
    assert len(asyncio.all_tasks()) <= tasks
    assert len(clock.sleepers) < 100  # the clock keeps those that were cancelled until they are due
    assert (engine._plays, engine._connected) == ({}, {})
    calls.close()


async def test_a_storm_of_events_leaves_a_state_that_makes_sense(calls, clock):
    dice = random.Random(4)
    legs = [f"in-{number}" for number in range(4)] + [f"out-{number}" for number in range(8)]
    media = (CallMedia.AUDIO_ONLY, CallMedia.AUDIO_VIDEO)
    for _ in range(5000):
        leg = dice.choice(legs)
        yes = dice.random() < 0.5
        event = dice.choice(
            [
                Ringing(leg),
                Connected(leg, "Ada", "phone/1", yes, 64, encrypted=yes),
                Incoming(leg, "bob@example.com", "Bob", "phone/2"),
                HeldByFarEnd(leg, yes),
                HeldHere(leg, yes),
                MutedByFarEnd(leg, yes),
                Encrypted(leg, yes),
                MediaChanged(leg, dice.choice(media), 64),
                DigitReceived(leg, "5"),
                Ended(leg, 16) if yes else Ringing(leg),
                EngineLost() if dice.random() < 0.02 else Ringing(leg),
            ]
        )
        calls.hear(event)
        if dice.random() < 0.1 and calls.can_dial:
            calls.dial(Dialling("ada@example.com"))
        for connection in list(calls._connections.values()):
            if connection.answerable and calls.can_dial and dice.random() < 0.3:
                calls.answer(connection.id)
        if dice.random() < 0.01:
            await clock.advance(30)
        shown = [c for conference in calls.conferences() for c in conference.connections]
        ringing = [c for c in shown if c.phase is Phase.RINGING_IN]
        assert len(ringing) <= 3
        assert len(shown) - len(ringing) <= 3
        assert len({c.id for c in shown}) == len({c.leg for c in shown}) == len(shown)
        assert all(c.phase is not Phase.ENDED for c in shown)
        assert all(bool(c.terminal_id) is (c.phase is Phase.CONNECTED) for c in shown)
        connected = [c.terminal_id for c in shown if c.phase is Phase.CONNECTED]
        assert len(set(connected)) == len(connected)
    for connection in list(calls._connections.values()):
        calls.hear(Ended(connection.leg, 16))
    assert calls.conferences() == []
    assert calls._ring_timers == {}
