"""A calendar that somebody publishes as one iCalendar file, on this machine or on the web."""

from __future__ import annotations

import asyncio
import errno
import json
import re
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from yarl import URL

from videobar.adapters.calendar.icalendar.charsets import charset_of, decoded
from videobar.adapters.calendar.icalendar.text import items_of
from videobar.adapters.calendar.web import MOST_BYTES, Web, basic, judged
from videobar.files import read_regular
from videobar.room.calendar.meeting import Changes, Ics, Item, Window
from videobar.room.calendar.port import CalendarAccount, ProviderError, ProviderUnreachable
from videobar.text import with_whole_letters

MOST_ITEMS = 50_000
DAY_S = 24 * 3600
REPEATS = re.compile(r"^(?:RRULE|RDATE|DURATION)", re.M | re.I)
DATES = re.compile(r"^(?:DTSTART|DTEND)[^:\r\n]{0,200}:(\d{8})", re.M | re.I)


class IcsFile:
    """Implements `CalendarProvider` over a file; its size and time of change tell whether to read it again."""

    def __init__(self, account: CalendarAccount) -> None:
        url = account.url
        self._path = Path(unquote(urlsplit(url).path) if url.startswith("file:") else url).expanduser()

    async def changes(self, window: Window, known: Mapping[str, str], token: str) -> Changes:
        """Read the file when it has changed."""
        return await asyncio.to_thread(self._changes, window, known, token)

    async def close(self) -> None:
        """Nothing to close."""

    def _changes(self, window: Window, known: Mapping[str, str], token: str) -> Changes:
        try:
            status = self._path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise ProviderError(f"{self._path.name}: is not a file")
            stamp = f"{status.st_mtime_ns} {status.st_size} {status.st_ino}"
            if stamp == token:
                return Changes(token=token)
        except OSError as error:
            raise ProviderUnreachable(f"{self._path.name}: {error.strerror}") from None
        return compared(read_file(self._path), self._path.name, window, known, stamp)


class IcsFeed:
    """Implements `CalendarProvider` over an address on the web, with conditional requests (RFC 9110 section 13)."""

    def __init__(self, account: CalendarAccount, web: Web) -> None:
        self._url = (
            URL(account.url).with_scheme("https") if account.url.startswith("webcal:") else URL(account.url)
        )
        self._authorization = basic(account.user, account.password)
        self._web = web

    async def changes(self, window: Window, known: Mapping[str, str], token: str) -> Changes:
        """Fetch the calendar, unless it is the same as the last time."""
        validators: dict[str, str] = json.loads(token) if token else {}
        reply = await self._web.ask(
            "GET",
            self._url,
            headers={"Accept": "text/calendar, */*;q=0.1", **validators},
            authorization=self._authorization,
        )
        if judged(reply, 200, 304).status == 304:
            return Changes(token=token)
        following = {
            condition: reply.headers[header]
            for condition, header in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified"))
            if header in reply.headers
        }
        return await asyncio.to_thread(
            compared,
            reply.content,
            str(self._url.host),
            window,
            known,
            json.dumps(following) if following else "",
            charset_of(reply.headers.get("Content-Type", "")),
        )

    async def close(self) -> None:
        """Close the connection."""
        await self._web.close()


def read_calendar(path: Path) -> str:
    """A calendar in a file. Raises `ProviderError`."""
    return text_of(read_file(path), path.name)


def read_file(path: Path) -> bytes:
    """The content of a regular file that is not too long for a calendar. Raises `ProviderError`."""
    try:
        return read_regular(path, MOST_BYTES)
    except OSError as error:
        kind = ProviderError if error.errno == errno.EFBIG else ProviderUnreachable
        raise kind(f"{path.name}: {error.strerror}") from None


def compared(
    content: bytes, name: str, window: Window, known: Mapping[str, str], token: str, charset: str = ""
) -> Changes:
    """Changes of a whole calendar against the versions that are known; `charset` is what the server declares.

    Raises `ProviderError` for a text that is none.
    """
    text = text_of(content, name, charset)
    oldest = datetime.fromtimestamp(window.start_s - 2 * DAY_S, UTC).strftime("%Y%m%d")
    there: dict[str, Item] = {}
    for item in items_of(text):
        if not _over(item, oldest):
            there[item.id] = item
        if len(there) > MOST_ITEMS:
            raise ProviderError(f"{name}: has more than {MOST_ITEMS} events")
    return Changes.of_whole(there, known, token)


def text_of(content: bytes, name: str, charset: str = "") -> str:
    """A whole calendar as text. Raises `ProviderError` for what is none."""
    text = decoded(with_whole_letters(content), charset, otherwise="utf-8")
    if "BEGIN:VCALENDAR" not in text[:4096].upper():
        raise ProviderError(f"{name}: is not a calendar (text/calendar)")
    return text


def _over(item: Item, oldest: str) -> bool:
    """True if a single event ended before the day `oldest` (`YYYYMMDD`), so that it need not be read."""
    if not isinstance(item.content, Ics):
        return False
    event = item.content.text.partition("BEGIN:VEVENT")[2]
    dates = DATES.findall(event)
    return bool(dates) and max(dates) < oldest and not REPEATS.search(event)
