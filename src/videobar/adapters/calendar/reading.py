"""Reads invitations; runs as a process of its own, because they come from strangers.

    python -m videobar.adapters.calendar.reading

What cannot be read within the bounds is left out and reported; see `child` for how the bounds are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from itertools import islice

import msgspec
from msgspec.structs import replace

from videobar.adapters.calendar.child import Answer, serve
from videobar.adapters.calendar.icalendar.invitation import LINK_PROPERTIES, Invitation, Losses, invitations
from videobar.adapters.calendar.icalendar.libraries import Occurrence, occurrences
from videobar.adapters.calendar.icalendar.plain_text import plain_text, tidy
from videobar.adapters.calendar.icalendar.text import HOURLY_FROM_AGO_S, Unreadable, guarded
from videobar.adapters.calendar.icalendar.zones import midnight, room_zone
from videobar.room.calendar.addresses import Patterns, bare, cut
from videobar.room.calendar.meeting import (
    Choice,
    Event,
    Instructions,
    Item,
    LeftOut,
    Meeting,
    Reading,
    Unusable,
    Way,
    meeting_id,
)

PROCESSOR_S = 2.0
"""Processor time for one item. An ordinary series takes some milliseconds."""
MOST_OCCURRENCES = 500
MOST_ATTENDEES = 200
LONGEST_TEXT = 500
LONGEST_BODY = 4000
LONGEST_MEETING_S = 366 * 24 * 3600
PORT = re.compile(r":\d{1,5}$")

TextsOf = Callable[[str, str, tuple[str, ...]], tuple[str, str, tuple[Choice, ...]]]


def reader(instructions: Instructions) -> Callable[[Item], Reading]:
    """A function that reads items as they are to be read. Raises `PatternError`."""
    texts = _texts_of(Patterns.load(instructions.patterns, instructions.gateways))
    zone = room_zone(instructions.zone)

    def read(item: Item) -> Reading:
        losses = Losses()
        try:
            content = item.content
            if isinstance(content, Unusable):
                return Reading(refused=content.why)
            if isinstance(content, Event):
                events: Iterable[Event] = [_placed(content, zone)]
            else:
                events = _events_of(content.text, instructions, zone, losses)
            wanted = (event for event in events if _wanted(event, instructions))
            meetings = tuple(
                _meeting(event, texts, instructions.owner) for event in islice(wanted, MOST_OCCURRENCES)
            )
        except Unreadable as error:
            return Reading(refused=str(error))
        except (Exception, RecursionError) as error:  # whatever a parser trips over, it is one item's fault
            return Reading(refused=type(error).__name__)
        return Reading(meetings, _readable(losses))

    return read


def _readable(losses: Losses) -> tuple[LeftOut, ...]:
    return tuple(LeftOut(tidy(each.event), each.property, tidy(each.why)) for each in losses.found)


def _placed(event: Event, zone: tzinfo) -> Event:
    """The event with the midnights of whole days where the room has them on that day."""
    if not event.whole_days:
        return event
    start, end = (datetime.fromtimestamp(at, UTC).date() for at in (event.start_s, event.end_s))
    return replace(event, start_s=_seconds(start, zone), end_s=_seconds(end, zone))


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
        place, text = plain_text(cut(location, LONGEST_BODY)), plain_text(body)
        structured = "\n".join(tidy(cut(link, LONGEST_BODY)) for link in links[:20])
        return place, text, patterns.choices([structured, place, text])

    return texts


def _meeting(event: Event, texts: TextsOf, owner: str) -> Meeting:
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
        choices=() if event.cancelled else _of_nobody(choices, (*event.people, owner)),
        cancelled=event.cancelled,
        private=event.private,
        recurring=event.recurring,
    )


def _short(text: str) -> str:
    text = tidy(text[: 2 * LONGEST_TEXT])
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _of_nobody(choices: tuple[Choice, ...], people: tuple[str, ...]) -> tuple[Choice, ...]:
    """The addresses that are nobody's mail address: the meeting is called, and never one of its people or the room."""
    return tuple(
        choice
        for choice in choices
        if choice.way is Way.VOICE or PORT.sub("", bare(choice.address)) not in people
    )


