"""SIP over UDP and TCP (RFC 3261 section 18): the only file of this package that does I/O.

The sockets are bound by somebody else and handed in: one UDP socket and one listening TCP socket. Requests larger than
1300 bytes are sent over UDP all the same unless their URI asks for TCP; RFC 3261 section 18.1.1 would change the
transport, but then a peer without TCP could not be called. Names are resolved to addresses only (A and AAAA, no
SRV or NAPTR of RFC 3263), and the first address counts. TLS does not exist here yet.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from videobar.sip.errors import MalformedMessage, Unreachable
from videobar.sip.framing import PING, PONG, StreamFramer

_IP_RECVERR = 11
_IPV6_RECVERR = 25
_MSG_ERRQUEUE = 0x2000
_UNREACHABLE = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN})
_MOST_ERRORS = 256


@dataclass(frozen=True)
class Flow:
    """A way to one peer: a UDP address, or one TCP connection (by its number) to it."""

    protocol: str
    host: str
    port: int
    connection: int = 0

    @property
    def reliable(self) -> bool:
        """Whether what is sent arrives or the flow breaks."""
        return self.protocol == "TCP"


@dataclass
class Counters:
    """Whole messages since the start: `dropped` are those the drop hook took, `malformed` broke their stream."""

    received: int = 0
    sent: int = 0
    dropped: int = 0
    malformed: int = 0
    refused_connections: int = 0


@dataclass(frozen=True)
class Limits:
    """Bounds on connections: seconds and counts."""

    connections: int = 200
    connect: float = 5.0
    resolve: float = 5.0
    idle: float = 300.0
    """A connection nobody needs is closed after so long without a message."""
    check: float = 30.0
    """How often connections are looked at; a message must be whole within two looks. Needed ones get a ping."""
    backlog: int = 1 << 20
    """Most bytes waiting to be sent on one connection; a peer that does not read is cut off."""


class Transport:
    """Sends and receives whole messages as bytes; made by `open`, ended by `close`, which closes the sockets.

    `drop`, if set, sees each datagram that comes in, and throws away those for which it returns True.
    """

    def __init__(self, udp: socket.socket, listener: socket.socket, limits: Limits) -> None:
        self.counters = Counters()
        self.drop: Callable[[bytes], bool] | None = None
        self._udp = udp
        self._listener = listener
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._connections: dict[int, _Connection] = {}
        self._last_connection = 0
        self._datagrams: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._receive: Callable[[bytes, Flow], None] = lambda data, flow: None
        self._broken: Callable[[Flow], None] = lambda flow: None
        self._needed: Callable[[Flow], bool] = lambda flow: False
        self._closed = False

    @classmethod
    async def open(
        cls, udp: socket.socket, listener: socket.socket, *, limits: Limits | None = None
    ) -> Transport:
        """Start on a bound UDP socket and a bound TCP socket; both are the transport's from now on."""
        transport = cls(udp, listener, limits or Limits())
        await transport._start()
        return transport

    def attach(
        self,
        *,
        receive: Callable[[bytes, Flow], None],
        broken: Callable[[Flow], None],
        needed: Callable[[Flow], bool],
    ) -> None:
        """Say who uses it: gets messages, hears of flows that broke, and knows which connections must stay."""
        self._receive = receive
        self._broken = broken
        self._needed = needed

    def send(self, flow: Flow, data: bytes) -> None:
        """Send one message; a failure is told later through `broken`, never raised."""
        if self._closed:
            return
        self.counters.sent += 1
        if flow.protocol == "UDP":
            self._send_datagram(flow, data)
        elif flow.connection in self._connections:
            self._connections[flow.connection].write(data)
        else:
            self._loop.call_soon(self._tell_broken, flow)

    def is_open(self, flow: Flow) -> bool:
        """Whether a message can be sent on this flow as it is."""
        return not self._closed and (flow.protocol == "UDP" or flow.connection in self._connections)

    def flow_at_once(self, protocol: str, host: str, port: int) -> Flow | None:
        """The flow to an address literal if nothing has to be waited for; otherwise None, and `reach` helps."""
        if not _is_literal(host, self._udp.family):
            return None
        if protocol == "UDP":
            return Flow("UDP", host, port)
        for connection in self._connections.values():
            if (connection.flow.host, connection.flow.port) == (host, port):
                return connection.flow
        return None

    async def reach(self, protocol: str, host: str, port: int) -> Flow:
        """Resolve the name, and open a connection where one is needed.

        Raises:
            Unreachable: the name cannot be resolved, or nobody accepts the connection in time.
        """
        address = await self._resolve(host, port)
        flow = self.flow_at_once(protocol, address, port)
        return flow if flow is not None else await self._connect(address, port)

    def local_address(self, flow: Flow) -> tuple[str, int]:
        """The address and port where the peer of this flow reaches us."""
        if flow.protocol == "UDP":
            host, port = self._udp.getsockname()[:2]
            return _plain(self._host_towards(flow) if _is_wildcard(host) else host), port
        host, port = self._listener.getsockname()[:2]
        connection = self._connections.get(flow.connection)
        if connection is not None:
            return connection.local_host, port
        return _plain(self._host_towards(flow) if _is_wildcard(host) else host), port

    async def close(self) -> None:
        """Close all connections and both sockets; twice does no harm."""
        if self._closed:
            return
        self._closed = True
        if self._datagrams is not None:
            self._datagrams.close()
        for connection in list(self._connections.values()):
            connection.close()
        if self._server is not None:
            self._server.close()
        # Two rounds of the loop let the transports run their own closing, which frees the sockets.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def _start(self) -> None:
        self._udp.setblocking(False)
        self._listener.setblocking(False)
        _report_icmp(self._udp)
        endpoint, _ = await self._loop.create_datagram_endpoint(lambda: _Datagrams(self), sock=self._udp)
        self._datagrams = endpoint
        self._server = await self._loop.create_server(lambda: _Connection(self), sock=self._listener)

    def _send_datagram(self, flow: Flow, data: bytes) -> None:
        if self._datagrams is None:
            return
        # An error that waits would be raised for this datagram, which has nothing to do with it, and eat it.
        self._take_errors()
        address = (_mapped(flow.host), flow.port) if self._udp.family == socket.AF_INET6 else (flow.host, flow.port)
        try:
            self._datagrams.sendto(data, address)
        except (OSError, ValueError):
            self._loop.call_soon(self._tell_broken, flow)

    def _take_errors(self) -> None:
        """Read what the kernel has noted of ICMP errors, and tell whom they concern."""
        for _ in range(_MOST_ERRORS):
            try:
                _, ancillary, _, address = self._udp.recvmsg(0, 512, _MSG_ERRQUEUE)
            except (OSError, ValueError):
                return
            if address and _error_number(ancillary) in _UNREACHABLE:
                flow = Flow("UDP", _plain(address[0]), address[1])
                self._loop.call_soon(self._tell_broken, flow)

    def _tell_broken(self, flow: Flow) -> None:
        if not self._closed:
            self._broken(flow)

    async def _resolve(self, host: str, port: int) -> str:
        family = self._udp.family
        flags = socket.AI_V4MAPPED if family == socket.AF_INET6 else 0
        try:
            async with asyncio.timeout(self._limits.resolve):
                found = await self._loop.getaddrinfo(
                    host, port, family=family, type=socket.SOCK_DGRAM, flags=flags
                )
        except (OSError, UnicodeError, TimeoutError):
            raise Unreachable(f"{host} cannot be resolved") from None
        if not found:
            raise Unreachable(f"{host} cannot be resolved")
        return _plain(str(found[0][4][0]))

    async def _connect(self, host: str, port: int) -> Flow:
        if not self._make_room():
            raise Unreachable("too many connections are open")
        local = self._listener.getsockname()[0]
        try:
            async with asyncio.timeout(self._limits.connect):
                _, connection = await self._loop.create_connection(
                    lambda: _Connection(self),
                    host,
                    port,
                    local_addr=None if _is_wildcard(local) else (local, 0),
                )
        except (OSError, TimeoutError) as error:
            reason = "does not answer" if isinstance(error, TimeoutError) else "refuses the connection"
            raise Unreachable(f"{host} port {port} {reason}") from None
        if connection.flow.connection not in self._connections:
            raise Unreachable(f"{host} port {port} closed the connection")
        return connection.flow

    def _make_room(self) -> bool:
        """Whether one more connection fits, once the one idle longest has gone if need be."""
        if self._closed:
            return False
        if len(self._connections) < self._limits.connections:
            return True
        idle = [each for each in self._connections.values() if not self._needed(each.flow)]
        if not idle:
            return False
        min(idle, key=lambda each: each.last_message).close()
        return True

    def _host_towards(self, flow: Flow) -> str:
        """Our address on the way to a peer: a connected UDP socket knows it, and sends nothing."""
        with contextlib.suppress(OSError), socket.socket(self._udp.family, socket.SOCK_DGRAM) as probe:
            host = _mapped(flow.host) if self._udp.family == socket.AF_INET6 else flow.host
            probe.connect((host, flow.port))
            return str(probe.getsockname()[0])
        return "::1" if self._udp.family == socket.AF_INET6 else "127.0.0.1"

    def _datagram_came(self, data: bytes, address: tuple[str, int]) -> None:
        self.counters.received += 1
        if self.drop is not None and self.drop(data):
            self.counters.dropped += 1
        elif data.strip(b"\r\n\x00"):
            self._receive(data, Flow("UDP", _plain(address[0]), address[1]))
        elif data == PING:
            self._send_datagram(Flow("UDP", _plain(address[0]), address[1]), PONG)

    def _message_came(self, data: bytes, flow: Flow) -> None:
        self.counters.received += 1
        self._receive(data, flow)

    def _opened(self, connection: _Connection) -> int | None:
        """The number of a new connection, or None where there is no room for it."""
        if not self._make_room():
            self.counters.refused_connections += 1
            return None
        self._last_connection += 1
        self._connections[self._last_connection] = connection
        return self._last_connection

    def _lost(self, connection: _Connection) -> None:
        if self._connections.pop(connection.flow.connection, None) is not None:
            self._tell_broken(connection.flow)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, owner: Transport) -> None:
        self._owner = owner

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._owner._datagram_came(data, addr)

    def error_received(self, exc: Exception) -> None:
        # The queue must be emptied here: while it is not, the socket stays readable and the loop spins.
        self._owner._take_errors()


