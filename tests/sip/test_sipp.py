"""Calls with foreign software: SIPp's built-in scenarios, in both directions, over UDP and TCP, and with loss."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.free_ports import free_port
from tests.sipp_scenario import respond, scenario

from videobar.sip.syntax.uri import SipUri
from videobar.sip.transaction.state_machine import Timers

pytestmark = [
    pytest.mark.apt,
    pytest.mark.skipif(shutil.which("sipp") is None, reason="sipp (package sip-tester) is not installed"),
]
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
)


@pytest.fixture
async def sipp(tmp_path: Path) -> AsyncIterator[Any]:
    running: list[asyncio.subprocess.Process] = []

    async def start(*arguments: str, port: int) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            "sipp",
            *arguments,
            *("-i", "127.0.0.1", "-p", str(port), "-mp", str(free_port())),
            *("-nostdin", "-timeout", "30", "-timeout_error"),
            cwd=tmp_path,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def every_second() -> Any:
    seen = [0]

    def drop(data: bytes) -> bool:
        seen[0] += 1
        return seen[0] % 2 == 1

    return drop


async def listening(port: int, protocol: str) -> None:
    """Return when the process has bound its port."""
    kind = socket.SOCK_DGRAM if protocol == "UDP" else socket.SOCK_STREAM
    while True:
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                if protocol == "TCP":
                    probe.connect(("127.0.0.1", port))
                    return
                probe.bind(("127.0.0.1", port))
            except ConnectionRefusedError:
                pass
            except OSError:
                return
        await asyncio.sleep(0.02)


LOSSY = Timers(t1=0.1, t2=0.4)
"""So many repetitions that a call where all of them are lost does not happen."""
WAYS = [("UDP", "u1", False), ("TCP", "t1", False), ("UDP", "u1", True)]
"""Transport, how SIPp calls it, and whether we lose every second datagram."""


async def test_sipp_calls_us(sipp: Any, phone: Any, eventually: Any) -> None:
    async def way(protocol: str, mode: str, loss: bool) -> None:
        def answer(session: Any) -> None:
            session.ring()
            session.accept(SDP)

        count = 6
        room = await phone(answer, timers=LOSSY if loss else None)
        if loss:
            room.transport.drop = every_second()
        process = await sipp(
            *("-sn", "uac", "-t", mode, "-m", str(count), "-r", "20", "-d", "100"),
            f"127.0.0.1:{room.port}",
            port=free_port(),
        )
        async with asyncio.timeout(40):
            _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()[-500:]
        assert [session.transport_name for session in room.incoming] == [protocol] * count
        # Where ACK and BYE are lost, SIPp takes the next repetition of the answer for the end; ours gives up then.
        await eventually(lambda: all(session.listener.ended for session in room.incoming))
        for session in room.incoming:
            assert b"m=audio" in (session.offer or b"")
            if not loss:
                assert session.listener.names == ["established", "ended"]
                assert session.listener.ended.by.value == "remote"
        if loss:
            assert room.transport.counters.dropped >= 2 * count

    await asyncio.gather(*(way(*each) for each in WAYS))


async def test_we_call_sipp(sipp: Any, phone: Any, new_recorder: Any) -> None:
    async def way(protocol: str, mode: str, loss: bool) -> None:
        count = 4
        port = free_port()
        process = await sipp("-sn", "uas", "-t", mode, "-m", str(count), port=port)
        async with asyncio.timeout(10):
            await listening(port, protocol)
        room = await phone(timers=LOSSY if loss else None)
        if loss:
            room.transport.drop = every_second()
        parameters = (("transport", "tcp"),) if protocol == "TCP" else ()
        for _ in range(count):
            listener = new_recorder()
            session = room.call(SipUri("127.0.0.1", "service", port, parameters), listener, offer=SDP)
            answer = (await listener.wait("established"))[0]
            assert answer.startswith(b"v=0")
            session.hang_up()
        async with asyncio.timeout(40):
            _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()[-500:]
        if loss:
            assert room.transport.counters.dropped >= 2 * count

    await asyncio.gather(*(way(*each) for each in WAYS))


async def test_sipp_forwards_our_call_to_another(
    sipp: Any, phone: Any, recorder: Any, tmp_path: Path
) -> None:
    first, second = free_port(), free_port()
    moved = respond("302 Moved Temporarily", f"Contact: <sip:service@127.0.0.1:{second}>", first=True)
    (tmp_path / "redirect.xml").write_text(
        scenario("forwards its calls", '<recv request="INVITE"/>', moved, '<recv request="ACK"/>')
    )
    forwarding = await sipp("-sf", "redirect.xml", "-m", "1", port=first)
    answering = await sipp("-sn", "uas", "-m", "1", port=second)
    async with asyncio.timeout(10):
        await asyncio.gather(listening(first, "UDP"), listening(second, "UDP"))
    room = await phone()
    session = room.call(SipUri("127.0.0.1", "service", first), recorder, offer=SDP)
    assert (await recorder.wait("established"))[0].startswith(b"v=0")
    session.hang_up()
    for process in (forwarding, answering):
        async with asyncio.timeout(40):
            _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()[-500:]
