"""UDP port pairs for RTP and RTCP: an even port and the odd one above it (RFC 3550 section 11)."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import random
import socket
from dataclasses import dataclass
from typing import Final

_RECEIVE_BUFFER: Final = 256 * 1024


class PortsExhausted(OSError):
    """Every port pair of the range is taken on that address."""


@dataclass(frozen=True, slots=True)
class PortPair:
    """Two bound, non-blocking UDP sockets. `port` is the RTP port; the RTCP port is one above it."""

    rtp: socket.socket
    rtcp: socket.socket
    address: str
    port: int

    def close(self) -> None:
        """Give both ports back."""
        self.rtp.close()
        self.rtcp.close()

    def sends_from(self, address: tuple[str, int]) -> bool:
        """True if `address` is that of this pair's RTP: a stream whose remote is itself receives its own packets."""
        host, port = address
        return port == self.port and (
            host == self.address or ipaddress.ip_address(self.address).is_unspecified
        )


class PortRange:
    """The ports that media may use, both ends included. Raises `ValueError` when no pair fits into it."""

    def __init__(self, first: int, last: int, *, chance: random.Random | None = None) -> None:
        self.first, self.last = first, last
        self._chance = chance or random.Random()
        self._even_ports = range(first + first % 2, last, 2)
        if not 1 <= first <= last <= 65535 or not self._even_ports:
            raise ValueError(f"ports {first} to {last} hold no pair of an even port and the next one")

    def allocate_one(self, address: str) -> socket.socket:
        """A bound, non-blocking UDP socket for something else than RTP; raises what `allocate` raises."""
        pair = self.allocate(address)
        pair.rtcp.close()
        return pair.rtp

    def allocate(self, address: str) -> PortPair:
        """A free pair on the numeric IPv4 or IPv6 `address`, searched from a random start.

        Raises `PortsExhausted` when there is none, and another `OSError` when the address itself is wrong.
        """
        start = self._chance.randrange(len(self._even_ports))
        for index in range(len(self._even_ports)):
            port = self._even_ports[(start + index) % len(self._even_ports)]
            pair = _bind_pair(address, port)
            if pair is not None:
                return pair
        raise PortsExhausted(
            errno.EADDRINUSE, f"all RTP ports {self.first} to {self.last} on {address} are in use"
        )


def _bind_pair(address: str, port: int) -> PortPair | None:
    """The pair at `port`, or `None` when one of both is taken."""
    with contextlib.ExitStack() as undo:
        try:
            rtp = undo.enter_context(_bind(address, port))
            rtcp = undo.enter_context(_bind(address, port + 1))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return None
            raise
        undo.pop_all()
        return PortPair(rtp, rtcp, address, port)


def _bind(address: str, port: int) -> socket.socket:
    family, kind, protocol, _, where = socket.getaddrinfo(
        address, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
    )[0]
    bound = socket.socket(family, kind, protocol)
    try:
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        bound.setblocking(False)
        bound.bind(where)
    except OSError:
        bound.close()
        raise
    return bound
