"""A call that one can wait for, ask and end, above the raw actions; works on any room with the contract's interface."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from videobar.clock import Clock
from videobar.contract.calls import CallActionRequest, Connection, ConnectionRequest
from videobar.contract.index import Areas
from videobar.contract.model import Link
from videobar.contract.streams import MediaStatistics
from videobar.errors import AnswerNotUnderstood, CallEnded, MethodNotAllowed, NotBuiltYet, NotThere, TimedOut
from videobar.vocabulary import CallAction, ConnectionAction, ConnectionState, cause_in_words

POLL_S = 0.5
"""Between two questions while waiting: what a device takes easily."""

APPEARS_S = 5.0
"""Seconds after dialling in which a device may not know its new connection yet (observed: 1 to 5 s)."""


class Call:
    """One connection of a room. Its ids may change when it is answered; the call follows them."""

    def __init__(
        self, room: Areas, conference_id: str, connection_id: str, clock: Clock, *, appears_s: float = 0.0
    ) -> None:
        self._room = room
        self._clock = clock
        self._appears_until = clock.monotonic() + appears_s
        self._last: Connection | None = None
        self.conference_id = conference_id
        self.id = connection_id

    def __repr__(self) -> str:
        return f"<Call {self.id} in conference {self.conference_id}>"

    async def connection(self) -> Connection | None:
        """All that the room says of it now; `None` when the room does not know it, not yet or no more."""
        found: Connection | None
        try:
            found = await self._room.conferences.connection(self.conference_id, self.id)
        except NotThere:
            found = await self._find_elsewhere()
        if found is not None:
            self._last = found
            self.conference_id = found.parent_conf_id or self.conference_id
        return found

    async def state(self) -> ConnectionState:
        """Its state; a text where a device says what the contract does not know. Gone is `DISCONNECTED`."""
        found = await self.connection()
        if found is not None:
            return found.state
        return ConnectionState.CONNECTING if self._may_still_appear() else ConnectionState.DISCONNECTED

    async def connected(
        self, timeout: float | None = 90.0, *, on_state: Callable[[ConnectionState], None] | None = None
    ) -> Connection:
        """Wait until it is answered; `on_state` is called with each state on the way.

        Raises `CallEnded` when that will not be, and `TimedOut` after `timeout` seconds, if given.
        """
        ends = {ConnectionState.CONNECTED, ConnectionState.DISCONNECTED}
        state = await self._wait_for(ends, timeout, on_state)
        if state == ConnectionState.CONNECTED and self._last is not None:
            return self._last
        why = f": {cause_in_words(self.cause)}" if self.cause else ""
        raise CallEnded(f"before it was connected{why}", cause=self.cause)

    async def ended(self, timeout: float | None = None) -> int:
        """Wait until it has ended, and return its cause. Raises `TimedOut` after `timeout` seconds, if given."""
        await self._wait_for({ConnectionState.DISCONNECTED}, timeout)
        return self.cause

    @property
    def cause(self) -> int:
        """Cause of the end (ITU-T Q.850), as far as the room gave it; else 0."""
        return 0 if self._last is None else self._last.cause_code

    async def stats(self) -> list[MediaStatistics]:
        """Counters of its streams; those of its whole conference where the room has no others."""
        try:
            return await self._room.conferences.connection_media_statistics(self.conference_id, self.id)
        except (NotThere, NotBuiltYet, AnswerNotUnderstood):
            return await self._room.conferences.media_statistics(self.conference_id)

    async def answer(self) -> None:
        """Answer it. Raises `NotAnswerable`, and `NotThere` when the caller has given up."""
        request = CallActionRequest(id=self.id, call_action_type=CallAction.ANSWER)
        await self._room.conferences.call_action(request)

    async def hang_up(self) -> None:
        """End it, or refuse it; nothing happens when it has ended already."""
        try:
            await self._end()
        except NotThere:
            if await self.state() == ConnectionState.DISCONNECTED:
                return
            with contextlib.suppress(NotThere):  # it was in another conference by now
                await self._end()

    async def _end(self) -> None:
        conferences = self._room.conferences
        try:
            await conferences.hang_up_connection(self.conference_id, self.id)
        except MethodNotAllowed:
            request = ConnectionRequest(action=ConnectionAction.HANGUP)
            await conferences.act_on_connection(self.conference_id, self.id, request)

    async def _wait_for(
        self,
        states: set[ConnectionState],
        timeout: float | None,
        on_state: Callable[[ConnectionState], None] | None = None,
    ) -> ConnectionState:
        give_up = None if timeout is None else self._clock.monotonic() + timeout
        seen: ConnectionState | None = None
        while (state := await self.state()) not in states:
            if on_state is not None and state != seen:
                on_state(state)
            seen = state
            if give_up is not None and self._clock.monotonic() >= give_up:
                raise TimedOut(f"the call is {state} after {timeout:g} s")
            await self._clock.sleep(POLL_S)
        return state

    def _may_still_appear(self) -> bool:
        return self._last is None and self._clock.monotonic() < self._appears_until

    async def _find_elsewhere(self) -> Connection | None:
        """The connection, in the conference that it is in now."""
        for conference in await self._room.conferences.all():
            for connection in conference.connections:
                if connection.id == self.id:
                    return connection
        return None


def call_of(room: Areas, links: Sequence[Link], clock: Clock) -> Call:
    """The call that dialling links to. Raises `AnswerNotUnderstood` when there is no such link."""
    for link in links:
        with contextlib.suppress(AnswerNotUnderstood):
            return Call(room, *connection_of(link), clock, appears_s=APPEARS_S)
    raise AnswerNotUnderstood("dialling gave no link to a connection")


def connection_of(link: Link) -> tuple[str, str]:
    """The ids of the conference and the connection that `/rest/conferences/0/connections/6` names.

    Raises `AnswerNotUnderstood` for another link.
    """
    segments = [segment for segment in link.href.split("/") if segment]
    if len(segments) < 4 or segments[-2] != "connections" or segments[-4] != "conferences":
        raise AnswerNotUnderstood(f"{link.href!r} is no link to a connection")
    return segments[-3], segments[-1]


async def call_to(room: Areas, links: Sequence[Link], address: str, clock: Clock) -> Call:
    """The call to an address that was dialled just now: where the links lead, else the latest one with that address.

    Some firmware answers dialling with nothing. Raises `AnswerNotUnderstood` when no such call appears.
    """
    try:
        return call_of(room, links, clock)
    except AnswerNotUnderstood:
        give_up = clock.monotonic() + APPEARS_S
        while True:
            found = [
                Call(room, connection.parent_conf_id or conference.id, connection.id, clock)
                for conference in await room.conferences.all()
                for connection in conference.connections
                if connection.address == address and not connection.incoming
            ]
            if found:
                return found[-1]
            if clock.monotonic() >= give_up:
                raise
            await clock.sleep(POLL_S)


async def calls_of(room: Areas, clock: Clock) -> list[Call]:
    """The calls that a room has now."""
    return [
        Call(room, connection.parent_conf_id or conference.id, connection.id, clock)
        for conference in await room.conferences.all()
        for connection in conference.connections
    ]
