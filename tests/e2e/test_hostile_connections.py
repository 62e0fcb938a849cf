"""Clients that behave badly, many at once, beside one that polls as control systems do and must notice nothing."""

from __future__ import annotations

import contextlib
import random
import resource
import socket
import ssl
import threading
from pathlib import Path

import pytest
from tests.e2e.conftest import PASSWORD, Controller
from tests.waiting import until_so

IDLE = 1000
POLLS = 40
"""How many polls must come through while the others misbehave."""


@pytest.fixture(autouse=True)
def many_descriptors():
    """As many descriptors as the system lets this process, and the room that inherits the limit, have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 3 * IDLE
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"only {hard} descriptors are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Polling:
    """Asks for the volume over and over, on one connection and on new ones; `statuses` are those of all answers."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.statuses: list[object] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)

    def __enter__(self) -> Polling:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _poll(self) -> None:
        controller = Controller(self.port)
        controller.login(PASSWORD)
        while not self._ended.wait(0.02):
            try:
                if len(self.statuses) % 10 == 9:
                    controller.connection.close()
                self.statuses.append(controller.ask("GET", "/rest/audio/volume")[0])
            except Exception as error:
                self.statuses.append(error)
                break
        controller.connection.close()

    def undisturbed(self) -> None:
        """Wait for more polls, all of which must be good."""
        until_so(self._enough(len(self.statuses)), "enough polls", 60)
        assert set(self.statuses) == {200}

    def _enough(self, before):
        return lambda: len(self.statuses) >= before + POLLS or any(status != 200 for status in self.statuses)


class Crowd:
    """Connections that are closed in the end."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.sockets: list[socket.socket] = []

    def plain(self, receives: int = 0) -> socket.socket:
        made = socket.socket()
        if receives:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        made.settimeout(60)
        made.connect(("127.0.0.1", self.port))
        self.sockets.append(made)
        return made

    def secure(self, receives: int = 0) -> ssl.SSLSocket:
        made = self.context.wrap_socket(self.plain(receives))
        self.sockets[-1] = made
        return made

    def close(self) -> None:
        for each in self.sockets:
            each.close()


@pytest.fixture
def scene(start_room):
    """A room, a polling client and a crowd; nothing of the crowd may be left in the room when it has gone."""
    room = start_room(environment={"VIDEOBAR_LOG_LEVEL": "warning"})
    crowd = Crowd(room.port)
    descriptors = Path(f"/proc/{room.process.pid}/fd")
    with Polling(room.port) as polling:
        polling.undisturbed()
        before = len(list(descriptors.iterdir()))
        yield room, polling, crowd
        polling.undisturbed()
        crowd.close()
        until_so(lambda: len(list(descriptors.iterdir())) <= before + 5, "descriptors are given back", 60)
        polling.undisturbed()
    assert room.process.poll() is None
    room.stop()
    assert "Traceback" not in "".join(room.output.all)


def test_a_thousand_idle_connections(scene):
    _, polling, crowd = scene
    for _ in range(IDLE):
        crowd.secure()
    polling.undisturbed()


def test_half_requests_that_drip(scene):
    _, polling, crowd = scene
    slow = [crowd.secure() for _ in range(100)]
    for each in slow:
        each.sendall(b"GET /rest/audio HTTP/1.1\r\nHost: a\r\nX-Slow: ")
    for _ in range(10):
        for each in slow:
            with contextlib.suppress(OSError):
                each.sendall(b"a")
        polling.undisturbed()


def test_bodies_that_never_come(scene):
    _, polling, crowd = scene
    for _ in range(100):
        crowd.secure().sendall(b"POST /rest/session HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n{")
    polling.undisturbed()


def test_garbage_instead_of_tls(scene):
    _, polling, crowd = scene
    chance = random.Random(8)
    for number in range(300):
        garbage = chance.randbytes(chance.randrange(1, 400))
        with contextlib.suppress(OSError):
            crowd.plain().sendall(b"\x16\x03\x01\x02\x00" + garbage if number % 2 else garbage)
    polling.undisturbed()


def test_handshakes_that_never_begin_or_end(scene):
    _, polling, crowd = scene
    for number in range(200):
        started = crowd.plain()
        if number % 2:
            started.sendall(bytes.fromhex("1603010200010001fc0303"))
    polling.undisturbed()


def test_huge_headers(scene):
    _, polling, crowd = scene
    for _ in range(20):
        made = crowd.secure()
        with contextlib.suppress(OSError):
            made.sendall(b"GET /rest/audio HTTP/1.1\r\nHost: a\r\nX-Huge: " + b"a" * 1_000_000)
            answer = made.recv(100)
            assert not answer or answer.startswith(b"HTTP/1.1 4")
    polling.undisturbed()


def test_pipelined_requests_are_answered_in_order(scene):
    _, polling, crowd = scene
    made = crowd.secure()
    paths = [b"/rest/audio", b"/", b"/x/openapi.json"] * 30
    made.sendall(b"".join(b"HEAD %s HTTP/1.1\r\nHost: a\r\n\r\n" % path for path in paths))
    answers = b""
    while answers.count(b"\r\n\r\n") < len(paths):
        received = made.recv(65536)
        assert received, answers
        answers += received
    statuses = [line[9:12] for line in answers.split(b"\r\n") if line.startswith(b"HTTP/1.1")]
    assert statuses == [b"403", b"404", b"200"] * 30
    polling.undisturbed()


def test_downloads_that_nobody_reads(scene):
    room, polling, crowd = scene
    controller = Controller(room.port)
    controller.login(PASSWORD)
    cookie = controller.headers["Cookie"].encode()
    controller.connection.close()
    for path in (b"/x/openapi.json", b"/rest/system/logs", b"/rest/provisioning/config") * 10:
        request = b"GET %s HTTP/1.1\r\nHost: a\r\nCookie: %s\r\n\r\n" % (path, cookie)
        crowd.secure(receives=2048).sendall(request * 3)
    polling.undisturbed()
