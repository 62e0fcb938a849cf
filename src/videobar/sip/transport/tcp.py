"""SIP over one TCP or TLS connection, opened by either side."""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol, cast

from videobar.sip.errors import MalformedMessage
from videobar.sip.syntax.framing import PING, PONG, StreamFramer
from videobar.sip.transport.flow import ConnectionLimits, Flow, plain_address

MOST_UNANSWERED = 2
"""Pings without any byte after which a peer that used to answer them counts as gone."""


class ConnectionOwner(Protocol):
    """Owner of connections: the callbacks that they make."""

    def on_opened(self, connection: TcpConnection, host: str) -> int | None:
        """Register a new connection from or to `host`; returns its number, or None where there is no room for it."""
        ...

    def on_lost(self, connection: TcpConnection) -> None:
        """The connection is closed."""
        ...

    def on_message(self, data: bytes, flow: Flow) -> None:
        """A whole message has come."""
        ...

    def on_malformed(self) -> None:
        """The stream cannot be framed; the connection closes."""
        ...

    def is_needed(self, flow: Flow) -> bool:
        """True if this connection is still needed."""
        ...


class TcpConnection(asyncio.Protocol):
    """SIP connection over TCP or TLS.

    It closes itself when it is idle and not needed, stuck within a message, or needed, while a peer that used to
    answer our pings does so no more (RFC 5626 section 4.4.1; many never do).
    """

    def __init__(
        self,
        owner: ConnectionOwner,
        limits: ConnectionLimits,
        protocol: str = "TCP",
        far_name: str | None = None,
    ) -> None:
        self.far_name = far_name
        """The name that we connected to; None for a connection that the peer opened."""
        self._owner = owner
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._framer = StreamFramer()
        self._transport: asyncio.Transport | None = None
        self._check: asyncio.TimerHandle | None = None
        self._mid_message = False
        self._unanswered_pings = 0
        self._answers_pings = False
        self.flow = Flow(protocol, "", 0)
        self.local_host = ""
        self.local_port = 0
        self.last_message = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        local = transport.get_extra_info("sockname")
        # asyncio does so only for sockets that were made with a protocol number, which ours were not.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = self._owner.on_opened(self, plain_address(peer[0])) if peer and local else None
        if number is None:
            self._transport.abort()
            return
        self.flow = Flow(self.flow.protocol, plain_address(peer[0]), peer[1], number)
        self.local_host = plain_address(local[0])
        self.local_port = int(local[1])
        self.last_message = self._loop.time()
        self._schedule_check()

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        if data == PONG and self._unanswered_pings:
            self._answers_pings = True
        self._unanswered_pings = 0
        try:
            messages = self._framer.feed(data)
        except MalformedMessage:
            self._owner.on_malformed()
            self.close()
            return
        for _ in range(self._framer.take_pings()):
            self.write(PONG)
        for message in messages:
            self.last_message = self._loop.time()
            self._mid_message = False
            self._owner.on_message(message, self.flow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        if self._check is not None:
            self._check.cancel()
        self._owner.on_lost(self)

    def write(self, data: bytes) -> None:
        """Send bytes; a peer that does not read is cut off."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() + len(data) > self._limits.backlog:
            self._transport.abort()
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Close when what was written has been sent; the flow counts as broken at once."""
        if self._transport is not None:
            self._transport.close()
        if self._check is not None:
            self._check.cancel()
        self._owner.on_lost(self)

    def _schedule_check(self) -> None:
        self._check = self._loop.call_later(self._limits.check, self._on_check)

    def _on_check(self) -> None:
        silent = self._loop.time() - self.last_message
        needed = self._owner.is_needed(self.flow)
        stuck = self._mid_message and self._framer.in_message
        dead = self._answers_pings and self._unanswered_pings >= MOST_UNANSWERED
        if stuck or dead or (not needed and silent >= self._limits.idle):
            self.close()
            return
        self._mid_message = self._framer.in_message
        if needed:
            self.write(PING)
            self._unanswered_pings += 1
        self._schedule_check()