def _events_of(text: str, instructions: Instructions, zone: tzinfo, losses: Losses) -> Iterator[Event]:
    window = instructions.window
    oldest_hourly = datetime.fromtimestamp(window.start_s - HOURLY_FROM_AGO_S, UTC).strftime("%Y%m%d")
    found = invitations(guarded(text, oldest_hourly), zone, losses)
    by_uid: dict[str, list[Invitation]] = {}
    for invitation in found:
        by_uid.setdefault(invitation.timing.uid, []).append(invitation)
    events: list[Event] = []
    for several in by_uid.values():
        events += _events(several, instructions, zone, losses)
    yield from sorted(events, key=lambda event: event.start_s)


def _events(
    several: list[Invitation], instructions: Instructions, zone: tzinfo, losses: Losses
) -> Iterator[Event]:
    """Events that the invitations of one UID make within the window."""
    invitations = {each.timing.mark: each for each in several}
    recurring = any(each.timing.repeats for each in several)
    start, end = (
        datetime.fromtimestamp(at, UTC) for at in (instructions.window.start_s, instructions.window.end_s)
    )

    def left_out(mark: int, name: str, why: str) -> None:
        losses.note(invitations[mark].name, name, why)

    templates = {
        mark: _template(each, instructions.owner, recurring=recurring) for mark, each in invitations.items()
    }
    for occurrence in occurrences([each.timing for each in several], start, end, left_out):
        yield replace(
            templates[occurrence.mark],
            occurrence=_occurrence(invitations[occurrence.mark], occurrence, zone),
            start_s=_seconds(occurrence.start, zone),
            end_s=_seconds(occurrence.end, zone),
        )


def _template(invitation: Invitation, owner: str, *, recurring: bool) -> Event:
    """Event with the properties that all occurrences of an invitation share."""
    attendees = invitation.people("ATTENDEE")
    organizers = invitation.people("ORGANIZER")
    addresses = {address for each in (*organizers, *attendees) for address in each.addresses}
    return Event(
        uid=invitation.timing.uid,
        start_s=0,
        end_s=0,
        subject=invitation.text("SUMMARY"),
        organizer=organizers[0].name if organizers else "",
        location=invitation.text("LOCATION"),
        body=invitation.text("DESCRIPTION", "X-ALT-DESC"),
        required=tuple(each.name for each in attendees if not each.optional),
        optional=tuple(each.name for each in attendees if each.optional),
        links=tuple(invitation.texts(*LINK_PROPERTIES)),
        people=tuple(sorted(addresses)),
        cancelled=invitation.cancelled,
        private=invitation.text("CLASS").strip().upper() in ("PRIVATE", "CONFIDENTIAL"),
        recurring=recurring,
        declined=any(owner in each.addresses and each.answer == "DECLINED" for each in attendees if owner),
    )


def _occurrence(invitation: Invitation, occurrence: Occurrence, zone: tzinfo) -> str:
    """Identity of this meeting among the others of its series."""
    if occurrence.original is None:
        return ""
    at = str(_seconds(occurrence.original, zone))
    return f"{at} {_seconds(occurrence.start, zone)}" if invitation.timing.and_later else at


def _seconds(moment: date | datetime, zone: tzinfo) -> int:
    """Epoch seconds; a day begins at midnight in `zone`."""
    return int((moment if isinstance(moment, datetime) else midnight(moment, zone)).timestamp())


def _set_up(content: bytes) -> Answer:
    read = reader(msgspec.msgpack.decode(content, type=Instructions))
    decoder = msgspec.msgpack.Decoder(Item)
    return lambda question: msgspec.msgpack.encode(read(decoder.decode(question)))


if __name__ == "__main__":
    serve(_set_up, PROCESSOR_S)
