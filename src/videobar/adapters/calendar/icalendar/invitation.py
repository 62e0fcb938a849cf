"""VEVENTs, each property by itself: one that cannot be read is left out, and the rest is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from urllib.parse import unquote

from videobar.adapters.calendar.icalendar.content_lines import Component, Line
from videobar.adapters.calendar.icalendar.libraries import Moment, Period, Timing, checked_rule
from videobar.adapters.calendar.icalendar.moments import NotUnderstood, duration, moment
from videobar.adapters.calendar.icalendar.text import Calendar
from videobar.adapters.calendar.icalendar.zones import Zones, named, zone_key
from videobar.room.calendar.meeting import LeftOut

MOST_ATTENDEES = 1000
MOST_DATES = 5000
MOST_LEFT_OUT = 50
LONGEST_NAME = 60

LINK_PROPERTIES = (
    "CONFERENCE",
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
    "X-MICROSOFT-CONFERENCETELURI",
    "URL",
)
"""Properties that hold addresses apart from the text, in order of preference (RFC 7986 section 5.11, and those of
Google and Microsoft). `X-MICROSOFT-ONLINEMEETINGCONFLINK` is none: it names the organizer's focus for Skype."""
WHOLE_DAY_MARKS = ("X-MICROSOFT-CDO-ALLDAYEVENT", "X-MICROSOFT-MSNCALENDAR-ALLDAYEVENT")
RULE_PART = re.compile(r"[A-Z-]{2,20}=[^=;]{1,4000}")


@dataclass
class Invitation:
    """A VEVENT: when it is, and its other properties by name."""

    timing: Timing
    name: str
    lines: dict[str, list[Line]]
    cancelled: bool

    def text(self, *names: str) -> str:
        """The first text that is not empty of properties of these names."""
        return next((text for text in self.texts(*names) if text.strip()), "")

    def texts(self, *names: str) -> list[str]:
        """The texts of all properties of these names."""
        return [line.text for name in names for line in self.lines.get(name, [])]

    def people(self, name: str) -> list[Person]:
        """Organizers or attendees."""
        return [person(line) for line in self.lines.get(name, [])[:MOST_ATTENDEES]]


@dataclass(frozen=True)
class Person:
    """Person in an invitation: the name or else the address, all addresses in lower case, and their answer."""

    name: str
    addresses: frozenset[str]
    answer: str
    optional: bool


@dataclass
class Losses:
    """Losses: what was left out of an item."""

    found: list[LeftOut] = field(default_factory=list)

    def note(self, event: str, name: str, why: str) -> None:
        """Remember it, once."""
        loss = LeftOut(event, name, why[:120])
        if loss not in self.found and len(self.found) < MOST_LEFT_OUT:
            self.found.append(loss)


def invitations(calendars: Sequence[Calendar], room: tzinfo, losses: Losses) -> list[Invitation]:
    """All that can be read of the events in `calendars`; times without a zone are those of `room`."""
    found: list[Invitation] = []
    for calendar in calendars:
        zones = Zones(calendar.zones)
        feed = calendar.value("X-WR-TIMEZONE")
        zone = named(feed) if feed else None
        context = Context(zones, zone, "" if zone is not None else feed[:60], room, losses)
        cancelled = calendar.value("METHOD").upper() == "CANCEL"
        for event in calendar.events:
            try:
                invitation = _invitation(event, len(found), context, cancelled=cancelled)
            except (OverflowError, ValueError):  # a time beyond those that there are
                losses.note(
                    (event.value("SUMMARY") or event.value("UID"))[:LONGEST_NAME],
                    "",
                    "its times are impossible",
                )
                continue
            if invitation is not None:
                found.append(invitation)
    return _told_apart(found)


@dataclass(frozen=True)
class Context:
    """Zones of the times of an object."""

    zones: Zones
    feed: tzinfo | None
    """Zone of the whole feed (`X-WR-TIMEZONE`), if it names one that is known."""
    unknown_feed: str
    """Name of the feed's zone (`X-WR-TIMEZONE`), if that is not known."""
    room: tzinfo
    losses: Losses

    @property
    def local(self) -> tzinfo:
        """The zone of times that name none."""
        return self.feed or self.room


