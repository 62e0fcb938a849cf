"""A meeting as the room knows it, and what a provider hands over before it is one."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from msgspec import Struct

from videobar.vocabulary import DialType


class Way(StrEnum):
    """Protocol by which an address of an invitation is called."""

    SIP = "SIP"
    H323 = "H323"
    VOICE = "VOICE"

    @property
    def dial_type(self) -> DialType:
        """The dial type that calls it so."""
        return DialType(self.value)


SCHEMES = {Way.SIP: "sip", Way.H323: "h323", Way.VOICE: "tel"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One address that would lead into a meeting. `pattern` names the rule that found it."""

    way: Way
    address: str
    pattern: str

    @property
    def uri(self) -> str:
        """The address with its scheme, as the API shows it."""
        scheme = SCHEMES[self.way]
        return self.address if self.address.startswith(f"{scheme}s:") else f"{scheme}:{self.address}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One meeting, or one occurrence of a series, with everything it says; masking is for who shows it.

    Times are epoch seconds; `end_s` is at or after `start_s`. `choices` are in order of preference.
    """

    id: str
    start_s: int
    end_s: int
    subject: str = ""
    organizer: str = ""
    location: str = ""
    body: str = ""
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    cancelled: bool = False
    private: bool = False
    recurring: bool = False


def meeting_id(uid: str, occurrence: str) -> str:
    """A name for a meeting that stays the same from sync to sync and may stand in a path.

    `occurrence` distinguishes the members of a series, and is empty outside of one.
    """
    digest = hashlib.sha256(f"{uid}\0{occurrence}".encode(errors="replace")).digest()
    return base64.b32encode(digest[:15]).decode().lower()


@dataclass(frozen=True, slots=True)
class Window:
    """The span of time that is kept, in epoch seconds."""

    start_s: int
    end_s: int


class Ics(Struct, frozen=True, tag=True):
    """An iCalendar object (RFC 5545) about one UID, unread: master, exceptions and the zones they need."""

    text: str


class Event(Struct, frozen=True, tag=True, kw_only=True):
    """A meeting that the server has expanded already, with its texts unread.

    `body` may be HTML. `links` are addresses that the server keeps apart from the text. With `whole_days`, the times
    are midnights of UTC and mean those of the room. `people` are the mail addresses of the organizer and the attendees,
    lower case.
    """

    uid: str
    occurrence: str = ""
    start_s: int
    end_s: int
    subject: str = ""
    organizer: str = ""
    location: str = ""
    body: str = ""
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    cancelled: bool = False
    private: bool = False
    recurring: bool = False
    declined: bool = False
    whole_days: bool = False


class Unusable(Struct, frozen=True, tag=True):
    """Item of a server that cannot be had in a form that is a meeting; `why` says what is wrong with it."""

    why: str


@dataclass(frozen=True, slots=True)
class Item:
    """Item that a server keeps under one name. Another `version` means that it has changed."""

    id: str
    version: str
    content: Ics | Event | Unusable


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something of an invitation that could not be read: the `property` of the meeting `event`, and `why`.

    Without a property it is the whole meeting. `event` is its subject or else its UID, shortened.
    """

    event: str
    property: str
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Result of reading an item: its meetings, and what of it was left out.

    `refused` says why there are no meetings, when the item as a whole cannot be read.
    """

    meetings: tuple[Meeting, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    refused: str = ""

    @property
    def lost(self) -> int:
        """Number of things that were left out."""
        return len(self.left_out) + bool(self.refused)


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes since the last sync. `token` continues from here the next time."""

    changed: list[Item] = field(default_factory=list)
    gone: frozenset[str] = frozenset()
    token: str = ""

    @classmethod
    def of_whole(cls, there: Mapping[str, Item], known: Mapping[str, str], token: str) -> Changes:
        """Difference between all items that are `there`, by id, and the versions that are `known`, by id."""
        return cls(
            [item for item in there.values() if known.get(item.id) != item.version],
            frozenset(known.keys() - there.keys()),
            token,
        )


@dataclass(frozen=True, slots=True)
class Instructions:
    """Instructions for reading invitations. `owner` is the room's own address, lower case, or empty.

    `zone` is the room's, for times without a zone and for whole days: a name of the IANA's, a fixed offset such as
    `UTC+05:30`, or nothing for that of the machine. Each day has its own offset. `patterns` is the text of the
    administrator's pattern file and `gateways` the gateway rules, both read before the built-in ones.
    """

    window: Window
    owner: str = ""
    zone: str = "UTC"
    patterns: str = ""
    gateways: tuple[tuple[str, str], ...] = ()
