import asyncio
import errno
import os
import socket

import aiohttp
import pytest

from videobar.net import host_port, reason

REFUSED = os.strerror(errno.ECONNREFUSED)


def test_a_host_and_its_port_in_one_word():
    assert host_port("lobby", 443) == "lobby:443"
    assert host_port("::1", 8443) == "[::1]:8443"


def test_a_host_alone():
    assert host_port("lobby") == "lobby"
    assert host_port("2001:db8::1") == "[2001:db8::1]"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_why_a_connection_was_refused(host):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]  # nobody listens there
        with pytest.raises(OSError, match="Connect call failed") as plain:
            await asyncio.open_connection(host, port)
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientError) as wrapped:
                await session.get(f"http://{host}:{port}/")
    assert reason(plain.value) == reason(wrapped.value) == REFUSED


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 111] …"), os.strerror(111)),
        (OSError(errno.ENETUNREACH, "Connect call failed"), os.strerror(errno.ENETUNREACH)),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "Name or service not known"),
        (TimeoutError(), "no answer in time"),
        (OSError(), "OSError"),
        (ValueError("two\nlines"), "two lines"),
    ],
)
def test_why_in_one_line(error, words):
    assert reason(error) == words
