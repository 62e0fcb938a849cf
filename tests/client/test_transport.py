import asyncio
import gzip
import io
import tarfile
from contextlib import aclosing

import pytest
from aiohttp import web

from videobar.client import transport
from videobar.client.aio import AsyncRoom
from videobar.contract.model import Upload
from videobar.contract.system import RebootRequest
from videobar.errors import (
    AnswerNotUnderstood,
    ClientClosed,
    NothingSaved,
    NotReached,
    NotThere,
    TimedOut,
    Unreachable,
)


async def whole(download):
    return b"".join([piece async for piece in (await download).chunks])


def connect(device, **more):
    return AsyncRoom("127.0.0.1", port=device.port, **{"insecure": True, "timeout": 5, **more})


@pytest.fixture
async def raw(identity):
    """Starts a TLS server that sends fixed bytes to every request."""
    servers = []

    async def start(content, *, close=True):
        async def talk(reader, writer):
            try:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(content)
                await writer.drain()
                if not close:
                    await reader.read()
                writer.close()
            except (OSError, asyncio.IncompleteReadError):
                writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=identity.server_context())
        servers.append(server)
        server.port = server.sockets[0].getsockname()[1]
        return server

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


async def test_one_connection_serves_many_requests(start_device):
    async def volume(_):
        return web.json_response(41)

    device = await start_device(volume)
    async with connect(device) as room:
        assert await asyncio.gather(*(room.audio.volume() for _ in range(20))) == [41] * 20
    assert len(device.requests) == 20
    assert len(device.peers) == 1


async def test_requests_wait_for_their_turn(start_device):
    at_once = []

    async def volume(_):
        at_once.append(1)
        most.append(len(at_once))
        await asyncio.sleep(0)
        at_once.pop()
        return web.json_response(41)

    most = []
    device = await start_device(volume)
    async with connect(device, connections=2) as room:
        await asyncio.gather(*(room.audio.volume() for _ in range(20)))
    assert max(most) <= 2
    assert len(device.peers) <= 2


async def test_what_is_sent(start_device):
    async def empty(_):
        return web.Response()

    device = await start_device(empty)
    async with connect(device) as room:
        await room.audio.set_muted(True)
        await room.system.reboot()
        await room.system.reboot(RebootRequest(action="reboot"))
        with pytest.raises(AnswerNotUnderstood):
            await room.directory.import_entries(Upload("application/xml", b"<a/>"))
        with pytest.raises(AnswerNotUnderstood):
            await room.directory.import_entries(Upload("application/xml", b"<a/>"), partial=True)
        await room.conferences.hang_up("a/b")
    sent = [
        (method, path, body, headers.get("Content-Type")) for method, path, body, headers in device.requests
    ]
    assert sent == [
        ("POST", "/rest/audio/muted", b"true", "application/json"),
        ("POST", "/rest/system/reboot", b"", None),
        ("POST", "/rest/system/reboot", b'{"action":"reboot"}', "application/json"),
        ("PUT", "/rest/directory/import", b"<a/>", "application/xml"),
        ("PUT", "/rest/directory/import?partial=true", b"<a/>", "application/xml"),
        ("DELETE", "/rest/conferences/a%2Fb", b"", None),
    ]
    assert device.requests[1][3]["Content-Length"] == "0"


async def test_redirects_are_not_followed(start_device):
    async def away(_):
        raise web.HTTPFound("https://elsewhere.invalid/")

    device = await start_device(away)
    async with connect(device) as room:
        with pytest.raises(AnswerNotUnderstood, match="302"):
            await room.audio.volume()
    assert len(device.requests) == 1


async def test_nobody_listens(unused_tcp_port):
    async with AsyncRoom("127.0.0.1", port=unused_tcp_port, insecure=True) as room:
        with pytest.raises(Unreachable, match=f"127.0.0.1:{unused_tcp_port}"):
            await room.audio.volume()


async def test_no_answer_in_time(start_device):
    done = asyncio.Event()

    async def never(_):
        await done.wait()
        return web.Response()

    device = await start_device(never)
    async with connect(device, timeout=0.3) as room:
        with pytest.raises(TimedOut, match="0.3 s"):
            await room.audio.volume()
    done.set()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n41",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n41",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 999 \x00\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    ],
)
async def test_broken_answers(raw, content):
    server = await raw(content)
    async with connect(server) as room:
        with pytest.raises(NotReached):
            await room.audio.volume()
        with pytest.raises(NotReached):
            await whole(room.system.logs())


async def test_an_answer_without_length_ends_with_the_connection(raw):
    server = await raw(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n41\r\n")
    async with connect(server) as room:
        assert await room.audio.volume() == 41


async def test_an_answer_that_does_not_end_is_given_up(start_device, monkeypatch):
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 1000)

    async def bomb(_):
        return web.Response(body=gzip.compress(b" " * 10_000_000), headers={"Content-Encoding": "gzip"})

    device = await start_device(bomb)
    async with connect(device) as room:
        with pytest.raises(AnswerNotUnderstood, match="larger than 1000"):
            await room.audio.volume()