def _invitation(component: Component, mark: int, context: Context, *, cancelled: bool) -> Invitation | None:
    lines: dict[str, list[Line]] = {}
    for line in component.properties():
        lines.setdefault(line.name, []).append(line)
    summary = " ".join(_first(lines, "SUMMARY").split())
    uid = _first(lines, "UID").strip()
    name = (summary or uid)[:LONGEST_NAME]
    reading = _Reading(lines, name, context)
    before = len(context.losses.found)
    start = reading.first("DTSTART")
    if start is None:  # one loss: the meeting, and not its begin as well
        reasons = context.losses.found[before:]
        del context.losses.found[before:]
        context.losses.note(name, "", f"DTSTART: {reasons[0].why}" if reasons else "it has no DTSTART")
        return None
    end = reading.end(start)
    if _first(lines, *WHOLE_DAY_MARKS).strip().upper() == "TRUE":
        start, end = _whole_days(start, end)
    original = reading.first("RECURRENCE-ID")
    lost = original is None and any(line.value.strip() for line in lines.get("RECURRENCE-ID", []))
    if context.feed is not None and "RRULE" in lines and isinstance(start, datetime) and start.tzinfo is UTC:
        start, end = start.astimezone(context.feed), _in_zone(end, context.feed)
    timing = Timing(
        mark=mark,
        uid=(uid or f"{summary} {start}") + (f" {mark}" if lost else ""),
        start=start,
        end=end,
        rules=tuple(reading.rules(start)) if original is None else (),
        added=tuple(reading.added(start))[:MOST_DATES],
        removed=tuple(reading.removed(start))[:MOST_DATES],
        original=original,
        and_later=original is not None
        and lines["RECURRENCE-ID"][0].parameters.get("RANGE", "").upper() == "THISANDFUTURE",
        sequence=_number(_first(lines, "SEQUENCE")),
    )
    status = _first(lines, "STATUS").strip().upper()
    return Invitation(timing, name, lines, cancelled or status == "CANCELLED")


def _told_apart(found: list[Invitation]) -> list[Invitation]:
    """Events that have the same UID, but do not belong together, under names of their own.

    Of two versions of one event the later one counts. A changed occurrence is found by its day where it or the series
    says no more.
    """
    masters: dict[str, Invitation] = {}
    kept: list[Invitation] = []
    for each in found:
        timing = each.timing
        before = masters.get(timing.uid) if timing.original is None else None
        if before is None:
            if timing.original is None:
                masters[timing.uid] = each
            kept.append(each)
        elif timing.sequence > before.timing.sequence:
            masters[timing.uid] = each
            kept[kept.index(before)] = each
        elif timing.sequence == before.timing.sequence and timing.start != before.timing.start:
            each.timing = replace(timing, uid=f"{timing.uid} {timing.start}")
            kept.append(each)
    for each in kept:
        original = each.timing.original
        master = masters.get(each.timing.uid)
        if master is not None and original is not None:
            each.timing = replace(each.timing, original=_alike(original, master.timing.start))
    return kept


