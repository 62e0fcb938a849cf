"""Service records: the hosts that offer a service of a domain (SRV, RFC 2782; the path of RFC 6764 section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

TIMEOUT_S = 5.0
MOST_RECORDS = 4


@dataclass(frozen=True)
class Offer:
    """A host that offers a service, and the path if the domain gives one."""

    host: str
    port: int
    path: str = ""


class ServiceRecords(Protocol):
    """Looks services up."""

    async def offers(self, service: str, domain: str) -> Sequence[Offer]:
        """Hosts that offer `service` (such as `_caldavs._tcp`), best first; none when the domain names none."""
        ...


class DnsServiceRecords:
    """Implements `ServiceRecords`. `nameservers` are `(address, port)` to ask instead of the system's."""

    def __init__(self, nameservers: Sequence[tuple[str, int]] = ()) -> None:
        self._nameservers = nameservers

    async def offers(self, service: str, domain: str) -> Sequence[Offer]:
        """The hosts by priority and weight; no answer in time counts as none."""
        name = f"{service}.{domain}"
        records = [record for record in await self._ask(name, "SRV") if str(record.target) != "."]
        if not records:
            return []
        path = ""
        for record in await self._ask(name, "TXT"):
            text = b"".join(record.strings).decode("utf-8", "replace")
            if text.startswith("path=/"):
                path = text.removeprefix("path=")
        records.sort(key=lambda record: (record.priority, -record.weight))
        return [Offer(str(each.target).rstrip("."), each.port, path) for each in records[:MOST_RECORDS]]

    async def _ask(self, name: str, kind: str) -> list[Any]:
        import dns.asyncresolver
        import dns.exception
        import dns.nameserver

        resolver = dns.asyncresolver.Resolver(configure=not self._nameservers)
        if self._nameservers:
            resolver.nameservers = [dns.nameserver.Do53Nameserver(*each) for each in self._nameservers]
        resolver.lifetime = TIMEOUT_S
        try:
            return list(await resolver.resolve(name, kind))
        except (dns.exception.DNSException, OSError, UnicodeError):
            return []
