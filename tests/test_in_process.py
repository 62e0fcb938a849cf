import pytest

from videobar import local_room
from videobar.contract.audio import AudioState
from videobar.errors import InvalidRequest, NoSuchConference
from videobar.settings import SettingError
from videobar.vocabulary import ConnectionState, SystemState


async def test_a_whole_room_without_a_socket():
    async with local_room(engine="simulated", name="Lab") as room:
        info = await room.system.info()
        assert (info.system_name, info.state) == ("Lab", SystemState.READY)
        await room.audio.set_volume(37)
        assert await room.audio.state() == AudioState(
            mute_locked=False, muted=False, num_of_mics_connected=1, volume=37
        )
        with pytest.raises(InvalidRequest):
            await room.audio.set_volume(101)
        with pytest.raises(NoSuchConference):
            await room.conferences.one("0")


async def test_its_calls_are_those_of_a_room_far_away():
    async with local_room(engine="simulated") as room:
        call = await room.dial("ada@sim")
        await call.connected()
        assert await call.state() is ConnectionState.CONNECTED
        assert await call.stats()
        await call.hang_up()
        assert await room.conferences.all() == []


async def test_what_is_kept_and_what_is_not(tmp_path):
    async with local_room(tmp_path, engine="simulated") as room:
        await room.audio.set_volume(11)
    async with local_room(tmp_path, engine="simulated") as room:
        assert await room.audio.volume() == 11
    async with local_room(engine="simulated") as room:
        assert await room.audio.volume() == 50


async def test_real_calls_from_a_room_in_this_process():
    async with local_room(microphone="silence") as room:
        call = await room.dial("", dial_type="LOOPBACK")
        await call.connected()
        await call.hang_up()


async def test_firmware_that_asks_for_the_xsrf_token():
    async with local_room(engine="simulated", firmware="4.6.2") as room:
        await room.audio.set_muted(True)
        assert await room.audio.muted() is True


async def test_settings_without_meaning():
    with pytest.raises(SettingError, match="--port"):
        async with local_room(port="x"):
            pass
