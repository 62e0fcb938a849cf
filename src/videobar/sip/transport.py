"""SIP over UDP and TCP (RFC 3261 section 18). I/O happens here, in `udp` and `tcp` below, and nowhere else.

The sockets are bound by somebody else and handed in: one UDP socket and one listening TCP socket. Requests larger than
1300 bytes are sent over UDP all the same unless their URI asks for TCP; RFC 3261 section 18.1.1 would change the
transport, but then a peer without TCP could not be called. Names are resolved to addresses only (A and AAAA, no
SRV or NAPTR of RFC 3263), and the first address counts. TLS does not exist here yet.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from videobar.sip.errors import Unreachable
from videobar.sip.flow import Flow, Limits, plain_address
from videobar.sip.framing import PING, PONG
from videobar.sip.tcp import TcpConnection
from videobar.sip.udp import UdpEndpoint

MOST_EARLY = 256
"""Messages kept until somebody is attached; of more, the latest."""


@dataclass
class Counters:
    """Whole messages since the start: `dropped` are those the drop hook took, `malformed` broke their stream."""

    received: int = 0
    sent: int = 0
    dropped: int = 0
    malformed: int = 0
    refused_connections: int = 0


class Transport:
    """Sends and receives whole messages as bytes; made by `open`, ended by `close`, which closes the sockets.

    `drop`, if set, sees each datagram that comes in, and throws away those for which it returns True.
    """

    def __init__(self, udp: socket.socket, listener: socket.socket, limits: Limits) -> None:
        self.counters = Counters()
        self.drop: Callable[[bytes], bool] | None = None
        self._datagrams = UdpEndpoint(
            udp, on_datagram=self._datagram_came, on_unreachable=self._datagram_unreachable
        )
        self._family = udp.family
        self._listener = listener
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._connections: dict[int, TcpConnection] = {}
        self._last_connection = 0
        self._server: asyncio.Server | None = None
        self._early: deque[tuple[bytes, Flow]] = deque(maxlen=MOST_EARLY)
        self._receive: Callable[[bytes, Flow], None] = lambda data, flow: self._early.append((data, flow))
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
        """Say who uses it: gets messages, hears of flows that broke, and knows which connections must stay.

        Messages that came before, perhaps while nobody had opened the sockets yet, follow at once.
        """
        self._receive = receive
        self._broken = broken
        self._needed = needed
        while self._early:
            self._loop.call_soon(receive, *self._early.popleft())

    def send(self, flow: Flow, data: bytes) -> None:
        """Send one message; a failure is told later through `broken`, never raised."""
        if self._closed:
            return
        self.counters.sent += 1
        if flow.protocol == "UDP":
            self._datagrams.send(data, flow.host, flow.port)
        elif flow.connection in self._connections:
            self._connections[flow.connection].write(data)
        else:
            self._loop.call_soon(self._tell_broken, flow)

    def is_open(self, flow: Flow) -> bool:
        """Whether a message can be sent on this flow as it is."""
        return not self._closed and (flow.protocol == "UDP" or flow.connection in self._connections)

    def flow_at_once(self, protocol: str, host: str, port: int) -> Flow | None:
        """The flow to an address literal if nothing has to be waited for; otherwise None, and `reach` helps."""
        if not _is_literal(host, self._family):
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
        connection = self._connections.get(flow.connection)
        if flow.protocol == "UDP":
            host, port = self._datagrams.local_address()
        else:
            host, port = self._listener.getsockname()[:2]
            if connection is not None:
                host = connection.local_host
        return plain_address(self._host_towards(flow) if _is_wildcard(host) else host), port

    async def close(self) -> None:
        """Close all connections and both sockets; twice does no harm."""
        if self._closed:
            return
        self._closed = True
        self._datagrams.close()
        for connection in list(self._connections.values()):
            connection.close()
        if self._server is not None:
            self._server.close()
        # Two rounds of the loop let the transports run their own closing, which frees the sockets.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    # What its connections tell (`ConnectionOwner`).

    def opened(self, connection: TcpConnection) -> int | None:
        """The number of a new connection, or None where there is no room for it."""
        if not self._make_room():
            self.counters.refused_connections += 1
            return None
        self._last_connection += 1
        self._connections[self._last_connection] = connection
        return self._last_connection

    def lost(self, connection: TcpConnection) -> None:
        """A connection cannot be used any more."""
        if self._connections.pop(connection.flow.connection, None) is not None:
            self._tell_broken(connection.flow)

    def message_came(self, data: bytes, flow: Flow) -> None:
        """A connection brought a message."""
        self.counters.received += 1
        self._receive(data, flow)

    def stream_malformed(self) -> None:
        """A connection closes because it cannot be followed."""
        self.counters.malformed += 1

    def is_needed(self, flow: Flow) -> bool:
        """Whether a connection must stay although it is idle."""
        return self._needed(flow)

    async def _start(self) -> None:
        self._listener.setblocking(False)
        await self._datagrams.start()
        self._server = await self._loop.create_server(self._new_connection, sock=self._listener)

    def _new_connection(self) -> TcpConnection:
        return TcpConnection(self, self._limits)

    def _tell_broken(self, flow: Flow) -> None:
        if not self._closed:
            self._broken(flow)

    async def _resolve(self, host: str, port: int) -> str:
        family = self._family
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
        return plain_address(str(found[0][4][0]))

    async def _connect(self, host: str, port: int) -> Flow:
        if not self._make_room():
            raise Unreachable("too many connections are open")
        local = self._listener.getsockname()[0]
        try:
            async with asyncio.timeout(self._limits.connect):
                _, connection = await self._loop.create_connection(
                    self._new_connection,
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
        with contextlib.suppress(OSError), socket.socket(self._family, socket.SOCK_DGRAM) as probe:
            probe.connect((self._datagrams.socket_address(flow.host), flow.port))
            return str(probe.getsockname()[0])
        return "::1" if self._family == socket.AF_INET6 else "127.0.0.1"

    def _datagram_came(self, data: bytes, host: str, port: int) -> None:
        self.counters.received += 1
        if self.drop is not None and self.drop(data):
            self.counters.dropped += 1
        elif data.strip(b"\r\n\x00"):
            self._receive(data, Flow("UDP", host, port))
        elif data == PING:
            self._datagrams.send(PONG, host, port)

    def _datagram_unreachable(self, host: str, port: int) -> None:
        self._tell_broken(Flow("UDP", host, port))


def _is_literal(host: str, family: int) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.version == 4 or family == socket.AF_INET6


def _is_wildcard(host: str) -> bool:
    return host in ("0.0.0.0", "::", "")
