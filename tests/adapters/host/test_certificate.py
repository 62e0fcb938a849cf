"""The self-signed certificate: its contents, its file, its renewal."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from videobar.adapters.host.certificate import FILE_NAME, Certificate, CertificateError


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
    with pytest.raises(CertificateError, match=r"^cannot keep a certificate in [^\n]+$"):
        Certificate(tmp_path / "file", "127.0.0.1")
