"""Staged events and faults, as a client of a room in this process sees them."""

import json
import time

import pytest
from tests.waiting import until

from videobar import local_room
from videobar.client.wire import Ask
from videobar.contract.stage import FaultRequest, StagedAct, StagedCall
from videobar.errors import (
    FaultsNotAllowed,
    InvalidRequest,
    NoSuchConnection,
    NotInCall,
    NotSimulated,
    NotThere,
    SessionMaxActiveSessionsReached,
    Unavailable,
    Unreachable,
)
from videobar.vocabulary import ConnectionState, FarAct, FaultKind, HoldState, SystemState

PATIENCE_S = 30


@pytest.fixture
async def room():
    async with local_room(engine="simulated") as room:
        yield room


@pytest.fixture
async def call(room):
    call = await room.dial("ada@sim")
    await call.connected(PATIENCE_S)
    return call


async def terminal(room):
    (conference,) = await room.conferences.all()
    return conference.terminals[0]


async def test_a_far_end_mutes_itself(room, call):
    await room.stage.far_end(call.id, StagedAct(act=FarAct.MUTE))
    assert (await terminal(room)).muted is True
    await room.stage.far_end(call.id, StagedAct(act=FarAct.UNMUTE))
    assert (await terminal(room)).muted is False


async def test_a_far_end_holds(room, call):
    await room.stage.far_end(call.id, StagedAct(act=FarAct.HOLD))
    assert (await terminal(room)).hold_state is HoldState.HELD
    await room.stage.far_end(call.id, StagedAct(act=FarAct.RESUME))
    assert (await terminal(room)).hold_state is HoldState.NOT_HELD


async def test_a_far_end_sends_digits(room, call):
    await room.stage.far_end(call.id, StagedAct(act=FarAct.DIGITS, digits="12#A"))
    assert [digit.digit for digit in await room.conferences.digits()] == ["1", "2", "#", "A"]


async def test_a_far_end_hangs_up(room, call):
    await room.stage.far_end(call.id, StagedAct(act=FarAct.HANG_UP))
    assert await call.ended(PATIENCE_S) == 16
    with pytest.raises(NoSuchConnection):
        await room.stage.far_end(call.id, StagedAct(act=FarAct.MUTE))


async def test_acts_that_make_no_sense(room, call):
    for act, digits in ((FarAct.DIGITS, ""), (FarAct.MUTE, "1"), (FarAct.DIGITS, "x")):
        with pytest.raises(InvalidRequest, match="digits"):
            await room.stage.far_end(call.id, StagedAct(act=act, digits=digits))
    staged = await room.stage.incoming(StagedCall())
    waiting = next(one for one in await room.calls() if one.id != call.id)
    assert staged.id == waiting.id
    with pytest.raises(NotInCall):
        await room.stage.far_end(waiting.id, StagedAct(act=FarAct.HOLD))


async def test_where_far_ends_are_real_nothing_is_staged():
    async with local_room() as room:
        with pytest.raises(NotSimulated):
            await room.stage.incoming(StagedCall())
        with pytest.raises(NotSimulated):
            await room.stage.far_end("1", StagedAct(act=FarAct.MUTE))
        for ask in (room.stage.faults, room.stage.clear_faults):
            with pytest.raises(FaultsNotAllowed):
                await ask()
        with pytest.raises(FaultsNotAllowed):
            await room.stage.add_fault(FaultRequest(kind=FaultKind.SLOW))


async def test_a_setting_allows_faults_with_real_far_ends():
    async with local_room(allow_faults="true") as room:
        await room.stage.add_fault(FaultRequest(kind=FaultKind.SERVER_ERROR, requests=1))
        with pytest.raises(Unavailable):
            await room.audio.volume()
        assert await room.audio.volume() == 50


async def test_slow_answers(room):
    await room.audio.volume()
    await room.stage.add_fault(FaultRequest(kind=FaultKind.SLOW, requests=1, delay_ms=300))
    began = time.monotonic()
    await room.audio.volume()
    assert time.monotonic() - began >= 0.3
    assert await room.stage.faults() == []


async def test_dropped_connections(room):
    await room.audio.volume()
    await room.stage.add_fault(FaultRequest(kind=FaultKind.DROPPED, requests=1))
    with pytest.raises(Unreachable):
        await room.audio.volume()
    assert await room.audio.volume() == 50


async def test_a_lost_session_is_renewed_without_notice(room):
    before = (await room.session.current()).session_id
    await room.stage.add_fault(FaultRequest(kind=FaultKind.LOST_SESSIONS, requests=1))
    assert await room.audio.volume() == 50
    assert (await room.session.current()).session_id != before


async def test_refused_sessions(room):
    await room.audio.volume()
    await room.stage.add_fault(FaultRequest(kind=FaultKind.REFUSED_SESSIONS, requests=1))
    await room.stage.add_fault(FaultRequest(kind=FaultKind.LOST_SESSIONS, requests=1))
    with pytest.raises(SessionMaxActiveSessionsReached):
        await room.audio.volume()
    assert await room.audio.volume() == 50