@dataclass(frozen=True)
class _Reading:
    """Reads the times of one event."""

    lines: dict[str, list[Line]]
    name: str
    context: Context

    def note(self, name: str, why: str) -> None:
        self.context.losses.note(self.name, name, why)

    def first(self, name: str) -> Moment | None:
        """The first value that can be read."""
        return next(iter(self.moments(name, None)), None)

    def moments(self, name: str, near: tzinfo | None) -> Iterator[Moment]:
        """All values that can be read; `near` is the zone of times that name none."""
        for line in self.lines.get(name, []):
            for value in line.value.split(","):
                if value.strip():
                    try:
                        yield self.moment(value, line, near)
                    except NotUnderstood as error:
                        self.note(name, str(error))

    def moment(self, value: str, line: Line, near: tzinfo | None) -> Moment:
        """A value in its zone. Raises `NotUnderstood`."""
        at = moment(value)
        if not isinstance(at, datetime):
            return at
        if line.parameters.get("VALUE", "").upper() == "DATE" and at.time() == time():
            return at.date()
        if at.tzinfo is not None:
            return at
        return at.replace(tzinfo=self.zone(line, near))

    def zone(self, line: Line, near: tzinfo | None) -> tzinfo:
        """The zone of a local time."""
        written = line.parameters.get("TZID", "").strip()
        context = self.context
        if not written:
            if near is None and context.unknown_feed:
                self.note("X-WR-TIMEZONE", f"{context.unknown_feed!r} is not known; taken as the room's time")
            return near or context.local
        zone = context.zones.of(written)
        why = context.zones.broken.get(zone_key(written), "")
        if zone is None or why:
            instead = (
                "taken as local time" if zone is None else "the zone that is known by this name is taken"
            )
            why = why or "it is not defined, and not known"
            self.note(f"TZID of {line.name}", f"{written[:60]!r}: {why}; {instead}")
        return zone or near or context.local

    def end(self, start: Moment) -> Moment:
        """The first end that fits; without one, a day ends with itself and a time at once."""
        for name in ("DTEND", "DURATION"):
            for line in self.lines.get(name, []):
                if not line.value.strip():
                    continue
                try:
                    return self.fitting(start, line)
                except NotUnderstood as error:
                    self.note(name, str(error))
                except (OverflowError, ValueError):
                    self.note(name, f"{line.value[:40]!r} is too long")
        return start if isinstance(start, datetime) else start + timedelta(days=1)

    def fitting(self, start: Moment, line: Line) -> Moment:
        """An end that is one for `start`. Raises `NotUnderstood`."""
        if line.name == "DURATION":
            days, exact = duration(line.value)
            if not isinstance(start, datetime):
                return start + timedelta(days=max(1, days + exact.days))
            later = start + timedelta(days=days)
            return (later.astimezone(UTC) + exact).astimezone(start.tzinfo)
        near = start.tzinfo if isinstance(start, datetime) else None
        end = self.moment(line.value.split(",")[0], line, near)
        if isinstance(start, datetime):
            if not isinstance(end, datetime):
                raise NotUnderstood(f"{line.value.strip()[:40]!r} is a day, and DTSTART a time")
            if end < start:
                raise NotUnderstood(f"{line.value.strip()[:40]!r} is before DTSTART")
            return end
        day = end.date() if isinstance(end, datetime) else end
        if day < start:
            raise NotUnderstood(f"{line.value.strip()[:40]!r} is before DTSTART")
        return max(day, start + timedelta(days=1))

    def rules(self, start: Moment) -> Iterator[str]:
        """The recurrence rules that can be followed."""
        for line in self.lines.get("RRULE", []):
            if line.value.strip():
                try:
                    yield checked_rule(_tidied(line.value, start), start)
                except NotUnderstood as error:
                    self.note("RRULE", str(error))

    def added(self, start: Moment) -> Iterator[Moment | Period]:
        """The values of RDATE that fit: as `start`, days or times; periods are for times."""
        near = start.tzinfo if isinstance(start, datetime) else None
        for line in self.lines.get("RDATE", []):
            for value in line.value.split(","):
                begin, _, until = value.partition("/")
                if not begin.strip():
                    continue
                try:
                    at = _alike(self.moment(begin, line, near), start)
                    if until and isinstance(at, datetime):
                        yield at, self.length(at, until, line)
                    else:
                        yield at
                except NotUnderstood as error:
                    self.note("RDATE", str(error))
                except (OverflowError, ValueError):
                    self.note("RDATE", f"{value.strip()[:40]!r} is no date")

    def length(self, begin: datetime, until: str, line: Line) -> timedelta:
        """Length of a period. Raises `NotUnderstood`."""
        if until.strip()[:1].upper() in ("P", "+"):
            days, exact = duration(until)
            return timedelta(days=days) + exact
        end = self.moment(until, line, begin.tzinfo)
        if not isinstance(end, datetime) or end < begin:
            raise NotUnderstood(f"{until.strip()[:40]!r} is no end of a period")
        return end - begin

    def removed(self, start: Moment) -> Iterator[Moment]:
        """The values of EXDATE that can be read. A day takes all of that day out."""
        near = start.tzinfo if isinstance(start, datetime) else None
        for at in self.moments("EXDATE", near):
            yield at.date() if isinstance(at, datetime) and not isinstance(start, datetime) else at


