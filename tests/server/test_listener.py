"""A real listener on the loopback, asked by real clients."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import http.cookiejar
import json
import re
import resource
import shutil
import ssl
import subprocess
import threading
import urllib.request
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import until

from videobar.adapters.host.certificate import Certificate
from videobar.adapters.host.passwords import Argon2Hasher
from videobar.errors import StartError
from videobar.room.sessions import Limits, Sessions
from videobar.server import listener as listener_module
from videobar.server.app import LARGEST_BODY, Application
from videobar.server.asgi import AsgiFace
from videobar.server.listener import HttpsListener, bind
from videobar.vocabulary import Role

LOGIN = b'{"user":"admin","password":"secret"}'


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture
def trusting(certificate: Certificate) -> ssl.SSLContext:
    """A client's context that checks the certificate and its names."""
    return ssl.create_default_context(cafile=str(certificate.path))


@pytest.fixture
async def listener(
    application: Application, certificate: Certificate, clock: Any
) -> AsyncIterator[HttpsListener]:
    listener = HttpsListener(AsgiFace(application.handle, clock), certificate.context, bind("127.0.0.1", 0))
    await listener.start()
    yield listener
    await listener.stop()


@pytest.fixture
def fetch(listener: HttpsListener, trusting: ssl.SSLContext) -> Callable[..., Any]:
    """Send one request in a thread; returns status, headers and body."""

    def blocking(method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any, bytes]:
        connection = http.client.HTTPSConnection("127.0.0.1", listener.port, context=trusting, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()

    async def go(method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, bytes]:
        return await asyncio.to_thread(blocking, method, path, body, headers)

    return go


async def tls(
    listener: HttpsListener, trusting: ssl.SSLContext, source: str = "127.0.0.1"
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(
        "127.0.0.1", listener.port, ssl=trusting, server_hostname="127.0.0.1", local_addr=(source, 0)
    )


async def raw(listener: HttpsListener, trusting: ssl.SSLContext, sent: bytes) -> bytes:
    """All that comes back for `sent`, until the server closes."""
    reader, writer = await tls(listener, trusting)
    writer.write(sent)
    answer = await reader.read()
    writer.close()
    return answer


async def test_log_in_ask_and_log_out(fetch: Any) -> None:
    status, headers, body = await fetch("POST", "/rest/session", LOGIN)
    session_id = json.loads(body)["session"]["sessionId"]
    assert status == 200
    assert headers["content-type"] == "application/json"
    assert [value.partition("=")[0] for value in headers.get_all("set-cookie")] == [
        "session_id",
        "XSRF-TOKEN",
    ]
    cookie = f"session_id={session_id}"
    assert (await fetch("GET", "/rest/lamps/level", Cookie=cookie))[2] == b"39"
    assert (await fetch("POST", "/rest/lamps/level", b"70", Cookie=cookie))[::2] == (200, b"")
    assert (await fetch("GET", "/rest/current/lamps/level", Cookie=cookie))[2] == b"70"
    status, headers, body = await fetch("HEAD", "/rest/lamps/level", Cookie=cookie)
    assert (status, headers["content-length"], body) == (200, "2", b"")
    assert (await fetch("DELETE", "/rest/session", Cookie=cookie))[0] == 200
    status, headers, body = await fetch("GET", "/rest/lamps/level", Cookie=cookie)
    assert (status, b"<html>" in body) == (403, True)


async def test_a_cookie_jar_keeps_the_session(listener: HttpsListener, trusting: ssl.SSLContext) -> None:
    def run() -> list[bytes]:
        opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=trusting),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
        )
        url = f"https://localhost:{listener.port}/rest/"
        answers = []
        for path, data in (("session", LOGIN), ("lamps/level", None)):
            with opener.open(url + path, data, timeout=10) as response:
                answers.append(response.read())
        return answers

    assert (await asyncio.to_thread(run))[1] == b"39"


