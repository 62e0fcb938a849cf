"""iCalendar objects as text (RFC 5545): what must happen before a parser may see what a stranger wrote."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from videobar.adapters.calendar.icalendar.content_lines import Component, components_of, lines_of
from videobar.room.calendar.meeting import Ics, Item

MOST_RAW = 8 * 1024 * 1024
"""Characters of one object as it comes, with its attachments."""
MOST_TEXT = 1024 * 1024
"""Characters of what is left to read."""
LONGEST_LINE = 256 * 1024
MOST_COMPONENTS = 2000
MOST_PER_PERIOD = 24
"""Occurrences that one period of a recurrence rule may have."""
HOURLY_FROM_AGO_S = 31 * 24 * 3600

NAME = re.compile(r"[A-Za-z0-9-]{1,80}")
RULE_PART = re.compile(r"\s")
DROPPED = frozenset({"ATTACH", "X-MS-OLK-CONFTYPE", "COMMENT"})
FREQUENCIES = frozenset({"HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY"})
HEAD = frozenset({"VERSION", "PRODID", "METHOD", "CALSCALE", "X-WR-TIMEZONE"})


class Unreadable(Exception):
    """The object goes beyond what an invitation may be."""


@dataclass
class Calendar:
    """An iCalendar object: properties of its own, and its parts. Zones are valid within it only."""

    lines: list[str] = field(default_factory=list)
    zones: list[Component] = field(default_factory=list)
    events: list[Component] = field(default_factory=list)

    def value(self, name: str) -> str:
        """The value of a property of its own, or nothing."""
        return Component("VCALENDAR", self.lines).value(name)


def calendars_of(lines: list[str]) -> list[Calendar]:
    """The iCalendar objects of a text, in order. What stands outside of any is an object of its own."""
    calendars: list[Calendar] = []
    outside = Calendar()
    for root in components_of(lines):
        if root.name == "VCALENDAR":
            calendar = Calendar(root.lines)
            calendars.append(calendar)
            parts = root.parts
        else:
            calendar, parts = outside, [root]
        calendar.zones += [part for part in parts if part.name == "VTIMEZONE"]
        calendar.events += [part for part in parts if part.name == "VEVENT"]
    if outside.events:
        calendars.append(outside)
    return calendars


def guarded(text: str, oldest_hourly: str) -> list[Calendar]:
    """The objects of a text without attachments, with their lines cut. Raises `Unreadable`.

    `oldest_hourly` is the day (`YYYYMMDD`) on which a rule by the hour without end may have begun at the earliest.
    """
    if len(text) > MOST_RAW:
        raise Unreadable("too long")
    kept: list[str] = []
    components = size = 0
    for line in lines_of(text):
        name = (NAME.match(line) or [""])[0].upper()
        if name in DROPPED:
            continue
        if name == "BEGIN":
            components += 1
            if components > MOST_COMPONENTS:
                raise Unreadable("too many components")
        kept.append(line[:LONGEST_LINE])
        size += len(kept[-1])
        if size > MOST_TEXT:
            raise Unreadable("too long")
    calendars = calendars_of(kept)
    for calendar in calendars:
        for event in calendar.events:
            _check_rules(event, oldest_hourly)
        for zone in calendar.zones:
            for part in zone.parts:
                _check_rules(part, oldest_hourly, zone=True)
    return calendars


def _check_rules(component: Component, oldest_hourly: str, *, zone: bool = False) -> None:
    """Raises `Unreadable` for rules that no meeting has. Junk is none of them: it costs its property only."""
    hourly = False
    starts = []
    for line in component.properties():
        if line.name in ("RRULE", "EXRULE"):
            hourly |= _check_rule(line.value, zone=zone)
        elif line.name == "DTSTART":
            starts += re.findall(r"\d{8}", line.value.replace("-", ""))[:1]
    if hourly and (not starts or min(starts) < oldest_hourly):
        raise Unreadable("a rule by the hour without end that began long ago")


def _check_rule(rule: str, *, zone: bool) -> bool:
    """True for an hourly rule without end. Raises `Unreadable` for a rule that no meeting has."""
    parts: dict[str, str] = {}
    often = False
    for part in RULE_PART.sub("", rule).upper().split(";")[:60]:
        name, _, value = part.partition("=")
        parts[name] = value
        often |= name == "FREQ" and value in TOO_OFTEN
    frequency = parts.get("FREQ", "")
    if often or (zone and frequency in FREQUENCIES - {"YEARLY"}):
        raise Unreadable(f"a rule with the frequency {frequency[:20]!r}")
    times = 1
    for by in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= len(parts.get(by, "").split(","))
    if times > MOST_PER_PERIOD or (frequency == "HOURLY" and times > 1):
        raise Unreadable("a rule with too many occurrences")
    return frequency == "HOURLY" and not parts.keys() & {"UNTIL", "COUNT"}


def items_of(text: str) -> Iterator[Item]:
    """The calendar as one item for each UID, each with the zones that it needs, of its own object.

    The order is that of the text; events without UID are items of their own. A component that the end of the text
    breaks off is dropped, and alarms are: a room rings none.
    """
    found: dict[str, list[str]] = {}
    for calendar in calendars_of(lines_of(text)):
        events: dict[str, list[str]] = {}
        for event in calendar.events:
            if event.ended:
                lines = ["BEGIN:VEVENT", *event.lines, "END:VEVENT"]
                uid = event.value("UID") or "without UID " + _digest("\n".join(lines))
                events.setdefault(uid, []).extend(lines)
        head = [line[:1000] for line in calendar.lines if (NAME.match(line) or [""])[0].upper() in HEAD][:10]
        zones = [(_plain(zone.value("TZID")), zone.text()) for zone in calendar.zones]
        for uid, lines in events.items():
            found.setdefault(uid, []).extend(_object(head, zones, lines))
    for uid, lines in found.items():
        whole = "\r\n".join([*lines, ""])
        yield Item(uid[:500], _digest(whole), Ics(whole))


def _object(head: list[str], zones: list[tuple[str, list[str]]], event: list[str]) -> list[str]:
    """The lines of an object of one event, with all zones whose names its lines hold."""
    zoned = _plain("\n".join(line[:400] for line in event if "TZID" in line[:400].upper()))
    needed = [line for name, lines in zones if zoned and name and name in zoned for line in lines]
    return ["BEGIN:VCALENDAR", *head, *needed, *event, "END:VCALENDAR"]


def _plain(text: str) -> str:
    """Names without quotes and escapes: they have the ones where they are used, the others where they are defined."""
    return text.replace("\\", "").replace('"', "").casefold()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]
