"""Faults on request as they are on the wire: broken connections, and a port that refuses for a while."""

import http.client
import socket
import ssl

import pytest
from tests.waiting import until

from videobar import AsyncRoom
from videobar.contract.stage import FaultRequest
from videobar.errors import Unavailable, Unreachable
from videobar.vocabulary import FaultKind

PATIENCE_S = 60


@pytest.fixture
def process(start_room):
    return start_room("--engine", "simulated")


@pytest.fixture
async def room(process):
    async with AsyncRoom("127.0.0.1", port=process.port, password="correct horse", insecure=True) as room:
        yield room


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_connections_break_in_the_middle_of_a_request(room, process):
    await room.audio.set_volume(40)
    await room.stage.add_fault(FaultRequest(kind=FaultKind.DROPPED, requests=1))
    with pytest.raises(Unreachable):
        await room.audio.set_volume(41)
    assert await room.audio.volume() == 40
    assert "Traceback" not in "".join(process.output.all)


async def test_a_client_that_is_not_ours_sees_nothing_at_all(room, process):
    await room.stage.add_fault(FaultRequest(kind=FaultKind.DROPPED, requests=1))
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    stranger = http.client.HTTPSConnection("127.0.0.1", process.port, context=context, timeout=PATIENCE_S)
    stranger.request("GET", "/rest/system")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError, ssl.SSLError)):
        stranger.getresponse()
    stranger.close()


async def test_server_errors_are_pages(room):
    await room.stage.add_fault(FaultRequest(kind=FaultKind.SERVER_ERROR, status=500, requests=2))
    for _ in range(2):
        with pytest.raises(Unavailable):
            await room.audio.volume()
    assert await room.audio.volume() == 50


async def test_an_outage(room, process):
    await room.audio.volume()
    before = (await room.session.current()).session_id
    await room.stage.add_fault(FaultRequest(kind=FaultKind.OUTAGE, seconds=2))
    await until(lambda: not accepts(process.port))
    with pytest.raises(Unreachable):
        await room.audio.volume()
    await until(lambda: accepts(process.port))
    assert (await room.system.info()).uptime < PATIENCE_S
    assert (await room.session.current()).session_id != before
    assert "Traceback" not in "".join(process.output.all)


async def test_a_room_stops_during_an_outage(room, process):
    await room.stage.add_fault(FaultRequest(kind=FaultKind.OUTAGE, seconds=600))
    await until(lambda: not accepts(process.port))
    assert process.stop() == 0
    assert "Traceback" not in "".join(process.output.all)
