"""Opens rooms over HTTPS, with the client."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from videobar.cli.command.arguments import UsageError
from videobar.cli.rooms.logins import LoginTurns
from videobar.cli.rooms.profiles import Target
from videobar.client.aio import AsyncRoom
from videobar.client.kept import SessionFile, default_folder
from videobar.client.session import Password
from videobar.client.trust import KnownRooms, Pinned, Trust, TrustOnFirstUse, Verified
from videobar.errors import CertificateUntrusted


class OverHttps:
    """Opens rooms, each with a session of its own; a password that rooms refuse is not tried in all of them."""

    def __init__(self) -> None:
        self._turns = LoginTurns()

    def __call__(self, target: Target, password: Password) -> AsyncRoom:
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
                session_keeper=session_file(target) if target.session_cache else None,
                login_turn=partial(self._turns.turn, target.name, target.user),
            )
        except ValueError as error:
            raise UsageError(f"{target.name}: {error}") from None


def session_file(target: Target) -> SessionFile:
    """The file that keeps the session with a room between commands."""
    return SessionFile(default_folder(), target.host, target.port, target.user)


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
