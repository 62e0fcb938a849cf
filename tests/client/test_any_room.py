"""The same client on a room in this process, on one over HTTPS, and on replies as devices were recorded with.

Only what all of them can do is asked here: what differs between a device and our room has tests of its own.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from videobar import AsyncRoom, Room, local_room
from videobar.app import App
from videobar.client.lenient import read
from videobar.client.watch import CameraChanged, MutedChanged, VolumeChanged
from videobar.conformance.recording import load
from videobar.conformance.replay import Replay
from videobar.contract.audio import AudioState
from videobar.contract.calls import Conference
from videobar.contract.index import OPERATIONS
from videobar.contract.model import Download
from videobar.contract.system import StatusRow, SystemInfo
from videobar.errors import ClientClosed, NotThere, VideobarError
from videobar.settings import load as load_settings
from videobar.vocabulary import ConnectionState, Model

RECORDINGS = Path(__file__).parents[1] / "recordings"
PASSWORD = "correct horse"
KINDS = ("local", "https", "x30-idle", "x30-ringing", "group500-in-call")


@pytest.fixture(params=KINDS)
async def room(request, tmp_path):
    if request.param == "local":
        async with local_room(engine="simulated") as room:
            yield room
        return
    if request.param == "https":
        flags = {"engine": "simulated", "port": "0", "host": "127.0.0.1", "data": str(tmp_path)}
        app = App(load_settings(flags | {"admin_password": PASSWORD}, {}))
        await app.start()
        room = AsyncRoom("127.0.0.1", port=app.port, password=PASSWORD, insecure=True)
    else:
        app = None
        room = AsyncRoom(
            "device.test", password=PASSWORD, transport=Replay(load(RECORDINGS / f"{request.param}.json"))
        )
    async with room:
        yield room
    if app is not None:
        await app.stop()


@pytest.fixture
def is_recorded(request):
    return request.node.callspec.params["room"] not in ("local", "https")


async def test_what_the_system_is(room):
    info = await room.system.info()
    assert isinstance(info, SystemInfo)
    assert info.model in [*Model, "RealPresence Group 500"]
    assert info.uptime >= 0
    assert info.software_version


async def test_sound(room):
    state = await room.audio.state()
    assert isinstance(state, AudioState)
    assert await room.audio.volume() == state.volume
    assert await room.audio.set_volume(state.volume) is None
    assert await room.audio.set_muted(state.muted) is None


async def test_health(room):
    rows = await room.system.status()
    assert rows
    assert all(isinstance(row, StatusRow) and row.name and row.langtag and row.state_list for row in rows)


async def test_the_own_picture(room):
    assert (await room.video.local_mute()).result is False


async def test_calls_and_conferences(room):
    conferences = await room.conferences.all()
    assert all(isinstance(conference, Conference) for conference in conferences)
    calls = await room.calls()
    assert [call.id for call in calls] == [c.id for conference in conferences for c in conference.connections]
    for call in calls:
        assert await call.state() in (ConnectionState.RINGING, ConnectionState.CONNECTED)


async def test_a_camera_is_moved_and_stopped(room):
    await room.camera.left(0.01)
    assert (await room.cameras.near_selected_people()).camera_index >= 1
    assert [camera for camera in await room.cameras.near_all() if camera.selected]


async def test_what_is_not_there(room):
    with pytest.raises(NotThere):
        await room.conferences.one("17")
    with pytest.raises(NotThere):
        await room.conferences.connection("17", "4")


async def test_every_reading_action_gives_its_type_or_an_error_of_ours(room):
    readers = [
        o for o in OPERATIONS if o.method == "GET" and not o.path_parameters and o.returns is not Download
    ]
    answered = 0
    for operation in readers:
        try:
            value = await operation.bind(room)()
        except VideobarError:
            continue
        answered += 1
        if isinstance(value, list):
            assert read(b"[]", operation.returns).value == []
    assert answered >= 6


async def test_watching_begins_with_what_is(room):
    found = {}
    async with asyncio.timeout(60), aclosing(room.watch(0.2, initial=True)) as changes:
        async for change in changes:
            found[type(change)] = change
            if {MutedChanged, VolumeChanged, CameraChanged} <= set(found):
                break
    assert found[VolumeChanged].after == await room.audio.volume()


async def test_a_call_from_dialling_to_hanging_up(room, is_recorded):
    try:
        call = await room.dial("ada@sim")
    except NotThere:
        assert is_recorded  # nobody dialled when it was recorded
        return
    connection = await call.connected(60)
    assert connection.state is ConnectionState.CONNECTED
    assert {row.media_direction for row in await call.stats()} == {"TX", "RX"}
    if not is_recorded:
        await call.hang_up()
        assert await call.state() is ConnectionState.DISCONNECTED


async def test_a_room_that_was_closed(room):
    await room.audio.volume()
    await room.log_out()
    assert await room.audio.volume() >= 0


@pytest.mark.parametrize("name", ["x30-idle", "x30-ringing", "group500-in-call"])
def test_the_blocking_twin_on_recorded_replies(name):
    with Room("device.test", password="x", transport=Replay(load(RECORDINGS / f"{name}.json"))) as room:
        assert room.audio.state().volume == 39
        assert len(room.system.status()) in (1, 12)
        assert [call.state() for call in room.calls()] == {
            "x30-idle": [],
            "x30-ringing": [ConnectionState.RINGING],
            "group500-in-call": [ConnectionState.CONNECTED],
        }[name]
        room.camera.left(0.01)


async def test_a_client_that_was_closed_asks_nothing_more():
    async with AsyncRoom("127.0.0.1", port=9, password="x") as room:
        await room.close()
        with pytest.raises(ClientClosed):
            await room.audio.volume()
