"""Location of SIP servers (RFC 3263): from a next hop to destinations, by NAPTR, SRV, A and AAAA.

Names are looked up by the system's own resolver, so that its hosts file counts, but that has no SRV; those are asked by
dnspython, which is loaded at the first such question.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import random
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from videobar.sip.errors import DestinationUnreachable, UnsupportedTransport
from videobar.sip.syntax.uri import SipUri
from videobar.sip.transport.flow import Flow, plain_address

DEFAULT_PORTS = {"UDP": 5060, "TCP": 5060, "TLS": 5061}
"""Default ports, where neither a URI nor DNS names one."""


@dataclass(frozen=True)
class NextHop:
    """Next hop as a URI names it: `protocol` is empty and `port` None where it leaves them open.

    `secure` asks for TLS all the way (`sips:`).
    """

    host: str
    port: int | None = None
    protocol: str = ""
    secure: bool = False

    @classmethod
    def of(cls, uri: SipUri) -> NextHop:
        """Next hop of a URI.

        Raises:
            UnsupportedTransport: a transport that we do not have.
        """
        return cls(uri.host, uri.port, uri.transport, uri.scheme == "sips")

    @classmethod
    def to_peer_of(cls, flow: Flow) -> NextHop:
        """The peer of a flow, by the same transport."""
        return cls(flow.host, flow.port, flow.protocol)

    @property
    def wants_tls(self) -> bool:
        """True if TLS is required."""
        return self.secure or self.protocol == "TLS"

    def destination(self) -> Destination:
        """Destination without DNS: UDP and the default ports."""
        protocol = self.protocol or "UDP"
        return Destination(protocol, self.host, self.port or DEFAULT_PORTS[protocol], self.host)


@dataclass(frozen=True)
class Destination:
    """Destination: transport, address and port; `name` is the identity that a TLS server must prove (RFC 5922)."""

    protocol: str
    host: str
    port: int
    name: str


def hop_or_flow(uri: SipUri, flow: Flow) -> NextHop:
    """Next hop of a URI, or that of `flow` where the URI asks for a transport that we do not have."""
    try:
        return NextHop.of(uri)
    except UnsupportedTransport:
        return NextHop.to_peer_of(flow)


if TYPE_CHECKING:
    import dns.asyncresolver

_log = logging.getLogger("videobar.sip")

MOST_DESTINATIONS = 16
"""Most destinations that one name may lead to."""

_SERVICES = {"UDP": "_sip._udp", "TCP": "_sip._tcp", "TLS": "_sips._tcp"}
_NAPTR = {"SIP+D2U": "UDP", "SIP+D2T": "TCP", "SIPS+D2T": "TLS"}


class Resolver:
    """Resolver of next hops to destinations, best first.

    `nameservers` are `(address, port)` to ask instead of the system's. `timeout` is for all questions about records,
    and again for the addresses, in seconds. A name without a dot has no records.
    """

    def __init__(
        self,
        *,
        nameservers: Sequence[tuple[str, int]] = (),
        timeout: float = 5.0,
        rng: random.Random | None = None,
    ) -> None:
        self._nameservers = nameservers
        self._timeout = timeout
        self._rng = rng or random.SystemRandom()

    async def locate(self, hop: NextHop, protocols: Iterable[str]) -> list[Destination]:
        """Destinations of a next hop for one of `protocols`, which are those that we have.

        Raises:
            DestinationUnreachable: nowhere.
        """
        usable = frozenset(protocols)
        if is_literal(hop.host):
            return [hop.destination()]
        if hop.port is not None:
            return await self._addresses(hop.destination(), hop.host)
        if "." in hop.host:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timeout):
                    if found := await self._by_records(hop, usable):
                        return found[:MOST_DESTINATIONS]
        return await self._addresses(hop.destination(), hop.host)

    async def _by_records(self, hop: NextHop, usable: frozenset[str]) -> list[Destination]:
        """Destinations by NAPTR and SRV; none where there are no such records."""
        for protocol, service in await self._services(hop, usable):
            if found := await self._servers(protocol, service, hop.host):
                return found
        return []

    async def _services(self, hop: NextHop, usable: frozenset[str]) -> list[tuple[str, str]]:
        """Transports with the name of their SRV records, in the order that the domain prefers (section 4.1)."""
        if hop.protocol:
            return [(hop.protocol, f"{_SERVICES[hop.protocol]}.{hop.host}")]
        offered = [
            (record.order, record.preference, _NAPTR[service], str(record.replacement).rstrip("."))
            for record in await self._query(hop.host, "NAPTR")
            if (service := record.service.decode("ascii", "replace").upper()) in _NAPTR
            and record.flags.lower() == b"s"
        ]
        if offered:
            return [(protocol, name) for _, _, protocol, name in sorted(offered) if protocol in usable]
        return [(p, f"{name}.{hop.host}") for p, name in _SERVICES.items() if p in usable]

    async def _servers(self, protocol: str, service: str, name: str) -> list[Destination]:
        """The servers of a service by priority, and among equals at random by weight (RFC 2782)."""
        records = [r for r in await self._query(service, "SRV") if str(r.target) != "."]
        shuffled = sorted(
            records, key=lambda r: (r.priority, -(self._rng.random() ** (1 / (r.weight or 0.01))))
        )
        found: list[Destination] = []
        for record in shuffled[:MOST_DESTINATIONS]:
            server = Destination(protocol, str(record.target).rstrip("."), record.port, name)
            try:
                found += await self._addresses(server, name)
            except DestinationUnreachable as error:
                _log.debug("%s: %s", service, error)
        return found

    async def _addresses(self, server: Destination, name: str) -> list[Destination]:
        try:
            async with asyncio.timeout(self._timeout):
                found = await asyncio.get_running_loop().getaddrinfo(
                    server.host, server.port, type=socket.SOCK_DGRAM
                )
        except (OSError, UnicodeError, TimeoutError):
            raise DestinationUnreachable(f"{server.host} cannot be resolved") from None
        hosts = dict.fromkeys(plain_address(str(each[4][0])) for each in found)
        return [Destination(server.protocol, host, server.port, name) for host in hosts][:MOST_DESTINATIONS]

    async def _query(self, name: str, kind: str) -> list[Any]:
        """Records of a name; none where it has none, or no server answers."""
        import dns.exception

        try:
            answer = await self._new_stub_resolver().resolve(name, kind)
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            _log.debug("no %s of %s: %s", kind, name, error)
            return []
        return list(answer)

    def _new_stub_resolver(self) -> dns.asyncresolver.Resolver:
        import dns.asyncresolver
        import dns.nameserver

        resolver = dns.asyncresolver.Resolver(configure=not self._nameservers)
        if self._nameservers:
            resolver.nameservers = [dns.nameserver.Do53Nameserver(*each) for each in self._nameservers]
        return resolver


def is_literal(host: str) -> bool:
    """True if a host is a numeric address, which needs no resolving."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
