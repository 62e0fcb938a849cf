"""Transport layer: SIP over UDP, TCP and TLS (RFC 3261 section 18). All I/O is here, in `udp` and in `tcp`.

The sockets are handed in bound, any number of them: one address each, IPv4 or IPv6. Where a
name leads to several servers, connections are tried in turn, but over UDP only the best is used.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from videobar.sip.errors import DestinationUnreachable
from videobar.sip.syntax.framing import PING, PONG
from videobar.sip.transport.flow import BoundSocket, ConnectionLimits, Flow, plain_address
from videobar.sip.transport.resolver import Destination, NextHop, Resolver, is_literal
from videobar.sip.transport.tcp import TcpConnection
from videobar.sip.transport.tls import Tls, TlsListener
from videobar.sip.transport.udp import UdpEndpoint, path_mtu

_log = logging.getLogger("videobar.sip")

SMALLEST_LIMIT = 1300
"""Largest request over UDP in bytes where the path MTU is unknown."""
MOST_EARLY = 256
"""Most messages kept until a user is attached; of more, the latest."""


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

    def __init__(
        self, sockets: Iterable[BoundSocket], tls: Tls | None, limits: ConnectionLimits, resolver: Resolver
    ) -> None:
        self.counters = Counters()
        self.drop: Callable[[bytes], bool] | None = None
        self._sockets = [each for each in sockets if each.protocol != "TLS" or tls is not None]
        self._tls = tls
        self._resolver = resolver
        self._datagrams = [
            (
                each,
                UdpEndpoint(each.socket, on_datagram=self._on_datagram, on_unreachable=self._unreachable),
            )
            for each in self._sockets
            if each.protocol == "UDP"
        ]
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._connections: dict[int, TcpConnection] = {}
        self._last_connection = 0
        self._servers: list[asyncio.Server | TlsListener] = []
        self._early: deque[tuple[bytes, Flow]] = deque(maxlen=MOST_EARLY)
        self._on_message: Callable[[bytes, Flow], None] = lambda data, flow: self._early.append((data, flow))
        self._on_broken: Callable[[Flow], None] = lambda flow: None
        self._is_flow_needed: Callable[[Flow], bool] = lambda flow: False
        self._closed = False

    @classmethod
    async def open(
        cls,
        sockets: Iterable[BoundSocket],
        *,
        tls: Tls | None = None,
        limits: ConnectionLimits | None = None,
        resolver: Resolver | None = None,
    ) -> Transport:
        """Start on bound sockets, which are the transport's from now on; those for TLS need `tls`."""
        transport = cls(sockets, tls, limits or ConnectionLimits(), resolver or Resolver())
        await transport._start()
        return transport

    def attach(
        self,
        *,
        on_message: Callable[[bytes, Flow], None],
        on_broken: Callable[[Flow], None],
        is_needed: Callable[[Flow], bool],
    ) -> None:
        """Attach the user: it gets messages and flows that failed, and decides which connections are needed.

        Messages that came before, perhaps before the sockets were opened, follow at once.
        """
        self._on_message = on_message
        self._on_broken = on_broken
        self._is_flow_needed = is_needed
        while self._early:
            self._loop.call_soon(on_message, *self._early.popleft())

    def send(self, flow: Flow, data: bytes) -> None:
        """Send one message; a failure is reported later through `on_broken`, never raised."""
        if self._closed:
            return
        self.counters.sent += 1
        if flow.protocol == "UDP":
            endpoint = self._endpoint(flow.host)
            if endpoint is not None:
                endpoint.send(data, flow.host, flow.port)
                return
        elif flow.connection in self._connections:
            self._connections[flow.connection].write(data)
            return
        self._loop.call_soon(self._report_broken, flow)

    def is_open(self, flow: Flow) -> bool:
        """True if a message can be sent on this flow as it is."""
        return not self._closed and (flow.protocol == "UDP" or flow.connection in self._connections)

    def flow_at_once(self, hop: NextHop) -> Flow | None:
        """The flow to an address literal if nothing has to be waited for; otherwise None, and `reach` helps."""
        return self._flow_to(hop.destination()) if is_literal(hop.host) else None

    async def locate(self, hop: NextHop) -> list[Destination]:
        """Destinations of a next hop that our sockets can reach, best first; never empty.

        Raises:
            DestinationUnreachable: nowhere.
        """
        if hop.protocol == "TLS" and self._tls is None:
            raise DestinationUnreachable("SIP over TLS is not set up here")
        protocols = {"UDP", "TCP", "TLS"} if self._tls is not None else {"UDP", "TCP"}
        found = await self._resolver.locate(hop, protocols)
        usable = [each for each in found if any(bound.carries(each.host) for bound in self._sockets)]
        if not usable:
            raise DestinationUnreachable(f"{found[0].host} is of an address family that is not bound here")
        return usable

    async def reach(self, hop: NextHop) -> Flow:
        """Resolve the name, and open a connection where one is needed.

        Raises:
            DestinationUnreachable: the name cannot be resolved, or no connection is accepted in time.
        """
        failure = DestinationUnreachable(f"{hop.host} cannot be reached")
        for destination in await self.locate(hop):
            flow = self._flow_to(destination)
            if flow is not None:
                return flow
            try:
                return await self._connect(destination)
            except DestinationUnreachable as error:
                failure = error
        raise failure

    def largest_datagram(self, flow: Flow) -> int:
        """Largest request that should go over UDP: the path MTU less 200, or 1300 (RFC 3261 section 18.1.1)."""
        if self._limits.largest_datagram is not None:
            return self._limits.largest_datagram
        return max(path_mtu(flow.host, flow.port) - 200, SMALLEST_LIMIT)

    def local_address(self, flow: Flow) -> tuple[str, int]:
        """The address and port where the peer of this flow reaches us."""
        bound = self._bound(flow.protocol, flow.host)
        host, port = (bound.host, bound.port) if bound is not None else ("", 0)
        connection = self._connections.get(flow.connection)
        if connection is not None:
            host = connection.local_host
            # A TLS client without a TLS listener is reached by its connection only.
            port = port or connection.local_port
        elif bound is None or bound.is_wildcard:
            host = self._host_towards(flow)
        return plain_address(host), port

    async def close(self) -> None:
        """Close all connections and all sockets; twice does no harm."""
        if self._closed:
            return
        self._closed = True
        for _, endpoint in self._datagrams:
            endpoint.close()
        for connection in list(self._connections.values()):
            connection.close()
        for server in self._servers:
            server.close()
        # Two rounds of the loop let the transports run their own closing, which frees the sockets.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    # Callbacks of its connections (`ConnectionOwner`).

    def on_opened(self, connection: TcpConnection, host: str) -> int | None:
        """The number of a new connection with an address, or None where there is no room for it."""
        from_host = sum(each.flow.host == host for each in self._connections.values())
        crowded = connection.far_name is None and from_host >= self._limits.connections_per_host
        if crowded or not self._make_room():
            self.counters.refused_connections += 1
            return None
        self._last_connection += 1
        self._connections[self._last_connection] = connection
        return self._last_connection

    def on_lost(self, connection: TcpConnection) -> None:
        """See `ConnectionOwner`."""
        if self._connections.pop(connection.flow.connection, None) is not None:
            self._report_broken(connection.flow)

    def on_message(self, data: bytes, flow: Flow) -> None:
        """See `ConnectionOwner`."""
        self.counters.received += 1
        self._on_message(data, flow)

    def on_malformed(self) -> None:
        """See `ConnectionOwner`."""
        self.counters.malformed += 1

    def is_needed(self, flow: Flow) -> bool:
        """See `ConnectionOwner`."""
        return self._is_flow_needed(flow)

    async def _start(self) -> None:
        for _, endpoint in self._datagrams:
            await endpoint.start()
        for each in self._sockets:
            if each.protocol == "UDP":
                continue
            each.socket.setblocking(False)
            make = partial(TcpConnection, self, self._limits, each.protocol)
            if self._tls is not None and each.protocol == "TLS":
                context = self._tls.server
                listener = TlsListener(each.socket, context, self._limits, make, self._on_refused)
                listener.start()
                self._servers.append(listener)
            else:
                self._servers.append(await self._loop.create_server(make, sock=each.socket))

    def _on_refused(self) -> None:
        self.counters.refused_connections += 1

    def _report_broken(self, flow: Flow) -> None:
        if not self._closed:
            self._on_broken(flow)

    def _bound(self, protocol: str, host: str) -> BoundSocket | None:
        """Our socket for a peer at a numeric address."""
        return next((b for b in self._sockets if b.protocol == protocol and b.carries(host)), None)

    def _endpoint(self, host: str) -> UdpEndpoint | None:
        return next((endpoint for bound, endpoint in self._datagrams if bound.carries(host)), None)

    def _flow_to(self, destination: Destination) -> Flow | None:
        """UDP needs nothing but a socket; of connections, one that is there, for TLS with the same name proved."""
        protocol, host, port = destination.protocol, destination.host, destination.port
        if protocol == "UDP":
            return Flow("UDP", host, port) if self._endpoint(host) is not None else None
        for connection in self._connections.values():
            flow = connection.flow
            proved = protocol != "TLS" or connection.far_name == destination.name
            if (flow.protocol, flow.host, flow.port) == (protocol, host, port) and proved:
                return flow
        return None

    async def _connect(self, to: Destination) -> Flow:
        where = f"{to.host} port {to.port}"
        if to.protocol == "UDP" or (to.protocol == "TLS" and self._tls is None):
            raise DestinationUnreachable(f"{where} cannot be spoken to over {to.protocol} here")
        if not self._make_room():
            raise DestinationUnreachable("too many connections are open")
        bound = self._bound(to.protocol, to.host) or self._bound("TCP", to.host)
        try:
            async with asyncio.timeout(self._limits.connect):
                _, connection = await self._loop.create_connection(
                    partial(TcpConnection, self, self._limits, to.protocol, to.name),
                    to.host,
                    to.port,
                    local_addr=None if bound is None or bound.is_wildcard else (bound.host, 0),
                    ssl=self._tls.client if self._tls is not None and to.protocol == "TLS" else None,
                    server_hostname=to.name if to.protocol == "TLS" else None,
                )
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", "") or error.reason or "the handshake failed"
            raise DestinationUnreachable(f"{where}: TLS: {reason}") from None
        except (OSError, TimeoutError) as error:
            reason = "does not answer" if isinstance(error, TimeoutError) else "refuses the connection"
            raise DestinationUnreachable(f"{where} {reason}") from None
        if connection.flow.connection not in self._connections:
            raise DestinationUnreachable(f"{where} closed the connection")
        return connection.flow

    def _make_room(self) -> bool:
        """Close the connection that is idle longest if there is no room for another; False if there is none still."""
        if self._closed:
            return False
        if len(self._connections) < self._limits.connections:
            return True
        idle = [each for each in self._connections.values() if not self._is_flow_needed(each.flow)]
        if not idle:
            return False
        min(idle, key=lambda each: each.last_message).close()
        return True

    def _host_towards(self, flow: Flow) -> str:
        """Our address on the way to a peer: a connected UDP socket knows it, and sends nothing."""
        family = socket.AF_INET6 if ":" in flow.host else socket.AF_INET
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((flow.host, flow.port))
            return str(probe.getsockname()[0])
        return "::1" if family == socket.AF_INET6 else "127.0.0.1"

    def _on_datagram(self, endpoint: UdpEndpoint, data: bytes, host: str, port: int) -> None:
        self.counters.received += 1
        if self.drop is not None and self.drop(data):
            self.counters.dropped += 1
        elif data.strip(b"\r\n\x00"):
            self._on_message(data, Flow("UDP", host, port))
        elif data == PING:
            endpoint.send(PONG, host, port)

    def _unreachable(self, host: str, port: int) -> None:
        self._report_broken(Flow("UDP", host, port))
