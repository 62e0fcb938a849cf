"""Accepts TLS connections, of which only so many may be shaking hands: until then nobody else counts them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable

from videobar.sip.flow import Limits, plain_address

BACKLOG = 64
PAUSE_S = 1.0
"""How long nothing is accepted after the system had no room for it."""


class TlsListener:
    """Listens on a socket until `close`, which closes it. `make` makes the protocol of a connection, `refused` hears of
    each that was turned away.
    """

    def __init__(
        self,
        listener: socket.socket,
        context: ssl.SSLContext,
        limits: Limits,
        make: Callable[[], asyncio.Protocol],
        refused: Callable[[], None],
    ) -> None:
        self._listener = listener
        self._context = context
        self._limits = limits
        self._make = make
        self._refused = refused
        self._loop = asyncio.get_running_loop()
        self._shaking: dict[asyncio.Task[None], str] = {}
        self._closed = False

    def start(self) -> None:
        """Begin to accept."""
        if not self._closed:
            self._listener.listen(BACKLOG)
            self._loop.add_reader(self._listener.fileno(), self._accept)

    def close(self) -> None:
        """Stop; connections that stand are not touched."""
        self._closed = True
        self._loop.remove_reader(self._listener.fileno())
        for task in self._shaking:
            task.cancel()
        self._listener.close()

    def _accept(self) -> None:
        try:
            connection, address = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError:
            # No descriptors are left: the loop would spin on a socket that stays readable.
            self._loop.remove_reader(self._listener.fileno())
            self._loop.call_later(PAUSE_S, self.start)
            return
        connection.setblocking(False)
        host = plain_address(str(address[0]))
        from_host = sum(each == host for each in self._shaking.values())
        crowded = from_host >= self._limits.connections_per_host
        if crowded or len(self._shaking) >= self._limits.connections:
            connection.close()
            self._refused()
            return
        task = self._loop.create_task(self._shake_hands(connection))
        self._shaking[task] = host
        task.add_done_callback(self._shaking.pop)

    async def _shake_hands(self, connection: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError, TimeoutError):
                await self._loop.connect_accepted_socket(
                    self._make,
                    connection,
                    ssl=self._context,
                    ssl_handshake_timeout=self._limits.connect,
                )
        except asyncio.CancelledError:
            connection.close()
            raise
