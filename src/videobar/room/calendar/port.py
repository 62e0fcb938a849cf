"""Ports of the calendar: the provider of invitations, their reader, and a cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from videobar.room.calendar.meeting import Changes, Instructions, Item, Meeting, Reading, Window


class ProviderError(Exception):
    """The provider failed. The text is for the log and for people; it never holds a secret."""


class ProviderRefused(ProviderError):
    """The server does not accept the credentials."""


class ProviderUnreachable(ProviderError):
    """The server cannot be reached, does not answer in time, or asks for `retry_after_s` seconds of peace."""

    def __init__(self, text: str, retry_after_s: float = 0.0) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class ProviderKind(StrEnum):
    """The kinds of provider."""

    ICS = "ics"
    CALDAV = "caldav"
    EWS = "ews"
    GRAPH = "graph"
    GOOGLE = "google"


@dataclass(frozen=True, kw_only=True)
class CalendarAccount:
    """Calendar account: address and credentials. What is secret does not show in its `repr`."""

    kind: ProviderKind
    url: str = field(default="", repr=False)
    """Secret too: all who know the address of a published calendar can read it."""
    user: str = ""
    password: str = field(default="", repr=False)
    mailbox: str = ""
    """Address of the room; `user` where that is one, when empty."""
    tenant: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    key_file: str = ""

    @property
    def address(self) -> str:
        """The room's own mail address, lower case, or empty."""
        address = self.mailbox or (self.user if "@" in self.user else "")
        return address.lower()

    @property
    def source(self) -> str:
        """Identity of this calendar; what was read from one is never shown for another."""
        return " ".join((self.kind, self.url, self.user, self.address, self.tenant))


class CalendarProvider(Protocol):
    """A calendar somewhere."""

    async def changes(self, window: Window, known: Mapping[str, str], token: str) -> Changes:
        """Changes within `window` since the versions of the items that are `known`.

        `token` is that of the last `Changes` for the same window, or empty. Raises `ProviderError`.
        """
        ...

    async def close(self) -> None:
        """Close connections and processes."""
        ...


class InvitationReader(Protocol):
    """Port: reader of invitations that strangers wrote, within bounds of time and memory."""

    async def read(self, items: Sequence[Item], instructions: Instructions) -> Mapping[str, Reading]:
        """Result for each item. Never raises for a single one: an item that cannot be read has no meetings."""
        ...

    async def close(self) -> None:
        """End the process."""
        ...


@dataclass(frozen=True)
class Kept:
    """An item as it was read; `lost` is how many things of it were left out."""

    version: str
    meetings: tuple[Meeting, ...]
    lost: int = 0


@dataclass(frozen=True)
class KeptCalendar:
    """All that is known of one calendar."""

    items: dict[str, Kept]
    token: str
    window: Window
    synced_s: int


class CalendarCache(Protocol):
    """Port: cache of the last good data over a restart."""

    async def load(self, source: str) -> KeptCalendar | None:
        """Stored copy of this calendar, or `None`. Raises `StoreUnavailable`."""
        ...

    async def keep(
        self, source: str, snapshot: KeptCalendar, changed: Sequence[str], gone: Sequence[str]
    ) -> None:
        """Keep `snapshot`, of which only the items `changed` and `gone` differ from what is there.

        What is there of other calendars is dropped. Raises `StoreUnavailable`.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Search:
    """Account whose calendar is to be found."""

    address: str
    user: str = ""
    password: str = field(default="", repr=False)
    windows_domain: str = ""


class CalendarFinder(Protocol):
    """Looks for calendar servers."""

    async def find(self, search: Search) -> CalendarAccount:
        """The account that works. Raises `NoCalendarFound` or `CalendarLoginRefused`."""
        ...


class ProviderFactory(Protocol):
    """Port: factory of providers."""

    def __call__(self, account: CalendarAccount) -> CalendarProvider:
        """The provider for an account. Raises `ProviderError` when something that it needs is missing."""
        ...
