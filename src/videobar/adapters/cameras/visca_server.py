"""Lets joysticks and controllers drive the room: the selected people camera as a VISCA over IP camera.

With the header of Sony's cameras over UDP, and without it over UDP and TCP, as other makers have it. There is no
password in VISCA: all who reach the port may move the camera. So the port is closed unless it is set.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any, Final

from videobar.adapters.cameras import visca
from videobar.adapters.cameras.visca import Packet
from videobar.adapters.cameras.visca_commands import ViscaCommands
from videobar.engine.signalling.sip_sockets import bind_sip_sockets
from videobar.room.cameras.service import Cameras

PEERS: Final = 64
"""Controllers whose last message is remembered, and connections at a time."""
_UNREAD: Final = 4096
"""Bytes of replies that a connection may leave unread."""

Address = tuple[Any, ...]


def bind_visca(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """Bound sockets for UDP and TCP, with the same port; port 0 finds a free one. Raises `OSError`."""
    datagrams, streams = bind_sip_sockets([host], port)
    return datagrams.socket, streams.socket


class ViscaServer:
    """Serves on bound sockets, for UDP and TCP, until closed.

    A message that comes again with the same sequence number is answered again, but not carried out again.
    """

    def __init__(self, cameras: Cameras, datagrams: socket.socket, streams: socket.socket) -> None:
        self._commands = ViscaCommands(cameras)
        self._sockets = datagrams, streams
        self._transport: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[asyncio.StreamWriter] = set()
        self._last: OrderedDict[Address, tuple[int, list[bytes]]] = OrderedDict()

    async def start(self) -> None:
        """Listen."""
        datagrams, streams = self._sockets
        datagrams.setblocking(False)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self.hear), sock=datagrams
        )
        self._server = await asyncio.start_server(self._converse, sock=streams, limit=visca.LONGEST)

    async def stop(self) -> None:
        """Close the port."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        for writer in self._connections:
            writer.transport.abort()
        if self._transport is not None:
            self._transport.close()
        await asyncio.sleep(0)

    def hear(self, data: bytes, peer: Address) -> None:
        """Take a datagram."""
        packet = visca.read_packet(data)
        if packet is None:
            return
        if packet.kind == visca.CONTROL:
            self._last.pop(peer, None)
            if packet.payload == visca.RESET:
                self._send(Packet(visca.CONTROL_REPLY, packet.sequence, visca.RESET).encoded(), peer)
            return
        replies: list[bytes] = []
        if packet.sequence is not None:
            last = self._last.get(peer)
            if last is not None and last[0] == packet.sequence:
                for reply in last[1]:
                    self._send(reply, peer)
                return
            self._last[peer] = (packet.sequence, replies)
            self._last.move_to_end(peer)
            if len(self._last) > PEERS:
                self._last.popitem(last=False)

        def answer(message: bytes) -> None:
            replies.append(Packet(visca.REPLY, packet.sequence, message).encoded())
            self._send(replies[-1], peer)

        self._begin(self._commands.take(packet.payload, answer))

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the messages of a connection, until it ends or sends what is no message."""
        if len(self._connections) >= PEERS:
            writer.transport.abort()
            return
        self._connections.add(writer)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
                while True:
                    message = await reader.readuntil(bytes((visca.END,)))
                    self._begin(self._commands.take(message, lambda reply: _write(writer, reply)))
        finally:
            self._connections.discard(writer)
            writer.close()

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _send(self, data: bytes, peer: Address) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, peer)


def _write(writer: asyncio.StreamWriter, reply: bytes) -> None:
    """Answer on a connection; one that never reads its answers is closed."""
    if writer.transport.get_write_buffer_size() > _UNREAD:
        writer.transport.abort()
    elif not writer.is_closing():
        writer.write(reply)


class _Datagrams(asyncio.DatagramProtocol):
    """Hands datagrams over."""

    def __init__(self, hear: Callable[[bytes, Address], None]) -> None:
        self._hear = hear

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Take a datagram."""
        self._hear(data, addr)
