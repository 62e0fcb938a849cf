"""The client against whole rooms, each a process of its own."""

import asyncio
from contextlib import aclosing

import pytest

from videobar import AsyncRoom, Room
from videobar.client.trust import KnownRooms, TrustOnFirstUse
from videobar.client.watch import CallStateChanged, MutedChanged
from videobar.contract.index import OPERATIONS
from videobar.contract.model import Download
from videobar.contract.operation import Danger
from videobar.contract.system import SystemInfo
from videobar.errors import (
    AccessDenied,
    CallEnded,
    CertificateChanged,
    CertificateUntrusted,
    InvalidRequest,
    NoSuchConference,
    NotThere,
    SessionInvalidUserNamePassword,
    Unreachable,
    WrongState,
)
from videobar.vocabulary import ConnectionState

PASSWORD = "correct horse"


@pytest.fixture
def connect(tmp_path):
    def make(room, *, password=PASSWORD, kind=AsyncRoom, **options):
        options = {"tls": TrustOnFirstUse(tmp_path / "known.json"), **options}
        return kind("127.0.0.1", port=room.port, password=password, **options)

    return make


def sessions_of(controller):
    return controller.get("/rest/session/sessions")["sessionList"]


async def test_reading_and_writing(start_room, connect):
    async with connect(start_room()) as room:
        assert isinstance(await room.system.info(), SystemInfo)
        await room.audio.set_volume(33)
        await room.audio.set_muted(True)
        state = await room.audio.state()
        assert (state.volume, state.muted) == (33, True)
        assert (await room.video.set_local_mute(True)).success is True
        assert (await room.video.local_mute()).result is True
        assert await room.conferences.all() == []


async def test_every_reading_action_answers_or_says_the_same_as_the_room(start_room, connect):
    readers = [
        operation
        for operation in OPERATIONS
        if operation.method == "GET" and not operation.path_parameters and operation.danger is Danger.NONE
    ]
    async with connect(start_room()) as room:
        absent = []
        for operation in readers:
            try:
                answer = await operation.bind(room)()
            except (NotThere, WrongState):
                absent.append(operation.id)
                continue
            if isinstance(answer, Download):
                assert [chunk async for chunk in answer.chunks]
    assert len(readers) >= 50
    assert len(absent) <= 10, absent


async def test_errors_are_those_of_the_room(start_room, connect):
    async with connect(start_room()) as room:
        with pytest.raises(InvalidRequest, match="expected int <= 100"):
            await room.audio.set_volume(101)
        with pytest.raises(NoSuchConference):
            await room.conferences.hang_up("7")


async def test_one_session_that_is_given_back(start_room, connect, control):
    process = start_room()
    mine = control(process)
    async with connect(process) as room:
        await asyncio.gather(*(room.audio.volume() for _ in range(10)))
        assert len(sessions_of(mine)) == 2
        current = await room.session.current()
        assert current.user_id == "admin"
    assert len(sessions_of(mine)) == 1


async def test_a_session_ended_from_outside_is_renewed(start_room, connect, control):
    process = start_room()
    async with connect(process) as room:
        await room.audio.set_volume(10)
        identity = (await room.session.current()).session_id
        intruder = control(process, password=None)
        intruder.headers["Cookie"] = f"session_id={identity}"
        intruder.post("/rest/session", {"action": "Logout"})
        await room.audio.set_volume(11)
        assert await room.audio.volume() == 11
        assert (await room.session.current()).session_id != identity


async def test_a_wrong_password_is_asked_once(start_room, connect):
    async with connect(start_room(), password="wrong") as room:
        for _ in range(20):
            with pytest.raises(SessionInvalidUserNamePassword):
                await room.audio.volume()
    # Had each try been sent, the room would be locked by now.


async def test_without_a_password(start_room, connect):
    async with connect(start_room(), password=None) as room:
        with pytest.raises(AccessDenied):
            await room.audio.volume()


async def test_a_restart_is_survived(start_room, connect, tmp_path):
    process = start_room(data=tmp_path / "data")
    async with connect(process) as room:
        await room.audio.set_volume(21)
        process.stop()
        with pytest.raises(Unreachable):
            await room.audio.volume()
        start_room("--port", str(process.port), data=tmp_path / "data")
        assert await room.audio.volume() == 21


async def test_a_new_certificate_is_noticed(start_room, connect, tmp_path):
    process = start_room(data=tmp_path / "one")
    async with connect(process) as room:
        await room.audio.volume()
    process.stop()
    start_room("--port", str(process.port), data=tmp_path / "two")
    async with connect(process) as room:
        with pytest.raises(CertificateChanged):
            await room.audio.volume()
    assert KnownRooms(tmp_path / "known.json").forget("127.0.0.1", process.port)
    async with connect(process) as room:
        await room.audio.volume()


async def test_a_self_signed_room_is_not_trusted_unasked(start_room, connect):
    async with connect(start_room(), tls=None) as room:
        with pytest.raises(CertificateUntrusted):
            await room.audio.volume()


async def test_a_call_between_two_rooms(start_room, connect):
    caller, callee = start_room(), start_room()
    async with connect(caller) as near, connect(callee) as far, aclosing(far.watch(0.2)) as changes:
        call = await near.dial(f"sip:room@127.0.0.1:{callee.sip_port}")
        while not isinstance(await anext(changes), CallStateChanged):
            pass
        waiting = await far.calls()
        await waiting[0].answer()
        connection = await call.connected(20)
        assert connection.state is ConnectionState.CONNECTED
        assert {row.media_direction for row in await call.stats()} == {"TX", "RX"}
        assert await waiting[0].state() is ConnectionState.CONNECTED
        await call.hang_up()
        await call.hang_up()
        await waiting[0].ended(20)
        assert await call.state() is ConnectionState.DISCONNECTED


async def test_nobody_there(start_room, connect):
    async with connect(start_room()) as room:
        call = await room.dial("sip:nobody@127.0.0.1:9")
        with pytest.raises(CallEnded) as caught:
            await call.connected(60)
        assert caught.value.cause > 0


async def test_watching_a_room(start_room, connect):
    process = start_room()
    async with (
        connect(process) as watcher,
        connect(process) as hand,
        aclosing(watcher.watch(0.2, initial=True)) as changes,
    ):
        while await anext(changes) != MutedChanged(None, False):
            pass
        await hand.audio.set_muted(True)
        while await anext(changes) != MutedChanged(False, True):
            pass
        await hand.dial("sip:nobody@127.0.0.1:9")
        while not isinstance(await anext(changes), CallStateChanged):
            pass


def test_the_blocking_twin(start_room, connect):
    with connect(start_room(), kind=Room) as room:
        room.audio.set_volume(12)
        assert room.audio.volume() == 12
        with pytest.raises(NoSuchConference):
            room.conferences.hang_up("7")
        call = room.dial("sip:nobody@127.0.0.1:9")
        with pytest.raises(CallEnded):
            call.connected(60)