def _alike(at: Moment, start: Moment) -> Moment:
    """A date of a series as its first one: a day or a time."""
    if isinstance(start, datetime) and not isinstance(at, datetime):
        return datetime.combine(at, start.timetz())
    if isinstance(at, datetime) and not isinstance(start, datetime):
        return at.date()
    return at


def _in_zone(at: Moment, zone: tzinfo) -> Moment:
    return at.astimezone(zone) if isinstance(at, datetime) else at


def _whole_days(start: Moment, end: Moment) -> tuple[Moment, Moment]:
    """Days instead of times that last from midnight to midnight in their own zone."""
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return start, end
    until = end.astimezone(start.tzinfo)
    if start.time() != time() or until.time() != time() or until <= start:
        return start, end
    return start.date(), until.date()


def _tidied(rule: str, start: Moment) -> str:
    """A rule without blanks and empty parts, whose UNTIL fits `start`. Raises `NotUnderstood`."""
    parts: dict[str, str] = {}
    for part in "".join(rule.split()).upper().split(";"):
        name, equals, value = part.partition("=")
        value = ",".join(each for each in value.split(",") if each)
        if name.startswith("X-") or not part or (not value and name != "FREQ"):
            continue
        if not equals or not RULE_PART.fullmatch(f"{name}={value}"):
            raise NotUnderstood(f"{rule[:60]!r} is no rule")
        parts.setdefault(name, value)
    if parts.pop("RSCALE", "GREGORIAN") not in ("GREGORIAN", "GREGORY"):
        raise NotUnderstood(f"{rule[:60]!r} is of another calendar")
    parts.pop("SKIP", None)
    for name in ("INTERVAL", "COUNT"):
        if re.fullmatch(r"-\d{1,9}|0{1,9}", parts.get(name, "")):
            del parts[name]
    if parts.get("UNTIL"):
        parts["UNTIL"] = _until(moment(parts["UNTIL"]), start)
        parts.pop("COUNT", None)
    ordered = {name: parts.pop(name) for name in ("FREQ",) if name in parts} | parts
    return ";".join(f"{name}={value}" for name, value in ordered.items())


def _until(last: Moment, start: Moment) -> str:
    """The last moment of a rule: of a day, its end, as RFC 2445 wrote and Outlook and Google read it."""
    if not isinstance(start, datetime):
        day = last.date() if isinstance(last, datetime) else last
        return day.strftime("%Y%m%d").zfill(8)
    if not isinstance(last, datetime):
        last = datetime.combine(last, time(23, 59, 59), start.tzinfo)
    elif last.tzinfo is None:
        last = last.replace(tzinfo=start.tzinfo)
    return last.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ").zfill(16)


def person(line: Line) -> Person:
    """An organizer or attendee (RFC 5545 section 3.3.3, with the EMAIL parameter of RFC 7986 section 6.2)."""
    address = _address(line.value)
    email = _address(line.parameters.get("EMAIL", ""))
    shown = address if "@" in address else email or address
    role = line.parameters.get("ROLE", "").upper()
    return Person(
        name=line.parameters.get("CN", "").strip(" '") or shown,
        addresses=frozenset(each.casefold() for each in (address, email) if "@" in each),
        answer=line.parameters.get("PARTSTAT", "").upper(),
        optional=role in ("OPT-PARTICIPANT", "NON-PARTICIPANT"),
    )


def _address(value: str) -> str:
    value = value.strip().strip("<>")
    if value[:7].casefold() == "mailto:":
        value = unquote(value[7:]).partition("?")[0]
    return value.strip()


def _first(lines: dict[str, list[Line]], *names: str) -> str:
    return next((line.text for name in names for line in lines.get(name, []) if line.text.strip()), "")


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if re.fullmatch(r"\d{1,9}", text) else 0
