"""SIP over TLS: calls, reuse of connections, whom we believe, and peers that only pretend to shake hands."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from videobar.sip.errors import DestinationUnreachable
from videobar.sip.syntax.uri import NameAddr, SipUri
from videobar.sip.transport.flow import BoundSocket, ConnectionLimits
from videobar.sip.transport.resolver import NextHop
from videobar.sip.transport.tls import Tls, TlsFiles
from videobar.sip.transport.transport import Transport
from videobar.sip.user_agent import UserAgent

HERE = "127.0.0.1"


class Authority:
    """A CA of a test, and the certificates that it makes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        self.certificate = self._sign(self.name, self.key.public_key(), [], authority=True)
        self.file = folder / "ca.pem"
        self.file.write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def issue(self, file: str, *names: str) -> Path:
        """A key and its certificate for names and addresses, in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives: list[x509.GeneralName] = []
        for name in names:
            try:
                alternatives.append(x509.IPAddress(ipaddress.ip_address(name)))
            except ValueError:
                alternatives.append(x509.DNSName(name))
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, file)])
        certificate = self._sign(subject, key.public_key(), alternatives, authority=False)
        path = self.folder / f"{file}.pem"
        path.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )
        return path

    def _sign(
        self, subject: x509.Name, key: Any, names: list[x509.GeneralName], *, authority: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


class Room:
    """An agent that speaks UDP, TCP and TLS."""

    def __init__(self, agent: UserAgent, transport: Transport, ports: dict[str, int], incoming: list) -> None:
        self.agent, self.transport, self.ports, self.incoming = agent, transport, ports, incoming

    def uri(self, scheme: str = "sip") -> SipUri:
        parameters = (("transport", "tls"),) if scheme == "sip" else ()
        return SipUri(HERE, "room", self.ports["TLS"], parameters, scheme)


@pytest.fixture
async def room(sockets: Any, new_recorder: Any) -> AsyncIterator[Any]:
    made: list[UserAgent] = []

    async def make(files: TlsFiles, limits: ConnectionLimits | None = None) -> Room:
        udp, tcp = sockets()
        listener = socket.socket()
        listener.bind((HERE, 0))
        bound = [BoundSocket("UDP", udp), BoundSocket("TCP", tcp), BoundSocket("TLS", listener)]
        transport = await Transport.open(bound, tls=Tls(files), limits=limits)
        incoming: list[Any] = []

        def answer(session: Any) -> None:
            session.listener = new_recorder()
            incoming.append(session)
            session.accept(b"v=0\r\ns=answer\r\n")

        made.append(UserAgent(transport, product="test/1", on_invite=answer))
        return Room(made[-1], transport, {each.protocol: each.port for each in bound}, incoming)

    yield make
    await asyncio.gather(*(each.close() for each in made))


def call(caller: Room, target: SipUri, listener: Any) -> Any:
    return caller.agent.invite(target, from_=NameAddr(SipUri(HERE, "a")), offer=b"v=0\r\n", listener=listener)


@pytest.mark.parametrize("scheme", ["sip", "sips"])
async def test_a_call_over_tls_in_both_directions(
    room: Any, authority: Authority, new_recorder: Any, eventually: Any, scheme: str
) -> None:
    files = TlsFiles(str(authority.issue("room", HERE)))
    a, b = await room(files), await room(files)
    listener = new_recorder()
    session = call(a, b.uri(scheme), listener)
    await listener.wait("established")
    far = b.incoming[0]
    await far.listener.wait("established")
    assert session.transport_name == far.transport_name == "TLS"
    # A request of the one who was called comes back on the same connection.
    far.reinvite(b"v=0\r\ns=change\r\n")
    await far.listener.wait("answer")
    assert len(a.transport._connections) == len(b.transport._connections) == 1
    far.hang_up()
    await listener.wait("ended")


async def test_contacts_are_secure_where_the_call_is(
    room: Any, authority: Authority, new_recorder: Any, eventually: Any
) -> None:
    files = TlsFiles(str(authority.issue("room", HERE)))
    a, b = await room(files), await room(files)
    for scheme in ("sip", "sips"):
        listener = new_recorder()
        session = call(a, b.uri(scheme), listener)
        await listener.wait("established")
        ours, theirs = b.incoming[-1].dialog.remote_target, session.dialog.remote_target
        assert ours.scheme == theirs.scheme == scheme
        assert ours.transport == theirs.transport == "TLS"
        assert (ours.port, theirs.port) == (a.ports["TLS"], b.ports["TLS"])


async def test_a_second_call_uses_the_same_connection(
    room: Any, authority: Authority, new_recorder: Any
) -> None:
    files = TlsFiles(str(authority.issue("room", HERE)))
    a, b = await room(files), await room(files)
    for _ in range(3):
        listener = new_recorder()
        call(a, b.uri(), listener)
        await listener.wait("established")
    assert len(b.transport._connections) == 1


async def test_only_servers_that_prove_their_name_are_believed(
    room: Any, authority: Authority, new_recorder: Any, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    mine = str(authority.issue("mine", HERE))
    strict = await room(TlsFiles(mine, verify=True, authorities=str(authority.file)))
    good = await room(TlsFiles(mine))
    wrong_name = await room(TlsFiles(str(authority.issue("elsewhere", "elsewhere.example"))))
    unknown = await room(TlsFiles(str(Authority(other).issue("stranger", HERE))))
    reasons = {}
    for name, far in (("good", good), ("wrong name", wrong_name), ("unknown", unknown)):
        listener = new_recorder()
        call(strict, far.uri(), listener)
        event = "established" if name == "good" else "ended"
        await listener.wait(event)
        reasons[name] = listener.ended.reason if listener.ended else ""
    assert reasons["good"] == ""
    assert "IP address mismatch" in reasons["wrong name"]
    assert "TLS: certificate" in reasons["unknown"] or "TLS: unable" in reasons["unknown"]
    assert not wrong_name.incoming
    assert not unknown.incoming
    # Who does not ask for proof calls them all.
    lax = await room(TlsFiles(mine))
    listener = new_recorder()
    call(lax, unknown.uri(), listener)
    await listener.wait("established")


async def test_a_connection_proved_for_one_name_is_not_used_for_another(
    room: Any, authority: Authority
) -> None:
    mine = str(authority.issue("mine", HERE))
    strict = await room(TlsFiles(mine, verify=True, authorities=str(authority.file)))
    good = await room(TlsFiles(mine))
    await strict.transport.reach(NextHop(HERE, good.ports["TLS"], "TLS"))
    with pytest.raises(DestinationUnreachable, match="TLS"):
        await strict.transport.reach(NextHop("localhost", good.ports["TLS"], "TLS"))


async def test_a_peer_that_never_shakes_hands_is_cut_off_and_others_are_served(
    room: Any, authority: Authority, new_recorder: Any
) -> None:
    files = TlsFiles(str(authority.issue("room", HERE)))
    a, b = await room(files), await room(files, ConnectionLimits(connect=0.2))
    mute_reader, mute = await asyncio.open_connection(HERE, b.ports["TLS"])
    babble_reader, babble = await asyncio.open_connection(HERE, b.ports["TLS"])
    babble.write(b"OPTIONS sip:room SIP/2.0\r\n\r\n")
    listener = new_recorder()
    call(a, b.uri(), listener)
    await listener.wait("established")
    async with asyncio.timeout(20):
        for reader in (mute_reader, babble_reader):
            while await reader.read(1000):  # an alert may come before the end
                pass
    for writer in (mute, babble):
        writer.close()


async def test_only_so_many_may_be_shaking_hands(
    room: Any, authority: Authority, new_recorder: Any, eventually: Any
) -> None:
    files = TlsFiles(str(authority.issue("room", HERE)))
    a, b = await room(files), await room(files, ConnectionLimits(connect=0.5, connections_per_host=5))
    mute = [await asyncio.open_connection(HERE, b.ports["TLS"]) for _ in range(9)]
    await eventually(lambda: b.transport.counters.refused_connections == 4)
    # The five that were let in are cut off in their time, and then others are served again.
    for reader, writer in mute:
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
    listener = new_recorder()
    call(a, b.uri(), listener)
    await listener.wait("established")


async def test_closing_while_somebody_shakes_hands(room: Any, authority: Authority) -> None:
    b = await room(TlsFiles(str(authority.issue("room", HERE))))
    reader, writer = await asyncio.open_connection(HERE, b.ports["TLS"])
    await b.agent.close()
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()


async def test_a_renewed_certificate_is_taken_up(room: Any, authority: Authority) -> None:
    path = authority.issue("room", HERE)
    tls = Tls(TlsFiles(str(path)))
    listener = socket.socket()
    listener.bind((HERE, 0))
    transport = await Transport.open([BoundSocket("TLS", listener)], tls=tls)
    port = listener.getsockname()[1]

    async def shown() -> bytes:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        _, writer = await asyncio.open_connection(HERE, port, ssl=context)
        certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return certificate

    before = await shown()
    authority.issue("room", HERE)
    tls.refresh()
    after = await shown()
    assert before != after
    await transport.close()


def test_files_that_are_no_certificate_are_refused(tmp_path: Path, authority: Authority) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for files in (
        TlsFiles(str(tmp_path / "none.pem")),
        TlsFiles(str(empty)),
        TlsFiles(str(authority.issue("room", HERE)), verify=True, authorities=str(empty)),
    ):
        with pytest.raises(OSError):  # noqa: PT011 - the text is OpenSSL's
            Tls(files)
