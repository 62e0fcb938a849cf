"""Logins of many rooms with one password: a few first, the others when one of these was let in.

Every wrong password brings a room nearer to its lock-out, and is written to its log.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from videobar.errors import SessionInvalidUserNamePassword

MOST_REFUSALS = 2
"""Rooms that may refuse a password before it is tried no more, unless another one took it."""
PATIENCE_S = 2.0
"""Seconds that the others wait for a login that is not decided: that room may not be there."""


@dataclass
class _Trial:
    """The state of one user and password."""

    refused_by: list[str] = field(default_factory=list)
    accepted: bool = False
    undecided: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def may_begin(self) -> bool:
        return self.accepted or self.undecided + len(self.refused_by) < MOST_REFUSALS

    @property
    def is_hopeless(self) -> bool:
        return not self.accepted and len(self.refused_by) >= MOST_REFUSALS

    def tell(self) -> None:
        """Let all who wait look again."""
        self.changed.set()
        self.changed = asyncio.Event()


class LoginTurns:
    """Gives rooms their turn to log in. To be used from one event loop."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._trials: dict[tuple[str, str], _Trial] = {}

    @asynccontextmanager
    async def turn(self, room: str, user: str, password: str) -> AsyncGenerator[None]:
        """The login of a room happens within. Raises `SessionInvalidUserNamePassword` where it is not worth trying."""
        trial = self._trials.setdefault((user, password), _Trial())
        while not trial.may_begin:
            if trial.is_hopeless:
                text = f"not tried, since {' and '.join(trial.refused_by)} refused the same password"
                raise SessionInvalidUserNamePassword(text, heard=text)
            await trial.changed.wait()
        trial.undecided += 1
        counted = True

        def stop_counting() -> None:
            nonlocal counted
            if counted:
                counted = False
                trial.undecided -= 1
                trial.tell()

        patience = asyncio.get_running_loop().call_later(self._patience_s, stop_counting)
        try:
            yield
        except SessionInvalidUserNamePassword:
            trial.refused_by.append(room)
            raise
        else:
            trial.accepted = True
        finally:
            patience.cancel()
            stop_counting()
            trial.tell()
