"""Microsoft 365, by Microsoft Graph with an application's own permission (`Calendars.Read`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from yarl import URL

from videobar.adapters.calendar.servers.tokens import AccessToken
from videobar.adapters.calendar.web import Reply, Web, as_dict, as_list, iso, judged
from videobar.room.calendar.meeting import Changes, Event, Item, Unusable, Window
from videobar.room.calendar.port import CalendarAccount, ProviderError

ROOT = "https://graph.microsoft.com/v1.0"
LOGINS = {
    "graph.microsoft.com": "login.microsoftonline.com",
    "graph.microsoft.us": "login.microsoftonline.us",
    "dod-graph.microsoft.us": "login.microsoftonline.us",
    "microsoftgraph.chinacloudapi.cn": "login.partner.microsoftonline.cn",
}
"""Token endpoints of Microsoft's clouds."""
PER_PAGE = 200
MOST_PAGES = 500
FIELDS = (
    "id,changeKey,iCalUId,seriesMasterId,type,originalStart,subject,organizer,location,locations,body,start,end,isAllDay,"
    "isCancelled,sensitivity,attendees,responseStatus,onlineMeeting,onlineMeetingUrl"
)


class Graph:
    """Implements `CalendarProvider`.

    A delta query shows whether anything has changed; when it has, the view of the calendar is read, because the rows of
    a delta leave most of an occurrence out.
    """

    def __init__(self, account: CalendarAccount, web: Web) -> None:
        self._root = URL(account.url or ROOT)
        self._calendar = self._root / "users" / account.address / "calendarView"
        self._web = web
        login = LOGINS.get(self._root.host or "", self._root.host or "")
        self._token = AccessToken(
            web,
            f"https://{login}/{account.tenant}/oauth2/v2.0/token",
            lambda: urlencode(
                {
                    "grant_type": "client_credentials",
                    "client_id": account.client_id,
                    "client_secret": account.client_secret,
                    "scope": f"https://{self._root.host}/.default",
                }
            ),
        )

    async def changes(self, window: Window, known: Mapping[str, str], token: str) -> Changes:
        """Nothing, or what of the whole view is not known."""
        if token and (following := await self._unchanged(token)):
            return Changes(token=following)
        span = {"startDateTime": iso(window.start_s), "endDateTime": iso(window.end_s)}
        following = await self._mark(span)
        there: dict[str, Item] = {}
        async for row in self._rows(
            self._calendar.with_query({**span, "$top": str(PER_PAGE), "$select": FIELDS})
        ):
            if row.get("type") == "seriesMaster" or not row.get("id"):
                continue
            name = str(row["id"])
            there[name] = Item(name, str(row.get("changeKey", "")), _content(row))
        return Changes.of_whole(there, known, following)

    async def close(self) -> None:
        """Close the connections."""
        await self._web.close()

    async def _unchanged(self, token: str) -> str:
        """The next token when nothing has changed since this one; nothing when something has, or it is too old."""
        reply = await self._ask(URL(token, encoded=True))
        if reply.status in (400, 404, 410):
            return ""
        page = judged(reply, 200).json()
        return "" if page.get("value") else str(page.get("@odata.deltaLink", ""))

    async def _mark(self, span: Mapping[str, str]) -> str:
        """A token for the state of now."""
        page: dict[str, Any] = {}
        url: URL | None = self._calendar / "delta"
        assert url is not None  # noqa: S101
        url = url.with_query(span)
        for _ in range(MOST_PAGES):
            page = judged(await self._ask(url), 200).json()
            if "@odata.nextLink" not in page:
                break
            url = URL(str(page["@odata.nextLink"]), encoded=True)
        return str(page.get("@odata.deltaLink", ""))

    async def _rows(self, url: URL) -> AsyncIterator[dict[str, Any]]:
        for _ in range(MOST_PAGES):
            page = judged(await self._ask(url), 200).json()
            for row in as_list(page.get("value")):
                yield row
            if "@odata.nextLink" not in page:
                return
            url = URL(str(page["@odata.nextLink"]), encoded=True)
        raise ProviderError(f"{self._root.host}: the calendar has more than {MOST_PAGES} pages")

    async def _ask(self, url: URL) -> Reply:
        if url.origin() != self._root.origin():
            raise ProviderError(f"{self._root.host}: leads to another server")
        headers = {
            "Prefer": f'outlook.timezone="UTC", odata.maxpagesize={PER_PAGE}',
            "Accept": "application/json",
        }
        return await self._token.ask("GET", url, headers)


def _content(row: dict[str, Any]) -> Event | Unusable:
    try:
        return _event(row)
    except (ValueError, OverflowError):
        return Unusable(f"{str(row.get('subject'))[:60]!r} has no time that can be read")


def _event(row: dict[str, Any]) -> Event:
    series = str(row.get("seriesMasterId") or "")
    attendees = as_list(row.get("attendees"))
    meeting = as_dict(row.get("onlineMeeting"))
    locations = [
        text
        for each in (as_dict(row.get("location")), *as_list(row.get("locations")))
        for text in (str(each.get("displayName") or ""), str(each.get("locationUri") or ""))
        if text
    ]
    return Event(
        uid=series or str(row.get("iCalUId") or row["id"]),
        occurrence=str(row.get("originalStart") or row["id"]) if series else "",
        start_s=_seconds(row.get("start")),
        end_s=_seconds(row.get("end")),
        subject=str(row.get("subject") or ""),
        organizer=_person(row.get("organizer")),
        location=" ".join(dict.fromkeys(locations)),
        body=str(as_dict(row.get("body")).get("content") or ""),
        required=tuple(_person(each) for each in attendees if each.get("type") != "optional"),
        optional=tuple(_person(each) for each in attendees if each.get("type") == "optional"),
        links=tuple(str(link) for link in (meeting.get("joinUrl"), row.get("onlineMeetingUrl")) if link),
        people=tuple(
            address.lower()
            for each in (row.get("organizer"), *attendees)
            if (address := str(as_dict(as_dict(each).get("emailAddress")).get("address") or ""))
        ),
        cancelled=bool(row.get("isCancelled")),
        private=row.get("sensitivity") in ("private", "confidential"),
        recurring=bool(series),
        declined=as_dict(row.get("responseStatus")).get("response") == "declined",
        whole_days=bool(row.get("isAllDay")),
    )


def _seconds(moment: Any) -> int:
    """Epoch seconds of a `dateTimeTimeZone`, which was asked for in UTC. Raises `ValueError`."""
    text = str(as_dict(moment).get("dateTime", ""))[:19]
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def _person(value: Any) -> str:
    address = as_dict(as_dict(value).get("emailAddress"))
    return str(address.get("name") or address.get("address") or "")
