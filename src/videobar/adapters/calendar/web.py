"""HTTPS for calendar servers: bounded answers, no secret to a stranger, and errors in the provider port's words."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import json
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from videobar.errors import VideobarError
from videobar.net import reason
from videobar.pem import believe
from videobar.room.calendar.port import ProviderError, ProviderRefused, ProviderUnreachable
from videobar.room.egress import EgressPolicy

TOTAL_S = 60.0
CONNECT_S = 15.0
MOST_BYTES = 32 * 1024 * 1024
MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST_RETRY_S = 3600.0
BUSY = frozenset({429, 502, 503, 504})

Trusted = Callable[[str], bool]
"""Predicate: true if a host may be given credentials and may have a private address."""


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end. Header names are looked up in any case; `url` is the address after redirections."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: URL

    def json(self) -> dict[str, Any]:
        """The content as a JSON object. Raises `ProviderError`."""
        try:
            value = json.loads(self.content)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise ProviderError(f"{self.url.host}: the answer is not a JSON object")
        return value


class JudgingResolver(AbstractResolver):
    """Gives the addresses that the room may speak to, and private ones only of hosts that are trusted."""

    def __init__(self, egress: EgressPolicy, trusted: Trusted) -> None:
        self._reach = egress
        self._trusted = trusted

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Addresses of `host`. Raises `OSError` when there are none that may be used."""
        try:
            addresses = await self._reach.addresses(host, "calendar_url")
        except VideobarError as error:
            raise OSError(error.detail) from None
        if not self._trusted(host):
            addresses = [address for address in addresses if public(address)]
        if not addresses:
            raise OSError(f"{host} has a private address only")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""


def is_address(host: str) -> bool:
    """True if a host is a numeric address and not a name."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def public(address: str) -> bool:
    """True for a numeric address that is globally reachable."""
    return ipaddress.ip_address(address.partition("%")[0]).is_global


def one_of(hosts: frozenset[str] | set[str]) -> Trusted:
    """Trust in hosts by name, and in everything inside a domain given with a leading dot."""

    def trusted(host: str) -> bool:
        name = host.lower().rstrip(".")
        return any(name == each or (each.startswith(".") and name.endswith(each)) for each in hosts)

    return trusted


class Web:
    """HTTPS client. `trusted` decides which hosts may be given credentials; `proxy` is the URL of an HTTP proxy."""

    def __init__(
        self,
        egress: EgressPolicy,
        trusted: Trusted,
        *,
        ca_file: Path | None = None,
        resolver: AbstractResolver | None = None,
        total_s: float = TOTAL_S,
        proxy: str = "",
    ) -> None:
        self._reach = egress
        self._trusted = trusted
        self._ca_file = ca_file
        self._resolver = resolver
        self._total_s = total_s
        self._proxy = URL(proxy) if proxy else None
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self,
        method: str,
        url: URL | str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        authorization: str = "",
        most: int = MOST_BYTES,
        redirects: int = MOST_REDIRECTS,
    ) -> Reply:
        """Ask, following redirects with the same method.

        `authorization` is only sent to hosts that are trusted. Raises `ProviderUnreachable` and `ProviderError`; a
        status is for the caller to judge.
        """
        target = URL(url)
        for _ in range(redirects + 1):
            self._check(target)
            sent = dict(headers or {})
            if authorization and self._trusted(target.host or ""):
                sent["Authorization"] = authorization
            reply = await self._exchange(method, target, sent, body, most)
            location = reply.headers.get("Location", "")
            if reply.status not in REDIRECTS or not location or not redirects:
                return reply
            try:
                target = target.join(URL(location))
            except ValueError:
                raise ProviderError(f"{target.host}: redirects to no place") from None
        raise ProviderError(f"{target.host}: redirects more than {redirects} times")

    def trusts(self, host: str) -> bool:
        """True if a host may be given credentials."""
        return self._trusted(host)

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    def _check(self, url: URL) -> None:
        host = url.host or ""
        if url.scheme != "https" and not (url.scheme == "http" and host in LOOPBACK and self._trusted(host)):
            raise ProviderError(f"{host or 'the address'}: only https is used, except on this machine")
        if is_address(host) and not (self._reach.allows(host) and (self._trusted(host) or public(host))):
            raise ProviderError(f"{host}: is where this room may not go")

    async def _exchange(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None, most: int
    ) -> Reply:
        session = await self._open()
        try:
            async with session.request(
                method, url, headers=headers, data=body, allow_redirects=False, proxy=self._through(url)
            ) as response:
                content = bytearray()
                async for chunk in response.content.iter_any():
                    content += chunk
                    if len(content) > most:
                        raise ProviderError(f"{url.host}: the answer is longer than {most} bytes")
                return Reply(response.status, response.headers, bytes(content), url)
        except aiohttp.ClientConnectorCertificateError:
            raise ProviderError(f"{url.host}: its certificate cannot be verified") from None
        except aiohttp.ClientProxyConnectionError as error:
            raise ProviderUnreachable(f"{url.host}: the proxy cannot be reached: {reason(error)}") from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ProviderUnreachable(f"{url.host}: {reason(error)}") from None
        except ValueError:
            raise ProviderError(f"{url.host}: answers what is not HTTP") from None

    def _through(self, url: URL) -> URL | None:
        """The proxy for an address; this machine is asked directly."""
        return None if url.host in LOOPBACK else self._proxy

    def _may_be_private(self, host: str) -> bool:
        return self._trusted(host) or (self._proxy is not None and host == self._proxy.host)

    async def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            context = await asyncio.to_thread(self._context)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    ssl=context,
                    resolver=self._resolver or JudgingResolver(self._reach, self._may_be_private),
                    limit=4,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=self._total_s, connect=CONNECT_S),
                headers={"User-Agent": "videobar"},
            )
        return self._session

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._ca_file is not None:
            try:
                believe(context, self._ca_file)
            except OSError as error:
                raise ProviderError(f"calendar_ca_file: {self._ca_file} {error.strerror}") from None
        return context


def basic(user: str, password: str) -> str:
    """The value of an `Authorization` header (RFC 7617), or nothing without a user."""
    if not user:
        return ""
    return "Basic " + base64.b64encode(f"{user.replace(':', '')}:{password}".encode()).decode()


def judged(reply: Reply, *good: int) -> Reply:
    """The reply, if its status is one of `good`; else raises the error that its status means."""
    if reply.status in good:
        return reply
    host = reply.url.host
    if reply.status in (401, 403):
        raise ProviderRefused(f"{host}: does not accept the credentials (HTTP {reply.status})")
    if reply.status in BUSY:
        raise ProviderUnreachable(f"{host}: busy (HTTP {reply.status})", _retry_after(reply))
    raise ProviderError(f"{host}: HTTP {reply.status}")


def _retry_after(reply: Reply) -> float:
    """The seconds that a server wants to be left alone, as a number or until a date (RFC 9110 section 10.2.3)."""
    value = reply.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return min(float(value), LONGEST_RETRY_S)
    try:
        until = parsedate_to_datetime(value)
        now = _date(reply) or datetime.now(UTC)
        seconds = ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_RETRY_S)


def _date(reply: Reply) -> datetime | None:
    """Time of the answer by the server's clock (`Date`), which its other dates go by."""
    try:
        date = parsedate_to_datetime(reply.headers.get("Date", ""))
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def as_dict(value: Any) -> dict[str, Any]:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[dict[str, Any]]:
    """The objects in an array."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def iso(seconds: int) -> str:
    """Epoch seconds as RFC 3339 writes them in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
