"""CalDAV (RFC 4791), with discovery (RFC 6764 section 6) and incremental synchronisation (RFC 6578)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from yarl import URL

from videobar.adapters.calendar.icalendar.charsets import charset_of
from videobar.adapters.calendar.web import Reply, Web, basic, judged
from videobar.adapters.calendar.xml_text import NotXml, root_of
from videobar.room.calendar.meeting import Changes, Ics, Item, Unusable, Window
from videobar.room.calendar.port import CalendarAccount, ProviderError, ProviderRefused

DAV = "{DAV:}"
CAL = "{urn:ietf:params:xml:ns:caldav}"
CS = "{http://calendarserver.org/ns/}"
SPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:s="http://calendarserver.org/ns/"'
WELL_KNOWN = "/.well-known/caldav"
MOST_CALENDARS = 20
MOST_ROUNDS = 50
"""Rounds of an incremental sync whose answer comes in parts, at most."""
PER_REQUEST = 100
"""Events that are asked for at once."""
MOST_FAILURES = 100
"""Answers of one sync that cannot be read, before the server as a whole is taken for broken."""

ABOUT = "<d:resourcetype/><d:sync-token/><s:getctag/><c:supported-calendar-component-set/>"


class NotMultiStatus(ProviderError):
    """The answer cannot be read."""


class ServerFailed(ProviderError):
    """The server failed over what it was asked for (HTTP 500)."""


class NotGiven(ProviderError):
    """The server does not give one of the calendars (HTTP 403, 404 or 410)."""

    def __init__(self, host: str | None, status: int) -> None:
        super().__init__(f"{host}: the server does not give this calendar (HTTP {status})")
        self.host, self.status = host, status

    def whole(self) -> ProviderError:
        """The error that this is where no calendar is given."""
        if self.status == 403:
            return ProviderRefused(f"{self.host}: does not accept the credentials (HTTP 403)")
        return ProviderError(f"{self.host}: HTTP {self.status}")


class StaleToken(Exception):
    """The server does not know the sync token any more."""


@dataclass
class Row:
    """One `response` of a multi-status (RFC 4918 section 14.24).

    `properties` are those that were found, and `refused` the statuses of others.
    """

    href: str
    status: str
    properties: dict[str, Any] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    @property
    def gone(self) -> bool:
        """True if the resource no longer exists, by its own status or that of all its properties."""
        statuses = [self.status] if self.status else [] if self.properties else self.refused
        return bool(statuses) and all(" 404" in status or " 410" in status for status in statuses)

    def text(self, name: str) -> str:
        """The text of a property, or nothing."""
        found = self.properties.get(name)
        return "" if found is None else (found.text or "").strip()

    def inner_href(self, name: str) -> str:
        """The address inside a property, or nothing."""
        found = self.properties.get(name)
        return "" if found is None else (found.findtext(f"{DAV}href") or "").strip()

    @property
    def is_calendar(self) -> bool:
        """True for a collection of events."""
        kind, holds = (
            self.properties.get(f"{DAV}resourcetype"),
            self.properties.get(f"{CAL}supported-calendar-component-set"),
        )
        names = [] if holds is None else [each.get("name") for each in holds.iterfind(f"{CAL}comp")]
        return (
            kind is not None and kind.find(f"{CAL}calendar") is not None and (not names or "VEVENT" in names)
        )


class CalDav:
    """Implements `CalendarProvider`. The address may be that of a calendar, of a user or of the server."""

    def __init__(self, account: CalendarAccount, web: Web) -> None:
        self._url = URL(account.url)
        self._authorization = basic(account.user, account.password)
        self._web = web
        self._calendars: dict[str, URL] = {}
        """URLs of the calendars, by their paths; a provider may keep an account on another of its hosts."""

    async def changes(self, window: Window, known: Mapping[str, str], token: str) -> Changes:
        """All calendars' changes; items are called by their paths."""
        if not self._calendars:
            await self.calendars()
        tokens: dict[str, str] = json.loads(token) if token else {}
        following: dict[str, str] = {}
        changed: list[Item] = []
        gone: set[str] = set()
        refused: list[NotGiven] = []
        for calendar in self._calendars:
            mine = {href: version for href, version in known.items() if href.startswith(calendar)}
            try:
                items, missing, now = await self._changes_of(calendar, window, mine, tokens.get(calendar, ""))
            except NotGiven as error:
                refused.append(error)
                items, missing, now = [], set(mine) - {calendar}, ""
                if mine.get(calendar) != str(error.status):
                    items = [Item(calendar, str(error.status), Unusable(str(error)))]
            changed += items
            gone |= missing
            if now:
                following[calendar] = now
        if refused and len(refused) == len(self._calendars):
            self._calendars = {}
            raise refused[0].whole()
        gone |= {href for href in known if not href.startswith(tuple(self._calendars))}
        if refused:
            self._calendars = {}  # one that was deleted or withdrawn is not among those that are found next time
        return Changes(changed, frozenset(gone), json.dumps(following))

    async def _changes_of(
        self, calendar: str, window: Window, mine: Mapping[str, str], token: str
    ) -> tuple[list[Item], set[str], str]:
        """Changes of one calendar, those of `mine` that are gone, and its next token. Raises `NotGiven`."""
        now = await self._state(calendar)
        if now and now == token:
            return [], set(), now
        try:
            versions, missing, following = await self._since(calendar, token)
        except StaleToken:
            versions = await self._within(calendar, window)
            missing, following = mine.keys() - versions.keys(), now
        wanted = [href for href, version in versions.items() if mine.get(href) != version]
        return [item async for item in self._fetch(calendar, wanted)], missing & mine.keys(), following

    async def close(self) -> None:
        """Close the connections."""
        await self._web.close()

    @property
    def url(self) -> URL:
        """URL of the server after redirections, once it was asked."""
        return self._url

    async def calendars(self) -> list[str]:
        """Paths of the user's calendars. Raises `ProviderError` when there are none."""
        row = await self._about(self._url)
        if row is not None and row.is_calendar:
            self._calendars = {_path(row.href): self._at(row.href)}
            return list(self._calendars)
        principal = row.inner_href(f"{DAV}current-user-principal") if row is not None else ""
        home = row.inner_href(f"{CAL}calendar-home-set") if row is not None else ""
        if not principal and not home:
            row = await self._about(self._url.with_path(WELL_KNOWN))
            principal = row.inner_href(f"{DAV}current-user-principal") if row is not None else ""
            home = row.inner_href(f"{CAL}calendar-home-set") if row is not None else ""
        if principal and not home:
            row = await self._about(self._at(principal))
            home = row.inner_href(f"{CAL}calendar-home-set") if row is not None else ""
        if not home:
            raise ProviderError(f"{self._url.host}: there is no calendar at this address")
        there = self._at(home)
        rows = await self._find(there, f"<d:prop>{ABOUT}</d:prop>", "1")
        found = {_path(row.href): self._at(row.href, there) for row in rows if row.is_calendar}
        if not found:
            raise ProviderError(f"{self._url.host}: the user has no calendar")
        self._calendars = {path: found[path] for path in sorted(found)[:MOST_CALENDARS]}
        return list(self._calendars)

    async def _about(self, url: URL) -> Row | None:
        """Properties of a resource; `None` where there is nothing. Remembers the URL after redirections."""
        wanted = f"<d:prop>{ABOUT}<d:current-user-principal/><c:calendar-home-set/></d:prop>"
        reply = await self._send("PROPFIND", url, f"<d:propfind {SPACES}>{wanted}</d:propfind>", "0")
        if reply.status in (404, 405, 501) or reply.status == 200:
            return None
        judged(reply, 207)
        self._url = reply.url
        return next(_rows(reply), None)

    async def _state(self, calendar: str) -> str:
        """State of a calendar, which differs after every change: its sync token or CTag, or nothing."""
        wanted = f"<d:propfind {SPACES}><d:prop><d:sync-token/><s:getctag/></d:prop></d:propfind>"
        rows = _rows(given(await self._send("PROPFIND", self._calendars[calendar], wanted, "0")))
        return next((row.text(f"{DAV}sync-token") or row.text(f"{CS}getctag") for row in rows), "")

    async def _since(self, calendar: str, token: str) -> tuple[dict[str, str], set[str], str]:
        """Versions of what has changed, what is gone, and the next token. Raises `StaleToken`."""
        versions: dict[str, str] = {}
        gone: set[str] = set()
        for _ in range(MOST_ROUNDS):
            if not token or not _is_uri(token):
                raise StaleToken
            reply = await self._send(
                "REPORT",
                self._calendars[calendar],
                f"<d:sync-collection {SPACES}><d:sync-token>{escape(token)}</d:sync-token>"
                "<d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>",
                "0",
            )
            if reply.status != 207:
                if reply.status == 401:
                    judged(reply, 207)
                raise StaleToken
            more = False
            for row in _rows(reply):
                path = _path(row.href)
                if path.rstrip("/") == calendar.rstrip("/"):
                    more |= " 507 " in f"{row.status} "
                elif row.gone:
                    gone.add(path)
                    versions.pop(path, None)
                else:
                    gone.discard(path)
                    versions[path] = row.text(f"{DAV}getetag")
            token = _root(reply).findtext(f"{DAV}sync-token") or ""
            if not more:
                return versions, gone, token
        raise StaleToken

    async def _within(self, calendar: str, window: Window) -> dict[str, str]:
        """Versions of all events that have to do with `window`."""
        start, end = (
            datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")
            for at in (window.start_s, window.end_s)
        )
        reply = await self._send(
            "REPORT",
            self._calendars[calendar],
            f"<c:calendar-query {SPACES}><d:prop><d:getetag/></d:prop><c:filter><c:comp-filter name='VCALENDAR'>"
            f"<c:comp-filter name='VEVENT'><c:time-range start='{start}' end='{end}'/></c:comp-filter></c:comp-filter>"
            "</c:filter></c:calendar-query>",
            "1",
        )
        return {
            _path(row.href): row.text(f"{DAV}getetag")
            for row in _rows(given(reply))
            if f"{DAV}getetag" in row.properties
        }

    async def _fetch(self, calendar: str, hrefs: Sequence[str]) -> AsyncIterator[Item]:
        """The events. Where the server fails over one of them, the others are asked for without it."""
        waiting = [list(hrefs[first : first + PER_REQUEST]) for first in range(0, len(hrefs), PER_REQUEST)]
        failures = 0
        while waiting:
            some = waiting.pop(0)
            try:
                rows = await self._multiget(calendar, some)
            except (NotMultiStatus, ServerFailed):
                failures += 1
                if failures > MOST_FAILURES:
                    raise
                if len(some) > 1:
                    middle = len(some) // 2
                    waiting[:0] = [some[:middle], some[middle:]]
                else:
                    yield Item(some[0], "", Unusable("the server does not give it"))
                continue
            if len(rows) < len(some):
                answered = {_path(row.href) for row in rows}
                for href in some:
                    if href not in answered:
                        yield Item(href, "", Unusable("the server's answer about it cannot be read"))
            for row in rows:
                data = row.properties.get(f"{CAL}calendar-data")
                text = "" if data is None else "".join(data.itertext())
                version = row.text(f"{DAV}getetag")
                if text.strip():
                    yield Item(_path(row.href), version, Ics(text))
                elif not row.gone:
                    yield Item(_path(row.href), version, Unusable("the server gives no data of it"))

    async def _multiget(self, calendar: str, hrefs: Sequence[str]) -> list[Row]:
        wanted = "".join(f"<d:href>{escape(quote(href))}</d:href>" for href in hrefs)
        reply = await self._send(
            "REPORT",
            self._calendars[calendar],
            f"<c:calendar-multiget {SPACES}><d:prop><d:getetag/><c:calendar-data/></d:prop>"
            f"{wanted}</c:calendar-multiget>",
            "1",
        )
        if reply.status == 500:
            raise ServerFailed(f"{reply.url.host}: HTTP 500")
        return list(_rows(given(reply)))

    async def _find(self, url: URL, wanted: str, depth: str) -> list[Row]:
        reply = await self._send("PROPFIND", url, f"<d:propfind {SPACES}>{wanted}</d:propfind>", depth)
        return list(_rows(judged(reply, 207)))

    async def _send(self, method: str, url: URL, body: str, depth: str) -> Reply:
        reply = await self._web.ask(
            method,
            url,
            headers={"Depth": depth, "Content-Type": "application/xml; charset=utf-8"},
            body=b'<?xml version="1.0" encoding="utf-8"?>' + body.encode(),
            authorization=self._authorization,
        )
        if reply.status == 401:
            raise ProviderRefused(f"{url.host}: does not accept the credentials")
        return reply

    def _at(self, href: str, base: URL | None = None) -> URL:
        """The address that a server, or what it gave as `base`, gives: of its own, or of another that is trusted.

        Raises `ProviderError` for one of a stranger.
        """
        try:
            url = (base or self._url).join(URL(href, encoded="%" in href))
        except ValueError:
            raise ProviderError(f"{self._url.host}: leads to no place") from None
        url = plain_port(url)
        if url.origin() == plain_port(self._url).origin():
            return url
        host = url.host or ""
        if url.scheme != "https" or not self._web.trusts(host):
            raise ProviderError(
                f"{self._url.host}: the calendar is on another server, {host}, "
                "which calendar_hosts would have to allow"
            )
        return url


