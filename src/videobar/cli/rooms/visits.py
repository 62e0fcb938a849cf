"""Doing one thing in one room or in several at once, and what became of it in each."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from videobar.cli.command.exits import Exit
from videobar.cli.output.downloads import CannotWrite
from videobar.cli.output.views import Answer
from videobar.cli.rooms.profiles import Target
from videobar.client.session import Password
from videobar.errors import (
    AccessDenied,
    CertificateUntrusted,
    NotReached,
    SessionInvalidUserNamePassword,
    SessionMaxActiveSessionsReached,
    SessionPortLockout,
    SessionRequestInvalid,
    Unreachable,
    VideobarError,
)

if TYPE_CHECKING:
    from videobar.cli.command.arguments import Act, Surroundings
    from videobar.contract.index import Areas

LOGIN_ERRORS = (
    AccessDenied,
    SessionInvalidUserNamePassword,
    SessionMaxActiveSessionsReached,
    SessionPortLockout,
    SessionRequestInvalid,
)

HINTS: Mapping[type[VideobarError], str] = MappingProxyType(
    {
        CertificateUntrusted: "see --trust-first-use, --fingerprint and --ca-file",
        SessionInvalidUserNamePassword: "the user name or the password is wrong",
        SessionRequestInvalid: "the user name or the password is missing",
        SessionPortLockout: "after too many failed logins the room lets nobody in for a while",
        SessionMaxActiveSessionsReached: "the room has no session left; one that is not used ends after a while",
    }
)
"""Explanations of errors, shown beside the name of the error."""

MOST_AT_ONCE = 32
"""Rooms to talk to at the same time; the others wait for their turn."""


Connect = Callable[[Target, Password], "AbstractAsyncContextManager[Areas]"]
"""Opens a room with a password; `None` for what needs no login. Nothing is sent before the first action."""


@dataclass(frozen=True)
class Outcome:
    """Outcome in one room: an answer, or an error and perhaps what to show in the answer's place."""

    target: Target
    answer: Answer | None = None
    error: VideobarError | CannotWrite | None = None

    @property
    def status(self) -> Exit:
        """The exit status of this room alone."""
        match self.error:
            case None:
                return Exit.DONE if self.answer is None or self.answer.good else Exit.REFUSED
            case NotReached():
                return Exit.NOT_REACHED
            case _ if isinstance(self.error, LOGIN_ERRORS):
                return Exit.LOGIN_REFUSED
            case _:
                return Exit.REFUSED

    @property
    def reason(self) -> str:
        """Code of the reason why it was not done, for scripts; empty when it was done."""
        return "" if self.error is None else str(self.error)

    @property
    def explanation(self) -> str:
        """Reason why it was not done, or not all of it, for people, with a remedy where one is known."""
        if self.error is None:
            return "" if self.answer is None else self.answer.complaint
        hint = next((text for kind, text in HINTS.items() if isinstance(self.error, kind)), "")
        if self.target.hint and isinstance(self.error, Unreachable) and _is_unknown_host(self.error):
            return f"{self.reason}, {self.target.hint}"
        return f"{self.reason} ({hint})" if hint else self.reason


def _is_unknown_host(error: Unreachable) -> bool:
    """True where the name of the host was not found."""
    cause = error.__cause__
    return isinstance(getattr(cause, "os_error", cause), socket.gaierror)


@dataclass(frozen=True)
class Visit:
    """One room to go to, with its password and what the act finds around it."""

    target: Target
    password: Password
    around: Surroundings


Otherwise = Callable[[Exception, str], Answer]
"""The view of a room where the command failed."""


async def run_everywhere(
    visits: Sequence[Visit], act: Act, connect: Connect, otherwise: Otherwise | None = None
) -> list[Outcome]:
    """Do `act` in all rooms at the same time; what fails in one does not disturb the others."""
    places = asyncio.Semaphore(MOST_AT_ONCE)

    async def run(visit: Visit) -> Outcome:
        async with places:
            outcome = await _run_in(visit, act, connect)
        if outcome.error is None or otherwise is None:
            return outcome
        return replace(outcome, answer=otherwise(outcome.error, visit.around.address))

    return list(await asyncio.gather(*map(run, visits)))


async def _run_in(visit: Visit, act: Act, connect: Connect) -> Outcome:
    try:
        async with connect(visit.target, visit.password) as room:
            return Outcome(visit.target, answer=await act(room, visit.around))
    except (VideobarError, CannotWrite) as error:
        return Outcome(visit.target, error=error)
