"""Google Calendar (API v3), with the key of a service account that the room's calendar is shared with."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from yarl import URL

from videobar.adapters.calendar.servers.tokens import AccessToken
from videobar.adapters.calendar.web import Web, as_dict, as_list, iso, judged
from videobar.files import read_regular
from videobar.room.calendar.meeting import Changes, Event, Item, Unusable, Window
from videobar.room.calendar.port import CalendarAccount, ProviderError

ROOT = "https://www.googleapis.com/calendar/v3"
TOKEN_HOST = "oauth2.googleapis.com"  # noqa: S105 (a host, not a secret)
SCOPE = "https://www.googleapis.com/auth/calendar.readonly"
PER_PAGE = 250
MOST_PAGES = 400
KEY_LASTS_S = 3600
LARGEST_KEY = 64 * 1024


class ServiceAccount:
    """The key file of a service account. Raises `ProviderError` for one that cannot be used."""

    def __init__(self, file: Path) -> None:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            content = json.loads(read_regular(file.expanduser(), LARGEST_KEY))
            key = load_pem_private_key(content["private_key"].encode(), None)
            self.email = str(content["client_email"])
            self.token_url = str(content.get("token_uri") or f"https://{TOKEN_HOST}/token")
        except OSError as error:
            raise ProviderError(f"calendar_key_file: {file.name}: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            key = None
        if not isinstance(key, RSAPrivateKey):
            raise ProviderError(f"calendar_key_file: {file.name} is not the key of a service account")
        self._key = key

    def assertion(self) -> str:
        """A signed request for a token (RFC 7523 section 2.1), good for an hour."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        now = int(time.time())
        claims = {
            "iss": self.email,
            "scope": SCOPE,
            "aud": self.token_url,
            "iat": now,
            "exp": now + KEY_LASTS_S,
        }
        signed = ".".join(
            _base64url(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims)
        )
        return f"{signed}.{_base64url(self._key.sign(signed.encode(), PKCS1v15(), SHA256()))}"

    def request(self) -> str:
        """The form that asks for a token."""
        grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        return urlencode({"grant_type": grant, "assertion": self.assertion()})


class Google:
    """Implements `CalendarProvider`, with a sync token from the first full list on."""

    def __init__(self, account: CalendarAccount, web: Web) -> None:
        self._owner = account.address
        self._events = URL(account.url or ROOT) / "calendars" / account.address / "events"
        self._web = web
        self._key_file = Path(account.key_file)
        self._token: AccessToken | None = None

    async def changes(self, window: Window, known: Mapping[str, str], token: str) -> Changes:
        """Changes since the sync token; everything when the token is too old."""
        if token:
            incremental = await self._rows({"syncToken": token})
            if incremental is not None:
                rows, following = incremental
                gone = {str(row.get("id")) for row in rows if row.get("status") == "cancelled"}
                return Changes(list(self._items(rows)), frozenset(gone & known.keys()), following)
        full = await self._rows({"timeMin": iso(window.start_s), "timeMax": iso(window.end_s)})
        if full is None:
            raise ProviderError(f"{self._events.host}: HTTP 410")
        rows, following = full
        there = {item.id: item for item in self._items(rows)}
        return Changes.of_whole(there, known, following)

    async def close(self) -> None:
        """Close the connections."""
        await self._web.close()

    async def _rows(self, what: Mapping[str, str]) -> tuple[list[dict[str, Any]], str] | None:
        """All rows, and the next sync token; `None` when the one in `what` is too old (HTTP 410)."""
        if self._token is None:
            account = ServiceAccount(self._key_file)
            self._token = AccessToken(self._web, account.token_url, account.request)
        query = {"singleEvents": "true", "maxResults": str(PER_PAGE), **what}
        rows: list[dict[str, Any]] = []
        for _ in range(MOST_PAGES):
            reply = await self._token.ask(
                "GET", self._events.with_query(query), {"Accept": "application/json"}
            )
            if reply.status == 410:
                return None
            page = judged(reply, 200).json()
            rows += [row for row in as_list(page.get("items")) if row.get("id")]
            if not page.get("nextPageToken"):
                return rows, str(page.get("nextSyncToken", ""))
            query["pageToken"] = str(page["nextPageToken"])
        raise ProviderError(f"{self._events.host}: the calendar has more than {MOST_PAGES} pages")

    def _items(self, rows: list[dict[str, Any]]) -> Iterator[Item]:
        for row in rows:
            if row.get("status") != "cancelled":
                yield Item(str(row["id"]), str(row.get("etag", "")), _content(row, self._owner))


def _content(row: dict[str, Any], owner: str) -> Event | Unusable:
    try:
        return _event(row, owner)
    except (ValueError, OverflowError):
        return Unusable(f"{str(row.get('summary'))[:60]!r} has no time that can be read")


def _event(row: dict[str, Any], owner: str) -> Event:
    series = str(row.get("recurringEventId") or "")
    original = as_dict(row.get("originalStartTime"))
    attendees = as_list(row.get("attendees"))
    people = [each for each in attendees if not each.get("resource")]
    entries = as_list(as_dict(row.get("conferenceData")).get("entryPoints"))
    entries.sort(key=lambda each: each.get("entryPointType") != "sip")
    organizer = as_dict(row.get("organizer"))
    start_s, whole_days = _moment(row.get("start"))
    return Event(
        uid=series or str(row.get("iCalUID") or row["id"]),
        occurrence=str(original.get("dateTime") or original.get("date") or row["id"]) if series else "",
        start_s=start_s,
        end_s=_moment(row.get("end"))[0],
        subject=str(row.get("summary") or ""),
        organizer=str(organizer.get("displayName") or organizer.get("email") or ""),
        location=str(row.get("location") or ""),
        body=str(row.get("description") or ""),
        required=tuple(_name(each) for each in people if not each.get("optional")),
        optional=tuple(_name(each) for each in people if each.get("optional")),
        links=tuple(_link(each) for each in entries if each.get("uri")),
        people=tuple(
            address.lower() for each in (organizer, *people) if (address := str(each.get("email") or ""))
        ),
        private=row.get("visibility") in ("private", "confidential"),
        recurring=bool(series),
        declined=any(
            each.get("responseStatus") == "declined"
            and (each.get("self") or str(each.get("email")).lower() == owner)
            for each in attendees
        ),
        whole_days=whole_days,
    )


def _moment(value: Any) -> tuple[int, bool]:
    """Epoch seconds, and whether it is a day. Raises `ValueError`."""
    moment = as_dict(value)
    if "dateTime" in moment:
        at = datetime.fromisoformat(str(moment["dateTime"]))
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()), False
    return int(datetime.fromisoformat(str(moment.get("date", ""))).replace(tzinfo=UTC).timestamp()), True


def _link(entry: dict[str, Any]) -> str:
    """An entry point's address; a telephone number with its PIN behind a pause, as Google's own links have it."""
    uri, pin = str(entry["uri"]), str(entry.get("pin") or "")
    return f"{uri},,{pin}#" if pin and uri.startswith("tel:") and "," not in uri else uri


def _name(attendee: dict[str, Any]) -> str:
    return str(attendee.get("displayName") or attendee.get("email") or "")


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
