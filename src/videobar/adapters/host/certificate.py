"""The room's self-signed certificate, kept over restarts, and the TLS settings it is served with."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

log = logging.getLogger("videobar.tls")

FILE_NAME = "https.pem"
VALID = timedelta(days=825)
RENEW_WITH_LEFT = timedelta(days=30)
CLOCK_SKEW = timedelta(days=1)
LONGEST_COMMON_NAME = 64


class CertificateError(OSError):
    """The certificate can be neither read nor made; one line that says why."""


def host_now() -> datetime:
    """Host time: certificates are checked by other hosts, which do not know the room's time."""
    return datetime.now(UTC)


class Certificate:
    """A P-256 key and its certificate in one file (mode 0600) in `directory`, and the `context` that serves it.

    A file that cannot be used is set aside, and one with less than 30 days left replaced. `bind_host` is
    added to the names of a new certificate. Raises `CertificateError` when the directory cannot be written.
    """

    def __init__(self, directory: Path, bind_host: str, now: Callable[[], datetime] = host_now) -> None:
        self.path = directory / FILE_NAME
        self._bind_host = bind_host
        self._now = now
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.maximum_version = ssl.TLSVersion.TLSv1_3
        self.context.set_alpn_protocols(["http/1.1"])
        try:
            self._prepare()
            self.context.load_cert_chain(self.path)
        except OSError as error:
            raise CertificateError(
                f"cannot keep a certificate in {directory}: {error.strerror or error}"
            ) from error

    def renew_if_due(self) -> bool:
        """Replace a certificate that ends soon; connections made from then on get the new one.

        Returns whether it did. A failure is logged, and the old certificate stays in use.
        """
        try:
            if not self._prepare():
                return False
            self.context.load_cert_chain(self.path)
        except OSError as error:
            log.error("the certificate could not be renewed: %s", error)
            return False
        return True

    def fingerprint(self) -> str:
        """SHA-256 of the certificate in use, as hexadecimal pairs with colons."""
        certificate = x509.load_pem_x509_certificate(self.path.read_bytes())
        return certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def _prepare(self) -> bool:
        """See to it that a usable file exists; returns whether it had to be made."""
        try:
            ends = self._read_end()
        except FileNotFoundError:
            log.info("making a self-signed certificate: %s", self.path)
        except ValueError as error:
            aside = self.path.with_name(f"{FILE_NAME}.unusable-{int(self._now().timestamp())}")
            self.path.replace(aside)
            log.warning("%s cannot be used (%s); set aside as %s", FILE_NAME, error, aside.name)
        else:
            if ends - self._now() >= RENEW_WITH_LEFT:
                self.path.chmod(0o600)
                return False
            log.warning("the certificate ends on %s; making a new one", ends.date())
        _write_private(self.path, self._make())
        return True

    def _read_end(self) -> datetime:
        """When the kept certificate ends. Raises `FileNotFoundError`, or `ValueError` for an unusable file."""
        data = self.path.read_bytes()
        key = load_pem_private_key(data, password=None)
        certificate = x509.load_pem_x509_certificate(data)
        if key.public_key() != certificate.public_key():
            raise ValueError("key and certificate do not belong together")
        return certificate.not_valid_after_utc

    def _make(self) -> bytes:
        """Key and certificate as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        hostname = socket.gethostname() or "localhost"
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:LONGEST_COMMON_NAME])])
        now = self._now()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - CLOCK_SKEW)
            .not_valid_after(now - CLOCK_SKEW + VALID)
            .add_extension(x509.SubjectAlternativeName(_names(hostname, self._bind_host)), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(key, hashes.SHA256())
        )
        return key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ) + certificate.public_bytes(Encoding.PEM)


def _names(*hosts: str) -> list[x509.GeneralName]:
    """Subject alternative names for `hosts` and this machine's own, each once; wildcards to bind to are left out."""
    names: list[x509.GeneralName] = []
    for host in (*hosts, "localhost", "127.0.0.1", "::1"):
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            if not host or not host.isascii():
                continue
            name: x509.GeneralName = x509.DNSName(host)
        else:
            if address.is_unspecified:
                continue
            name = x509.IPAddress(address)
        if name not in names:
            names.append(name)
    return names


def _write_private(path: Path, data: bytes) -> None:
    """Write a file that nobody else can read, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
