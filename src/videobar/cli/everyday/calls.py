"""The verbs about calls, in terms of the contract's actions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from videobar.cli.command.arguments import Surroundings
from videobar.cli.output.views import Answer, Table
from videobar.client.call import call_to, connection_of
from videobar.contract.calls import CallActionRequest, Conference, Connection, DialRequest
from videobar.contract.index import Areas
from videobar.contract.model import Link
from videobar.errors import (
    AnswerNotUnderstood,
    InvalidRequest,
    NoSuchConference,
    NoSuchConnection,
    NotAnswerable,
    NotInCall,
)
from videobar.vocabulary import CallAction, CallMedia

HEADINGS = ("id", "address", "state", "way", "type", "media", "rate", "seconds", "conf")
"""Short enough for a line of 80 columns with an address of 20."""
PENDING = "PENDING"
"""The conference of calls that wait for an answer."""
MEDIA = {CallMedia.AUDIO_ONLY: "audio", CallMedia.AUDIO_VIDEO: "video"}


async def dial(room: Areas, request: DialRequest, around: Surroundings, *, wait: bool) -> Answer:
    """Dial, and with `wait` see the call connected. Raises what dialling raises, and `CallEnded`.

    The wire value is what dialling answers, or with `wait` the connection.
    """
    links = await room.conferences.dial(request)
    if not wait:
        return Answer(links, dialling(links or ()))
    call = await call_to(room, links or (), request.address, around.clock)
    connection = await call.connected(None, on_state=lambda state: around.tell(state.lower()))
    return Answer(connection, f"connected, connection {connection.id}")


def dialling(links: Sequence[Link]) -> str:
    """The view of the links that dialling is answered with."""
    return "\n".join(map(_dialling, links)) or "dialling"


def _dialling(link: Link) -> str:
    """The row of a link; it was dialled even where the link cannot be understood."""
    try:
        return f"dialling, connection {connection_of(link)[1]}"
    except AnswerNotUnderstood:
        return f"dialling, {link.href}"


async def only_conference(room: Areas) -> str:
    """The id of the conference that is on. Raises `NotInCall` without one, `InvalidRequest` for several."""
    found = [one.id for one in await room.conferences.all() if one.id != PENDING]
    if len(found) > 1:
        said = f"which conference? --conference-id {' or '.join(found)}"
        raise InvalidRequest(said, heard=said)
    if not found:
        raise NotInCall("there is no call")
    return found[0]


async def answer(room: Areas, wanted: str | None) -> Answer:
    """Answer the call with that id, or the first that waits. Raises `NotAnswerable` without such a call."""
    if wanted is None:
        waiting = [one for _, one in _connections(await room.conferences.all()) if one.answerable]
        if not waiting:
            raise NotAnswerable("nobody is calling")
        wanted = waiting[0].id
    await room.conferences.call_action(CallActionRequest(id=wanted, call_action_type=CallAction.ANSWER))
    return Answer({"id": wanted}, f"answered connection {wanted}")


async def hang_up(room: Areas, wanted: str | None) -> Answer:
    """End the connection with that id, or all. Raises `NotInCall` without any, `NoSuchConnection` for a wrong id."""
    conferences = await room.conferences.all()
    if wanted is not None:
        return await _hang_up_one(room, conferences, wanted)
    ended = [connection.id for _, connection in _connections(conferences)]
    if not conferences:
        raise NotInCall("there is no call")
    gone = 0
    for conference in conferences:
        try:
            await room.conferences.hang_up(conference.id)
        except NoSuchConference:  # it ended by itself meanwhile
            gone += 1
    if gone == len(conferences):
        raise NotInCall("the call has just ended")
    return Answer({"ids": ended}, f"ended {', '.join(ended) or 'the call'}")


async def _hang_up_one(room: Areas, conferences: Sequence[Conference], wanted: str) -> Answer:
    for conference, connection in _connections(conferences):
        if connection.id == wanted:
            await room.conferences.hang_up_connection(conference.id, wanted)
            return Answer({"ids": [wanted]}, f"ended {wanted}")
    raise NoSuchConnection(f"no connection {wanted!r}; calls shows them")


async def calls(room: Areas) -> Answer:
    """All connections; the wire value is that of `conferences_get`."""
    conferences = await room.conferences.all()
    return Answer(conferences, table_of(conferences))


def table_of(conferences: Sequence[Conference]) -> Table:
    """A row for each connection."""
    return Table(HEADINGS, tuple(_row(conference, one) for conference, one in _connections(conferences)))


def _row(conference: Conference, connection: Connection) -> tuple[Any, ...]:
    return (
        connection.id,
        connection.address,
        connection.state,
        "in" if connection.incoming else "out",
        connection.call_type,
        MEDIA.get(connection.media_type, connection.media_type),
        connection.rate,
        connection.duration,
        conference.id,
    )


def _connections(conferences: Sequence[Conference]) -> Iterator[tuple[Conference, Connection]]:
    for conference in conferences:
        for connection in conference.connections:
            yield conference, connection
