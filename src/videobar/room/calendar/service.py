"""The room's calendar: the single writer of what the API shows of it.

One provider at a time. A task asks it for changes every minute or so, never at the same moment as other rooms do, and
ever more rarely while it fails. What was read last stays visible meanwhile, also over a restart.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass

from videobar.clock import SystemClock
from videobar.errors import InvalidRequest, NoSuchMeeting, StoreUnavailable
from videobar.room.calendar.joining import Joining
from videobar.room.calendar.meeting import Instructions, Meeting, Window
from videobar.room.calendar.port import (
    CalendarAccount,
    CalendarCache,
    CalendarProvider,
    InvitationReader,
    Kept,
    KeptCalendar,
    ProviderError,
    ProviderRefused,
    ProviderUnreachable,
)
from videobar.vocabulary import CalendarState

log = logging.getLogger("videobar.calendar")

DAY_S = 24 * 3600
DAYS_BACK = 7
MOST_MEETINGS = 20_000
LONGEST_PAUSE_S = 15 * 60.0
REFUSED_PAUSE_S = 5 * 60.0
"""Pause before refused credentials are tried again: asking more often would lock the account."""
JITTER = 0.2
"""Pauses are up to so much shorter or longer."""


@dataclass(frozen=True)
class Polling:
    """Polling: interval, days ahead, and the patterns for invitations."""

    seconds: float = 60.0
    days_ahead: int = 90
    patterns: str = ""
    gateways: tuple[tuple[str, str], ...] = ()


class Calendar:
    """Calendar: the meetings of the provider. Made without a provider; `use` gives it one."""

    def __init__(
        self,
        *,
        clock: SystemClock,
        reader: InvitationReader,
        cache: CalendarCache,
        joining: Joining,
        polling: Polling,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._state = CalendarState.DISABLED
        self._why_not = ""
        self.joining = joining
        self._clock = clock
        self._reader = reader
        self._cache = cache
        self._polling = polling
        self._chance = chance
        self._provider: CalendarProvider | None = None
        self._task: asyncio.Task[None] | None = None
        self._account: CalendarAccount | None = None
        self._snapshot = KeptCalendar({}, "", Window(0, 0), 0)
        self._source = ""
        self._meetings: dict[str, Meeting] = {}
        self._order: list[Meeting] = []

    # What is there

    @property
    def state(self) -> CalendarState:
        """State of the connection to the provider."""
        return self._state

    @property
    def trouble(self) -> str:
        """Reason why the last sync failed, for people; empty when it did not."""
        return self._why_not

    @property
    def last_sync_s(self) -> int:
        """Time of the last successful sync, epoch seconds, or 0."""
        return self._snapshot.synced_s

    @property
    def left_out(self) -> int:
        """Number of meetings, and properties of meetings, that could not be read in the last sync."""
        return sum(kept.lost for kept in self._snapshot.items.values())

    def meetings(
        self, number: int | None = None, start_s: int | None = None, end_s: int | None = None
    ) -> list[Meeting]:
        """Meetings that have to do with a span of time, in the order of their begin, at most `number` of them.

        Without `start_s` the span begins now, and without `end_s` it does not end: so `number` alone gives those
        that are on and those that come. A meeting at the very end of the span is not in it. Raises `InvalidRequest`.
        """
        if number is not None and number < 0:
            raise InvalidRequest("number: cannot be negative")
        begin = self._clock.now_ms() // 1000 if start_s is None else start_s
        if start_s is not None and end_s is not None and end_s < start_s:
            raise InvalidRequest("end: is before start")
        found = [
            meeting
            for meeting in self._order
            if (meeting.end_s > begin or meeting.start_s >= begin)
            and (end_s is None or meeting.start_s < end_s)
        ]
        return found if number is None else found[:number]

    def meeting(self, meeting_id: str) -> Meeting:
        """One meeting. Raises `NoSuchMeeting`."""
        try:
            return self._meetings[meeting_id]
        except KeyError:
            raise NoSuchMeeting(f"there is no meeting {meeting_id[:60]!r}") from None

    def in_call(self, meeting: Meeting) -> bool:
        """True if the call of this meeting is up."""
        return self.joining.in_call(meeting, self._clock.now_ms() // 1000)

    # What can be done

    def misconfigured(self, why: str) -> None:
        """Record that the settings make no provider, and why."""
        self._state, self._why_not = CalendarState.ERR_UNKNOWN, why

    async def use(self, provider: CalendarProvider | None, account: CalendarAccount | None) -> None:
        """Read another calendar from now on, or none."""
        await self.close()
        self._provider, self._account = provider, account
        self._snapshot = KeptCalendar({}, "", Window(0, 0), 0)
        self._take({})
        self._why_not = ""
        if provider is None or account is None:
            self._state = CalendarState.DISABLED
            return
        self._state = CalendarState.CONNECTING
        self._task = asyncio.create_task(self._run(provider, account), name="calendar")

    async def close(self) -> None:
        """Stop reading, and let go of the provider."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self._provider is not None:
            await self._provider.close()
            self._provider = None
        await self._reader.close()

    # How

    async def _run(self, provider: CalendarProvider, account: CalendarAccount) -> None:
        await self._restore(account)
        failures = 0
        while True:
            pause = self._polling.seconds
            try:
                await self._sync(provider, account)
            except ProviderRefused as error:
                failures += 1
                pause = self._trouble(CalendarState.ERR_AUTHENTICATION, error, REFUSED_PAUSE_S)
            except ProviderUnreachable as error:
                failures += 1
                pause = max(
                    self._trouble(CalendarState.OFFLINE, error, self._backed_off(failures)),
                    error.retry_after_s,
                )
            except ProviderError as error:
                failures += 1
                pause = self._trouble(CalendarState.ERR_UNKNOWN, error, self._backed_off(failures))
            except Exception as error:
                failures += 1
                log.debug("calendar: sync failed", exc_info=True)
                pause = self._trouble(
                    CalendarState.ERR_UNKNOWN, ProviderError(type(error).__name__), self._backed_off(failures)
                )
            else:
                failures = 0
            await self._clock.sleep(pause * (1 - JITTER + 2 * JITTER * self._chance()))

    def _backed_off(self, failures: int) -> float:
        return max(
            self._polling.seconds, min(LONGEST_PAUSE_S, self._polling.seconds * 2.0 ** min(failures, 10))
        )

    def _trouble(self, state: CalendarState, error: ProviderError, pause: float) -> float:
        if (state, str(error)) != (self.state, self.trouble):
            log.warning("calendar: %s", error)
        self._state, self._why_not = state, str(error)
        return max(pause, self._polling.seconds)

    async def _restore(self, account: CalendarAccount) -> None:
        try:
            kept = await self._cache.load(self._source_of(account))
        except StoreUnavailable as error:
            log.warning("calendar: the stored meetings cannot be read: %s", error.detail)
            return
        if kept is not None:
            self._snapshot, self._source = kept, self._source_of(account)
            self._take(kept.items)

    async def _sync(self, provider: CalendarProvider, account: CalendarAccount) -> None:
        """One round: ask, read, keep. Another day, or another time zone, begins anew."""
        window, source = self._window(), self._source_of(account)
        before = self._snapshot
        fresh = window != before.window or source != self._source
        known = {} if fresh else {name: kept.version for name, kept in before.items.items()}
        changes = await provider.changes(window, known, "" if fresh else before.token)
        instructions = Instructions(
            window,
            account.address,
            self._clock.zone_name,
            self._polling.patterns,
            self._polling.gateways,
        )
        read = await self._reader.read(changes.changed, instructions) if changes.changed else {}
        versions = {item.id: item.version for item in changes.changed}
        items = (
            {} if fresh else {name: kept for name, kept in before.items.items() if name not in changes.gone}
        )
        items |= {
            name: Kept(versions[name], reading.meetings, reading.lost) for name, reading in read.items()
        }
        unread = versions.keys() - read.keys()
        gone = before.items.keys() - items.keys()
        token = "" if unread else changes.token
        self._snapshot = KeptCalendar(items, token, window, self._clock.now_ms() // 1000)
        self._source = source
        if changes.changed or gone:
            self._take(items)
        self._state, self._why_not = CalendarState.ONLINE, ""
        try:
            await self._cache.keep(source, self._snapshot, list(read), list(gone))
        except StoreUnavailable as error:
            log.warning("calendar: the meetings cannot be stored: %s", error.detail)

    def _source_of(self, account: CalendarAccount) -> str:
        """Cache key: a copy is valid for the same calendar, time zone and rules."""
        polling = self._polling
        return f"{account.source} {self._clock.zone_name} {polling.gateways} {polling.patterns}"

    def _window(self) -> Window:
        today = self._clock.now_ms() // 1000 // DAY_S
        return Window((today - DAYS_BACK) * DAY_S, (today + 1 + self._polling.days_ahead) * DAY_S)

    def _take(self, items: dict[str, Kept]) -> None:
        """Show the meetings of `items`; when there are too many, those that come first."""
        everything = (meeting for kept in items.values() for meeting in kept.meetings)
        self._order = sorted(everything, key=lambda each: (each.start_s, each.subject, each.id))[
            :MOST_MEETINGS
        ]
        self._meetings = {meeting.id: meeting for meeting in self._order}
        if len(self._meetings) < len(self._order):  # the same meeting in two calendars, or in two files
            self._order = list(self._meetings.values())
