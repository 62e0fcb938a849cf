"""Reads invitations; runs as a process of its own, because they come from strangers.

    python -m videobar.adapters.calendar.reading

What cannot be read within the bounds is left out, and says so; see `child` for how the bounds are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from itertools import islice
from typing import Any

import msgspec
from msgspec.structs import replace

from videobar.adapters.calendar.child import Answer, serve
from videobar.adapters.calendar.icalendar_text import HOURLY_FROM_AGO_S, Unreadable, guarded
from videobar.adapters.calendar.plain_text import plain_text, tidy
from videobar.room.calendar.addresses import Patterns
from videobar.room.calendar.meeting import Choice, Event, Instructions, Item, Meeting, meeting_id

PROCESSOR_S = 2.0
"""Processor time for one item. An ordinary series takes some milliseconds."""
MOST_OCCURRENCES = 500
MOST_ATTENDEES = 200
LONGEST_TEXT = 500
LONGEST_BODY = 4000
LONGEST_MEETING_S = 366 * 24 * 3600

LINK_PROPERTIES = (
    "CONFERENCE",
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGCONFLINK",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
    "URL",
)
"""Where calendars keep addresses apart from the text, in order of preference (RFC 7986 section 5.11, and what
Google and Microsoft write)."""


TextsOf = Callable[[str, str, tuple[str, ...]], tuple[str, str, tuple[Choice, ...]]]


@dataclass(frozen=True)
class Reading:
    """What became of an item. `refused` says why there are no meetings."""

    meetings: tuple[Meeting, ...] = ()
    refused: str = ""


def reader(instructions: Instructions) -> Callable[[Item], Reading]:
    """A function that reads items as they are to be read. Raises `PatternError`."""
    texts = _texts_of(Patterns.load(instructions.patterns, instructions.gateways))

    def read(item: Item) -> Reading:
        try:
            content = item.content
            if isinstance(content, Event):
                events: Iterable[Event] = [_placed(content, instructions.zone_offset_s)]
            else:
                events = _events_of(content.text, instructions)
            wanted = (event for event in events if _wanted(event, instructions))
            return Reading(tuple(_meeting(event, texts) for event in islice(wanted, MOST_OCCURRENCES)))
        except Unreadable as error:
            return Reading(refused=str(error))
        except (Exception, RecursionError) as error:  # whatever a parser trips over, it is one item's fault
            return Reading(refused=type(error).__name__)

    return read


def _placed(event: Event, zone_offset_s: int) -> Event:
    """The event with the midnights of whole days where the room has them."""
    if not event.whole_days:
        return event
    return replace(event, start_s=event.start_s - zone_offset_s, end_s=event.end_s - zone_offset_s)


def _wanted(event: Event, instructions: Instructions) -> bool:
    window = instructions.window
    overlaps = event.end_s > window.start_s or event.start_s >= window.start_s
    return overlaps and event.start_s < window.end_s and not event.declined


def _texts_of(patterns: Patterns) -> TextsOf:
    """A function from an event's location, body and links to readable texts and addresses.

    It remembers the last answer: the members of a series say the same.
    """

    @lru_cache(maxsize=1)
    def texts(location: str, body: str, links: tuple[str, ...]) -> tuple[str, str, tuple[Choice, ...]]:
        place, text = plain_text(location[:LONGEST_BODY]), plain_text(body)
        structured = "\n".join(tidy(link[:LONGEST_BODY]) for link in links[:20])
        return place, text, patterns.choices([structured, place, text])

    return texts


def _meeting(event: Event, texts: TextsOf) -> Meeting:
    location, body, choices = texts(event.location, event.body, event.links)
    return Meeting(
        id=meeting_id(event.uid, event.occurrence),
        start_s=event.start_s,
        end_s=min(max(event.start_s, event.end_s), event.start_s + LONGEST_MEETING_S),
        subject=_short(event.subject),
        organizer=_short(event.organizer),
        location=_short(location),
        body=body if len(body) <= LONGEST_BODY else body[: LONGEST_BODY - 1] + "…",
        required=tuple(map(_short, event.required[:MOST_ATTENDEES])),
        optional=tuple(map(_short, event.optional[:MOST_ATTENDEES])),
        choices=() if event.cancelled else choices,
        cancelled=event.cancelled,
        private=event.private,
        recurring=event.recurring,
    )


def _short(text: str) -> str:
    text = tidy(text[: 2 * LONGEST_TEXT])
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _events_of(text: str, instructions: Instructions) -> Iterator[Event]:
    import icalendar
    import recurring_ical_events

    window = instructions.window
    oldest_hourly = datetime.fromtimestamp(window.start_s - HOURLY_FROM_AGO_S, UTC).strftime("%Y%m%d")
    calendar = icalendar.Calendar.from_ical(guarded(text, oldest_hourly))
    components = calendar.walk("VEVENT")
    recurring = any(
        name in component for component in components for name in ("RRULE", "RDATE", "RECURRENCE-ID")
    )
    cancelled = str(calendar.get("METHOD", "")).upper() == "CANCEL"
    start, end = (datetime.fromtimestamp(at, UTC) for at in (window.start_s, window.end_s))
    zone = timezone(timedelta(seconds=instructions.zone_offset_s))
    occurrences: list[Any] = list(components)
    if recurring or "X-WR-TIMEZONE" in calendar:
        # A day more on both sides, because times without a zone are judged here and not there.
        day = timedelta(days=1)
        occurrences = recurring_ical_events.of(calendar, skip_bad_series=False).between(
            start - day, end + day
        )
    for component in sorted(occurrences, key=lambda each: _seconds(each.start, zone)):
        yield _event(component, zone, instructions.owner, recurring=recurring, cancelled=cancelled)


def _event(component: Any, zone: timezone, owner: str, *, recurring: bool, cancelled: bool) -> Event:
    uid = _text(component, "UID") or _text(component, "SUMMARY") + str(component.start)
    required, optional, declined = _attendees(component, owner)
    description, alternative = _text(component, "DESCRIPTION"), _text(component, "X-ALT-DESC")
    return Event(
        uid=uid,
        occurrence=_occurrence(component, zone) if recurring else "",
        start_s=_seconds(component.start, zone),
        end_s=_seconds(component.end, zone),
        subject=_text(component, "SUMMARY"),
        organizer=_person(_first(component.get("ORGANIZER"))),
        location=_text(component, "LOCATION"),
        body=description if description.strip() else alternative,
        required=required,
        optional=optional,
        links=tuple(link for name in LINK_PROPERTIES for link in _texts(component, name)),
        cancelled=cancelled or _text(component, "STATUS").upper() == "CANCELLED",
        private=_text(component, "CLASS").upper() in ("PRIVATE", "CONFIDENTIAL"),
        recurring=recurring,
        declined=declined,
    )


def _occurrence(component: Any, zone: timezone) -> str:
    """What tells this meeting from the others of its series."""
    original = component.get("RECURRENCE-ID")
    if original is None:
        return ""
    at = str(_seconds(original.dt, zone))
    changed_with_all_after_it = "RANGE" in original.params
    return f"{at} {_seconds(component.start, zone)}" if changed_with_all_after_it else at


def _seconds(moment: date | datetime, zone: timezone) -> int:
    """Epoch seconds; a day begins at midnight in `zone`, and a time without zone is one of `zone`."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=zone)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return int(moment.timestamp())


