"""What is written to the call log, and how it is kept: the same tests for the room's file and for memory."""

from __future__ import annotations

import pytest
from tests.room.calls.far_ends import VIDEO, connect, dial, ring_in

from videobar.adapters.store.call_log import SqliteCallLog
from videobar.adapters.store.database import Database
from videobar.adapters.store.memory import MemoryCallLog
from videobar.errors import StoreUnavailable
from videobar.room.calls.log import MOST_ENTRIES, LoggedCall
from videobar.room.calls.port import Ended, EngineLost, Refusal, Ringing
from videobar.vocabulary import CallTransport, DialType, LoggedCallType


async def logged(calls):
    await calls.written()
    return await calls.log.latest(100)


async def test_a_placed_call(calls, clock):
    begun = clock.now_ms()
    connection = dial(calls, "sip:ada@example.com")
    assert await logged(calls) == []
    await clock.advance(3)
    connect(calls, connection, rate_kbps=512, media=VIDEO)
    assert await logged(calls) == []
    await clock.advance(7)
    calls.hang_up("1")
    (entry,) = await logged(calls)
    assert entry.address == "sip:ada@example.com"
    assert entry.name == "Ada"
    assert (entry.kind, entry.outgoing, entry.connected) == (LoggedCallType.PLACED, True, True)
    assert (entry.start_ms, entry.end_ms, entry.duration_s) == (begun, begun + 10_000, 7)
    assert (entry.rate_kbps, entry.transport, entry.cause, entry.row) == (512, CallTransport.SIP, 0, 1)


@pytest.mark.parametrize(("cause", "shown"), [(17, 17), (16, 16), (41, 41)])
async def test_a_placed_call_that_came_to_nothing(calls, cause, shown):
    connection = dial(calls)
    calls.hear(Ringing(connection.leg))
    calls.hear(Ended(connection.leg, cause))
    (entry,) = await logged(calls)
    assert (entry.connected, entry.duration_s, entry.cause) == (False, 0, shown)
    assert entry.name == "ada"


async def test_a_received_call_and_what_kind_of_call_it_was(calls):
    connection = ring_in(calls)
    calls.answer(connection.id)
    connect(calls, connection)
    calls.hear(Ended(connection.leg, 16))
    loop = connect(calls, dial(calls, "", dial_type=DialType.LOOPBACK))
    calls.hear(EngineLost())
    looped, entry = await logged(calls)
    assert (entry.kind, entry.outgoing, entry.connected, entry.cause) == ("RECEIVED", False, True, 0)
    assert entry.transport is CallTransport.VOICE_SIP
    assert looped.transport is CallTransport.LOOPBACK
    assert looped.cause == 41
    assert loop.cause == 41


@pytest.mark.parametrize(
    ("end", "kind", "cause"),
    [
        (lambda calls, c: calls.hear(Ended(c.leg, 16, "cancelled")), "MISSED", 16),
        (lambda calls, c: calls.reject(c.id), "RECEIVED", 21),
        (lambda calls, c: calls.reject(c.id, Refusal.IGNORED), "MISSED", 21),
        (lambda calls, c: calls.hear(EngineLost()), "MISSED", 41),
    ],
)
async def test_a_call_that_nobody_took(calls, end, kind, cause):
    connection = ring_in(calls)
    end(calls, connection)
    (entry,) = await logged(calls)
    assert (entry.kind, entry.connected, entry.cause) == (kind, False, cause)
    assert (entry.address, entry.name) == ("bob@example.com", "Bob")


async def test_a_call_that_rang_for_too_long_was_missed_with_the_cause_of_devices(calls, clock):
    ring_in(calls)
    await clock.advance(60)
    (entry,) = await logged(calls)
    assert (entry.kind, entry.cause) == ("MISSED", 16)
    assert entry.end_ms - entry.start_ms == 60_000


async def test_who_calls_a_full_room_was_missed(make_calls):
    calls = make_calls(max_connections=1)
    dial(calls)
    with pytest.raises(Exception, match="PENDING"):
        ring_in(calls)
    (entry,) = await logged(calls)
    assert (entry.kind, entry.cause) == ("MISSED", 17)


async def test_a_log_that_cannot_be_written_stops_no_call(calls, caplog):
    async def refuse(call):
        raise StoreUnavailable("full")

    calls.log.put = refuse
    for _ in range(3):
        connect(calls, dial(calls))
        calls.hang_up_conference("0")
    await calls.written()
    assert caplog.text.count("the call log cannot be written") == 1


@pytest.fixture(params=["file", "memory"])
def call_log(request, tmp_path):
    if request.param == "memory":
        yield MemoryCallLog()
        return
    database = Database(tmp_path / "room.sqlite")
    yield SqliteCallLog(database)
    database.close()


def call(key, end_ms=5, **more):
    values = {
        "address": "a@b.example",
        "name": "A",
        "kind": LoggedCallType.PLACED,
        "outgoing": True,
        "connected": False,
        "start_ms": 1,
        "duration_s": 0,
        "rate_kbps": 64,
        "transport": CallTransport.SIP,
        "cause": 16,
    }
    return LoggedCall(key=str(key), end_ms=end_ms, **(values | more))


async def test_the_newest_comes_first_and_no_more_than_asked_for(call_log):
    for key in range(5):
        await call_log.put(call(key, name=f"n{key}'\";--"))
    assert [each.name for each in await call_log.latest(3)] == ["n4'\";--", "n3'\";--", "n2'\";--"]
    assert [each.row for each in await call_log.latest(10)] == [5, 4, 3, 2, 1]
    assert await call_log.latest(0) == []


async def test_a_call_has_one_row_from_begin_to_end(call_log):
    await call_log.put(call("x", end_ms=None))
    await call_log.put(call("y"))
    assert [each.key for each in await call_log.latest(10)] == ["y"]
    await call_log.put(call("x", connected=True, duration_s=7, kind=LoggedCallType.RECEIVED))
    entries = await call_log.latest(10)
    assert [each.key for each in entries] == ["y", "x"]
    assert (entries[1].connected, entries[1].duration_s, entries[1].kind) == (True, 7, "RECEIVED")


async def test_forgetting(call_log):
    for key in range(3):
        await call_log.put(call(key))
    assert await call_log.delete(2)
    assert not await call_log.delete(2)
    assert not await call_log.delete(-(2**62))
    assert [each.row for each in await call_log.latest(10)] == [3, 1]
    await call_log.clear()
    assert await call_log.latest(10) == []
    await call_log.put(call("new"))
    assert [each.row for each in await call_log.latest(10)] == [4]


async def test_the_oldest_are_forgotten(call_log):
    for key in range(MOST_ENTRIES + 5):
        await call_log.put(call(key))
    entries = await call_log.latest(10 * MOST_ENTRIES)
    assert len(entries) == MOST_ENTRIES
    assert entries[-1].row == 6


async def test_calls_in_which_the_room_died_are_over_at_the_next_start(tmp_path):
    database = Database(tmp_path / "room.sqlite")
    await SqliteCallLog(database).put(call("x", end_ms=None, connected=True))
    database.close()
    database = Database(tmp_path / "room.sqlite")
    call_log = SqliteCallLog(database)
    assert await call_log.latest(10) == []
    await call_log.close_what_was_open()
    (entry,) = await call_log.latest(10)
    assert (entry.end_ms, entry.cause, entry.connected) == (1, 41, True)
    database.close()
