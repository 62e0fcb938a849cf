"""The room's certificates, its own or ones that were installed, and the TLS settings they are served with."""

from __future__ import annotations

import asyncio
import logging
import ssl
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from videobar.adapters.host.certificate_file import CertificateFile, fingerprint_of
from videobar.adapters.host.chain import check_chain
from videobar.adapters.host.own_certificate import (
    LONGEST_COMMON_NAME,
    KeyType,
    general_name,
    key_as_pem,
    new_key,
)
from videobar.adapters.host.tls_options import Compatibility, Keys
from videobar.adapters.host.tls_server import server_context
from videobar.errors import InvalidRequest, StartError, StoreUnavailable
from videobar.files import write_private
from videobar.room.system.certificates import CertificateFacts

log = logging.getLogger("videobar.tls")

FILE_NAME = "https.pem"
RSA_NAME = "https-rsa.pem"
PENDING_NAME = "https-pending.pem"


def host_now() -> datetime:
    """Host time: certificates are checked by other hosts, which do not know the room's time."""
    return datetime.now(UTC)


class Certificate:
    """The certificates in `directory`, and the `context` that serves them.

    `https.pem` has a P-256 key and its certificate, or what was installed. `https-rsa.pem` has an RSA key and its
    certificate, for `keys` RSA and BOTH. Of several, each client is shown the one that it can use; one that was
    installed goes before those that the room has signed itself, and where it is RSA, no other is shown.

    A file that cannot be used is set aside, and a certificate of our own with less than 30 days left replaced.
    `bind_host` is added to the names of a new one. Raises `StartError` when the directory cannot be written.
    """

    def __init__(
        self,
        directory: Path,
        bind_host: str,
        now: Callable[[], datetime] = host_now,
        *,
        keys: Keys = Keys.ECDSA,
        compatibility: Compatibility = Compatibility.MODERN,
    ) -> None:
        self._main = CertificateFile(directory / FILE_NAME, KeyType.ECDSA, bind_host)
        self._rsa = CertificateFile(directory / RSA_NAME, KeyType.RSA, bind_host)
        self._pending = directory / PENDING_NAME
        self._directory = directory
        self._now = now
        self._keys = keys
        self._compatibility = compatibility
        self._shown: tuple[CertificateFile, ...] = ()
        # The suites of a connection are those of the context that it began with, its certificates those it takes.
        self.context = server_context(compatibility)
        self.context.sni_callback = self._choose
        self._serving = self.context
        try:
            self._prepare()
            self._serve()
        except OSError as error:
            raise StartError(
                "data", f"cannot keep a certificate in {directory}: {error.strerror or error}"
            ) from error

    @property
    def path(self) -> Path:
        """The file of the certificate that `facts` are about, its key in it."""
        return self._shown[0].path

    def renew_if_due(self) -> bool:
        """Replace certificates that end soon; connections made from then on get the new ones.

        Returns whether it did. A failure is logged, and the old certificates stay in use.
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
        """Contents of the certificate in use."""
        first, *others = await asyncio.to_thread(lambda: [each.certificate for each in self._shown])
        return CertificateFacts(
            subject=first.subject.rfc4514_string(),
            issuer=first.issuer.rfc4514_string(),
            names=_names_in(first),
            not_before_ms=round(first.not_valid_before_utc.timestamp() * 1000),
            not_after_ms=round(first.not_valid_after_utc.timestamp() * 1000),
            fingerprint=fingerprint_of(first),
            self_signed=first.issuer == first.subject,
            request_pending=self._pending.is_file(),
            other_fingerprints=[fingerprint_of(each) for each in others],
        )

    async def request(self, common_name: str, names: Sequence[str]) -> str:
        """A signing request for a new key, which waits in a file of its own for the certificate."""
        names = [name.strip() for name in names if name.strip()] or [common_name]
        for field, name in (("commonName", common_name), *(("names", name) for name in names)):
            if not 0 < len(name) <= 253 or not name.isascii() or not name.isprintable() or " " in name:
                raise InvalidRequest(f"{field}: {name!r} is no name or address of a host")
        key_type = KeyType.RSA if self._keys is Keys.RSA else KeyType.ECDSA
        key = await asyncio.to_thread(new_key, key_type)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:LONGEST_COMMON_NAME])])
        signed = (
            x509.CertificateSigningRequestBuilder()
            .subject_name(subject)
            .add_extension(
                x509.SubjectAlternativeName([general_name(name) for name in names]), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        await self._change(lambda: write_private(self._pending, key_as_pem(key)))
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
        has_rsa = isinstance(chain[0].public_key(), rsa.RSAPublicKey)

        def put_in_place() -> None:
            trial = server_context(self._compatibility)
            with tempfile.NamedTemporaryFile(dir=self._directory, suffix=".pem") as file:
                file.write(whole)
                file.flush()
                trial.load_cert_chain(file.name)
            self._put(whole, has_rsa=has_rsa)
            self._pending.unlink(missing_ok=True)
            self._prepare()
            self._serve()

        try:
            await self._change(put_in_place)
        except ssl.SSLError as error:
            raise InvalidRequest(f"files: cannot be used: {error.reason}") from None
        log.warning("installed a certificate signed by %s", chain[0].issuer.rfc4514_string())

    async def remove(self) -> None:
        """Sign them ourselves again."""

        def make() -> None:
            for each in (self._main, self._rsa):
                if each.path.exists() or each is self._main:
                    each.make(self._now())
            self._pending.unlink(missing_ok=True)
            self._prepare()
            self._serve()

        await self._change(make)

    def _put(self, whole: bytes, *, has_rsa: bool) -> None:
        """File for another certificate: with several types of keys, beside one of the other type."""
        if self._keys is Keys.BOTH and self._main.installed and self._main.has_rsa != has_rsa:
            if has_rsa:
                self._rsa.install(whole)
                return
            write_private(self._rsa.path, self._main.path.read_bytes())
        self._main.install(whole)

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
                return key_as_pem(key)
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
        return fingerprint_of(self._shown[0].certificate)

    def _serve(self) -> None:
        """Show what is in the files to every connection from now on.

        A context keeps one certificate for each type of key, so that an old one of another type would still be
        shown to most clients: each set of them gets a context of its own, which a handshake takes as it begins.
        """
        serving = server_context(self._compatibility)
        shown = self._to_show()
        for each in shown:
            serving.load_cert_chain(each.path)
        self._serving, self._shown = serving, shown

    def _to_show(self) -> tuple[CertificateFile, ...]:
        """The files of the certificates that are shown, the one that is preferred first."""
        if self._keys is Keys.ECDSA:
            return (self._main,)
        if self._main.installed:
            return (self._main,) if self._main.has_rsa else (self._main, self._rsa)
        return (self._rsa,) if self._keys is Keys.RSA else (self._main, self._rsa)

    def _choose(self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        """Called by OpenSSL in every handshake, also where a client gives no name."""
        connection.context = self._serving

    def _prepare(self) -> bool:
        """Make sure that usable files exist; returns whether any had to be made."""
        files = [self._main] if self._keys is Keys.ECDSA else [self._main, self._rsa]
        made = [each.prepare(self._now()) for each in files]
        return any(made)


def _names_in(certificate: x509.Certificate) -> list[str]:
    """The host names and addresses of a certificate."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in extension.value if isinstance(name, x509.DNSName | x509.IPAddress)]