async def test_faults_are_seen_and_cleared(room):
    added = await room.stage.add_fault(FaultRequest(kind=FaultKind.SERVER_ERROR, status=599, requests=7))
    with pytest.raises(Unavailable):
        await room.audio.volume()
    (seen,) = await room.stage.faults()
    assert (seen.id, seen.kind, seen.requests_left, seen.struck, seen.status) == (
        added.id,
        "serverError",
        6,
        1,
        599,
    )
    assert 0 < seen.seconds_left <= added.seconds_left
    await room.stage.clear_faults()
    assert await room.stage.faults() == []
    assert await room.audio.volume() == 50


@pytest.mark.parametrize(
    "request_",
    [
        FaultRequest(kind=FaultKind.SLOW, delay_ms=60_001),
        FaultRequest(kind=FaultKind.SLOW, seconds=3601),
        FaultRequest(kind=FaultKind.SLOW, seconds=0),
        FaultRequest(kind=FaultKind.SLOW, requests=0),
        FaultRequest(kind=FaultKind.SERVER_ERROR, status=404),
        FaultRequest(kind=FaultKind.OUTAGE, requests=3),
    ],
)
async def test_faults_are_bounded(room, request_):
    with pytest.raises(InvalidRequest):
        await room.stage.add_fault(request_)
    assert await room.stage.faults() == []


async def test_an_outage_here(room, call):
    session = (await room.session.current()).session_id
    await room.stage.add_fault(FaultRequest(kind=FaultKind.OUTAGE, seconds=0.5))

    async def away():
        try:
            await room.stage.faults()
        except Unreachable:
            return True
        return False

    async def back():
        return not await away()

    await until(away)
    await until(back)
    info = await room.system.info()
    assert (info.state, info.uptime < 20) == (SystemState.INITIALIZING, True)
    assert await room.conferences.all() == []
    assert (await room.session.current()).session_id != session
    assert await call.state() is ConnectionState.DISCONNECTED

    async def ready():
        return (await room.system.info()).state is SystemState.READY

    await until(ready)
    await (await room.dial("ada@sim")).connected(PATIENCE_S)


async def test_a_far_end_shows_content(room, call):
    assert await room.cameras.content_status() == "CONTENT_IDLE"
    await room.stage.far_end(call.id, StagedAct(act=FarAct.SHOW_CONTENT))
    assert await room.cameras.content_status() == "CONTENT_PLAYING"
    assert len((await room.mediastats.shared()).vars) == 1
    await room.stage.far_end(call.id, StagedAct(act=FarAct.HIDE_CONTENT))
    assert await room.cameras.content_status() == "CONTENT_IDLE"


async def test_content_ends_with_its_far_end(room, call):
    await room.stage.far_end(call.id, StagedAct(act=FarAct.SHOW_CONTENT))
    await room.stage.far_end(call.id, StagedAct(act=FarAct.HANG_UP))
    assert await room.cameras.content_status() == "CONTENT_IDLE"


async def test_a_snapshot_of_a_simulated_room(room):
    download = await room.cameras.snapshot("near_image_1.jpg")
    picture = b"".join([chunk async for chunk in download.chunks])
    assert download.media_type == "image/jpeg"
    assert picture.startswith(b"\xff\xd8\xff")
    with pytest.raises(NotThere):
        await room.cameras.snapshot("far_image_1.jpg")


async def test_whoever_asked_for_a_fault_can_log_out_before_it_strikes(room):
    await room.stage.add_fault(FaultRequest(kind=FaultKind.SLOW, requests=2, delay_ms=0))
    await room.log_out()
    (fault,) = await room.stage.faults()  # after a login, which the fault struck
    assert (fault.struck, fault.requests_left) == (1, 1)


async def test_a_staged_call_that_is_refused_at_once_has_no_id():
    async with local_room(engine="simulated", max_connections="1") as room:
        first = await room.stage.incoming(StagedCall(address="bob@sim"))
        assert (await room.calls())[0].id == first.id
        assert (await room.stage.incoming(StagedCall())).id is None


async def test_a_staged_call_that_is_answered_at_once_has_an_id():
    async with local_room(engine="simulated", auto_answer="true") as room:
        staged = await room.stage.incoming(StagedCall())
        (call,) = await room.calls()
        assert call.id == staged.id
        await call.connected(PATIENCE_S)


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("incoming", {"adress": "typo@sim"}, "adress: is no field here; did you mean address?"),
        ("incoming", {"address": "a@sim", "zzz": 1}, "zzz: is no field here"),
        (
            "faults",
            {"kind": "serverError", "request": 1},
            "request: is no field here; did you mean requests?",
        ),
        ("farends/1", {"act": "mute", "digit": ""}, "digit: is no field here; did you mean digits?"),
        ("faults", {"kind": "slow", "x" * 5000: 1}, "xxx"),
    ],
)
async def test_a_mistyped_field_is_refused(path, body, said, room):
    ask = Ask("POST", f"/x/stage/{path}", json.dumps(body).encode(), "application/json")
    answer = await room.send(ask)
    assert answer.status == 400
    assert said in answer.content.decode()
    assert len(answer.content) < 1000
    assert await room.calls() == []
    assert await room.stage.faults() == []
