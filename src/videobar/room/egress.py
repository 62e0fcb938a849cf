"""Egress policy (against SSRF): to which hosts named in requests and settings the room may connect.

A ping, a calendar's URL and a camera's URL all make the room speak to a host that somebody else chose. A name is looked
up once, every address it has is judged, and only an address that passed is used afterwards, so that a name which
means something else a moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Protocol

from videobar.errors import AddressForbidden, HostNotFound, InvalidRequest

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

Literal = ipaddress.IPv4Address | ipaddress.IPv6Address

IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")
"""RFC 4291 section 2.5.5.1."""
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""The prefix that every network may translate to IPv4 (RFC 6052 section 2.1)."""
NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
"""The prefix of translators within one network, which may use any part of it (RFC 8215)."""
IPV4_TRANSLATED = ipaddress.IPv6Network("::ffff:0:0:0/96")
"""RFC 2765 section 2.1 (SIIT)."""
ISATAP = (0x0000_5EFE, 0x0200_5EFE)
"""The beginning of an interface identifier that ends with an IPv4 address (RFC 5214 section 6.1)."""

LONGEST_HOST = 253
"""Of a name (RFC 1035 section 2.3.4)."""


class Resolver(Protocol):
    """Looks names up."""

    async def addresses(self, host: str) -> Sequence[str]:
        """The numeric addresses of a host, best first; a numeric address is its own. Empty when there are none."""
        ...


def _meanings(literal: Literal) -> Iterator[Literal]:
    """An address, and those IPv4 addresses that a host or a gateway takes from an IPv6 address."""
    yield literal
    if isinstance(literal, ipaddress.IPv4Address) or literal.is_loopback or literal.is_unspecified:
        return
    last = ipaddress.IPv4Address(int(literal) & 0xFFFF_FFFF)
    if literal in IPV4_COMPATIBLE or literal in NAT64 or literal in IPV4_TRANSLATED:
        yield last
    if int(literal) >> 32 & 0xFFFF_FFFF in ISATAP:
        yield last
    if literal in NAT64_LOCAL:
        yield from _embedded(literal)
    yield from filter(None, (literal.ipv4_mapped, literal.sixtofour))
    yield from literal.teredo or ()


def _embedded(literal: ipaddress.IPv6Address) -> Iterator[Literal]:
    """IPv4 addresses in a prefix of 48, 56, 64 or 96 bits, which skip bits 64 to 71 (RFC 6052 section 2.2)."""
    data = literal.packed
    for prefix in (6, 7, 8):
        yield ipaddress.IPv4Address((data[prefix:8] + data[9:])[:4])
    yield ipaddress.IPv4Address(data[12:])


class EgressPolicy:
    """Judges by `forbidden` networks; addresses that no single host can have are never allowed."""

    def __init__(self, resolver: Resolver, forbidden: Sequence[Network]) -> None:
        self._resolver = resolver
        self._forbidden = tuple(forbidden)

    def allows(self, address: str) -> bool:
        """True if the room may connect to a numeric address, and to every IPv4 address that it stands for."""
        return all(
            self._allows(literal) for literal in _meanings(ipaddress.ip_address(address.partition("%")[0]))
        )

    def _allows(self, literal: Literal) -> bool:
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