@pytest.mark.apt
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_curl(listener: HttpsListener, certificate: Certificate, tmp_path: Path) -> None:
    async def curl(*arguments: str) -> str:
        command = ["curl", "-sS", "--max-time", "10", "--cacert", str(certificate.path)]
        command += ["-b", str(tmp_path / "jar"), "-c", str(tmp_path / "jar"), *arguments[:-1]]
        command.append(f"https://127.0.0.1:{listener.port}{arguments[-1]}")
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
        assert done.stderr == ""
        return done.stdout

    assert "<html>" in await curl("/rest/lamps/level")
    assert '"success":true' in await curl("-d", LOGIN.decode(), "/rest/session")
    assert await curl("/rest/lamps/level") == "39"
    assert "SessionAlreadyActive" in await curl("-d", LOGIN.decode(), "/rest/session")
    assert await curl("-u", "admin:secret", "-b", "none=1", "/rest/lamps/level") == "39"
    assert '"success":true' in await curl("-X", "DELETE", "/rest/session")
    assert "<html>" in await curl("/rest/lamps/level")


async def test_bodies_of_ten_megabytes_and_one_byte_more(fetch: Any, cookie: str) -> None:
    status, _, body = await fetch("POST", "/rest/lamps/upload", b"x" * LARGEST_BODY, Cookie=cookie)
    assert (status, body) == (200, str(LARGEST_BODY).encode())
    status, _, body = await fetch("POST", "/rest/lamps/upload", b"x" * (LARGEST_BODY + 1), Cookie=cookie)
    assert (status, json.loads(body)["reason"]) == (413, "RequestTooLarge")


async def test_a_too_large_body_is_refused_before_it_comes(
    listener: HttpsListener, trusting: ssl.SSLContext, cookie: str
) -> None:
    reader, writer = await tls(listener, trusting)
    head = (
        f"POST /rest/lamps/upload HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nContent-Length: 99999999\r\n\r\n"
    )
    writer.write(head.encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()


async def test_chunked_bodies(fetch: Any, cookie: str) -> None:
    def chunks(count: int) -> Any:
        return iter([b"x" * 100_000] * count)

    assert (await fetch("POST", "/rest/lamps/upload", chunks(3), Cookie=cookie))[2] == b"300000"
    assert (await fetch("POST", "/rest/lamps/upload", chunks(106), Cookie=cookie))[0] == 413
    assert (await fetch("POST", "/rest/lamps/level", iter([b"4", b"2"]), Cookie=cookie))[0] == 200


async def test_downloads(fetch: Any, cookie: str, lamps: Any) -> None:
    _, headers, body = await fetch("GET", "/rest/lamps/file", Cookie=cookie)
    assert (headers["transfer-encoding"], body) == ("chunked", b"one two")
    lamps.length = 7
    _, headers, body = await fetch("GET", "/rest/lamps/file", Cookie=cookie)
    assert (headers["content-length"], body) == ("7", b"one two")
    lamps.chunks = [b"one ", b"break"]
    with pytest.raises(http.client.IncompleteRead):
        await fetch("GET", "/rest/lamps/file", Cookie=cookie)


async def test_http_1_0(listener: HttpsListener, trusting: ssl.SSLContext, cookie: str) -> None:
    answer = await raw(
        listener, trusting, f"GET /rest/lamps/level HTTP/1.0\r\nCookie: {cookie}\r\n\r\n".encode()
    )
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n39")


async def test_pipelined_requests(listener: HttpsListener, trusting: ssl.SSLContext, cookie: str) -> None:
    request = f"GET /rest/lamps/level HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n"
    sent = (request + "\r\n") * 5 + request + "Connection: close\r\n\r\n"
    assert (await raw(listener, trusting, sent.encode())).count(b"\r\n\r\n39") == 6


async def test_old_and_new_tls(listener: HttpsListener, trusting: ssl.SSLContext) -> None:
    for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
        trusting.minimum_version = trusting.maximum_version = version
        _, writer = await tls(listener, trusting)
        assert writer.get_extra_info("ssl_object").version() == name
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\xff nonsense\r\n\r\n",
        b"GET /rest/\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 40_000 + b"\r\n",
        b"POST /rest/session HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /rest/session HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /rest/lamps/open HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET /rest/lamps/open HTTP/2.0\r\nHost: x\r\n\r\n",
        b"POST /rest/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=[
        "nonsense",
        "not ascii",
        "bad url",
        "bad version",
        "long path",
        "many headers",
        "bad length",
        "bad chunk",
        "two hosts",
        "version 2",
        "two codings",
    ],
)
async def test_broken_requests_are_refused_without_traceback(
    listener: HttpsListener,
    trusting: ssl.SSLContext,
    fetch: Any,
    sent: bytes,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    # A server that closes while there is more to read resets the connection.
    with contextlib.suppress(ConnectionError):
        answer = await raw(listener, trusting, sent)
        assert answer.startswith(b"HTTP/1.1 4") or answer == b""
    assert (await fetch("GET", "/rest/lamps/open"))[0] == 200
    assert "Traceback" not in caplog.text
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(("size", "is_answered"), [(60_000, True), (70_000, False)])
async def test_headers_have_a_limit(
    listener: HttpsListener, trusting: ssl.SSLContext, size: int, is_answered: bool
) -> None:
    sent = b"GET /rest/lamps/open HTTP/1.1\r\nConnection: close\r\n"
    sent += (b"X: " + b"y" * 999 + b"\r\n") * (size // 1000) + b"\r\n"
    answer = b""
    with contextlib.suppress(ConnectionError):
        answer = await raw(listener, trusting, sent)
    assert answer.startswith(b"HTTP/1.1 200") is is_answered


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"get /rest/lamps/level HTTP/1.1\r\nHost: x\r\n\r\n", "method: "),
        (b"BREW /rest/lamps/level HTTP/1.1\r\nHost: x\r\n\r\n", "method: "),
        ("GET /rest/lamps/level?q=Müller HTTP/1.1\r\nHost: x\r\n\r\n".encode(), "target: "),
        ("GET /rest/lämps HTTP/1.1\r\nHost: x\r\n\r\n".encode(), "target: "),
        (b"GET /rest/lamps/\x01 HTTP/1.1\r\nHost: x\r\n\r\n", "target: "),
        (b"GET /rest/lamps/level HTTP/1.1\nHost: x\n\n", "request: "),
        (b"GET /rest/lamps/level HTTP/1.1\r\nHost: x\n\r\n", "request: "),
        (b"GET /rest/lamps/level HTTP/1.1\r\nHost x\r\n\r\n", "request: "),
        (b"GET /rest/lamps level HTTP/1.1\r\nHost: x\r\n\r\n", "request: "),
        (b"GET /rest/lamps/level HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "request: more than one host"),
        (b"POST /rest/session HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "request: "),
        (b"POST /rest/session HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "request: "),
    ],
)
async def test_what_is_no_request_is_answered_as_other_mistakes(
    listener: HttpsListener, trusting: ssl.SSLContext, sent: bytes, reason: str
) -> None:
    first = b"GET /rest/lamps/open HTTP/1.1\r\nHost: x\r\n\r\n"
    for before in (b"", first):
        reader, writer = await tls(listener, trusting)
        if before:
            writer.write(before)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0]))
        writer.write(sent)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        assert head.startswith(b"HTTP/1.1 400 ")
        assert b"content-type: application/json" in head
        assert b"connection: close" in head
        answer = json.loads(body)
        assert answer["success"] is False
        assert answer["reason"].startswith(f"InvalidRequest: {reason}")


