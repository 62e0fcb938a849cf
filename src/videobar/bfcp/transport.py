"""BFCP over UDP, and over TCP (RFC 8855 section 6), on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

from videobar.bfcp.message import HEADER, LARGEST_PAYLOAD, RELIABLE, UNRELIABLE

LARGEST_DATAGRAM: Final = 2048


class UdpTransport:
    """A socket that sends to one peer, and receives only from it.

    The port that the peer's description names may be another than the one it sends from (RFC 8856 has no
    symmetric rule): while nothing comes from the former, another port of its address is learned, once, and answers go
    there.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.port: int = sock.getsockname()[1]
        self.on_data: Callable[[bytes], None] = lambda _: None
        self._socket = sock
        self._named: tuple[str, int] | None = None
        self._peer: tuple[str, int] | None = None
        """Address to send to."""
        self._learned: tuple[str, int] | None = None
        """Address that the peer sends from, once it has."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._readable)

    @classmethod
    def bind(cls, address: str) -> UdpTransport:
        """Bind a free port of the numeric `address`. Raises `OSError`."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.bind((address, 0))
        except OSError:
            sock.close()
            raise
        return cls(sock)

    def connect(self, address: str, port: int) -> None:
        """Speak with the peer at this numeric address and port; the same again changes nothing."""
        if self._named != (address, port):
            self._named = self._peer = (address, port)
            self._learned = None

    def send(self, data: bytes) -> None:
        """Send a datagram; what cannot be sent is lost, as on the way."""
        if self._peer is not None:
            with contextlib.suppress(OSError):
                self._socket.sendto(data, self._peer)

    def close(self) -> None:
        """Give the port back; twice is harmless."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _readable(self) -> None:
        for _ in range(16):
            if self._socket.fileno() < 0:
                return
            try:
                data, source = self._socket.recvfrom(LARGEST_DATAGRAM)
            except OSError:
                return
            if self._is_peer((source[0], source[1]), data):
                self._learned = self._peer = (source[0], source[1])
                self.on_data(data)

    def _is_peer(self, source: tuple[str, int], data: bytes) -> bool:
        """True if a datagram is the peer's; another port than it has named must say something that makes sense."""
        if self._named is None or not _is_same_host(source[0], self._named[0]):
            return False
        is_bfcp = len(data) >= HEADER.size and data[0] >> 5 in (RELIABLE, UNRELIABLE)
        return source == self._learned or source[1] == self._named[1] or (self._learned is None and is_bfcp)


def _is_same_host(one: str, other: str) -> bool:
    try:
        return ip_address(one.partition("%")[0]) == ip_address(other.partition("%")[0])
    except ValueError:
        return False


class StreamSplitter:
    """Cuts a stream into messages. Raises `ValueError` when it cannot be followed any more."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are complete now."""
        self._buffer += data
        messages = []
        while len(self._buffer) >= HEADER.size:
            payload = 4 * int.from_bytes(self._buffer[2:4], "big")
            if self._buffer[0] >> 5 != 1 or payload > LARGEST_PAYLOAD:
                raise ValueError("this is no BFCP")
            total = HEADER.size + payload
            if len(self._buffer) < total:
                break
            messages.append(bytes(self._buffer[:total]))
            del self._buffer[:total]
        return messages


class TcpTransport:
    """A connection with one peer, made by us or by it; what is sent before it stands is sent then."""

    def __init__(self, listening: socket.socket) -> None:
        self.port: int = listening.getsockname()[1]
        self.on_data: Callable[[bytes], None] = lambda _: None
        self._listening = listening
        self._peer_address: str | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._early: list[bytes] = []
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @classmethod
    def bind(cls, address: str, port: int = 0) -> TcpTransport:
        """Ready on a port of the numeric `address`, 0 for a free one, though nobody is let in yet. Raises `OSError`."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, port))
            sock.listen(4)
        except OSError:
            sock.close()
            raise
        return cls(sock)

    def connect(self, address: str, port: int, *, active: bool) -> None:
        """Connect to the peer, or wait for it when not `active` (`a=setup`, RFC 4145); later calls do nothing."""
        if self._task is None and not self._closed:
            self._peer_address = address
            work = self._dial(address, port) if active else self._wait()
            self._task = asyncio.create_task(work, name="bfcp-tcp")

    def send(self, data: bytes) -> None:
        """Send one message."""
        if self._writer is not None:
            self._writer.write(data)
        elif not self._closed and len(self._early) < 64:
            self._early.append(data)

    def close(self) -> None:
        """Close what is open; twice is harmless."""
        self._closed = True
        self._listening.close()
        if self._task is not None:
            self._task.cancel()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    async def _dial(self, address: str, port: int) -> None:
        with contextlib.suppress(OSError, ValueError):
            reader, writer = await asyncio.open_connection(address, port)
            await self._converse(reader, writer)

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError, ValueError):
            while True:
                connection, source = await loop.sock_accept(self._listening)
                if self._peer_address is not None and _is_same_host(source[0], self._peer_address):
                    break
                connection.close()
            reader, writer = await asyncio.open_connection(sock=connection)
            await self._converse(reader, writer)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        for early in self._early:
            writer.write(early)
        self._early.clear()
        splitter = StreamSplitter()
        try:
            while data := await reader.read(4096):
                for message in splitter.feed(data):
                    self.on_data(message)
        finally:
            self._writer = None
            writer.close()
