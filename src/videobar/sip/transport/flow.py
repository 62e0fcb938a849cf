"""Flows to peers (RFC 5626), the limits of connections, and the bound sockets."""

from __future__ import annotations

import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class Flow:
    """Flow to one peer: a UDP address, or one TCP or TLS connection (by its number) to it."""

    protocol: str
    host: str
    port: int
    connection: int = 0

    @property
    def reliable(self) -> bool:
        """True if a message arrives or the flow fails: TCP and TLS."""
        return self.protocol != "UDP"


@dataclass(frozen=True)
class ConnectionLimits:
    """Limits of connections: seconds and counts."""

    connections: int = 200
    connections_per_host: int = 64
    """Most connections that one address may have opened to us."""
    connect: float = 5.0
    """Timeout of connecting, with the handshake over TLS."""
    idle: float = 300.0
    """Time without a message after which an unneeded connection is closed."""
    check: float = 30.0
    """Interval of checks: a message must be whole within two of them, and needed connections get a ping."""
    largest_datagram: int | None = None
    """Largest request over UDP where TCP would do as well, in bytes; None for what the path carries."""
    backlog: int = 1 << 20
    """Most bytes waiting to be sent on one connection; a peer that does not read is cut off."""


def plain_address(host: str) -> str:
    """Address as peers write it: an IPv4 address as such even on an IPv6 socket, and no zone."""
    return host.partition("%")[0].removeprefix("::ffff:")


@dataclass(frozen=True)
class BoundSocket:
    """Bound socket and its protocol: `UDP`, or `TCP` or `TLS` on one that listens."""

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
        """True if it is bound to all addresses of its family."""
        return self.host in ("0.0.0.0", "::")

    def carries(self, host: str) -> bool:
        """True if it can reach a numeric address: of its family, or IPv4 on a dual-stack socket."""
        if self.socket.family != socket.AF_INET6:
            return ":" not in host
        if ":" in host:
            return True
        only = self.socket.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
        return self.is_wildcard and not only
