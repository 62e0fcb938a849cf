"""Queries of the calls: conferences, connections and terminals, as the API shows them. `Calls` alone changes them."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence

from videobar.clock import Clock
from videobar.errors import NoSuchConference, NoSuchConnection, NoSuchTerminal
from videobar.room.calls.conference import ACTIVE, CONFERENCE, PENDING, Conference, Digit
from videobar.room.calls.connection import Connection, Phase
from videobar.room.calls.port import LegId
from videobar.room.login_limits import source_of
from videobar.vocabulary import CallProtocol, ConnectionFilter

LINGER_S = 3.0
"""Time for which an ended connection can still be read at its own link, with its cause."""
DIGITS_KEPT = 200


class CallQueries:
    """The reading side of `Calls`: `most` connections, of which `most_with_video` may have video."""

    def __init__(self, clock: Clock, most: int, most_with_video: int) -> None:
        self._clock = clock
        self._most = most
        self._most_with_video = most_with_video
        self._connections: dict[str, Connection] = {}
        """Live connections, by id."""
        self._ended: deque[tuple[float, Connection]] = deque(maxlen=100)
        self._start: tuple[int, float] | None = None
        """Start of the conference that is on: room time in ms, and monotonic."""
        self._digits: deque[Digit] = deque(maxlen=DIGITS_KEPT)
        self._closed = False

    def conferences(self) -> list[Conference]:
        """The conference that is on, then the pseudo-conference, each only while it has connections."""
        members = [c for c in self._connections.values() if not c.pending]
        waiting = [c for c in self._connections.values() if c.pending]
        return [
            *([self._conference(members)] if members else []),
            *([self._pending(waiting)] if waiting else []),
        ]

    def conference(self, conference_id: str) -> Conference:
        """The conference with this id, or the one that is on for `active`. Raises `NoSuchConference`."""
        wanted = CONFERENCE if conference_id == ACTIVE else conference_id
        for conference in self.conferences():
            if conference.id == wanted:
                return conference
        raise NoSuchConference(f"there is no conference {conference_id!r}")

    def active_conference(self) -> Conference:
        """The conference that is on, or one without connections when none is."""
        return self._conference([c for c in self._connections.values() if not c.pending])

    def connections(self, conference_id: str, which: ConnectionFilter) -> list[Connection]:
        """The connections of a conference that `which` lets through. Raises `NoSuchConference`."""
        tests: dict[ConnectionFilter, Callable[[Connection], bool]] = {
            ConnectionFilter.ALL: lambda _: True,
            ConnectionFilter.ACTIVE: lambda c: c.phase is Phase.CONNECTED,
            ConnectionFilter.ANSWERABLE: lambda c: c.answerable,
            ConnectionFilter.INCOMING: lambda c: c.incoming,
            ConnectionFilter.PENDING: lambda c: c.phase is not Phase.CONNECTED,
        }
        return [c for c in self.conference(conference_id).connections if tests[which](c)]

    def connection(self, conference_id: str, connection_id: str) -> Connection:
        """A connection of that conference, or one that ended moments ago. Raises `NoSuchConnection`."""
        connection = self._connections.get(connection_id)
        if connection is not None and self.conference_id(connection) == self._wanted(conference_id):
            return connection
        self._forget_ended()
        for _, ended in self._ended:
            if ended.id == connection_id:
                return ended
        raise NoSuchConnection(f"conference {conference_id!r} has no connection {connection_id!r}")

    def terminals(self, conference_id: str) -> list[Connection]:
        """The connections of a conference that have a terminal. Raises `NoSuchConference`."""
        return [c for c in self.conference(conference_id).connections if c.phase is Phase.CONNECTED]

    def terminal(self, conference_id: str, terminal_id: str) -> Connection:
        """The connection behind a terminal. Raises `NoSuchConference` or `NoSuchTerminal`."""
        for connection in self.terminals(conference_id):
            if connection.terminal_id == terminal_id:
                return connection
        raise NoSuchTerminal(f"conference {conference_id!r} has no terminal {terminal_id!r}")

    def conference_id(self, connection: Connection) -> str:
        """The id of the conference that a connection belongs to."""
        return PENDING if connection.pending else CONFERENCE

    def connection_id(self, leg: LegId) -> str:
        """The id of the connection that a leg belongs to; empty when there is none."""
        return next((c.id for c in self._connections.values() if c.leg == leg), "")

    def duration(self, connection: Connection) -> int:
        """Whole seconds that a connection has been in its ringing or connected time."""
        return connection.lasted(self._clock.monotonic())

    def digits(self) -> list[Digit]:
        """The latest DTMF digits that came in, oldest first."""
        return list(self._digits)

    @property
    def can_dial(self) -> bool:
        """True if the room can carry one more connection; callers who still ring do not count."""
        return self._free > 0 and not self._closed

    @property
    def can_dial_video(self) -> bool:
        """True if the room can carry one more connection with video."""
        return self.can_dial and self._video_free > 0

    def can_add_video(self, connection: Connection) -> bool:
        """True if video could be added to a connection."""
        return (
            connection.phase is Phase.CONNECTED
            and not connection.video
            and connection.protocol is CallProtocol.SIP
            and self._video_free > 0
        )

    def pictures_of(self, conference_id: str) -> list[Connection]:
        """The connections of a conference that have video. Raises `NoSuchConference`."""
        return [c for c in self.terminals(conference_id) if c.video]

    @property
    def connected(self) -> bool:
        """True if at least one connection is connected."""
        return any(c.phase is Phase.CONNECTED for c in self._connections.values())

    @property
    def _ringing(self) -> list[Connection]:
        """Callers who are not answered yet."""
        return [c for c in self._connections.values() if c.phase is Phase.RINGING_IN]

    @property
    def _free(self) -> int:
        """Number of further connections that the room carries."""
        return self._most - sum(c.phase is not Phase.RINGING_IN for c in self._connections.values())

    @property
    def _video_free(self) -> int:
        """Number of further connections with video that the room carries; callers who ring with video keep theirs."""
        used = sum(c.video for c in self._connections.values())
        return self._most_with_video - used

    def _may_ring(self, source: str) -> bool:
        """True if one more caller from this IP address (for IPv6, its network of 64 bits) may ring.

        As many may ring as the room has lines, and half of them from one address, so that no stranger keeps
        the others out.
        """
        ringing = self._ringing
        share = math.ceil(self._most / 2)
        same = sum(source_of(c.source) == source_of(source) for c in ringing) if source else 0
        return len(ringing) < self._most and same < share

    def _find(self, connection_id: str) -> Connection:
        connection = self._connections.get(connection_id)
        if connection is None:
            raise NoSuchConnection(f"there is no connection {connection_id!r}")
        return connection

    def _wanted(self, conference_id: str) -> str:
        return CONFERENCE if conference_id == ACTIVE else conference_id

    def _forget_ended(self) -> None:
        while self._ended and self._ended[0][0] + LINGER_S < self._clock.monotonic():
            self._ended.popleft()

    def _conference(self, members: Sequence[Connection]) -> Conference:
        start_ms, since = self._start or (None, None)
        return Conference(
            id=CONFERENCE,
            pending=False,
            connections=tuple(members),
            start_ms=start_ms,
            duration_s=0 if since is None else max(0, int(self._clock.monotonic() - since)),
            active=any(c.phase is Phase.CONNECTED for c in members),
        )

    def _pending(self, waiting: Sequence[Connection]) -> Conference:
        return Conference(PENDING, True, tuple(waiting), None, 0, False)