def _attendees(component: Any, owner: str) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Names of those who must and those who may come, and whether the room itself has declined."""
    required: list[str] = []
    optional: list[str] = []
    declined = False
    for attendee in islice(_all(component.get("ATTENDEE")), 5 * MOST_ATTENDEES):
        parameters = getattr(attendee, "params", {})
        if owner and _address(attendee) == owner:
            declined |= str(parameters.get("PARTSTAT", "")).upper() == "DECLINED"
        role = str(parameters.get("ROLE", "")).upper()
        (optional if role in ("OPT-PARTICIPANT", "NON-PARTICIPANT") else required).append(_person(attendee))
    return tuple(required), tuple(optional), declined


def _address(person: Any) -> str:
    return str(person).lower().removeprefix("mailto:").strip()


def _person(person: Any) -> str:
    """The name of an organizer or attendee, or else the address."""
    if person is None:
        return ""
    return str(getattr(person, "params", {}).get("CN", "")) or str(person).removeprefix(
        "mailto:"
    ).removeprefix("MAILTO:")


def _all(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _first(value: Any) -> Any:
    return next(iter(_all(value)), None)


def _texts(component: Any, name: str) -> list[str]:
    return [str(value) for value in _all(component.get(name))]


def _text(component: Any, name: str) -> str:
    return next(iter(_texts(component, name)), "")


def _set_up(content: bytes) -> Answer:
    read = reader(msgspec.msgpack.decode(content, type=Instructions))
    decoder = msgspec.msgpack.Decoder(Item)
    return lambda question: msgspec.msgpack.encode(read(decoder.decode(question)))


if __name__ == "__main__":
    serve(_set_up, PROCESSOR_S)
