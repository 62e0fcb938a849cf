"""TLS of SIP (RFC 3261 section 26.2.1, RFC 5922): its contexts, and the listener that counts handshakes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from videobar.files import MIB, read_regular
from videobar.pem import believe
from videobar.sip.transport.flow import ConnectionLimits, plain_address

LARGEST_FILE: Final = MIB


@dataclass(frozen=True)
class TlsFiles:
    """PEM files: our certificate with its chain, its key (in the same file where empty), and CAs.

    Servers are verified where `verify` is set, against `authorities`, or the system's CAs where that is empty. Without
    it a connection is encrypted, but the server is not authenticated. Clients are never asked for a certificate.
    """

    certificate: str
    key: str = ""
    verify: bool = False
    authorities: str = ""


class Tls:
    """TLS contexts for both roles, made from `files`; `refresh` loads a certificate that was renewed.

    Raises:
        OSError: a file cannot be read; `ssl.SSLError`, which is one, where what is in it cannot be used.
    """

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        for context in (self.server, self.client):
            context.minimum_version = ssl.TLSVersion.TLSv1_2
        if not files.verify:
            self.client.check_hostname = False
            self.client.verify_mode = ssl.CERT_NONE
        elif files.authorities:
            believe(self.client, files.authorities)
        else:
            self.client.load_default_certs()
        self._loaded = 0
        self.refresh()

    def refresh(self) -> None:
        """Load the certificate again if its file has changed; connections made from then on show the new one."""
        changed = Path(self._files.certificate).stat().st_mtime_ns
        if changed != self._loaded:
            for file in filter(None, (self._files.certificate, self._files.key)):
                read_regular(file, LARGEST_FILE)
            for context in (self.server, self.client):
                context.load_cert_chain(self._files.certificate, self._files.key or None)
            self._loaded = changed


BACKLOG = 64
PAUSE_S = 1.0
"""Pause in seconds after the system had no descriptor for a connection."""


class TlsListener:
    """TLS listener on a socket until `close`, which closes it. `make` makes the protocol of a connection, `refused` is
    called for each that was turned away.
    """

    def __init__(
        self,
        listener: socket.socket,
        context: ssl.SSLContext,
        limits: ConnectionLimits,
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