def archive():
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("log"), io.BytesIO())
    return whole.getvalue()


async def test_a_file_comes_in_pieces(start_device):
    content = archive() * 30

    async def logs(request):
        if request.path == "/rest/audio/volume":
            return web.json_response(41)
        headers = {
            "Content-Disposition": 'attachment; filename="logs.tar"',
            "Content-Type": "application/x-tar",
        }
        return web.Response(body=content, headers=headers)

    device = await start_device(logs)
    async with connect(device) as room:
        file = await room.system.logs()
        assert (file.media_type, file.filename, file.length) == (
            "application/x-tar",
            "logs.tar",
            len(content),
        )
        pieces = []
        async for piece in file.chunks:
            pieces.append(piece)
            assert await room.audio.volume() == 41
        assert b"".join(pieces) == content
        assert len(device.peers) == 2
        again = await room.system.logs()
        assert b"".join([piece async for piece in again.chunks]) == content


async def test_a_file_may_be_given_up(start_device):
    stopped = asyncio.Event()

    async def endless(request):
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 1000)
        finally:
            stopped.set()

    device = await start_device(endless)
    async with connect(device) as room:
        for _ in range(2):
            file = await room.system.logs()
            async with aclosing(file.chunks):
                assert await anext(file.chunks)
            await asyncio.wait_for(stopped.wait(), 10)
            stopped.clear()
        file = await room.system.logs()
        await file.chunks.aclose()
        await file.chunks.aclose()


async def test_a_second_file_waits_for_the_first(start_device):
    async def logs(_):
        return web.Response(body=b"x" * 10)

    device = await start_device(logs)
    async with connect(device, timeout=0.3) as room:
        first = await room.system.logs()
        with pytest.raises(TimedOut, match="another file"):
            await room.system.logs()
        assert [piece async for piece in first.chunks] == [b"x" * 10]


async def test_a_file_that_breaks_off(raw):
    server = await raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc")
    async with connect(server) as room:
        file = await room.system.logs()
        with pytest.raises(Unreachable):
            async for _ in file.chunks:
                pass


async def test_a_file_that_is_not_there(start_device):
    async def absent(_):
        return web.json_response({"success": False, "reason": "NoSuchSnapshot"}, status=404)

    device = await start_device(absent)
    async with connect(device) as room:
        for _ in range(3):
            with pytest.raises(NotThere, match="NoSuchSnapshot"):
                await room.cameras.snapshot("near_image_1.jpg")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda: web.json_response({"success": False, "reason": "NothingSaved"}), NothingSaved),
        (lambda: web.json_response({"status": "BUSY"}), AnswerNotUnderstood),
        (lambda: web.Response(status=202, text="not yet"), AnswerNotUnderstood),
        (lambda: web.Response(status=204), AnswerNotUnderstood),
        (lambda: web.Response(body=b"", content_type="image/jpeg"), AnswerNotUnderstood),
    ],
)
async def test_a_good_answer_that_is_no_file(start_device, answer, error):
    async def instead(_):
        return answer()

    device = await start_device(instead)
    async with connect(device) as room:
        for _ in range(2):
            with pytest.raises(error):
                await room.collaboration.saved("1234", "1")


async def test_a_session_lost_before_a_file(start_device):
    pages = [1]

    async def logs(request):
        if request.path == "/rest/session":
            return web.json_response({"success": True, "session": {"sessionId": "PSx"}})
        if pages:
            pages.pop()
            return web.Response(status=403, text="<html></html>", content_type="text/html")
        return web.Response(body=b"tar")

    device = await start_device(logs)
    async with connect(device, password="secret") as room:
        file = await room.system.logs()
        assert [piece async for piece in file.chunks] == [b"tar"]


async def test_after_closing(start_device):
    async def volume(_):
        return web.json_response(41)

    device = await start_device(volume)
    room = connect(device)
    await room.audio.volume()
    await room.close()
    await room.close()
    with pytest.raises(ClientClosed):
        await room.audio.volume()


async def test_closing_ends_what_is_under_way(start_device):
    arrived, done = asyncio.Event(), asyncio.Event()

    async def never(_):
        arrived.set()
        await done.wait()
        return web.Response()

    device = await start_device(never)
    room = connect(device)
    asking = asyncio.create_task(room.audio.volume())
    await arrived.wait()
    await room.close()
    with pytest.raises(ClientClosed):
        await asking
    done.set()


async def test_a_room_that_went_away_and_came_back(start_device):
    async def volume(_):
        return web.json_response(41)

    device = await start_device(volume)
    async with connect(device) as room:
        assert await room.audio.volume() == 41
        await device.stop()
        with pytest.raises(Unreachable):
            await room.audio.volume()
        await start_device(volume, port=device.port)
        assert await room.audio.volume() == 41


async def test_a_host_of_ipv6(start_device):
    async with AsyncRoom("[::1]", port=9, insecure=True) as room:
        with pytest.raises(Unreachable, match=r"\[::1\]:9: Connection refused"):
            await room.audio.volume()
