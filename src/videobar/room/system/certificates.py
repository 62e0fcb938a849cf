"""The certificate that the room shows: what it is, asking an authority for one, and putting another in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class CertificateFacts:
    """Facts of a certificate. Times are epoch milliseconds, `fingerprint` is SHA-256 in hexadecimal pairs."""

    subject: str
    issuer: str
    names: Sequence[str]
    not_before_ms: int
    not_after_ms: int
    fingerprint: str
    self_signed: bool
    request_pending: bool
    """True if a key waits for the certificate that an authority was asked for."""
    other_fingerprints: Sequence[str] = ()
    """Fingerprints of the certificates for clients that cannot use this one."""


class Certificates(Protocol):
    """Port: the room's certificate. Connections made after a change see the new one; those that exist go on."""

    async def facts(self) -> CertificateFacts:
        """Contents of the certificate in use."""
        ...

    async def request(self, common_name: str, names: Sequence[str]) -> str:
        """Make a key, keep it, and return a certificate signing request for it (PEM, RFC 2986).

        Raises `InvalidRequest` for names that no certificate can have.
        """
        ...

    async def install(self, content: bytes) -> None:
        """Use another certificate: PEM, with its chain, and with its key unless that waits from `request`.

        Raises `InvalidRequest` for one that cannot be used, and changes nothing then, or `StoreUnavailable`.
        """
        ...

    async def remove(self) -> None:
        """Go back to a certificate that the room signs itself. Raises `StoreUnavailable`."""
        ...
