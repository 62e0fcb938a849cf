"""Finds the calendar server of a mail address: CalDAV (RFC 6764), and Exchange by Autodiscover v2 (JSON) and POX (XML).

Credentials are only given to hosts inside the domain of the address, and to those that the settings allow. What
looks as if it were elsewhere is not asked, but named in the error, so that it can be allowed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any
from xml.sax.saxutils import escape

from yarl import URL

from videobar.adapters.calendar.factory import Providers
from videobar.adapters.calendar.servers.caldav import WELL_KNOWN, CalDav
from videobar.adapters.calendar.servers.ews import installed
from videobar.adapters.calendar.service_records import ServiceRecords
from videobar.adapters.calendar.web import Web, basic, judged
from videobar.adapters.calendar.xml_text import NotXml, root_of
from videobar.errors import CalendarLoginRefused, NoCalendarFound
from videobar.room.calendar.meeting import Window
from videobar.room.calendar.port import (
    CalendarAccount,
    ProviderError,
    ProviderKind,
    ProviderRefused,
    Search,
)

log = logging.getLogger("videobar.calendar")

DEADLINE_S = 90.0
MOST_ANSWER = 256 * 1024
MOST_REDIRECTS = 5
MICROSOFT = frozenset({"outlook.office365.com", "outlook.office.com"})
POX = "/autodiscover/autodiscover.xml"
REQUEST_SPACE = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
RESPONSE_SPACE = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"


@dataclass
class Trail:
    """Trail of a discovery: hosts that refused the credentials, and why others did not do."""

    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Remember why something did not do, once."""
        if text not in self.notes:
            self.notes.append(text)


