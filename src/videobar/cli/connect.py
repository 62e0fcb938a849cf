"""Opens rooms over HTTPS, with the client."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from videobar.cli.arguments import UsageError
from videobar.cli.profiles import Target
from videobar.client.aio import AsyncRoom
from videobar.client.trust import KnownRooms, Trust, TrustOnFirstUse
from videobar.contract.index import Areas


def open_target(target: Target, password: str | None) -> AbstractAsyncContextManager[Areas]:
    """The room; nothing is sent before the first action. Raises `UsageError` for a host that cannot be one."""
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
    known = KnownRooms()
    if target.trust_first_use or known.find(target.host, target.port) is not None:
        return TrustOnFirstUse(known)
    return None
