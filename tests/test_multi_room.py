import asyncio

import pytest

from videobar import AsyncRoom, multi_room, settings
from videobar.contract.stage import FaultRequest
from videobar.errors import StartError, Unavailable, Unreachable
from videobar.vocabulary import FaultKind

PASSWORD = "correct horse"


def wanted(tmp_path, rooms=5, **more):
    flags = {
        "engine": "simulated",
        "rooms": str(rooms),
        "port": "0",
        "host": "127.0.0.1",
        "data": str(tmp_path),
    }
    return settings.load(flags | {"admin_password": PASSWORD} | more, {})


@pytest.fixture
async def start(tmp_path):
    started = []

    async def make(**more):
        rooms = multi_room.Rooms(wanted(tmp_path, **more))
        started.append(rooms)
        await rooms.start()
        return rooms

    yield make
    for rooms in started:
        await rooms.stop()


def client(room, password=PASSWORD):
    return AsyncRoom("127.0.0.1", port=room.port, password=password, insecure=True)


async def test_each_room_has_a_life_of_its_own(start):
    rooms = (await start()).rooms
    assert len({room.port for room in rooms}) == 5
    for number, room in enumerate(rooms):
        async with client(room) as far:
            await far.audio.set_volume(number)
    for number, room in enumerate(rooms):
        async with client(room) as far:
            info = await far.system.info()
            assert (await far.audio.volume(), info.serial_number) == (number, room.serial_number)
            assert info.system_name == f"Room {number + 1}"


async def test_only_rooms_that_were_asked_are_made(start, tmp_path):
    rooms = (await start()).rooms
    async with client(rooms[2]) as far:
        await far.audio.volume()
    assert {folder.name for folder in tmp_path.glob("room-*")} == {"room-0003"}


async def test_many_ask_a_sleeping_room_at_once(start):
    rooms = (await start(rooms=2)).rooms
    async with client(rooms[0]) as one, client(rooms[0]) as other:
        assert await asyncio.gather(one.audio.volume(), other.audio.volume()) == [50, 50]


async def test_what_was_set_survives(start):
    first = await start()
    serials = [room.serial_number for room in first.rooms]
    async with client(first.rooms[1]) as far:
        await far.audio.set_volume(7)
    await first.stop()
    again = await start()
    assert [room.serial_number for room in again.rooms] == serials
    async with client(again.rooms[1]) as far:
        assert await far.audio.volume() == 7


async def test_the_password_is_the_serial_number(tmp_path):
    wanted = settings.load({"engine": "simulated", "rooms": "2", "port": "0", "data": str(tmp_path)}, {})
    rooms = multi_room.Rooms(wanted)
    await rooms.start()
    try:
        async with client(rooms.rooms[1], rooms.rooms[1].serial_number) as far:
            assert await far.audio.volume() == 50
        shown = multi_room.greeting(rooms.rooms, wanted)
        assert all(room.serial_number in shown for room in rooms.rooms)
    finally:
        await rooms.stop()


async def test_two_processes_do_not_share_data(start, tmp_path):
    await start()
    with pytest.raises(StartError, match="another room"):
        await multi_room.Rooms(wanted(tmp_path)).start()


async def test_a_taken_port_is_one_line(start, tmp_path):
    rooms = (await start(rooms=2)).rooms
    other = multi_room.Rooms(wanted(tmp_path / "other", rooms=2, port=str(rooms[0].port)))
    with pytest.raises(StartError, match="--port"):
        await other.start()
    await other.stop()


async def test_a_room_that_cannot_be_made_says_so_and_is_tried_again(start, tmp_path):
    rooms = (await start(rooms=2)).rooms
    (tmp_path / "room-0001").write_text("in the way")
    async with client(rooms[0]) as far:
        with pytest.raises(Unavailable):
            await far.audio.volume()
        (tmp_path / "room-0001").unlink()
        assert await far.audio.volume() == 50
    async with client(rooms[1]) as far:
        assert await far.audio.volume() == 50


async def test_an_outage_of_one_room(start):
    rooms = (await start(rooms=2)).rooms
    async with client(rooms[0]) as far, client(rooms[1]) as other:
        await far.stage.add_fault(FaultRequest(kind=FaultKind.OUTAGE, seconds=1))
        for _ in range(600):
            try:
                await far.audio.volume()
            except Unreachable:
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("the room is still there")
        assert await other.audio.volume() == 50
        for _ in range(600):
            try:
                assert await far.audio.volume() == 50
                break
            except Unreachable:
                await asyncio.sleep(0.05)
        else:
            raise AssertionError("the room did not come back")
