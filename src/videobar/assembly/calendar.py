"""Makes the room's calendar from settings."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from videobar.adapters.calendar.cache import SqliteCalendarCache
from videobar.adapters.calendar.reader import ChildReader
from videobar.assembly.configured import StoredSettings
from videobar.assembly.signalling import sip_account
from videobar.assembly.site import Site
from videobar.errors import StartError
from videobar.files import MIB, read_regular
from videobar.room.calendar.addresses import PatternError, Patterns
from videobar.room.calendar.finding import Finding
from videobar.room.calendar.joining import Joining
from videobar.room.calendar.port import CalendarAccount, CalendarProvider, ProviderKind, Search
from videobar.room.calendar.service import Calendar, Polling
from videobar.room.calls.service import Calls
from videobar.room.egress import EgressPolicy
from videobar.settings import Settings, table
from videobar.vocabulary import CalendarState

if TYPE_CHECKING:
    from videobar.adapters.calendar.factory import Providers

log = logging.getLogger("videobar.calendar")

LARGEST_PATTERNS = MIB


@dataclass(frozen=True)
class CalendarParts:
    """Calendar and discovery, for the rest of the room."""

    calendar: Calendar
    finding: Finding

    def left_out(self) -> dict[str, int]:
        """Number of items that could not be read, by part of the room; none while there is no calendar."""
        if self.calendar.state is CalendarState.DISABLED:
            return {}
        return {"calendar": self.calendar.left_out}


async def open_calendar(site: Site, calls: Calls) -> CalendarParts:
    """The calendar, which already reads its provider if there is one.

    Raises `StartError` for what the operator gave. Settings that came in through the API and do not fit
    together are an error of the calendar only: a room always starts.
    """
    settings = site.settings
    patterns = await asyncio.to_thread(_patterns, settings)
    joining = Joining(calls, site.clock)
    site.undo.callback(joining.close)
    calendar = Calendar(
        clock=site.clock,
        reader=ChildReader(),
        cache=SqliteCalendarCache(site.database),
        joining=joining,
        polling=Polling(settings.calendar_seconds, settings.calendar_days, *patterns),
    )
    site.undo.push_async_callback(calendar.close)
    microsoft = _account(settings, ProviderKind.GRAPH) if settings.calendar_client_secret else None
    servers = Servers(settings, site.egress, microsoft)
    if isinstance(settings.calendar_provider, ProviderKind):
        account = _account(settings, settings.calendar_provider)
        try:
            await calendar.use(servers(account), account)
        except StartError as error:
            if "calendar_provider" in settings.given:
                raise
            log.error("%s", error)
            calendar.misconfigured(str(error))
    finding = Finding(
        calendar=calendar,
        finder=servers,
        providers=servers,
        remember=Remembered(settings, site.stored),
        sip_account=sip_account(settings),
    )
    return CalendarParts(calendar, finding)


class Servers:
    """Implements `ProviderFactory` and `CalendarFinder`, with an HTTP client that is loaded when one is needed.

    It is large, and a room without a calendar starts a quarter faster without it.
    """

    def __init__(self, settings: Settings, egress: EgressPolicy, microsoft: CalendarAccount | None) -> None:
        self._settings = settings
        self._reach = egress
        self._microsoft = microsoft

    def __call__(self, account: CalendarAccount) -> CalendarProvider:
        """The provider for an account. Raises `StartError`."""
        return self._providers(account)

    async def find(self, search: Search) -> CalendarAccount:
        """The first account that works. Raises `CalendarLoginRefused` and `NoCalendarFound`."""
        from videobar.adapters.calendar.discovery import Discovery
        from videobar.adapters.calendar.service_records import DnsServiceRecords

        return await Discovery(self._providers, DnsServiceRecords(), self._microsoft).find(search)

    @cached_property
    def _providers(self) -> Providers:
        from videobar.adapters.calendar.factory import Providers

        settings = self._settings
        return Providers(
            self._reach,
            settings.calendar_hosts,
            settings.calendar_ca_file,
            proxy=settings.calendar_proxy or "",
        )


class Remembered:
    """Store of an account that was found, as settings, as if it had been configured."""

    def __init__(self, settings: Settings, stored: StoredSettings) -> None:
        self._settings = settings
        self._stored = stored

    async def __call__(self, account: CalendarAccount) -> None:
        """Keep it, the kind last. Raises `StoreUnavailable`."""
        texts = {
            "calendar_url": account.url,
            "calendar_user": account.user,
            "calendar_password": account.password,
            "calendar_mailbox": account.mailbox,
            "calendar_provider": account.kind.value,
        }
        given = sorted(texts.keys() & self._settings.given)
        if given:
            log.warning(
                "the calendar that was found is used until the next start, because %s is set", given[0]
            )
            return
        items = {item.name: item for item in table()}
        for name, text in texts.items():
            await self._stored.put(items[name], text)


def _patterns(settings: Settings) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text of the administrator's pattern file and the gateway rules, once they have been understood."""
    own, gateways = settings.calendar_patterns, settings.calendar_gateways
    try:
        text = read_regular(own, LARGEST_PATTERNS).decode() if own is not None else ""
        Patterns.load(text, gateways)
    except (OSError, UnicodeDecodeError, PatternError) as error:
        complaint = f"calendar_patterns or calendar_gateways: {error}"
        if settings.given & {"calendar_patterns", "calendar_gateways"}:
            raise StartError("calendar_patterns", complaint) from None
        log.error("%s; they are passed over", complaint)
        return "", ()
    return text, gateways


def _account(settings: Settings, kind: ProviderKind) -> CalendarAccount:
    return CalendarAccount(
        kind=kind,
        url=""
        if kind is ProviderKind.GRAPH and settings.calendar_provider is not ProviderKind.GRAPH
        else settings.calendar_url,
        user=settings.calendar_user,
        password=settings.calendar_password,
        mailbox=settings.calendar_mailbox,
        tenant=settings.calendar_tenant,
        client_id=settings.calendar_client_id,
        client_secret=settings.calendar_client_secret,
        key_file=settings.calendar_key_file,
    )
