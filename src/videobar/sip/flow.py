"""Ways to peers, and the bounds that they have."""

from __future__ import annotations

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
class Limits:
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
