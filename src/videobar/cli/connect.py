"""Opens rooms over HTTPS, with the client."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from videobar.cli.arguments import UsageError
from videobar.cli.profiles import Target
from videobar.client.aio import AsyncRoom
from videobar.client.trust import KnownRooms, Pinned, Trust, TrustOnFirstUse, Verified
from videobar.contract.index import Areas
from videobar.errors import CertificateUntrusted


def open_target(target: Target, password: str | None) -> AbstractAsyncContextManager[Areas]:
    """The room; nothing is sent before the first action.

    Raises `UsageError` for a host that cannot be one, and for a file of authorities that cannot be read.
    """
    try:
        return AsyncRoom(
            target.host,
            port=target.port,
            user=target.user,
            password=password,
            tls=_trust(target),
            insecure=target.insecure,
            timeout=target.timeout,
        )
    except ValueError as error:
        raise UsageError(f"{target.name}: {error}") from None


def _trust(target: Target) -> Trust | None:
    """Authorities by default; a room that was trusted once is known by its certificate from then on."""
    if target.insecure:
        return None
    if target.fingerprint is not None:
        return Pinned(target.fingerprint)
    if target.ca_file is not None:
        return _verified_by(target.ca_file)
    known = KnownRooms()
    if target.trust_first_use or known.find(target.host, target.port) is not None:
        return TrustOnFirstUse(known)
    return None


def _verified_by(ca_file: Path) -> Verified:
    trust = Verified(ca_file=ca_file)
    try:
        trust.context()
    except CertificateUntrusted as error:
        raise UsageError(error.detail) from None
    return trust
