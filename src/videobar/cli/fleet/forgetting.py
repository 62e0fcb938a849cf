"""`videobar forget` and `videobar logout`: certificates and sessions of rooms are no longer kept on this host."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol, cast

from videobar.cli.command.arguments import Act, Argument, Command, Options, Surroundings, UsageError
from videobar.cli.command.catalog import summary_of
from videobar.cli.fleet.watching import ROOMS
from videobar.cli.output.views import Answer
from videobar.cli.rooms import profiles
from videobar.client.trust import KnownRooms
from videobar.contract.index import Areas
from videobar.errors import CertificateUntrusted
from videobar.net import host_port


class LogsOut(Protocol):
    """The methods of a room that are used besides its areas."""

    async def log_out(self) -> object | None:
        """Give the session back; nothing where there is none."""
        ...


def forget() -> Command:
    """The verb that forgets a certificate."""
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


def logout() -> Command:
    """The verb that gives back sessions which were kept between commands."""
    return Command(
        ("logout",),
        summary_of("logout"),
        (ROOMS,),
        _prepare_logout,
        "Of all saved rooms, unless some are named. A room without such a session is not asked anything.",
        needs_login=False,
        default_rooms="*",
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


def _prepare_logout(options: Options) -> Act:
    options.session_cache = True

    async def act(room: Areas, _: Surroundings) -> Answer:
        ended = await cast("LogsOut", room).log_out() is not None
        return Answer(ended, "logged out" if ended else "no session was kept")

    return act
