"""Where the room may be sent by whoever uses it: addresses in requests and settings are looked up and judged here.

A ping, a calendar's URL and a camera's URL all make the room speak to a host that somebody else chose. A name is looked
up once, every address it has is judged, and only an address that passed is used afterwards, so that a name which
means something else a moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Protocol

from videobar.errors import AddressForbidden, HostNotFound, InvalidRequest

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LONGEST_HOST = 253
"""Of a name (RFC 1035 section 2.3.4)."""


class Resolver(Protocol):
    """Looks names up."""

    async def addresses(self, host: str) -> Sequence[str]:
        """The numeric addresses of a host, best first; a numeric address is its own. Empty when there are none."""
        ...


class Reach:
    """Judges by `forbidden` networks; addresses that no single host can have are never allowed."""

    def __init__(self, resolver: Resolver, forbidden: Sequence[Network]) -> None:
        self._resolver = resolver
        self._forbidden = tuple(forbidden)

    def allows(self, address: str) -> bool:
        """Whether the room may speak to a numeric address. An IPv4 address written as IPv6 is judged as IPv4."""
        literal = ipaddress.ip_address(address.partition("%")[0])
        if isinstance(literal, ipaddress.IPv6Address):
            literal = literal.ipv4_mapped or literal.sixtofour or literal
        if literal.is_unspecified or literal.is_multicast or str(literal) == "255.255.255.255":
            return False
        return not any(
            literal in network for network in self._forbidden if network.version == literal.version
        )

    async def addresses(self, host: str, field: str) -> list[str]:
        """The addresses of `host` that the room may speak to, best first; never empty.

        Raises `InvalidRequest` for what is no host, `HostNotFound` for one without address and `AddressForbidden` when
        none of its addresses is allowed, each naming `field`.
        """
        host = host.strip()
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        if not 0 < len(host) <= LONGEST_HOST or not host.isprintable() or set(host) & set(" /\\?#@,;<>\"'"):
            raise InvalidRequest(f"{field}: must be the address or name of a host")
        found = await self._resolver.addresses(host)
        if not found:
            raise HostNotFound(f"{field}: {host} has no address")
        allowed = [address for address in found if self.allows(address)]
        if not allowed:
            raise AddressForbidden(f"{field}: {host} is where this room may not go")
        return allowed
