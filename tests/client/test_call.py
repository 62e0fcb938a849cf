import asyncio

import pytest

from videobar.client.call import call_of
from videobar.contract.model import Link
from videobar.errors import AnswerNotUnderstood, CallEnded, TimedOut, Unreachable
from videobar.vocabulary import ConnectionState

LINK = "/rest/conferences/0/connections/6"
GET, ALL = f"GET {LINK}", "GET /rest/conferences"


@pytest.fixture
def call(room, clock):
    return call_of(room, [Link(href=LINK)], clock)


@pytest.fixture
def connection(answered):
    def make(state, conference="0", **more):
        return answered(body={"id": "6", "parentConfId": conference, "state": state, **more})

    return make


async def drive(task, clock, steps=200):
    """Let time pass until the task is done."""
    for _ in range(steps):
        if task.done():
            break
        await clock.advance(0.5)
    return await task


@pytest.mark.parametrize(
    "href", [LINK, f"https://10.0.0.5{LINK}", "/rest/current/conferences/0/connections/6/"]
)
def test_links_as_devices_write_them(room, clock, href):
    call = call_of(room, [Link(href="/rest/x"), Link(href=href)], clock)
    assert (call.conference_id, call.id) == ("0", "6")


@pytest.mark.parametrize("links", [[], [Link(href="")], [Link(href="/connections/6")]])
def test_no_link_to_a_connection(room, clock, links):
    with pytest.raises(AnswerNotUnderstood):
        call_of(room, links, clock)


async def test_waiting_for_the_answer(call, far, connection, clock):
    far.answers[GET] = [connection("CONNECTING"), connection("RINGING"), connection("CONNECTED", rate=512)]
    found = await drive(asyncio.create_task(call.connected()), clock)
    assert found.rate == 512
    assert far.lines.count(GET) == 3


async def test_a_connection_that_appears_late(call, far, connection, answered, clock):
    far.answers |= {GET: [answered(404)] * 4 + [connection("CONNECTED")], ALL: answered(body=[])}
    await drive(asyncio.create_task(call.connected()), clock)


async def test_a_connection_that_never_appears(call, far, answered, clock):
    far.answers |= {GET: answered(404), ALL: answered(body=[])}
    started = clock.monotonic()
    with pytest.raises(CallEnded):
        await drive(asyncio.create_task(call.connected()), clock)
    assert 5 <= clock.monotonic() - started < 7


async def test_a_busy_far_end(call, far, connection, clock):
    far.answers[GET] = [connection("RINGING"), connection("DISCONNECTED", causeCode=17)]
    with pytest.raises(CallEnded) as caught:
        await drive(asyncio.create_task(call.connected()), clock)
    assert caught.value.cause == call.cause == 17


async def test_a_call_that_is_gone_without_a_word(call, far, connection, answered, clock):
    far.answers |= {GET: [connection("RINGING"), answered(404)], ALL: answered(body=[])}
    with pytest.raises(CallEnded):
        await drive(asyncio.create_task(call.connected()), clock)


async def test_nobody_answers(call, far, connection, clock):
    far.answers[GET] = connection("RINGING")
    with pytest.raises(TimedOut, match="RINGING after 30 s"):
        await drive(asyncio.create_task(call.connected(30)), clock)


async def test_waiting_for_the_end(call, far, connection, clock):
    far.answers[GET] = [connection("CONNECTED"), connection("DISCONNECTED", causeCode=16)]
    assert await drive(asyncio.create_task(call.ended()), clock) == 16


async def test_a_state_that_the_contract_does_not_know(call, far, connection):
    far.answers[GET] = connection("ALLOCATED")
    assert await call.state() == "ALLOCATED"


async def test_a_call_is_followed_into_another_conference(call, far, connection, answered):
    moved = {"id": "6", "parentConfId": "1", "state": "CONNECTED"}
    far.answers |= {
        GET: answered(404, {"reason": "NoSuchConference"}),
        ALL: answered(body=[{"id": "1", "connections": [moved]}]),
        "DELETE /rest/conferences/1/connections/6": answered(),
    }
    assert await call.state() is ConnectionState.CONNECTED
    assert call.conference_id == "1"
    await call.hang_up()
    assert far.lines[-1] == "DELETE /rest/conferences/1/connections/6"


async def test_hanging_up_twice(call, far, answered):
    far.answers |= {f"DELETE {LINK}": [answered(), answered(404)], GET: answered(404), ALL: answered(body=[])}
    await call.hang_up()
    await call.hang_up()


async def test_hanging_up_what_has_ended_and_can_still_be_read(call, far, connection, answered):
    far.answers |= {f"DELETE {LINK}": answered(404), GET: connection("DISCONNECTED", causeCode=16)}
    await call.hang_up()
    assert far.lines.count(f"DELETE {LINK}") == 1


async def test_hanging_up_where_it_moved_meanwhile(call, far, answered):
    moved = {"id": "6", "parentConfId": "1", "state": "CONNECTED"}
    far.answers |= {
        f"DELETE {LINK}": answered(404),
        GET: answered(404),
        ALL: answered(body=[{"id": "1", "connections": [moved]}]),
        "DELETE /rest/conferences/1/connections/6": answered(),
    }
    await call.hang_up()
    assert far.lines[-1] == "DELETE /rest/conferences/1/connections/6"


async def test_hanging_up_where_connections_cannot_be_deleted(call, far, answered):
    far.answers |= {f"DELETE {LINK}": answered(405), f"POST {LINK}": answered()}
    await call.hang_up()
    assert far.asked[-1][2] == b'{"action":"hangup"}'


async def test_a_hang_up_that_was_not_heard_is_told(call, far):
    far.answers[f"DELETE {LINK}"] = Unreachable("gone")
    with pytest.raises(Unreachable):
        await call.hang_up()


ROW = {"mediaType": "AUDIO", "mediaDirection": "TX", "totalPackets": 7}


async def test_statistics(call, far, answered):
    far.answers[f"GET {LINK}/mediastat"] = answered(body=[ROW])
    assert [row.total_packets for row in await call.stats()] == [7]


@pytest.mark.parametrize("status", [404, 501])
async def test_statistics_of_the_conference_where_there_are_no_others(call, far, answered, status):
    far.answers |= {
        f"GET {LINK}/mediastat": answered(status),
        "GET /rest/conferences/0/mediastats": answered(body=[ROW]),
    }
    assert [row.total_packets for row in await call.stats()] == [7]


async def test_dialling_that_answers_nothing_is_found_by_its_address(room, far, answered, connection, clock):
    other = {"id": "3", "parentConfId": "0", "state": "CONNECTED", "address": "eve@test"}
    mine = {"id": "6", "parentConfId": "0", "state": "CONNECTED", "address": "ada@test"}
    far.answers |= {
        "POST /rest/conferences": answered(),
        ALL: [answered(body=[]), answered(body=[{"id": "0", "connections": [other, mine]}])],
        GET: connection("CONNECTED"),
    }
    call = await drive(asyncio.create_task(room.dial("ada@test")), clock)
    assert (call.conference_id, call.id) == ("0", "6")


async def test_dialling_that_answers_nothing_and_has_no_call(room, far, answered, clock):
    far.answers |= {"POST /rest/conferences": answered(), ALL: answered(body=[])}
    with pytest.raises(AnswerNotUnderstood, match="no link"):
        await drive(asyncio.create_task(room.dial("ada@test")), clock)
