"""Makes the provider that an account asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver

from videobar.adapters.calendar.caldav import CalDav
from videobar.adapters.calendar.ics import IcsFeed, IcsFile
from videobar.adapters.calendar.web import Web, one_of
from videobar.room.calendar.port import Account, CalendarProvider, Kind
from videobar.room.reach import Reach

NEEDED: dict[Kind, tuple[str, ...]] = {
    Kind.ICS: ("url",),
    Kind.CALDAV: ("url", "user"),
}
"""What of an account each kind cannot do without."""


class AccountIncomplete(ValueError):
    """Something is missing; the text begins with the setting's name."""


@dataclass(frozen=True)
class Providers:
    """Implements `ProviderFactory`. `hosts` may be given credentials besides the one in an account's address.

    `ca_file` holds further authorities that servers' certificates may come from.
    """

    reach: Reach
    hosts: Sequence[str] = ()
    ca_file: Path | None = None
    resolver: Callable[[], AbstractResolver] | None = None

    def __call__(self, account: Account) -> CalendarProvider:
        """The provider. Raises `AccountIncomplete`."""
        for name in NEEDED[account.kind]:
            if not getattr(account, name):
                raise AccountIncomplete(f"calendar_{name}: the calendar provider {account.kind} needs it")
        match account.kind:
            case Kind.ICS:
                if account.url.startswith(("https:", "http:", "webcal:")):
                    return IcsFeed(account, self.web(_host(account)))
                return IcsFile(account)
            case _:
                return CalDav(account, self.web(_host(account)))

    def web(self, *hosts: str) -> Web:
        """A client that trusts `hosts` and those of the settings."""
        trusted = one_of({host.lower() for host in (*hosts, *self.hosts) if host})
        return Web(
            self.reach, trusted, ca_file=self.ca_file, resolver=self.resolver() if self.resolver else None
        )


def _host(account: Account) -> str:
    try:
        parts = urlsplit(account.url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host:
        raise AccountIncomplete("calendar_url: must be an address such as https://calendar.example.org/")
    return host
