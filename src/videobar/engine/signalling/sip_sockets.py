"""The sockets that SIP is spoken on: bound by the room's process, used by the media process."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from videobar.sip.transport.flow import BoundSocket

TRIES = 20
"""Number of tries to find ports that are free on all addresses."""

WILDCARDS = frozenset({"0.0.0.0", "::", ""})
ANY_PORT = 9
"""Nothing is sent there: connecting a UDP socket only asks the routing table."""


@dataclass(frozen=True)
class SipSockets:
    """Bound sockets: for each address UDP and TCP on one port, and perhaps TLS on another."""

    bound: tuple[BoundSocket, ...]

    def __iter__(self) -> Iterator[BoundSocket]:
        return iter(self.bound)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The addresses, in the order that they were asked for."""
        return tuple(dict.fromkeys(each.host for each in self.bound))

    def port(self, protocol: str) -> int:
        """The port of `UDP`, `TCP` or `TLS`, the same on all addresses; 0 where it is not spoken."""
        return next((each.port for each in self.bound if each.protocol == protocol), 0)

    def close(self) -> None:
        """Close them all."""
        for each in self.bound:
            each.socket.close()

    def arguments(self) -> list[str]:
        """Each as `PROTOCOL=DESCRIPTOR`, for a process that inherits them."""
        return [f"{each.protocol}={each.socket.fileno()}" for each in self.bound]

    @classmethod
    def inherited(cls, arguments: Iterable[str]) -> SipSockets:
        """Sockets that `arguments` named, in the process that has inherited them."""
        pairs = (argument.split("=") for argument in arguments)
        return cls(tuple(BoundSocket(name, socket.socket(fileno=int(number))) for name, number in pairs))


def bind_sip_sockets(hosts: Sequence[str], port: int, tls_port: int | None = None) -> SipSockets:
    """Sockets on numeric addresses; port 0 finds one that is free on all of them, `tls_port` None means no TLS.

    An IPv6 wildcard takes IPv4 too, unless IPv4 has an address of its own. Raises `OSError`.
    """
    for attempt in range(TRIES):
        made: list[BoundSocket] = []
        try:
            for host in hosts:
                only_v6 = any(":" not in other for other in hosts)
                taken = made[0].port if made else port
                made.append(BoundSocket("UDP", _bind(host, taken, socket.SOCK_DGRAM, only_v6)))
                made.append(BoundSocket("TCP", _bind(host, made[0].port, socket.SOCK_STREAM, only_v6)))
            for host in hosts if tls_port is not None else ():
                taken = made[-1].port if made[-1].protocol == "TLS" else tls_port or 0
                made.append(BoundSocket("TLS", _bind(host, taken, socket.SOCK_STREAM, only_v6)))
        except OSError:
            SipSockets(tuple(made)).close()
            if (port and tls_port != 0) or attempt == TRIES - 1:
                raise
        else:
            return SipSockets(tuple(made))
    raise AssertionError("unreachable")


def _bind(host: str, port: int, kind: socket.SocketKind, only_v6: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, kind)
    try:
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(only_v6))
        if kind == socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        if kind == socket.SOCK_STREAM:
            bound.listen(64)
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound


def local_address(bound: Sequence[str], towards: str) -> str:
    """The local address to give to a host at the numeric address `towards`, for sockets bound to those of `bound`.

    Raises `OSError` when there is no route.
    """
    six = ":" in towards
    own = next((each for each in bound if (":" in each) is six), "")
    if own not in WILDCARDS:
        return own
    with socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((towards, ANY_PORT))
        return str(probe.getsockname()[0])
