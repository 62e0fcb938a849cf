import asyncio
import io
import json
import logging
import tarfile

import pytest

from videobar import settings
from videobar.adapters.store.memory import MemoryStore
from videobar.adapters.store.secrets import SecretBox
from videobar.assembly.config_variables import OF_SETTINGS, StoredSettings
from videobar.contract.audio import AcousticFenceRequest
from videobar.contract.config import ConfigChange, ConfigRequest
from videobar.in_process import local_room
from videobar.settings import table


async def ask(room, *names):
    answer = await room.config.act(room_request(names=list(names)))
    return [row.value for row in answer.vars]


def room_request(**fields):
    changes = [ConfigChange(name=name, value=value) for name, value in fields.pop("vars", {}).items()]
    return ConfigRequest(vars=changes, **fields)


async def test_what_is_set_is_used_from_the_next_start_on_and_survives(tmp_path):
    async with local_room(tmp_path, engine="simulated") as room:
        assert await ask(room, "videobar.max_sessions", "sec.access.maxSessions") == ["50", "50"]
        answer = await room.config.act(room_request(vars={"sec.access.maxSessions": 25}))
        assert [row.result for row in answer.vars] == ["NOERROR"]
        assert answer.reboot_needed
        assert (await room.system.info()).reboot_needed
        assert await ask(room, "videobar.max_sessions") == ["50"]
    for _ in range(2):
        async with local_room(tmp_path, engine="simulated") as room:
            assert await ask(room, "videobar.max_sessions") == ["25"]
            assert not (await room.system.info()).reboot_needed


async def test_what_a_flag_says_cannot_be_changed(tmp_path):
    async with local_room(tmp_path, engine="simulated", max_sessions="10") as room:
        answer = await room.config.act(room_request(vars={"videobar.max_sessions": 25}))
        assert [row.result for row in answer.vars] == ["NOTEDITABLE"]


async def test_bounds_are_those_of_the_settings(tmp_path):
    async with local_room(tmp_path, engine="simulated") as room:
        answer = await room.config.act(room_request(vars={"videobar.idle_minutes": 7, "videobar.data": "/"}))
        assert [row.result for row in answer.vars] == ["INVALIDVALUE", "NOTEDITABLE"]
        assert "must be one of 1, 3, 5" in answer.vars[0].reason


async def test_every_setting_and_every_name_of_the_device_is_there(tmp_path):
    async with local_room(tmp_path, engine="simulated") as room:
        known = {row.name: row for row in await room.config.variables()}
        assert known.keys() >= {"videobar." + item.name for item in table()} | OF_SETTINGS.keys()
        assert known["videobar.admin_password"].value == ""
        assert known["system.info.serialnumber"].value == (await room.system.info()).serial_number
        await room.config.act(room_request(vars={"audio.volume.speakervolume": "33"}))
        assert await room.audio.volume() == 33


async def test_a_stored_value_without_meaning_is_passed_over(caplog):
    store = MemoryStore()
    await store.put({"setting.port": "a door", "setting.max_sessions": "7"})
    stored = StoredSettings(store, None)
    with caplog.at_level(logging.ERROR):
        made = settings.load({"data": "/nowhere"}, {}).with_stored(stored.get)
    assert (made.port, made.max_sessions) == (8443, 7)
    assert "the stored setting port must be a whole number" in caplog.text


def test_secrets_are_sealed(tmp_path, caplog):
    path = tmp_path / "secrets.key"
    box = SecretBox(path)
    sealed = box.seal("sesame")
    assert "sesame" not in sealed
    assert path.stat().st_mode & 0o777 == 0o600
    assert SecretBox(path).open(sealed) == "sesame"
    assert SecretBox(path).seal("sesame") != sealed
    other = SecretBox(tmp_path / "other.key")
    other.seal("x")
    assert other.open(sealed) is None
    assert other.open("sesame") is None
    assert SecretBox(tmp_path / "missing.key").open(sealed) is None
    assert "sesame" not in caplog.text


@pytest.mark.parametrize("garbage", [b"", b"short", b"x" * 44])
def test_a_damaged_key_counts_as_lost(tmp_path, garbage):
    path = tmp_path / "secrets.key"
    sealed = SecretBox(tmp_path / "good.key").seal("sesame")
    path.write_bytes(garbage)
    assert SecretBox(path).open(sealed) is None


async def test_the_names_that_clients_of_devices_ask_for(tmp_path):
    async with local_room(tmp_path, engine="simulated", timezone="Asia/Kolkata", sip_user="board") as room:
        names = ("comm.nics.sipnic.sipusername", "sourceman.camera1.name", "sourceman.camera1.role")
        assert await ask(room, *names) == ["board", "Main", "SRC_PEOPLE"]
        assert await ask(room, "sourceman.camera1.signaltype", "sourceman.camera3.model") == ["DIGITAL", ""]
        assert (await room.system.time()).tz_offset == 19_800_000
        assert (await room.system.local_time()).endswith("+05:30")


async def test_the_archive_of_logs_has_calls_and_no_secrets(tmp_path):
    async with local_room(tmp_path, engine="simulated", sip_password="sesame") as room:
        call = await room.dial("ada@sim")
        await call.connected()
        await call.hang_up()
        async with asyncio.timeout(30):
            while not await room.calllog.entries():  # noqa: ASYNC110 (the log is written by itself)
                await asyncio.sleep(0.01)
        download = await room.system.logs()
        content = b"".join([chunk async for chunk in download.chunks])
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        files = {member.name: archive.extractfile(member).read() for member in archive}
    assert [call["address"] for call in json.loads(files["calls.json"])] == ["ada@sim"]
    assert b"videobar.sip_password = (secret)" in files["settings.txt"]
    assert b"sesame" not in content
    assert b"system.status.sipserver" in files["status.txt"]


async def test_the_acoustic_fence(tmp_path):
    async with local_room(tmp_path, engine="simulated") as room:
        names = ("voice.acousticFence.enable", "voice.acousticFence.radius")
        assert await ask(room, *names) == ["False", "5"]
        answer = await room.config.act(
            room_request(vars={"voice.acousticfence.enable": True, "voice.acousticFence.radius": "10"})
        )
        assert [row.result for row in answer.vars] == ["NOERROR", "NOERROR"]
        assert not answer.reboot_needed
        for name, value in (("enable", "maybe"), ("enable", 1), ("radius", 11), ("radius", "wide")):
            answer = await room.config.act(room_request(vars={f"voice.acousticFence.{name}": value}))
            assert [row.result for row in answer.vars] == ["INVALIDVALUE"]
        await room.audio.act_on_acoustic_fence(AcousticFenceRequest(action="DISABLE"))
        assert await ask(room, *names) == ["False", "10"]
        await room.audio.act_on_acoustic_fence(AcousticFenceRequest(action="enable"))
    async with local_room(tmp_path, engine="simulated") as room:
        assert await ask(room, *names) == ["True", "10"]
