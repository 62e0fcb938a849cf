"""The room's certificate, its own or one that was installed, and the TLS settings it is served with."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import socket
import ssl
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from videobar.adapters.host.chain import check_chain
from videobar.errors import InvalidRequest, StoreUnavailable
from videobar.room.system.certificates import CertificateFacts

log = logging.getLogger("videobar.tls")

FILE_NAME = "https.pem"
PENDING_NAME = "https-pending.pem"
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

    Until another is installed, the room signs it itself. A file that cannot be used is set aside, and a certificate of
    our own with less than 30 days left replaced. `bind_host` is added to the names of a new one. Raises
    `CertificateError` when the directory cannot be written.
    """

    def __init__(self, directory: Path, bind_host: str, now: Callable[[], datetime] = host_now) -> None:
        self.path = directory / FILE_NAME
        self._pending = directory / PENDING_NAME
        self._bind_host = bind_host
        self._now = now
        self.context = _server_context()
        self.context.sni_callback = self._choose
        self._serving = self.context
        try:
            self._prepare()
            self._serve()
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
            self._serve()
        except OSError as error:
            log.error("the certificate could not be renewed: %s", error)
            return False
        return True

    async def facts(self) -> CertificateFacts:
        """What is in the one that is in use."""
        certificate = x509.load_pem_x509_certificate(await asyncio.to_thread(self.path.read_bytes))
        return CertificateFacts(
            subject=certificate.subject.rfc4514_string(),
            issuer=certificate.issuer.rfc4514_string(),
            names=_names_in(certificate),
            not_before_ms=round(certificate.not_valid_before_utc.timestamp() * 1000),
            not_after_ms=round(certificate.not_valid_after_utc.timestamp() * 1000),
            fingerprint=_fingerprint(certificate),
            self_signed=certificate.issuer == certificate.subject,
            request_pending=self._pending.is_file(),
        )

    async def request(self, common_name: str, names: Sequence[str]) -> str:
        """A signing request for a new key, which waits in a file of its own for the certificate."""
        names = [name.strip() for name in names if name.strip()] or [common_name]
        for field, name in (("commonName", common_name), *(("names", name) for name in names)):
            if not 0 < len(name) <= 253 or not name.isascii() or not name.isprintable() or " " in name:
                raise InvalidRequest(f"{field}: {name!r} is no name or address of a host")
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:LONGEST_COMMON_NAME])])
        signed = (
            x509.CertificateSigningRequestBuilder()
            .subject_name(subject)
            .add_extension(
                x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        await self._change(lambda: _write_private(self._pending, _key_as_pem(key)))
        return signed.public_bytes(Encoding.PEM).decode()

    async def install(self, content: bytes) -> None:
        """Check all of it, then use it."""
        try:
            chain = await asyncio.to_thread(check_chain, content)
        except ValueError as error:
            raise InvalidRequest(f"files: {error}") from None
        key = await self._key_for(chain[0], content)
        if chain[0].not_valid_after_utc <= self._now():
            raise InvalidRequest(f"files: the certificate ended on {chain[0].not_valid_after_utc.date()}")
        whole = key + b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain)

        def put_in_place() -> None:
            trial = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            with tempfile.NamedTemporaryFile(dir=self.path.parent, suffix=".pem") as file:
                file.write(whole)
                file.flush()
                trial.load_cert_chain(file.name)
            _write_private(self.path, whole)
            self._pending.unlink(missing_ok=True)
            self._serve()

        try:
            await self._change(put_in_place)
        except ssl.SSLError as error:
            raise InvalidRequest(f"files: cannot be used: {error.reason}") from None
        log.warning("another certificate is in use, signed by %s", chain[0].issuer.rfc4514_string())

    async def remove(self) -> None:
        """Sign one ourselves again."""

        def make() -> None:
            _write_private(self.path, self._make())
            self._pending.unlink(missing_ok=True)
            self._serve()

        await self._change(make)

    async def _key_for(self, certificate: x509.Certificate, content: bytes) -> bytes:
        """The private key of a certificate, from the same file or from the request that waits."""
        candidates = [content]
        if self._pending.is_file():
            candidates.append(await asyncio.to_thread(self._pending.read_bytes))
        for candidate in candidates:
            try:
                key = load_pem_private_key(candidate, password=None)
            except TypeError:
                raise InvalidRequest("files: the key needs a password") from None
            except (ValueError, UnsupportedAlgorithm):
                continue
            if key.public_key() == certificate.public_key():
                return _key_as_pem(key)
        raise InvalidRequest("files: has no key that belongs to the first certificate")

    async def _change(self, write: Callable[[], object]) -> None:
        try:
            await asyncio.to_thread(write)
        except ssl.SSLError:
            raise
        except OSError as error:
            raise StoreUnavailable(f"the certificate cannot be written: {error.strerror or error}") from error

    def fingerprint(self) -> str:
        """SHA-256 of the certificate in use, as hexadecimal pairs with colons."""
        certificate = x509.load_pem_x509_certificate(self.path.read_bytes())
        return _fingerprint(certificate)

    def _serve(self) -> None:
        """Show what is in the file to every connection from now on.

        A context keeps one certificate for each type of key, so that an old one of another type would still be
        shown to most clients: each gets a context of its own, which a handshake takes as it begins.
        """
        serving = _server_context()
        serving.load_cert_chain(self.path)
        self._serving = serving

    def _choose(self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        """Called by OpenSSL in every handshake, also where a client gives no name."""
        connection.context = self._serving

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
            if ends - self._now() >= RENEW_WITH_LEFT or not self._is_own():
                self.path.chmod(0o600)
                if ends - self._now() < RENEW_WITH_LEFT:
                    log.error("the certificate that was installed ends on %s", ends.date())
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

    def _is_own(self) -> bool:
        certificate = x509.load_pem_x509_certificate(self.path.read_bytes())
        return certificate.issuer == certificate.subject

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
        return _key_as_pem(key) + certificate.public_bytes(Encoding.PEM)


def _server_context() -> ssl.SSLContext:
    """What connections are served with, apart from a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["http/1.1"])
    return context


def _key_as_pem(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _names_in(certificate: x509.Certificate) -> list[str]:
    """The host names and addresses of a certificate."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in extension.value if isinstance(name, x509.DNSName | x509.IPAddress)]


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


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
