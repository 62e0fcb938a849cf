import asyncio
import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from videobar.client.aio import AsyncRoom
from videobar.client.trust import (
    Insecure,
    KnownRooms,
    Pinned,
    TrustOnFirstUse,
    Verified,
    default_known_rooms,
    parse_fingerprint,
    shown,
)
from videobar.errors import CertificateChanged, CertificateUntrusted, TimedOut, Unreachable

ONE, TWO = b"\x01" * 32, b"\x02" * 32


@pytest.fixture
def file(tmp_path):
    return tmp_path / "new" / "known_rooms.json"


@pytest.fixture
async def device(start_device):
    from aiohttp import web

    async def volume(request):
        return web.json_response(41)

    return await start_device(volume)


async def ask(device, tls=None, host="127.0.0.1", **more):
    async with AsyncRoom(host, port=device.port, tls=tls, timeout=5, **more) as room:
        return await room.audio.volume()


def test_a_room_is_remembered_and_forgotten(file):
    rooms = KnownRooms(file)
    assert rooms.find("lobby", 443) is None
    assert rooms.remember("Lobby", 443, ONE) == ONE
    assert rooms.find("lobby", 443) == ONE
    assert rooms.find("lobby", 8443) is None
    assert json.loads(file.read_text()) == {"lobby:443": "sha256:" + "01" * 32}
    assert rooms.forget("lobby", 443) is True
    assert rooms.forget("lobby", 443) is False
    assert rooms.find("lobby", 443) is None


def test_the_first_that_was_written_down_stays(file):
    KnownRooms(file).remember("lobby", 443, ONE)
    assert KnownRooms(file).remember("lobby", 443, TWO) == ONE


def test_only_the_owner_may_read_it(file):
    KnownRooms(file).remember("lobby", 443, ONE)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a:1": 7}', '{"a:1": "sha256:00"}', "[" * 100_000, '"x"'])
def test_a_damaged_file_is_refused_and_kept(file, text):
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(CertificateUntrusted, match="known_rooms.json"):
        KnownRooms(file).find("a", 1)
    with pytest.raises(CertificateUntrusted):
        KnownRooms(file).remember("b", 1, ONE)
    assert file.read_text() == text


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CertificateUntrusted, match="cannot be"):
        KnownRooms(tmp_path / "file" / "known.json").remember("a", 1, ONE)


def test_writers_at_once_lose_nothing(file):
    def remember(number):
        KnownRooms(file).remember(f"room{number}", 443, bytes([number]) * 32)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(remember, range(40)))
    assert len(json.loads(file.read_text())) == 40
    assert sorted(path.name for path in file.parent.iterdir()) == [
        ".known_rooms.json.lock",
        "known_rooms.json",
    ]


def test_where_the_file_is(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert default_known_rooms() == tmp_path / "videobar" / "known_rooms.json"
    assert TrustOnFirstUse().known_rooms.path == default_known_rooms()


@pytest.mark.parametrize(
    "text", [shown(ONE), "01" * 32, ":".join(["01"] * 32).upper(), f" SHA256:{'01' * 32} "]
)
def test_fingerprints_as_people_write_them(text):
    assert parse_fingerprint(text) == ONE


@pytest.mark.parametrize("text", ["", "sha256:", "01" * 31, "01" * 33, "zz" * 32, "sha1:" + "01" * 32])
def test_what_is_no_fingerprint(text):
    with pytest.raises(ValueError, match="SHA-256"):
        Pinned(text)


async def test_a_self_signed_certificate_is_refused_before_anything_is_sent(device):
    with pytest.raises(CertificateUntrusted, match="trust it on first use"):
        await ask(device, password="secret")
    assert device.requests == []


async def test_a_certificate_verified_by_its_authority(device, identity):
    assert await ask(device, Verified(ca_file=identity.file), host="localhost") == 41


async def test_a_certificate_for_another_name(device, identity):
    with pytest.raises(CertificateUntrusted):
        await ask(device, Verified(ca_file=identity.file))
    assert device.requests == []


async def test_any_certificate_when_asked_for(device):
    assert await ask(device, insecure=True) == 41
    assert await ask(device, Insecure()) == 41


async def test_a_pinned_certificate(device, identity):
    assert await ask(device, Pinned(shown(identity.fingerprint))) == 41


async def test_another_certificate_than_the_pinned_one(device):
    with pytest.raises(CertificateChanged, match="sha256:0101"):
        await ask(device, Pinned(shown(ONE)), password="secret")
    assert device.requests == []


async def test_the_first_certificate_is_written_down_and_trusted(device, identity, file):
    assert await ask(device, TrustOnFirstUse(file)) == 41
    assert KnownRooms(file).find("127.0.0.1", device.port) == identity.fingerprint
    assert await ask(device, TrustOnFirstUse(file)) == 41


async def test_a_certificate_that_changed_is_refused_before_anything_is_sent(
    start_device, make_identity, device, identity, file
):
    await ask(device, TrustOnFirstUse(file))
    await device.stop()
    other = make_identity("impostor")
    impostor = await start_device(None, of=other, port=device.port)

    with pytest.raises(CertificateChanged) as caught:
        await ask(impostor, TrustOnFirstUse(file), password="secret")

    assert f"forget the room: KnownRooms('{file}').forget('127.0.0.1', {device.port})" in str(caught.value)
    assert shown(identity.fingerprint) in str(caught.value)
    assert shown(other.fingerprint) in str(caught.value)
    assert impostor.requests == []
    assert KnownRooms(file).find("127.0.0.1", device.port) == identity.fingerprint


async def test_a_room_that_is_not_there_is_not_written_down(file, unused_tcp_port):
    room = AsyncRoom("127.0.0.1", port=unused_tcp_port, tls=TrustOnFirstUse(file))
    with pytest.raises(Unreachable):
        await room.audio.volume()
    await room.close()
    assert not file.exists()


async def test_a_port_that_speaks_no_tls(file):
    async def greet(_, writer):
        writer.write(b"220 hello\r\n")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        room = AsyncRoom("127.0.0.1", port=server.sockets[0].getsockname()[1], tls=TrustOnFirstUse(file))
        with pytest.raises(Unreachable):
            await room.audio.volume()
        await room.close()
    assert not file.exists()


async def test_a_port_that_says_nothing(file):
    done = asyncio.Event()

    async def wait(_, writer):
        await done.wait()
        writer.close()

    async with await asyncio.start_server(wait, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for tls in (TrustOnFirstUse(file), Insecure()):
            room = AsyncRoom("127.0.0.1", port=port, tls=tls, timeout=0.05)
            with pytest.raises(TimedOut):
                await room.audio.volume()
            await room.close()
        done.set()
