"""Sockets that somebody else has bound for SIP."""

from __future__ import annotations

import socket
from dataclasses import dataclass


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
