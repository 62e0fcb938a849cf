"""How to test control code: copy this to a folder, `pip install pytest pytest-asyncio`, run `pytest`.

`dial_or_explain` stands for your code. The rooms are in the same process: no network, no ports, no waiting for a device
to restart.
"""

import asyncio

import pytest
import pytest_asyncio

from videobar import AsyncRoom, local_room
from videobar.contract import FaultRequest, StagedAct, StagedCall
from videobar.errors import CallEnded, Unavailable
from videobar.vocabulary import ConnectionState, FarAct, FaultKind

pytestmark = pytest.mark.asyncio
BUSY, NO_ANSWER = 17, 19


async def dial_or_explain(room: AsyncRoom, address: str) -> str:
    """The code under test."""
    for _ in range(2):
        try:
            call = await room.dial(address)
            await call.connected(timeout=90)
        except Unavailable:
            await asyncio.sleep(0.1)  # a device that is wedged may come round
        except CallEnded as ended:
            return {BUSY: "they are in another call"}.get(ended.cause, f"no call ({ended.cause})")
        else:
            return "connected"
    return "the room does not answer"


@pytest_asyncio.fixture
async def room():
    async with local_room(engine="simulated", ring_seconds="2") as room:
        yield room


async def test_they_answer(room):
    assert await dial_or_explain(room, "ada@sim") == "connected"


async def test_they_are_busy(room):
    assert await dial_or_explain(room, "busy@sim") == "they are in another call"


async def test_they_do_not_answer(room):
    assert await dial_or_explain(room, "noanswer@sim") == f"no call ({NO_ANSWER})"


async def test_a_wedged_device_is_asked_again(room):
    await room.stage.add_fault(FaultRequest(kind=FaultKind.SERVER_ERROR, requests=1))
    assert await dial_or_explain(room, "ada@sim") == "connected"


async def test_a_device_that_stays_wedged(room):
    await room.stage.add_fault(FaultRequest(kind=FaultKind.SERVER_ERROR))
    assert await dial_or_explain(room, "ada@sim") == "the room does not answer"


async def test_a_lost_session_is_not_noticed(room):
    await room.stage.add_fault(FaultRequest(kind=FaultKind.LOST_SESSIONS, requests=1))
    assert await dial_or_explain(room, "ada@sim") == "connected"


async def test_somebody_calls_and_mutes(room):
    await room.stage.incoming(StagedCall(address="bob@sim", name="Bob"))
    (call,) = await room.calls()
    await call.answer()
    await call.connected(timeout=30)
    await room.stage.far_end(call.id, StagedAct(act=FarAct.MUTE))
    (conference,) = await room.conferences.all()
    assert conference.terminals[0].muted
    await room.stage.far_end(call.id, StagedAct(act=FarAct.HANG_UP))
    assert await call.state() is ConnectionState.DISCONNECTED
