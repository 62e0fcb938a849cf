"""`videobar forget`: the certificate that a room was known by is no longer expected."""

from __future__ import annotations

import os
from pathlib import Path

from videobar.cli import profiles
from videobar.cli.arguments import Act, Argument, Command, Options, UsageError
from videobar.cli.catalog import summary_of
from videobar.cli.output import Answer
from videobar.client.trust import KnownRooms
from videobar.errors import CertificateUntrusted
from videobar.net import host_port


def command() -> Command:
    """The verb."""
    return Command(
        ("forget",),
        summary_of("forget"),
        (Argument("rooms", "host, host:port or saved profile; several with commas", (), "ROOM"),),
        _never,
        "For a room whose certificate changed for a reason that you know: a factory reset, a new device at its "
        "address. The next command with --trust-first-use trusts the certificate that it shows then. Nothing is sent "
        "to the room.",
        needs_login=False,
        here=_forget,
    )


def _never(_: Options) -> Act:
    raise UsageError("a room is forgotten here")


def _forget(options: Options) -> Answer:
    wanted = options.rooms or options.room
    if not wanted:
        raise UsageError("which room? videobar forget ROOM")
    saved = profiles.load(profiles.file_of_profiles(os.environ, Path.home()))
    known = KnownRooms()
    told: list[tuple[str, bool]] = []
    for target in profiles.resolve(wanted, saved, profiles.Overrides()):
        name = host_port(target.host, target.port)
        try:
            told.append((name, known.forget(target.host, target.port)))
        except CertificateUntrusted as error:
            raise UsageError(error.detail) from None
    lines = [f"forgot {name}" if forgotten else f"{name} is not in {known.path}" for name, forgotten in told]
    return Answer(dict(told), "\n".join(lines), good=all(forgotten for _, forgotten in told))
