"""Looking for the room's calendar server, and using what was found."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from videobar.errors import InvalidRequest
from videobar.room.calendar.port import CalendarAccount, CalendarFinder, ProviderFactory, Search
from videobar.room.calendar.service import Calendar

ADDRESS = re.compile(
    r"[^\s@<>\"']{1,64}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+",
    re.IGNORECASE,
)
LONGEST = 255


@dataclass(frozen=True)
class SipAccount:
    """The room's SIP address and what it registers with."""

    address: str
    user: str = ""
    password: str = field(default="", repr=False)


class Finding:
    """Discovery for one room. `remember` keeps an account over a restart."""

    def __init__(
        self,
        *,
        calendar: Calendar,
        finder: CalendarFinder,
        providers: ProviderFactory,
        remember: Callable[[CalendarAccount], Awaitable[None]],
        sip_account: SipAccount | None = None,
    ) -> None:
        self._calendar = calendar
        self._finder = finder
        self._providers = providers
        self._remember = remember
        self._sip = sip_account
        self._turn = asyncio.Lock()

    async def by_email(self, search: Search) -> CalendarAccount:
        """Find the calendar of a mail address, use it from now on, and remember it.

        Raises `InvalidRequest`, `NoCalendarFound`, `CalendarLoginRefused` or `StoreUnavailable`; then the calendar that
        was in use still is.
        """
        _check(search)
        async with self._turn:
            account = await self._finder.find(search)
            await self._remember(account)
            await self._calendar.use(self._providers(account), account)
        return account

    async def by_sip(self, search: Search) -> CalendarAccount:
        """The same for a SIP address, or for the room's own when none is given.

        For the room's own domain, the credentials of its registration are used where none are given.
        """
        address = re.sub(r"^sips?:", "", search.address.strip()).partition(";")[0]
        own = self._sip
        if not address:
            if own is None:
                raise InvalidRequest(
                    "email: the room is not registered with a SIP server, so an address is needed"
                )
            address = own.address
        same = own is not None and _domain(address) == _domain(own.address)
        if own is not None and same and not search.user and not search.password:
            search = replace(search, user=own.user, password=own.password)
        return await self.by_email(replace(search, address=address))


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _check(search: Search) -> None:
    if not ADDRESS.fullmatch(search.address) or len(search.address) > LONGEST:
        raise InvalidRequest("email: must be an address such as room@example.org")
    for name, value in (
        ("username", search.user),
        ("password", search.password),
        ("userdomain", search.windows_domain),
    ):
        if len(value) > LONGEST or not (value.isprintable() or not value):
            raise InvalidRequest(f"{name}: must be at most {LONGEST} printable characters")
