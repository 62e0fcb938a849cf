import asyncio
import json

import pytest
from tests.waiting import until

from videobar.client.aio import AsyncRoom
from videobar.client.sync import Room
from videobar.contract.cameras import CameraDirection
from videobar.errors import InvalidRequest, NotThere, TimedOut

MOVE = "POST /rest/cameras/near/selectedpeople"
FAR = "POST /rest/cameras/far/selectedpeople"


@pytest.fixture(autouse=True)
def moving(far, answered):
    far.answers |= {MOVE: answered(), FAR: answered()}


def commands(far, line=MOVE):
    return [
        (body["action"], body.get("direction"))
        for method, target, content, _ in far.asked
        if f"{method} {target}" == line
        for body in [json.loads(content)]
    ]


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("left", "MOVE_LEFT"),
        ("right", "MOVE_RIGHT"),
        ("up", "MOVE_UP"),
        ("down", "MOVE_DOWN"),
        ("zoom_in", "MOVE_ZOOMIN"),
        ("zoom_out", "MOVE_ZOOMOUT"),
    ],
)
async def test_a_move_lasts_as_long_as_it_shall(room, far, clock, name, direction):
    move = asyncio.create_task(getattr(room.camera, name)(0.5))
    await until(lambda: commands(far))
    await clock.advance(0.4)
    assert commands(far) == [("moveStart", direction)]
    await clock.advance(0.2)
    await move
    assert commands(far) == [("moveStart", direction), ("moveStop", direction)]


async def test_the_body_is_what_devices_are_sent(room, far, clock):
    move = asyncio.create_task(room.camera.left())
    await until(lambda: commands(far))
    sent = json.loads(far.asked[-1][2])
    assert sent == {
        "action": "moveStart",
        "direction": "MOVE_LEFT",
        "message": "BothCamera",
        "withImage": "No",
    }
    await clock.advance(1)
    await move


async def test_a_cancelled_move_is_stopped(room, far):
    move = asyncio.create_task(room.camera.left(5))
    await until(lambda: commands(far))
    move.cancel()
    with pytest.raises(asyncio.CancelledError):
        await move
    assert commands(far)[-1] == ("moveStop", "MOVE_LEFT")


async def test_a_move_cancelled_twice_is_stopped_all_the_same(room, far):
    move = asyncio.create_task(room.camera.left(5))
    await until(lambda: commands(far))
    far.gate = asyncio.Event()
    move.cancel()
    await until(lambda: len(commands(far)) == 2)
    move.cancel()
    with pytest.raises(asyncio.CancelledError):
        await move
    far.gate.set()
    await until(lambda: far.under_way == 0)
    assert commands(far)[-1] == ("moveStop", "MOVE_LEFT")


async def test_when_nobody_knows_whether_it_moves_it_is_stopped(room, far, answered):
    far.answers[MOVE] = [TimedOut("no answer"), answered()]
    with pytest.raises(TimedOut):
        await room.camera.left()
    assert [action for action, _ in commands(far)] == ["moveStart", "moveStop"]


async def test_a_stop_that_is_lost_is_sent_again(room, far, answered, clock):
    far.answers[MOVE] = [answered(), TimedOut("no answer"), answered()]
    move = asyncio.create_task(room.camera.left())
    await until(lambda: commands(far))
    await clock.advance(1)
    await move
    assert [action for action, _ in commands(far)] == ["moveStart", "moveStop", "moveStop"]


async def test_a_refused_move_is_not_stopped(room, far, answered):
    far.answers[MOVE] = answered(404, {"success": False, "reason": "NotThere: no camera"})
    with pytest.raises(NotThere):
        await room.camera.left()
    assert len(commands(far)) == 1


@pytest.mark.parametrize("seconds", [0, -1, 31, float("nan")])
async def test_a_time_that_makes_no_sense(room, far, seconds):
    with pytest.raises(ValueError, match="seconds"):
        await room.camera.left(seconds)
    assert far.asked == []


async def test_the_far_camera(room, far, clock):
    move = asyncio.create_task(room.far_camera.move(CameraDirection.UP, 1))
    await until(lambda: commands(far, FAR))
    await clock.advance(1)
    await move
    assert commands(far, FAR)[-1] == ("moveStop", "MOVE_UP")
    with pytest.raises(ValueError, match="presets"):
        await room.far_camera.recall(1)
    with pytest.raises(ValueError, match="position"):
        await room.far_camera.look_at(1)


@pytest.mark.parametrize("name", ["store", "recall", "clear"])
async def test_presets(room, far, answered, name):
    far.answers["POST /rest/cameras/near/presets/3"] = answered()
    await getattr(room.camera, name)(3)
    action = json.loads(far.asked[-1][2])["action"]
    assert action == {"store": "store", "recall": "activate", "clear": "clear"}[name]


async def test_a_position(room, far, answered):
    far.answers["POST /rest/cameras/near/position/SELECTED_PEOPLE"] = answered(
        400, {"success": False, "reason": "InvalidRequest: camPosition.pan"}
    )
    with pytest.raises(InvalidRequest):
        await room.camera.look_at(pan=100, zoom=-5, relative=True)
    sent = json.loads(far.asked[-1][2])
    assert sent == {"camPosition": {"pan": 100, "tilt": 0, "zoom": -5}, "relative": True}


def test_the_blocking_twin_has_the_same_verbs(far):
    with Room("device.test", password="secret", transport=far) as room:
        room.camera.left(0.01)
        room.camera.stop()
        public = {name for name in dir(type(room.camera)) if not name.startswith("_")}
        inner = {name for name in dir(type(AsyncRoom("h").camera)) if not name.startswith("_")}
        assert public == inner
    assert [action for action, _ in commands(far)] == ["moveStart", "moveStop", "moveStop"]