class Discovery:
    """Implements `CalendarFinder`. `microsoft` is an account with an application's credentials, if there are any."""

    def __init__(
        self, providers: Providers, records: ServiceRecords, microsoft: CalendarAccount | None = None
    ) -> None:
        self._providers = providers
        self._records = records
        self._microsoft = microsoft

    async def find(self, search: Search) -> CalendarAccount:
        """The first account that works: what is found is also logged into."""
        trail = Trail()
        domain = search.address.rpartition("@")[2].lower()
        web = self._providers.web(domain, f".{domain}")
        user = search.user or search.address
        if search.windows_domain and "\\" not in user and "@" not in user:
            user = f"{search.windows_domain}\\{user}"
        asked = replace(search, user=user)
        try:
            async with asyncio.timeout(DEADLINE_S):
                for attempt in (self._caldav, self._exchange, self._microsoft_365):
                    account = await attempt(asked, domain, web, trail)
                    if account is not None:
                        return account
        except TimeoutError:
            trail.note("it took too long")
        finally:
            await web.close()
        if trail.refused:
            raise CalendarLoginRefused(f"password: {trail.refused[0]} does not accept it for {user}")
        raise NoCalendarFound("; ".join([f"email: nothing found for {domain}", *trail.notes[:5]]))

    # CalDAV

    async def _caldav(self, search: Search, domain: str, web: Web, trail: Trail) -> CalendarAccount | None:
        async for url in self._caldav_addresses(domain):
            if not self._trusts(web, url, domain, trail):
                continue
            account = CalendarAccount(
                kind=ProviderKind.CALDAV,
                url=str(url),
                user=search.user,
                password=search.password,
                mailbox=search.address,
            )
            server = CalDav(account, web)
            try:
                await server.calendars()
            except ProviderRefused:
                trail.refused.append(str(url.host))
            except ProviderError as error:
                log.debug("discovery: %s", error)
            else:
                return replace(account, url=str(server.url))
        return None

    async def _caldav_addresses(self, domain: str) -> AsyncIterator[URL]:
        for offer in await self._records.offers("_caldavs._tcp", domain):
            yield URL.build(scheme="https", host=offer.host, port=offer.port, path=offer.path or WELL_KNOWN)
        yield URL.build(scheme="https", host=domain, path=WELL_KNOWN)

    # Exchange

    async def _exchange(self, search: Search, domain: str, web: Web, trail: Trail) -> CalendarAccount | None:
        async for found in self._exchange_addresses(search, domain, web, trail):
            try:
                url = URL(found)
            except ValueError:
                continue
            if url.host in MICROSOFT:
                trail.note("the mailbox is in Microsoft 365, which needs calendar_tenant and an application")
                continue
            if url.scheme != "https" or not self._trusts(web, url, domain, trail):
                continue
            if not installed():
                trail.note("Exchange was found, but ews needs the extra videobar[exchange]")
                return None
            account = CalendarAccount(
                kind=ProviderKind.EWS,
                url=str(url),
                user=search.user,
                password=search.password,
                mailbox=search.address,
            )
            if await self._works(account, trail):
                return account
        return None

    async def _exchange_addresses(
        self, search: Search, domain: str, web: Web, trail: Trail
    ) -> AsyncIterator[str]:
        """Addresses of EWS, as Autodiscover returns them. Only POX is given credentials."""
        for host in (f"autodiscover.{domain}", domain):
            found = await self._by_json(URL.build(scheme="https", host=host), search.address, web)
            if found:
                yield found
        places = [
            URL.build(scheme="https", host=host, path=POX) for host in (f"autodiscover.{domain}", domain)
        ]
        for offer in await self._records.offers("_autodiscover._tcp", domain):
            places.append(URL.build(scheme="https", host=offer.host, port=offer.port, path=POX))
        for place in places:
            found = await self._by_pox(place, search, domain, web, trail)
            if found:
                yield found

    async def _by_json(self, root: URL, address: str, web: Web) -> str:
        """Autodiscover v2, which asks for no credentials."""
        url = (root / "autodiscover/autodiscover.json/v1.0" / address).with_query(Protocol="EWS")
        try:
            reply = await web.ask("GET", url, headers={"Accept": "application/json"}, most=MOST_ANSWER)
            return str(judged(reply, 200).json().get("Url") or "")
        except ProviderError as error:
            log.debug("discovery: %s", error)
            return ""

    async def _by_pox(self, place: URL, search: Search, domain: str, web: Web, trail: Trail) -> str:
        """Autodiscover by plain XML, following its own redirects within the domain."""
        address = search.address
        for _ in range(MOST_REDIRECTS):
            if not self._trusts(web, place, domain, trail):
                return ""
            body = (
                f'<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="{REQUEST_SPACE}"><Request>'
                f"<EMailAddress>{escape(address)}</EMailAddress>"
                f"<AcceptableResponseSchema>{RESPONSE_SPACE}</AcceptableResponseSchema></Request></Autodiscover>"
            )
            try:
                reply = await web.ask(
                    "POST",
                    place,
                    headers={"Content-Type": "text/xml; charset=utf-8"},
                    body=body.encode(),
                    authorization=basic(search.user, search.password),
                    most=MOST_ANSWER,
                )
                answer = _account(judged(reply, 200).content)
            except ProviderRefused:
                trail.refused.append(str(place.host))
                return ""
            except ProviderError as error:
                log.debug("discovery: %s", error)
                return ""
            if answer.get("RedirectUrl"):
                try:
                    place = URL(answer["RedirectUrl"])
                except ValueError:
                    return ""
            elif answer.get("RedirectAddr"):
                address = answer["RedirectAddr"]
                place = URL.build(
                    scheme="https", host=f"autodiscover.{address.rpartition('@')[2].lower()}", path=POX
                )
            else:
                return answer.get("EwsUrl", "")
        return ""

    # Microsoft 365

    async def _microsoft_365(
        self, search: Search, domain: str, web: Web, trail: Trail
    ) -> CalendarAccount | None:
        if self._microsoft is None:
            return None
        account = replace(self._microsoft, kind=ProviderKind.GRAPH, mailbox=search.address)
        return account if await self._works(account, trail) else None

    async def _works(self, account: CalendarAccount, trail: Trail) -> bool:
        """True if the calendar of today can be read."""
        provider = self._providers(account)
        now = int(time.time())
        try:
            await provider.changes(Window(now, now + 3600), {}, "")
        except ProviderRefused as error:
            trail.refused.append(str(error).partition(":")[0])
            return False
        except ProviderError as error:
            trail.note(str(error))
            return False
        finally:
            await provider.close()
        return True

    def _trusts(self, web: Web, url: URL, domain: str, trail: Trail) -> bool:
        if url.scheme != "https" or not url.host:
            return False
        if web.trusts(url.host):
            return True
        trail.note(f"{url.host} is outside of {domain} and would have to be allowed by calendar_hosts")
        return False


def _account(content: bytes) -> dict[str, str]:
    """Fields of a POX answer: `RedirectUrl`, `RedirectAddr` or `EwsUrl`. Raises `ProviderError`."""
    try:
        root: Any = root_of(content)
    except NotXml:
        raise ProviderError("the answer is not XML") from None
    found = {
        name: text.strip()
        for name in ("RedirectUrl", "RedirectAddr")
        if (text := root.findtext(f".//{{*}}Account/{{*}}{name}"))
    }
    protocols = {
        (each.findtext("{*}Type") or "").strip(): (each.findtext("{*}EwsUrl") or "").strip()
        for each in root.iterfind(".//{*}Account/{*}Protocol")
    }
    for kind in ("EXPR", "EXCH"):
        if protocols.get(kind):
            found.setdefault("EwsUrl", protocols[kind])
    return found
