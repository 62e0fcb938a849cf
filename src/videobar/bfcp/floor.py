"""The floor of one call: both roles over one transport, with its timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from videobar.bfcp.association import Association
from videobar.bfcp.client import FloorClient, Holding
from videobar.bfcp.message import MalformedMessage, Message
from videobar.bfcp.server import FloorServer
from videobar.bfcp.transport import TcpTransport, UdpTransport
from videobar.bfcp.vocabulary import ErrorCode


@dataclass(frozen=True)
class FloorTerms:
    """What both descriptions agreed on (RFC 8856).

    `client` and `server` are our roles; each side may have both. `conference`, `user` and `floor` are `confid`,
    `userid` and the id of `floorid`.
    """

    client: bool
    server: bool
    conference: int
    user: int
    floor: int


class Floor:
    """Says who may show content. All on the event loop.

    `on_holding` hears how we stand with the far end's server; `on_wanted` and `on_released` hear what the far end
    wants of ours.
    """

    def __init__(
        self,
        transport: UdpTransport | TcpTransport,
        terms: FloorTerms,
        *,
        on_holding: Callable[[Holding], None],
        on_wanted: Callable[[], None],
        on_released: Callable[[], None],
    ) -> None:
        self.terms = terms
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._association = Association(
            conference=terms.conference,
            user=terms.user,
            reliable=isinstance(transport, TcpTransport),
            send=transport.send,
            time=self._loop.time,
        )
        self._association.on_message = self._hear
        self.client = FloorClient(self._association, terms.floor, on_holding) if terms.client else None
        self.server = (
            FloorServer(self._association, terms.floor, on_wanted=on_wanted, on_released=on_released)
            if terms.server
            else None
        )
        transport.on_data = self._receive

    def start(self) -> None:
        """Greet the far end's server, if there is one."""
        if self.client is not None:
            self.client.hello()
        self._reckon()

    def ask(self) -> None:
        """Ask for the floor of the far end's server; without one it is ours to take."""
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

    def close(self) -> None:
        """No more timers; the transport is closed by who made it."""
        if self._timer is not None:
            self._timer.cancel()
        self._association.close()

    def _receive(self, data: bytes) -> None:
        self._association.receive(data)
        self._reckon()

    def _hear(self, message: Message) -> None:
        try:
            if self.server is not None and self.server.hear(message):
                return
            if self.client is not None and self.client.hear(message):
                return
        except MalformedMessage as fault:
            self._association.refuse(message, fault.code)
            return
        self._association.refuse(message, ErrorCode.UNKNOWN_PRIMITIVE)

    def _reckon(self) -> None:
        """Have the timer go off when something is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self._association.due
        if due != float("inf"):
            self._timer = self._loop.call_at(due, self._on_due)

    def _on_due(self) -> None:
        self._association.on_due()
        self._reckon()
