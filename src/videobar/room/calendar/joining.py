"""From a meeting to its call: which of its addresses can be dialled, and the next one where one fails."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from videobar.clock import Clock
from videobar.errors import InvalidRequest, LineBusy, MeetingNotDialable
from videobar.room.calendar.addresses import bare
from videobar.room.calendar.meeting import Choice, Meeting, Way
from videobar.room.calls.connection import Connection, Phase
from videobar.room.calls.dialling import Dialling
from videobar.room.calls.port import Cause
from videobar.room.calls.service import Calls

log = logging.getLogger("videobar.calendar")

LOOK_S = 0.25
"""Interval at which a call that is being set up is checked."""
EARLY_S = 15 * 60
"""Time before its begin within which a meeting that is dialled by hand is still recognised."""


@dataclass
class Attempt:
    """A meeting that was dialled, the connection that was tried last, and what is left to try."""

    connection: Connection
    left: list[Choice] = field(default_factory=list)
    watch: asyncio.Task[None] | None = None


class Joining:
    """Dials meetings through the room's calls."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._attempts: dict[str, Attempt] = {}

    def dialable(self, meeting: Meeting) -> list[Choice]:
        """The addresses of a meeting that this room could dial now, in order of preference."""
        return [choice for choice in meeting.choices if self._calls.can_reach(_dialling(choice))]

    def dial(self, meeting: Meeting) -> Connection:
        """Dial the first address that can be dialled; where a call fails, the next one follows by itself.

        Returns while it rings. A meeting that is dialled or connected already is not dialled again. Raises
        `MeetingNotDialable` or `LineBusy`.
        """
        attempt = self._attempts.get(meeting.id)
        if attempt is not None and attempt.connection.phase is not Phase.ENDED:
            return attempt.connection
        if meeting.cancelled:
            raise MeetingNotDialable("the meeting was cancelled")
        if attempt is not None and attempt.watch is not None:
            attempt.watch.cancel()
        connection, left = self._next(list(meeting.choices))
        if connection is None:
            raise MeetingNotDialable("the invitation holds no address that this room can dial")
        attempt = Attempt(connection, left)
        self._attempts = {
            name: each for name, each in self._attempts.items() if each.connection.phase is not Phase.ENDED
        }
        self._attempts[meeting.id] = attempt
        attempt.watch = asyncio.create_task(self._follow(attempt), name="calendar-dial")
        return connection

    def in_call(self, meeting: Meeting, now_s: int) -> bool:
        """True if the meeting's call is up: dialled from the meeting, or by hand while the meeting is on."""
        attempt = self._attempts.get(meeting.id)
        if attempt is not None and attempt.connection.phase is Phase.CONNECTED:
            return True
        if not meeting.choices or not meeting.start_s - EARLY_S <= now_s < meeting.end_s:
            return False
        addresses = {bare(_dialling(choice).address) for choice in meeting.choices}
        taken = {each.connection.id for each in self._attempts.values()}
        return any(
            connection.id not in taken and bare(connection.address) in addresses
            for connection in self._calls.active_conference().connections
            if connection.phase is Phase.CONNECTED
        )

    def close(self) -> None:
        """Follow no call any longer."""
        for attempt in self._attempts.values():
            if attempt.watch is not None:
                attempt.watch.cancel()

    def _next(self, left: list[Choice]) -> tuple[Connection | None, list[Choice]]:
        """Dial the first of `left` that can be dialled; also what comes behind it. Raises `LineBusy`."""
        while left:
            choice = left.pop(0)
            try:
                return self._calls.dial(_dialling(choice)), left
            except InvalidRequest:
                continue
        return None, left

    async def _follow(self, attempt: Attempt) -> None:
        """Dial the next address whenever one fails before it is connected and nobody hung up here."""
        while attempt.connection.phase is not Phase.CONNECTED:
            if attempt.connection.phase is Phase.ENDED:
                if attempt.connection.terminal_id or attempt.connection.cause == Cause.NORMAL:
                    return
                log.info("connection %s failed; dialling the meeting's next address", attempt.connection.id)
                try:
                    connection, attempt.left = self._next(attempt.left)
                except LineBusy:
                    return
                if connection is None:
                    return
                attempt.connection = connection
            await self._clock.sleep(LOOK_S)


def _dialling(choice: Choice) -> Dialling:
    """The call; what stands behind commas, which are pauses, is entered once the far end has answered."""
    if choice.way is not Way.VOICE:
        return Dialling(choice.address, choice.way.dial_type)
    number, *digits = choice.address.split(",")
    return Dialling(number, choice.way.dial_type, password="".join(digits))
