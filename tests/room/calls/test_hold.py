"""Hold by this room and by far ends: what is commanded, and what counts."""

from __future__ import annotations

import pytest
from tests.room.calls.far_ends import connect, dial, ring_in

from videobar.errors import NoSuchConference, NoSuchConnection, NotInCall
from videobar.room.calls.port import Ended, HeldByFarEnd, HeldHere


async def test_hold_counts_when_the_far_end_has_agreed(calls, engine, clock):
    connection = connect(calls, dial(calls))
    calls.hold("0", True)
    assert engine.told[-1] == ("hold", connection.leg, True)
    assert not connection.held_here
    await clock.advance(2)
    calls.hear(HeldHere(connection.leg, True))
    assert connection.held_here_ms == clock.now_ms()
    calls.hold("active", False)
    assert engine.told[-1] == ("hold", connection.leg, False)
    assert connection.held_here
    calls.hear(HeldHere(connection.leg, False))
    assert not connection.held_here


async def test_one_of_two_is_held_and_those_that_only_ring_are_not(calls, engine):
    one, two, ringing = connect(calls, dial(calls)), connect(calls, dial(calls)), dial(calls)
    calls.hold_connection("0", two.id, True)
    assert engine.told[-1] == ("hold", two.leg, True)
    calls.hold("0", True)
    assert engine.told[-2:] == [("hold", one.leg, True), ("hold", two.leg, True)]
    with pytest.raises(NotInCall):
        calls.hold_connection("0", ringing.id, True)


async def test_nobody_to_hold(calls, engine):
    with pytest.raises(NoSuchConference):
        calls.hold("0", True)
    with pytest.raises(NoSuchConnection):
        calls.hold_connection("0", "9", True)
    dial(calls)
    ring_in(calls)
    for conference in ("0", "PENDING"):
        with pytest.raises(NotInCall):
            calls.hold(conference, True)
    assert not [told for told in engine.told if told[0] == "hold"]


async def test_both_sides_may_hold_and_the_end_ends_it(calls):
    connection = connect(calls, dial(calls))
    calls.hear(HeldByFarEnd(connection.leg, True))
    calls.hear(HeldHere(connection.leg, True))
    assert (connection.held_by_far_end, connection.held_here) == (True, True)
    calls.hear(Ended(connection.leg, 16))
    assert not connection.held_here
    calls.hear(HeldHere(connection.leg, True))
    assert not connection.held_here
