"""Ways to peers, the bounds that they have, and the sockets that they leave by."""

from __future__ import annotations

import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class Flow:
    """A way to one peer: a UDP address, or one TCP or TLS connection (by its number) to it."""

    protocol: str
    host: str
    port: int
    connection: int = 0

    @property
    def reliable(self) -> bool:
        """Whether what is sent arrives or the flow breaks."""
        return self.protocol != "UDP"


@dataclass(frozen=True)
class ConnectionLimits:
    """Bounds on connections: seconds and counts."""

    connections: int = 200
    connections_per_host: int = 64
    """Most connections that one address may have opened to us."""
    connect: float = 5.0
    """How long a connection may take to be made, with TLS to be agreed."""
    idle: float = 300.0
    """A connection nobody needs is closed after so long without a message."""
    check: float = 30.0
    """How often connections are looked at; a message must be whole within two looks. Needed ones get a ping."""
    largest_datagram: int | None = None
    """Largest request over UDP where TCP would do as well, in bytes; None for what the path carries."""
    backlog: int = 1 << 20
    """Most bytes waiting to be sent on one connection; a peer that does not read is cut off."""


def plain_address(host: str) -> str:
    """An address as peers write it: an IPv4 address as such even on an IPv6 socket, and no zone."""
    return host.partition("%")[0].removeprefix("::ffff:")


@dataclass(frozen=True)
class BoundSocket:
    """A bound socket and what is spoken on it: `UDP`, or `TCP` or `TLS` on one that listens."""

    protocol: str
    socket: socket.socket

    @property
    def host(self) -> str:
        """The address, perhaps a wildcard."""
        return str(self.socket.getsockname()[0])

    @property
    def port(self) -> int:
        """The port."""
        return int(self.socket.getsockname()[1])

    @property
    def is_wildcard(self) -> bool:
        """Whether it is bound to all addresses of its family."""
        return self.host in ("0.0.0.0", "::")

    def carries(self, host: str) -> bool:
        """Whether it can speak with a numeric address: its own family, or IPv4 too on an IPv6 socket that may."""
        if self.socket.family != socket.AF_INET6:
            return ":" not in host
        if ":" in host:
            return True
        only = self.socket.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
        return self.is_wildcard and not only