@pytest.mark.parametrize(
    "begun",
    [
        b"GET /rest/lamps/level HTTP/1.1\r\nHost: x\r\nX-Long: ",
        b"GET /",
        b"POST /rest/lamps/upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: ",
    ],
)
async def test_what_never_ends_is_refused_before_it_fills_the_memory(
    listener: HttpsListener, trusting: ssl.SSLContext, begun: bytes
) -> None:
    reader, writer = await tls(listener, trusting)
    writer.write(begun)
    with contextlib.suppress(ConnectionError):
        for _ in range(20):
            writer.write(b"a" * 10_000)
            await writer.drain()
    with contextlib.suppress(ConnectionError):
        answer = await reader.readline()
        assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 403 "))
        await reader.read()
    writer.close()


@pytest.mark.parametrize(
    "sent", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05nonsense", b"", b"\x00" * 5000]
)
async def test_what_is_not_tls_is_dropped_without_traceback(
    listener: HttpsListener,
    fetch: Any,
    sent: bytes,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    writer.write(sent)
    if sent:
        with contextlib.suppress(ConnectionError):
            await reader.read()
    writer.close()
    assert (await fetch("GET", "/rest/lamps/open"))[0] == 200
    assert "Traceback" not in caplog.text
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("body", [b"", b"{"])
async def test_a_client_that_leaves_in_mid_request_is_no_error(
    listener: HttpsListener,
    trusting: ssl.SSLContext,
    fetch: Any,
    body: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    _, writer = await tls(listener, trusting)
    writer.write(b"POST /rest/session HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" + body)
    await writer.drain()
    writer.transport.abort()
    assert (await fetch("GET", "/rest/lamps/open"))[0] == 200
    await until(lambda: listener.requests == 0)
    assert "Traceback" not in caplog.text


async def test_slow_heads_are_closed(
    listener: HttpsListener, trusting: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent, half = await tls(listener, trusting), await tls(listener, trusting)
    half[1].write(b"GET / HTTP/1.1\r\nHost:")
    answered = await tls(listener, trusting)
    answered[1].write(b"GET /rest/lamps/open HTTP/1.1\r\nHost: x\r\n\r\n")
    await answered[0].readuntil(b"\r\n\r\n1")
    monkeypatch.setattr(listener_module, "HEAD_SECONDS", -1.0)
    listener.close_slow()
    for reader, _ in (silent, half):
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
    answered[1].write(b"GET /rest/lamps/open HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await answered[0].readuntil(b"\r\n\r\n1")
    for _, writer in (silent, half, answered):
        writer.close()


async def test_a_newcomer_takes_the_place_of_the_longest_idle_where_most_come_from(
    listener: HttpsListener,
    trusting: ssl.SSLContext,
    lamps: Any,
    cookie: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listener_module, "MOST_CONNECTIONS", 4)
    first = await tls(listener, trusting, "127.0.0.1")
    greedy = [await tls(listener, trusting, "127.0.0.77") for _ in range(3)]
    await until(lambda: listener.connections == 4)
    greedy[0][1].write(f"GET /rest/lamps/slow HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
    await lamps.entered.wait()
    newcomers = [await tls(listener, trusting, "127.0.0.1")]
    with contextlib.suppress(ConnectionError):
        assert await greedy[1][0].read() == b""
    for reader, writer in (first, *newcomers):
        writer.write(b"GET /rest/lamps/open HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n1")
    lamps.release.set()
    assert (await greedy[0][0].readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
    for _, writer in (first, *greedy, *newcomers):
        writer.close()


async def test_requests_that_are_being_answered_are_not_broken_for_newcomers(
    listener: HttpsListener, trusting: ssl.SSLContext, lamps: Any, cookie: str, fetch: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(listener_module, "MOST_CONNECTIONS", 1)
    reader, writer = await tls(listener, trusting)
    writer.write(f"GET /rest/lamps/slow HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
    await lamps.entered.wait()
    with pytest.raises((OSError, http.client.HTTPException)):
        await fetch("GET", "/rest/lamps/open")
    lamps.release.set()
    assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
    writer.close()


def test_connections_leave_descriptors_for_the_rest_of_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    for soft, most in ((1024, 824), (64, 1), (1_000_000, 2000), (resource.RLIM_INFINITY, 2000)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=soft: (soft, soft))
        assert listener_module.most_connections() == most


async def test_a_taken_port_is_said_in_one_line(listener: HttpsListener) -> None:
    with pytest.raises(StartError, match=r"^cannot listen on 127\.0\.0\.1 port \d+: [^\n]+$"):
        bind("127.0.0.1", listener.port)


@pytest.mark.parametrize("host", ["256.0.0.1", "192.0.2.1"])
def test_a_host_that_is_not_ours_is_said_in_one_line(host: str) -> None:
    with pytest.raises(StartError, match=rf"^cannot listen on {re.escape(host)}: [^\n]+$"):
        bind(host, 0)


async def test_stopping_with_idle_and_busy_connections(
    listener: HttpsListener,
    trusting: ssl.SSLContext,
    lamps: Any,
    cookie: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listener_module, "GRACE_SECONDS", 0.05)
    idle, busy = await tls(listener, trusting), await tls(listener, trusting)
    idle[1].write(b"GET /rest/lamps/open HTTP/1.1\r\nHost: x\r\n\r\n")
    await idle[0].readuntil(b"\r\n\r\n1")
    busy[1].write(f"GET /rest/lamps/slow HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
    await lamps.entered.wait()
    await listener.stop()
    assert listener.requests == 0
    assert listener.connections == 0
    for reader, writer in (idle, busy):
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
    with pytest.raises(ConnectionRefusedError):
        await tls(listener, trusting)
    await listener.stop()
    assert "Traceback" not in caplog.text


async def test_who_has_just_connected_when_the_listener_stops_is_answered(
    listener: HttpsListener, trusting: ssl.SSLContext
) -> None:
    reader, writer = await tls(listener, trusting)
    stopping = asyncio.create_task(listener.stop())
    await asyncio.sleep(0)
    writer.write(b"GET /rest/lamps/open HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    await stopping
    writer.close()


async def test_a_request_that_ends_within_the_grace_is_answered(
    listener: HttpsListener, trusting: ssl.SSLContext, lamps: Any, cookie: str
) -> None:
    reader, writer = await tls(listener, trusting)
    writer.write(f"GET /rest/lamps/slow HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
    await lamps.entered.wait()
    stopping = asyncio.create_task(listener.stop())
    lamps.release.set()
    assert (await reader.read()).endswith(b"\r\n\r\n1")
    writer.close()
    await stopping


async def test_a_port_can_be_used_again_at_once(
    listener: HttpsListener, application: Application, certificate: Certificate, fetch: Any, clock: Any
) -> None:
    await fetch("GET", "/rest/lamps/open")
    await listener.stop()
    face = AsgiFace(application.handle, clock)
    second = HttpsListener(face, certificate.context, bind("127.0.0.1", listener.port))
    await second.start()
    assert (await fetch("GET", "/rest/lamps/open"))[0] == 200
    await second.stop()


class Gated(Argon2Hasher):
    """Real hashing in real threads, which a test holds up."""

    def __init__(self) -> None:
        super().__init__(memory_kib=64, rounds=1)
        self.release = threading.Event()

    def _verify(self, stored: str | None, password: str) -> bool:
        self.release.wait(10)
        return super()._verify(stored, password)


async def test_a_storm_of_logins_leaves_other_requests_alone(
    make_application: Callable[..., Application],
    certificate: Certificate,
    clock: Any,
    trusting: ssl.SSLContext,
) -> None:
    class Credentials(dict[str, str]):
        def role(self, user: str) -> Role:
            return Role.ADMIN

        async def load(self, user: str) -> str | None:
            return self.get(user)

        async def save(self, user: str, password_hash: str) -> None:
            self[user] = password_hash

    passwords = Gated()
    sessions = Sessions(clock=clock, passwords=passwords, credentials=Credentials(), limits=Limits())
    await sessions.ensure_account("admin", "secret")
    application = make_application(sessions=sessions, enforce_xsrf=True)
    listener = HttpsListener(AsgiFace(application.handle, clock), certificate.context, bind("127.0.0.1", 0))
    await listener.start()

    async def send(method: str, path: str, body: bytes = b"") -> bytes:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return await raw(listener, trusting, head.encode() + body)

    try:
        logins = [asyncio.create_task(send("POST", "/rest/session", LOGIN)) for _ in range(16)]
        await until(lambda: sessions.logins == 16)
        gets = [await send("GET", "/rest/lamps/open") for _ in range(10)]
        assert all(answer.endswith(b"\r\n\r\n1") for answer in gets)
        assert not any(login.done() for login in logins)
        passwords.release.set()
        answers = await asyncio.gather(*logins)
        assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
        assert len(sessions.all()) == 16
    finally:
        passwords.release.set()
        await listener.stop()
        passwords.close()


async def test_a_renewed_certificate_is_served_without_restart(
    application: Application, tmp_path: Path, clock: Any
) -> None:
    now = datetime.now(UTC) - timedelta(days=800)
    certificate = Certificate(tmp_path, "127.0.0.1", now=lambda: now)
    listener = HttpsListener(AsgiFace(application.handle, clock), certificate.context, bind("127.0.0.1", 0))
    await listener.start()

    def served() -> str:
        return ssl.get_server_certificate(("127.0.0.1", listener.port), timeout=10)

    try:
        first = await asyncio.to_thread(served)
        now += timedelta(days=800)
        assert certificate.renew_if_due()
        assert await asyncio.to_thread(served) != first
    finally:
        await listener.stop()


def test_uvloop_serves_and_stops_as_well(
    application: Application, certificate: Certificate, clock: Any
) -> None:
    uvloop = pytest.importorskip("uvloop")
    trusting = ssl.create_default_context(cafile=str(certificate.path))

    async def run() -> bytes:
        listener = HttpsListener(
            AsgiFace(application.handle, clock), certificate.context, bind("127.0.0.1", 0)
        )
        await listener.start()
        reader, writer = await tls(listener, trusting)
        writer.write(b"GET /rest/lamps/open HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await reader.readuntil(b"\r\n\r\n1")
        await listener.stop()
        assert listener.connections == 0
        writer.close()
        return answer

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(run()).startswith(b"HTTP/1.1 200")
