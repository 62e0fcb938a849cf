"""The self-signed certificate: its contents, its file, its renewal."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from videobar.adapters.host.certificate import FILE_NAME, Certificate
from videobar.errors import InvalidRequest, StartError


def parsed(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((path / FILE_NAME).read_bytes())


def test_contents(tmp_path: Path) -> None:
    Certificate(tmp_path, "192.0.2.7")
    certificate = parsed(tmp_path)
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {socket.gethostname(), "localhost"} <= set(names.get_values_for_type(x509.DNSName))
    assert names.get_values_for_type(x509.IPAddress) == [
        ipaddress.ip_address(address) for address in ("192.0.2.7", "127.0.0.1", "::1")
    ]
    assert (
        certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == socket.gethostname()[:64]
    )
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert timedelta(days=800) < life <= timedelta(days=825)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "localhost", "127.0.0.1"])
def test_hosts_to_bind_to_are_named_once_and_wildcards_never(tmp_path: Path, host: str) -> None:
    Certificate(tmp_path, host)
    names = parsed(tmp_path).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert len(names.get_values_for_type(x509.IPAddress)) == 2
    assert names.get_values_for_type(x509.DNSName).count("localhost") == 1


def test_versions_of_tls(tmp_path: Path) -> None:
    context = Certificate(tmp_path, "127.0.0.1").context
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.maximum_version is ssl.TLSVersion.TLSv1_3


def test_the_file_is_private_and_kept(tmp_path: Path) -> None:
    first = Certificate(tmp_path, "127.0.0.1").fingerprint()
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    (tmp_path / FILE_NAME).chmod(0o644)
    assert Certificate(tmp_path, "10.0.0.1").fingerprint() == first
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == [FILE_NAME]


def test_renewed_when_less_than_thirty_days_are_left(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    certificate = Certificate(tmp_path, "127.0.0.1", now=lambda: now)
    first = certificate.fingerprint()
    now += timedelta(days=825 - 1 - 30) - timedelta(minutes=1)
    assert not certificate.renew_if_due()
    assert certificate.fingerprint() == first
    now += timedelta(minutes=2)
    assert certificate.renew_if_due()
    assert certificate.fingerprint() != first


@pytest.mark.parametrize("damage", [b"", b"nonsense", "key only", "other key"])
def test_an_unusable_file_is_set_aside(
    tmp_path: Path, damage: bytes | str, caplog: pytest.LogCaptureFixture
) -> None:
    first = Certificate(tmp_path, "127.0.0.1").fingerprint()
    kept = (tmp_path / FILE_NAME).read_bytes()
    key, mark, certificate = kept.partition(b"-----BEGIN CERTIFICATE-----")
    if damage == "key only":
        damage = key
    elif damage == "other key":
        other = tmp_path / "other"
        other.mkdir()
        Certificate(other, "127.0.0.1")
        damage = (other / FILE_NAME).read_bytes().partition(mark)[0] + mark + certificate
    assert isinstance(damage, bytes)
    (tmp_path / FILE_NAME).write_bytes(damage)
    assert Certificate(tmp_path, "127.0.0.1").fingerprint() != first
    aside = [entry for entry in tmp_path.iterdir() if "unusable" in entry.name]
    assert [entry.read_bytes() for entry in aside] == [damage]
    assert "set aside" in caplog.text


def test_a_directory_that_is_none_gives_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match=r"^cannot keep a certificate in [^\n]+$"):
        Certificate(tmp_path / "file", "127.0.0.1")


# Another certificate in its place


@pytest.fixture
def authority():
    return trustme.CA()


def bundle(issued: trustme.LeafCert) -> bytes:
    return issued.private_key_pem.bytes() + b"".join(pem.bytes() for pem in issued.cert_chain_pems)


async def test_one_with_its_key_is_used_and_stays(tmp_path: Path, authority: trustme.CA) -> None:
    certificate = Certificate(tmp_path, "127.0.0.1")
    await certificate.install(bundle(authority.issue_cert("room.example")))
    facts = await certificate.facts()
    assert (list(facts.names), facts.self_signed, facts.request_pending) == (["room.example"], False, False)
    again = Certificate(tmp_path, "127.0.0.1")
    assert (await again.facts()).fingerprint == facts.fingerprint == again.fingerprint()
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    await again.remove()
    assert (await again.facts()).self_signed


async def test_one_that_was_asked_for(tmp_path: Path) -> None:
    certificate = Certificate(tmp_path, "127.0.0.1")
    asked = x509.load_pem_x509_csr(
        (await certificate.request("room.example", ["room.example", "192.0.2.7"])).encode()
    )
    assert (await certificate.facts()).request_pending
    assert asked.is_signature_valid
    now = datetime.now(UTC)
    signing = ec.generate_private_key(ec.SECP256R1())
    names = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    signed = (
        x509.CertificateBuilder()
        .subject_name(asked.subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority")]))
        .public_key(asked.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=10))
        .add_extension(names.value, critical=False)
        .sign(signing, hashes.SHA256())
    )
    await certificate.install(signed.public_bytes(Encoding.PEM))
    facts = await certificate.facts()
    assert list(facts.names) == ["room.example", "192.0.2.7"]
    assert (facts.issuer, facts.request_pending) == ("CN=An authority", False)
    assert not certificate.renew_if_due()  # it ends in ten days, but it is not ours to renew
    assert (await certificate.facts()).fingerprint == facts.fingerprint


async def test_what_cannot_be_used_changes_nothing(tmp_path: Path, authority: trustme.CA) -> None:
    certificate = Certificate(tmp_path, "127.0.0.1")
    before = certificate.fingerprint()
    one, other = authority.issue_cert("one.example"), authority.issue_cert("other.example")
    ended = authority.issue_cert("old.example", not_after=datetime(2020, 1, 2, tzinfo=UTC),
                                 not_before=datetime(2020, 1, 1, tzinfo=UTC))  # fmt: skip
    chain = one.cert_chain_pems[0].bytes()
    for content, complaint in (
        (b"", "no certificate"),
        (b"\xff\x00", "no certificate"),
        (chain, "no key that belongs"),
        (chain + other.private_key_pem.bytes(), "no key that belongs"),
        (bundle(ended), "ended on 2020-01-02"),
        (bundle(one) + other.cert_chain_pems[0].bytes(), "certificate 2 has not signed certificate 1"),
        (chain.replace(b"M", b"N", 40), "files:"),
    ):
        with pytest.raises(InvalidRequest, match=complaint):
            await certificate.install(content)
        assert certificate.fingerprint() == before
        assert Certificate(tmp_path, "127.0.0.1").fingerprint() == before


@pytest.mark.parametrize("name", ["", "a b", "x" * 254, "r\u00f6m", "a\nb"])
async def test_names_that_no_certificate_has(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidRequest, match="commonName"):
        await Certificate(tmp_path, "127.0.0.1").request(name, [])


@pytest.mark.parametrize("kind", trustme.KeyType)
async def test_connections_from_then_on_see_the_new_one(
    tmp_path: Path, authority: trustme.CA, kind: trustme.KeyType
) -> None:
    certificate = Certificate(tmp_path, "127.0.0.1")
    server = await asyncio.start_server(lambda _, w: w.close(), "127.0.0.1", 0, ssl=certificate.context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
        await certificate.install(bundle(authority.issue_cert("127.0.0.1", key_type=kind)))
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
        writer.close()
