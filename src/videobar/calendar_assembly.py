"""Makes the room's calendar from settings."""

from __future__ import annotations

from contextlib import AsyncExitStack

from videobar.adapters.calendar.cache import SqliteCalendarCache
from videobar.adapters.calendar.providers import AccountIncomplete, Providers
from videobar.adapters.calendar.reader import ChildReader
from videobar.adapters.store.database import Database
from videobar.clock import SystemClock
from videobar.room.calendar.addresses import PatternError, Patterns
from videobar.room.calendar.joining import Joining
from videobar.room.calendar.port import Account, Kind
from videobar.room.calendar.service import Calendar, Polling
from videobar.room.calls.service import Calls
from videobar.room.reach import Reach
from videobar.settings import Settings


class CalendarMisconfigured(Exception):
    """The calendar's settings do not fit together; the text begins with the setting's name."""


async def assemble_calendar(
    settings: Settings,
    clock: SystemClock,
    database: Database,
    calls: Calls,
    reach: Reach,
    undo: AsyncExitStack,
) -> Calendar:
    """The calendar, which already reads its provider if there is one. Raises `CalendarMisconfigured`."""
    patterns = _patterns(settings)
    joining = Joining(calls, clock)
    undo.callback(joining.close)
    calendar = Calendar(
        clock=clock,
        reader=ChildReader(),
        cache=SqliteCalendarCache(database),
        joining=joining,
        polling=Polling(
            settings.calendar_seconds, settings.calendar_days, patterns, settings.calendar_gateways
        ),
    )
    undo.push_async_callback(calendar.close)
    if settings.calendar_provider not in (None, "none"):
        account = _account(settings)
        providers = Providers(reach, settings.calendar_hosts, settings.calendar_ca_file)
        try:
            await calendar.use(providers(account), account)
        except AccountIncomplete as error:
            raise CalendarMisconfigured(str(error)) from None
    return calendar


def _patterns(settings: Settings) -> str:
    """The text of the administrator's pattern file, once it and the gateway rules have been understood."""
    try:
        own = settings.calendar_patterns
        patterns = own.read_text(encoding="utf-8") if own is not None else ""
        Patterns.load(patterns, settings.calendar_gateways)
    except (OSError, UnicodeDecodeError, PatternError) as error:
        raise CalendarMisconfigured(f"calendar_patterns or calendar_gateways: {error}") from None
    return patterns


def _account(settings: Settings) -> Account:
    return Account(
        kind=Kind(str(settings.calendar_provider)),
        url=settings.calendar_url,
        user=settings.calendar_user,
        password=settings.calendar_password,
        mailbox=settings.calendar_mailbox,
        tenant=settings.calendar_tenant,
        client_id=settings.calendar_client_id,
        client_secret=settings.calendar_client_secret,
        key_file=settings.calendar_key_file,
    )
