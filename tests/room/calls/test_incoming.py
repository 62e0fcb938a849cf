"""Callers: who may ring, what is shown of them, who is answered, who is missed."""

from __future__ import annotations

import pytest
from tests.room.calls.far_ends import VIDEO, connect, dial, ring_in

from videobar.errors import LineBusy
from videobar.room.calls.port import Incoming, Refusal
from videobar.vocabulary import CallMedia


async def test_what_a_caller_asks_for_is_shown_while_it_rings(calls):
    connection = ring_in(calls, media=VIDEO, rate_kbps=1024)
    assert (connection.media, connection.rate_kbps) == (VIDEO, 1024)
    assert connection.percent_connected == 25
    other = ring_in(calls, "in-2", rate_kbps=99999)
    assert (other.media, other.rate_kbps) == (CallMedia.AUDIO_ONLY, 1920)
    assert ring_in(calls, "in-3").rate_kbps == 1920


async def test_a_second_caller_rings_during_a_call_and_joins_when_answered(calls, engine):
    first = connect(calls, dial(calls))
    second = ring_in(calls)
    assert [conference.id for conference in calls.conferences()] == ["0", "PENDING"]
    assert calls.conference_id(second) == "PENDING"
    calls.answer(second.id)
    assert engine.told[-1] == ("answer", second.leg)
    connect(calls, second, far_name="")
    assert [c.id for c in calls.conference("0").connections] == [first.id, second.id]
    assert second.name == "Bob"


async def test_nobody_rings_who_may_not_disturb(calls, engine):
    ringing = ring_in(calls)
    await calls.do_not_disturb.set_enabled(True)
    calls.hear(Incoming("in-2", "eve@example.com", "Eve", ""))
    assert engine.told[-1] == ("refuse", "in-2", Refusal.BUSY)
    assert [c.id for c in calls.conference("PENDING").connections] == [ringing.id]
    calls.answer(ringing.id)
    connect(calls, ringing)
    dial(calls)
    await calls.do_not_disturb.set_enabled(False)
    ring_in(calls, "in-3")
    await calls.written()
    (missed,) = [call for call in await calls.log.latest(10) if call.end_ms is not None]
    assert (missed.address, missed.name, missed.kind, missed.cause) == (
        "eve@example.com",
        "Eve",
        "MISSED",
        17,
    )


@pytest.mark.parametrize("muted", [True, False])
async def test_a_call_that_answers_itself_mutes_first_where_that_is_wanted(make_calls, engine, muted):
    calls = make_calls(auto_answer=True, auto_answer_muted=muted)
    calls._mute = lambda: engine.told.append(("mute",))
    ring_in(calls)
    assert engine.told == [("mute",)] * muted + [("answer", "in-1")]


async def test_a_call_that_is_answered_by_hand_is_not_muted(make_calls, engine):
    calls = make_calls(auto_answer_muted=True)
    calls._mute = lambda: engine.told.append(("mute",))
    calls.answer(ring_in(calls).id)
    assert engine.told == [("answer", "in-1")]


async def test_a_second_call_of_the_same_id_changes_nothing(calls, engine):
    connection = ring_in(calls)
    calls.hear(Incoming("in-1", "eve@example.com", "Eve", "phone/6"))
    (shown,) = calls.conference("PENDING").connections
    assert shown is connection
    assert connection.address == "bob@example.com"
    assert engine.told == []


async def test_what_callers_call_themselves_is_cleaned(calls, caplog):
    caplog.set_level("INFO")
    evil = "\x1b[31mBob\r\n2026 ERROR videobar: forged\u202e\u200b \ud800"
    connection = ring_in(calls, address="e\r\nve@example.com", name=evil, product="x\0y" + "z" * 500)
    assert connection.far_name == "[31mBob 2026 ERROR videobar: forged �"
    assert connection.address == "e ve@example.com"
    assert len(connection.far_product) == 128
    calls.answer(connection.id)
    connect(calls, connection, far_name="A\nda", far_product="\x07")
    assert connection.far_name == "A da"
    assert connection.far_product.startswith("x y")
    assert all(len(record.getMessage().splitlines()) == 1 for record in caplog.records)
    assert "\x1b" not in caplog.text


async def test_callers_who_ring_take_no_line_from_those_who_dial(make_calls, engine):
    calls = make_calls(max_connections=6)
    for number in range(6):
        calls.hear(Incoming(f"in-{number}", "eve@example.com", "Eve", "", source=f"192.0.2.{number}"))
    assert len(calls.conference("PENDING").connections) == 6
    assert calls.can_dial
    dialled = [connect(calls, dial(calls)) for _ in range(6)]
    assert not calls.can_dial
    waiting = calls.conference("PENDING").connections
    with pytest.raises(LineBusy, match="carries 6 connections and has 0 free"):
        calls.answer(waiting[0].id)
    calls.hang_up(dialled[0].id)
    calls.answer(waiting[0].id)
    assert engine.told[-1] == ("answer", waiting[0].leg)


@pytest.mark.parametrize(
    ("sources", "refused"),
    [
        (["192.0.2.1"] * 4, [3]),
        (["192.0.2.1"] * 3 + ["192.0.2.2", "192.0.2.1"], [4]),
        (["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4", "2001:db8:1::1"], [3]),
        ([f"192.0.2.{number}" for number in range(8)], [6, 7]),
        ([""] * 7, [6]),
    ],
)
async def test_one_address_rings_half_of_the_lines(make_calls, engine, sources, refused):
    calls = make_calls(max_connections=6)
    for number, source in enumerate(sources):
        calls.hear(Incoming(f"in-{number}", "eve@example.com", "Eve", "", source=source))
    assert engine.told == [("refuse", f"in-{number}", Refusal.BUSY) for number in refused]
