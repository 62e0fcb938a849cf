import pytest

from videobar.errors import (
    AddressInvalid,
    EngineUnavailable,
    InvalidRequest,
    LineBusy,
    NoSuchConference,
    NoSuchConnection,
    NoSuchTerminal,
    NotAnswerable,
    NotInCall,
)
from videobar.room.calls.connection import Phase
from videobar.room.calls.dialling import Dialling
from videobar.room.calls.port import (
    Connected,
    DigitReceived,
    Ended,
    EngineLost,
    HeldByFarEnd,
    Incoming,
    Refusal,
    Ringing,
)
from videobar.room.calls.queries import LINGER_S
from videobar.vocabulary import ConnectionFilter, ConnectionState, DialType, EndpointType


def dial(calls, address="ada@example.com", **more):
    return calls.dial(Dialling(address, **more))


def connect(calls, connection, **more):
    said = {"far_name": "Ada", "far_product": "phone/1", "is_conference_server": False, "rate_kbps": 64}
    calls.hear(Connected(connection.leg, **(said | more)))


def ring_in(calls, leg="in-1", address="bob@example.com"):
    calls.hear(Incoming(leg, address, "Bob", "phone/2"))
    return calls.connections("PENDING", ConnectionFilter.ALL)[-1]


async def test_an_idle_room_has_no_conferences(calls):
    assert calls.conferences() == []
    assert calls.active_conference().connections == ()
    for conference in ("0", "PENDING", "active", "7"):
        with pytest.raises(NoSuchConference):
            calls.conference(conference)


async def test_a_dialled_call_from_first_word_to_hang_up(calls, engine, clock):
    connection = dial(calls, "sip:ada@example.com", rate_kbps=512)
    assert engine.told == [("dial", connection.leg, "sip:ada@example.com")]
    assert connection.address == "sip:ada@example.com"
    assert (connection.state, connection.percent_connected) == (ConnectionState.CONNECTING, 0)
    assert connection.rate_kbps == 512
    assert calls.conference_id(connection) == "0"
    assert not calls.conference("0").active
    assert calls.conference("active").start_ms is None

    calls.hear(Ringing(connection.leg))
    assert (connection.state, connection.percent_connected) == (ConnectionState.RINGING, 25)
    assert calls.terminals("0") == []

    await clock.advance(5)
    connect(calls, connection, is_conference_server=True)
    assert (connection.state, connection.percent_connected) == (ConnectionState.CONNECTED, 100)
    assert connection.start_ms == clock.now_ms()
    assert connection.rate_kbps == 64
    assert connection.endpoint_type is EndpointType.MCU
    assert calls.terminal("0", "1") is connection
    with pytest.raises(NoSuchTerminal):
        calls.terminal("0", "2")

    await clock.advance(7.9)
    assert calls.duration(connection) == 7
    assert calls.conference("0").duration_s == 7
    calls.hang_up_conference("active")
    assert engine.told[-1] == ("hang up", connection.leg)
    assert calls.conferences() == []
    assert calls.connection("0", connection.id).state is ConnectionState.DISCONNECTED
    assert calls.duration(connection) == 7
    assert connection.cause == 16


async def test_an_ended_connection_is_readable_for_a_moment_only(calls, clock):
    connection = dial(calls)
    calls.hear(Ended(connection.leg, 17, "Busy Here"))
    assert calls.connection("0", connection.id).cause == 17
    with pytest.raises(NoSuchConnection):
        calls.hang_up_connection("0", connection.id)
    await clock.advance(LINGER_S + 0.1)
    with pytest.raises(NoSuchConnection):
        calls.connection("0", connection.id)


async def test_dialling_in_a_call_adds_to_the_same_conference(calls):
    first, second = dial(calls), dial(calls, "bob@example.com")
    connect(calls, first)
    connect(calls, second)
    (conference,) = calls.conferences()
    assert [c.id for c in conference.connections] == [first.id, second.id]
    assert [c.terminal_id for c in calls.terminals("0")] == ["1", "2"]
    calls.hang_up_connection("0", first.id)
    assert [c.id for c in calls.conference("0").connections] == [second.id]


async def test_connection_ids_grow_and_the_conference_stays_0(calls):
    ids = []
    for _ in range(3):
        connection = dial(calls)
        connect(calls, connection)
        assert calls.conferences()[0].id == "0"
        assert connection.terminal_id == "1"
        ids.append(int(connection.id))
        calls.hang_up(connection.id)
    assert ids == sorted(set(ids))


async def test_an_incoming_call_waits_in_pending_and_is_answered(calls, engine):
    connection = ring_in(calls)
    (pending,) = calls.conferences()
    assert (pending.id, pending.pending, pending.active) == ("PENDING", True, False)
    assert connection.answerable
    assert connection.incoming
    assert (connection.state, connection.percent_connected) == (ConnectionState.RINGING, 25)
    calls.answer(connection.id)
    assert engine.told == [("answer", "in-1")]
    assert not connection.answerable
    with pytest.raises(NotAnswerable):
        calls.answer(connection.id)
    connect(calls, connection)
    (conference,) = calls.conferences()
    assert conference.id == "0"
    assert calls.connection("0", connection.id) is connection
    with pytest.raises(NoSuchConnection):
        calls.connection("PENDING", connection.id)


async def test_a_call_rings_in_beside_a_call(calls):
    talking = dial(calls)
    connect(calls, talking)
    waiting = ring_in(calls)
    assert [c.id for c in calls.conferences()] == ["0", "PENDING"]
    calls.answer(waiting.id)
    connect(calls, waiting)
    assert [c.id for c in calls.conference("0").connections] == [talking.id, waiting.id]


