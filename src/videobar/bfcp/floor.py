"""The floor of one call: both roles over one transport, with its timer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from videobar.bfcp.association import Association
from videobar.bfcp.client import FloorClient, Holding
from videobar.bfcp.message import BfcpMessage, MalformedBfcp, parse_piece
from videobar.bfcp.server import FloorServer
from videobar.bfcp.transport import TcpTransport, UdpTransport
from videobar.bfcp.vocabulary import ErrorCode, Primitive

TO_CLIENTS: Final = frozenset(
    {
        Primitive.FLOOR_REQUEST_STATUS,
        Primitive.FLOOR_STATUS,
        Primitive.USER_STATUS,
        Primitive.HELLO_ACK,
        Primitive.GOODBYE_ACK,
        Primitive.CHAIR_ACTION_ACK,
        Primitive.ERROR,
    }
)


@dataclass(frozen=True)
class Ids:
    """Identifiers in a server's description (RFC 8856): `confid`, `userid` of its client, and `floorid`."""

    conference: int
    user: int
    floor: int = 1


@dataclass(frozen=True)
class FloorTerms:
    """Terms that both descriptions agreed on: the roles that we have, each with the names that go with it.

    Each side may have both roles: then there are two servers, and each client asks the other side's.
    """

    client: Ids | None
    server: Ids | None


class Floor:
    """Says who may show content. All on the event loop.

    `on_holding` gets our state at the far end's server, and `on_others` whether somebody else holds its floor;
    `on_wanted` and `on_released` are called for requests to ours.
    """

    def __init__(
        self,
        transport: UdpTransport | TcpTransport,
        terms: FloorTerms,
        *,
        on_holding: Callable[[Holding], None],
        on_others: Callable[[bool], None],
        on_wanted: Callable[[], None],
        on_released: Callable[[], None],
    ) -> None:
        self.terms = terms
        self.client: FloorClient | None = None
        self.server: FloorServer | None = None
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._transport = transport
        self._associations: list[Association] = []
        if terms.server is not None:
            association = self._associate(terms.server)
            self.server = FloorServer(
                association, terms.server.floor, on_wanted=on_wanted, on_released=on_released
            )
            self._hear_with(association, self.server.hear)
        if terms.client is not None:
            association = self._associate(terms.client)
            self.client = FloorClient(association, terms.client.floor, on_holding, on_others)
            self._hear_with(association, self.client.hear)
        transport.on_data = self._receive

    def start(self) -> None:
        """Greet the far end's server, if there is one."""
        if self.client is not None:
            self.client.hello()
        self._reckon()

    def ask(self) -> None:
        """Ask the far end's server for the floor, if there is one."""
        if self.client is not None:
            self.client.ask()
            self._reckon()

    def give_back(self) -> None:
        """Release what was asked for or held."""
        if self.client is not None:
            self.client.give_back()
            self._reckon()

    def grant(self) -> None:
        """Give the far end what it wants."""
        if self.server is not None:
            self.server.grant()
            self._reckon()

    def revoke(self) -> None:
        """Take it away again, or deny it."""
        if self.server is not None:
            self.server.revoke()
            self._reckon()

    def hold(self, held: bool) -> None:
        """Our side holds the floor of our own server, or no longer."""
        if self.server is not None:
            self.server.hold(held)
            self._reckon()

    def close(self) -> None:
        """No more timers; the transport is closed by who made it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._transport.on_data = lambda _: None
        for association in self._associations:
            association.close()

    def _associate(self, ids: Ids) -> Association:
        association = Association(
            conference=ids.conference,
            user=ids.user,
            reliable=isinstance(self._transport, TcpTransport),
            send=self._transport.send,
            time=self._loop.time,
        )
        self._associations.append(association)
        return association

    def _hear_with(self, association: Association, hear: Callable[[BfcpMessage], bool]) -> None:
        def on_message(message: BfcpMessage) -> None:
            try:
                heard = hear(message)
            except MalformedBfcp as fault:
                association.refuse(message, fault.code)
                return
            if not heard:
                association.refuse(message, ErrorCode.UNKNOWN_PRIMITIVE)

        association.on_message = on_message

    def _receive(self, data: bytes) -> None:
        self._addressee(data).receive(data)
        self._reckon()

    def _addressee(self, data: bytes) -> Association:
        """Of two associations, the one that a datagram is for: who waits for it, or whose role it speaks to."""
        first, *others = self._associations
        if others:
            with contextlib.suppress(MalformedBfcp):
                head = parse_piece(data).message
                awaited = [each for each in self._associations if each.awaits(head.transaction)]
                if awaited and (head.response or head.primitive in TO_CLIENTS):
                    return awaited[0]
                return others[0] if head.primitive in TO_CLIENTS else first
        return first

    def _reckon(self) -> None:
        """Have the timer go off when something is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = min(association.due for association in self._associations)
        if due != float("inf"):
            self._timer = self._loop.call_at(due, self._on_due)

    def _on_due(self) -> None:
        for association in self._associations:
            association.on_due()
        self._reckon()
