"""`videobar logout`: gives back the sessions that were kept between commands."""

from __future__ import annotations

from typing import Protocol, cast

from videobar.cli.arguments import Act, Command, Options, Surroundings
from videobar.cli.catalog import summary_of
from videobar.cli.fleet.watching import ROOMS
from videobar.cli.output import Answer
from videobar.contract.index import Areas


class LogsOut(Protocol):
    """The methods of a room that are used besides its areas."""

    async def log_out(self) -> object | None:
        """Give the session back; nothing where there is none."""
        ...


def command() -> Command:
    """The verb."""
    return Command(
        ("logout",),
        summary_of("logout"),
        (ROOMS,),
        _prepare,
        "Of all saved rooms, unless some are named. A room without such a session is not asked anything.",
        needs_login=False,
        default_rooms="*",
    )


def _prepare(options: Options) -> Act:
    options.session_cache = True

    async def act(room: Areas, _: Surroundings) -> Answer:
        ended = await cast("LogsOut", room).log_out() is not None
        return Answer(ended, "logged out" if ended else "no session was kept")

    return act