def given(reply: Reply) -> Reply:
    """The multi-status about a calendar. Raises `NotGiven`, or the error that another status means."""
    if reply.status in (403, 404, 410):
        raise NotGiven(reply.url.host, reply.status)
    return judged(reply, 207)


def plain_port(url: URL) -> URL:
    """The same address without a port that is the scheme's own (RFC 3986 section 6.2.3)."""
    return url.with_port(None) if url.explicit_port is not None and url.is_default_port() else url


def _is_uri(token: str) -> bool:
    """True for a sync token, which is a URI; false for a CTag."""
    return ":" in token


def _path(href: str) -> str:
    return unquote(URL(href, encoded=True).raw_path)


def _root(reply: Reply) -> Any:
    try:
        return root_of(reply.content, charset_of(reply.headers.get("Content-Type", "")))
    except NotXml:
        raise NotMultiStatus(f"{reply.url.host}: the answer is not XML") from None


def _rows(reply: Reply) -> Iterator[Row]:
    root = _root(reply)
    if root.tag != f"{DAV}multistatus":
        raise NotMultiStatus(f"{reply.url.host}: the answer is not a multi-status")
    for response in root.iterfind(f"{DAV}response"):
        row = Row((response.findtext(f"{DAV}href") or "").strip(), response.findtext(f"{DAV}status") or "")
        for part in response.iterfind(f"{DAV}propstat"):
            status = part.findtext(f"{DAV}status") or " 200"
            if " 200" in status:
                row.properties.update({each.tag: each for each in part.iterfind(f"{DAV}prop/*")})
            else:
                row.refused.append(status.strip())
        yield row