async def test_reject_and_hang_up_of_waiting_calls(calls, engine):
    first = ring_in(calls)
    calls.reject(first.id)
    assert engine.told[-1] == ("refuse", "in-1", Refusal.DECLINED)
    second = ring_in(calls, "in-2")
    calls.hang_up_conference("PENDING")
    assert engine.told[-1] == ("refuse", "in-2", Refusal.DECLINED)
    assert second.phase is Phase.ENDED
    assert calls.conferences() == []
    with pytest.raises(NoSuchConnection):
        calls.reject(first.id)


async def test_a_call_that_is_ours_cannot_be_answered(calls):
    connection = dial(calls)
    with pytest.raises(NotAnswerable):
        calls.answer(connection.id)
    with pytest.raises(NotAnswerable):
        calls.reject(connection.id)


async def test_ringing_ends(calls, engine, clock):
    outgoing, incoming = dial(calls), ring_in(calls)
    calls.hear(Ringing(outgoing.leg))
    await clock.advance(59)
    assert len(calls.conferences()) == 2
    await clock.advance(1.1)
    assert calls.conferences() == []
    assert (outgoing.cause, incoming.cause) == (19, 19)
    assert ("hang up", outgoing.leg) in engine.told
    assert ("refuse", "in-1", Refusal.NO_ANSWER) in engine.told


async def test_a_connected_call_outlives_the_ringing_time(calls, clock):
    connection = dial(calls)
    connect(calls, connection)
    await clock.advance(3600)
    assert calls.connected


async def test_auto_answer(make_calls, engine):
    calls = make_calls(auto_answer=True)
    calls.hear(Incoming("in-9", "bob@example.com", "", ""))
    assert engine.told == [("answer", "in-9")]


async def test_the_limit_holds_for_both_directions(calls, engine):
    for _ in range(3):
        dial(calls)
    with pytest.raises(LineBusy):
        dial(calls)
    calls.hear(Incoming("in-1", "bob@example.com", "", ""))
    assert engine.told[-1] == ("refuse", "in-1", Refusal.BUSY)
    assert not calls.can_dial


async def test_blast_dials_all_or_nobody(calls, engine):
    both = [Dialling("a@h"), Dialling("b@h", DialType.VOICE)]
    names = ["endPointList[0].", "endPointList[1]."]
    assert len(calls.blast(both, names)) == 2
    with pytest.raises(LineBusy):
        calls.blast(both, names)
    with pytest.raises(AddressInvalid, match=r"endPointList\[1\]\.address: nothing"):
        calls.blast([Dialling("a@h"), Dialling("")], names)
    with pytest.raises(InvalidRequest, match="nobody"):
        calls.blast([], [])
    assert len(engine.told) == 2


async def test_late_reports_change_nothing(calls):
    connection = dial(calls)
    calls.hang_up(connection.id)
    connect(calls, connection)
    calls.hear(Ringing(connection.leg))
    calls.hear(Ended(connection.leg, 17))
    calls.hear(Ended("unheard of", 17))
    assert connection.phase is Phase.ENDED
    assert connection.cause == 16
    assert calls.conferences() == []


async def test_a_lost_engine_drops_every_call_and_says_so(calls):
    first, second = dial(calls), ring_in(calls)
    connect(calls, first)
    calls.hear(EngineLost())
    assert calls.conferences() == []
    assert (first.cause, second.cause) == (41, 41)
    assert dial(calls).state is ConnectionState.CONNECTING


async def test_filters(calls):
    talking = dial(calls)
    connect(calls, talking)
    ringing = dial(calls)
    waiting = ring_in(calls)
    ids = {which: [c.id for c in calls.connections("0", which)] for which in ConnectionFilter}
    assert ids[ConnectionFilter.ALL] == [talking.id, ringing.id]
    assert ids[ConnectionFilter.ACTIVE] == [talking.id]
    assert ids[ConnectionFilter.PENDING] == [ringing.id]
    assert ids[ConnectionFilter.INCOMING] == ids[ConnectionFilter.ANSWERABLE] == []
    for which in (ConnectionFilter.ALL, ConnectionFilter.ANSWERABLE, ConnectionFilter.INCOMING):
        assert [c.id for c in calls.connections("PENDING", which)] == [waiting.id]


async def test_digits_out_and_in(calls, engine):
    with pytest.raises(NotInCall):
        calls.send_digits("5")
    connection = dial(calls)
    with pytest.raises(NotInCall):
        calls.send_digits("5")
    connect(calls, connection)
    calls.send_digits("5#")
    assert engine.told[-1] == ("digits", connection.leg, "5#")
    calls.hear(DigitReceived(connection.leg, "7"))
    assert [(d.connection_id, d.digit) for d in calls.digits()] == [(connection.id, "7")]


async def test_hold_by_the_far_end(calls):
    connection = dial(calls)
    connect(calls, connection)
    calls.hear(HeldByFarEnd(connection.leg, True))
    assert connection.held_by_far_end
    calls.hear(HeldByFarEnd(connection.leg, False))
    assert not connection.held_by_far_end


async def test_statistics_are_the_engines_for_connected_legs_only(calls, engine):
    first, second = dial(calls), dial(calls)
    connect(calls, first)
    engine.count(first.leg, 50)
    engine.count(second.leg, 60)
    rows = await calls.statistics(calls.connections("0", ConnectionFilter.ALL))
    assert {key: [row.packets for row in value] for key, value in rows.items()} == {first.id: [50]}
    engine.down = True
    with pytest.raises(EngineUnavailable):
        await calls.statistics([first])
    assert await calls.statistics([]) == {}


async def test_a_closed_room_takes_no_calls(calls, engine):
    connection = dial(calls)
    connect(calls, connection)
    calls.close()
    assert engine.told[-1] == ("hang up", connection.leg)
    with pytest.raises(LineBusy):
        dial(calls)
