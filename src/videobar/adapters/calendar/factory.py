"""Makes the provider that an account asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver

from videobar.adapters.calendar.servers.caldav import CalDav
from videobar.adapters.calendar.servers.ews import Ews, installed
from videobar.adapters.calendar.servers.google import ROOT as GOOGLE_ROOT
from videobar.adapters.calendar.servers.google import TOKEN_HOST, Google
from videobar.adapters.calendar.servers.graph import LOGINS, Graph
from videobar.adapters.calendar.servers.graph import ROOT as GRAPH_ROOT
from videobar.adapters.calendar.servers.ics import IcsFeed, IcsFile
from videobar.adapters.calendar.web import LOOPBACK, Web, is_address, one_of
from videobar.errors import StartError
from videobar.room.calendar.port import CalendarAccount, CalendarProvider, ProviderKind
from videobar.room.egress import EgressPolicy

FAMILIES = (
    re.compile(r"(?:p\d{1,4}-)?caldav\.icloud\.com"),
    re.compile(r"(?:p\d{1,4}-)?caldav\.icloud\.com\.cn"),
)
"""Hosts of one provider that send accounts on to each other. To name one is to trust all of its family; nothing is
concluded from the names of hosts otherwise, because that two share a domain does not make them one owner's."""
NEEDED: dict[ProviderKind, tuple[str, ...]] = {
    ProviderKind.ICS: ("url",),
    ProviderKind.CALDAV: ("url", "user"),
    ProviderKind.EWS: ("url", "user", "password", "address"),
    ProviderKind.GRAPH: ("tenant", "client_id", "client_secret", "address"),
    ProviderKind.GOOGLE: ("key_file", "address"),
}
"""Required fields of an account, by kind of provider."""


@dataclass(frozen=True)
class Providers:
    """Implements `ProviderFactory`. `hosts` may be given credentials besides the one in an account's address.

    `ca_file` holds further authorities that servers' certificates may come from; `proxy` is the URL of an HTTP proxy.
    """

    egress: EgressPolicy
    hosts: Sequence[str] = ()
    ca_file: Path | None = None
    resolver: Callable[[], AbstractResolver] | None = None
    proxy: str = ""

    def __call__(self, account: CalendarAccount) -> CalendarProvider:
        """The provider. Raises `StartError`."""
        for name in NEEDED[account.kind]:
            if not getattr(account, name):
                setting = f"calendar_{'mailbox' if name == 'address' else name}"
                raise StartError(setting, f"{setting}: the calendar provider {account.kind} needs it")
        match account.kind:
            case ProviderKind.ICS:
                if account.url.startswith(("https:", "http:", "webcal:")):
                    return IcsFeed(account, self.web(_host(account)))
                return IcsFile(account)
            case ProviderKind.CALDAV:
                return CalDav(account, self.web(_host(account)))
            case ProviderKind.EWS:
                if not installed():
                    raise StartError(
                        "calendar_provider",
                        "calendar_provider: ews needs exchangelib; install the extra videobar[exchange]",
                    )
                self._check_ews(account)
                return Ews(account, self.ca_file, self.proxy)
            case ProviderKind.GRAPH:
                host = _host(account) if account.url else str(urlsplit(GRAPH_ROOT).hostname)
                return Graph(account, self.web(host, LOGINS.get(host, host)))
            case ProviderKind.GOOGLE:
                host = _host(account) if account.url else str(urlsplit(GOOGLE_ROOT).hostname)
                return Google(account, self.web(host, TOKEN_HOST))

    def _check_ews(self, account: CalendarAccount) -> None:
        """Raises `StartError` for an address to which a password would travel in the clear."""
        host = _host(account)
        if urlsplit(account.url).scheme != "https" and host not in LOOPBACK:
            raise StartError("calendar_url", "calendar_url: must be an https address")
        if is_address(host) and not self.egress.allows(host):
            raise StartError("calendar_url", f"calendar_url: {host} is where this room may not go")

    def web(self, *hosts: str) -> Web:
        """A client that trusts `hosts` and those of the settings."""
        named = {host.lower() for host in (*hosts, *self.hosts) if host}
        families = [family for family in FAMILIES if any(family.fullmatch(host) for host in named)]
        listed = one_of(named)

        def trusted(host: str) -> bool:
            return listed(host) or any(family.fullmatch(host.lower().rstrip(".")) for family in families)

        return Web(
            self.egress,
            trusted,
            ca_file=self.ca_file,
            resolver=self.resolver() if self.resolver else None,
            proxy=self.proxy,
        )


def _host(account: CalendarAccount) -> str:
    try:
        parts = urlsplit(account.url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host:
        raise StartError(
            "calendar_url", "calendar_url: must be an address such as https://calendar.example.org/"
        )
    return host