class _Connection(asyncio.Protocol):
    """One TCP connection, whoever opened it."""

    def __init__(self, owner: Transport) -> None:
        self._owner = owner
        self._framer = StreamFramer()
        self._transport: asyncio.Transport | None = None
        self._check: asyncio.TimerHandle | None = None
        self._mid_message = False
        self.flow = Flow("TCP", "", 0)
        self.local_host = ""
        self.last_message = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        local = transport.get_extra_info("sockname")
        number = self._owner._opened(self) if peer and local else None
        if number is None:
            self._transport.abort()
            return
        self.flow = Flow("TCP", _plain(peer[0]), peer[1], number)
        self.local_host = _plain(local[0])
        self.last_message = self._owner._loop.time()
        self._watch()

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._framer.feed(data)
        except MalformedMessage:
            self._owner.counters.malformed += 1
            self.close()
            return
        for _ in range(self._framer.take_pings()):
            self.write(PONG)
        for message in messages:
            self.last_message = self._owner._loop.time()
            self._mid_message = False
            self._owner._message_came(message, self.flow)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._check is not None:
            self._check.cancel()
        self._owner._lost(self)

    def write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() + len(data) > self._owner._limits.backlog:
            self._transport.abort()
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Close when what was written has been sent; the flow counts as broken at once."""
        if self._transport is not None:
            self._transport.close()
        if self._check is not None:
            self._check.cancel()
        self._owner._lost(self)

    def _watch(self) -> None:
        self._check = self._owner._loop.call_later(self._owner._limits.check, self._look)

    def _look(self) -> None:
        silent = self._owner._loop.time() - self.last_message
        needed = self._owner._needed(self.flow)
        stuck = self._mid_message and self._framer.in_message
        if stuck or (not needed and silent >= self._owner._limits.idle):
            self.close()
            return
        self._mid_message = self._framer.in_message
        if needed:
            self.write(PING)
        self._watch()


def _report_icmp(udp: socket.socket) -> None:
    """Ask the kernel to keep ICMP errors with the address they concern; Linux only, harmless elsewhere."""
    with contextlib.suppress(OSError):
        udp.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
    if udp.family == socket.AF_INET6:
        with contextlib.suppress(OSError):
            udp.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)


def _error_number(ancillary: list[tuple[int, int, bytes]]) -> int:
    """The errno in the kernel's `struct sock_extended_err`; 0 where there is none."""
    for level, kind, data in ancillary:
        known = (level, kind) in ((socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR))
        if known and len(data) >= 4:
            return int(struct.unpack("=I", data[:4])[0])
    return 0


def _is_literal(host: str, family: int) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.version == 4 or family == socket.AF_INET6


def _is_wildcard(host: str) -> bool:
    return host in ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound to


def _plain(host: str) -> str:
    """An address as peers write it: an IPv4 address as such even on an IPv6 socket, and no zone."""
    return host.partition("%")[0].removeprefix("::ffff:")


def _mapped(host: str) -> str:
    return host if ":" in host else f"::ffff:{host}"
