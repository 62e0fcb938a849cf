"""One key and its certificate in one file (mode 0600)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from videobar.adapters.host.own_certificate import KeyType, self_signed
from videobar.files import write_private

log = logging.getLogger("videobar.tls")

RENEW_WITH_LEFT: Final = timedelta(days=30)
INSTALLED: Final = b"An administrator has installed this certificate.\n"
"""The first line of such a file; before PEM, any text may stand (RFC 7468 section 2)."""


@dataclass(frozen=True)
class CertificateFile:
    """A file in which the room keeps a certificate that it signs itself, with a key of `key_type`, or another one."""

    path: Path
    key_type: KeyType
    bind_host: str

    @property
    def certificate(self) -> x509.Certificate:
        """The first certificate in it. Raises `OSError` and `ValueError`."""
        return x509.load_pem_x509_certificate(self.path.read_bytes())

    @property
    def installed(self) -> bool:
        """True if the certificate was not made by the room."""
        content = self.path.read_bytes()
        certificate = x509.load_pem_x509_certificate(content)
        return content.startswith(INSTALLED) or certificate.issuer != certificate.subject

    @property
    def has_rsa(self) -> bool:
        """True if its key is RSA."""
        return isinstance(self.certificate.public_key(), rsa.RSAPublicKey)

    def make(self, now: datetime) -> None:
        """Put a new one of the room's own into it. Raises `OSError`."""
        write_private(self.path, self_signed(self.key_type, self.bind_host, now))

    def install(self, key_and_chain: bytes) -> None:
        """Put another one into it. Raises `OSError`."""
        write_private(self.path, INSTALLED + key_and_chain)

    def prepare(self, now: datetime) -> bool:
        """See to it that a usable file exists; returns whether it had to be made. Raises `OSError`.

        A file that cannot be used is set aside, and a certificate of the room's own that ends soon replaced.
        """
        try:
            ends = self._read_end()
        except FileNotFoundError:
            log.info("making a self-signed certificate: %s", self.path)
        except ValueError as error:
            aside = self.path.with_name(f"{self.path.name}.unusable-{int(now.timestamp())}")
            self.path.replace(aside)
            log.warning("%s cannot be used (%s); set aside as %s", self.path.name, error, aside.name)
        else:
            if ends - now >= RENEW_WITH_LEFT or self.installed:
                self.path.chmod(0o600)
                if ends - now < RENEW_WITH_LEFT:
                    log.error("the installed certificate expires on %s", ends.date())
                return False
            log.warning("the certificate expires on %s; making a new one", ends.date())
        self.make(now)
        return True

    def _read_end(self) -> datetime:
        """End of the stored certificate. Raises `FileNotFoundError`, or `ValueError` for an unusable file."""
        data = self.path.read_bytes()
        try:
            key = load_pem_private_key(data, password=None)
        except TypeError:
            raise ValueError("the key needs a password") from None
        certificate = x509.load_pem_x509_certificate(data)
        if key.public_key() != certificate.public_key():
            raise ValueError("key and certificate do not belong together")
        return certificate.not_valid_after_utc


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256, as hexadecimal pairs with colons."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()
