"""Imitations of devices: a transport that answers from a script, and a TLS server with a certificate of its own."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import ssl
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from videobar.client.aio import AsyncRoom
from videobar.client.transport import OpenFile
from videobar.client.wire import Answer

SESSION_ID = "PS" + "q8+/" * 12
TOKEN = "0b5c1f6e-52f5-4f5d-8f4a-9b8df2f6a001"
LOGGED_IN = {
    "loginStatus": {"failedLogins": 0, "loginResult": "NOLOCKOUT"},
    "session": {"sessionId": SESSION_ID, "userId": "admin"},
    "success": True,
}


def reply(status=200, body=None, *, raw=None, kind="application/json", headers=()):
    """An answer with a JSON body, or a raw one."""
    content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
    return Answer(status, (("content-type", kind), *headers), content)


def logged_in(session=SESSION_ID, token=TOKEN):
    return reply(
        body=LOGGED_IN,
        headers=(
            ("set-cookie", f"session_id={session}; Path=/; Secure; HttpOnly"),
            ("set-cookie", f"XSRF-TOKEN={token}; Path=/; Secure"),
        ),
    )


PAGE = reply(403, raw=b"<html><body>Forbidden</body></html>", kind="text/html")


@dataclass
class ScriptedRoom:
    """Implements `Transport`: answers come from `answers`, by `METHOD /path`; a list is used up one by one."""

    answers: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    closed: int = 0
    gate: asyncio.Event | None = None
    most_at_once: int = 0
    under_way: int = 0

    async def exchange(self, ask, headers):
        self.asked.append((ask.method, ask.target, ask.content, dict(headers)))
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            if self.gate is not None:
                await self.gate.wait()
            return self._answer(ask)
        finally:
            self.under_way -= 1

    def _answer(self, ask):
        answer = self.answers.get(f"{ask.method} {ask.target}", reply(404, {"success": False, "reason": "?"}))
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def open_file(self, ask, headers):
        answer = await self.exchange(ask, headers)
        if not answer.good or answer.is_page:
            return answer

        async def chunks():
            yield answer.content[:3]
            yield answer.content[3:]

        return OpenFile(Answer(answer.status, answer.headers), chunks(), len(answer.content))

    async def close(self):
        self.closed += 1

    @property
    def lines(self):
        return [f"{method} {target}" for method, target, _, _ in self.asked]


@pytest.fixture
def far():
    """A scripted room that lets anybody in."""
    return ScriptedRoom(
        {"POST /rest/session": logged_in(), "DELETE /rest/session": reply(body={"success": True})}
    )


@pytest.fixture
def room(far, clock):
    return AsyncRoom("device.test", password="secret", transport=far, clock=clock)


@pytest.fixture
def answered():
    return reply


@pytest.fixture
def session_answer():
    return logged_in


@pytest.fixture
def page():
    return PAGE


@pytest.fixture
def scripted():
    return ScriptedRoom


@dataclass(frozen=True)
class Identity:
    """A self-signed certificate: files for a server, and its fingerprint."""

    file: str
    fingerprint: bytes

    def server_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context


@pytest.fixture(scope="session")
def make_identity(tmp_path_factory):
    def make(name="device"):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(key, hashes.SHA256())
        )
        file = tmp_path_factory.mktemp("certificate") / "both.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return Identity(str(file), certificate.fingerprint(hashes.SHA256()))

    return make


@pytest.fixture(scope="session")
def identity(make_identity):
    return make_identity()


@dataclass
class Device:
    """A TLS server with one handler for everything; it writes down requests and counts connections."""

    port: int = 0
    requests: list = field(default_factory=list)
    peers: set = field(default_factory=set)
    handshakes: int = 0


@pytest.fixture
async def start_device(identity):
    runners = []

    async def start(handler, *, of=None, port=0):
        device = Device()

        async def handle(request):
            device.requests.append(
                (request.method, request.path_qs, await request.read(), dict(request.headers))
            )
            device.peers.add(request.transport.get_extra_info("peername"))
            return await handler(request)

        server = web.Server(handle)
        runner = web.ServerRunner(server)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", port, ssl_context=(of or identity).server_context())
        await site.start()
        device.port = runner.addresses[0][1]
        device.stop = runner.cleanup
        return device

    yield start
    for runner in runners:
        await runner.cleanup()
