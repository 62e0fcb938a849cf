"""Conference PIN: sent as DTMF digits once connected, as bridges ask for it by voice."""

from __future__ import annotations

import asyncio
from typing import Final

from videobar.clock import Clock
from videobar.errors import InvalidRequest
from videobar.room.calls.connection import Connection, Phase
from videobar.room.calls.port import CallEngine

DELAY_S: Final = 2.0
"""Delay of the password after the connection: conference servers play their greeting first, and listen then."""
LONGEST: Final = 64
CHARACTERS: Final = frozenset("0123456789*#")


def check_password(password: str) -> None:
    """Raises `InvalidRequest` for what cannot be sent as digits; none at all can."""
    if len(password) > LONGEST or set(password) - CHARACTERS:
        raise InvalidRequest(
            f"password: must be at most {LONGEST} digits, * or #: far ends are sent it as DTMF"
        )


class ConferencePins:
    """Sends each connection its PIN, with a `#` at the end, once the far end has had time to ask for it."""

    def __init__(self, engine: CallEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._waiting: set[asyncio.Task[None]] = set()

    def enter(self, connection: Connection) -> None:
        """Send the password of a new connection, if it has one, once the far end has had time to ask for it."""
        if connection.password:
            task = asyncio.ensure_future(self._enter(connection))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    def close(self) -> None:
        """Send no more."""
        for task in self._waiting:
            task.cancel()

    async def _enter(self, connection: Connection) -> None:
        await self._clock.sleep(DELAY_S)
        if connection.phase is Phase.CONNECTED:
            end = "" if connection.password.endswith("#") else "#"
            self._engine.send_digits(connection.leg, connection.password + end)
