"""iCalendar objects as text (RFC 5545): what must happen before a parser may see what a stranger wrote."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

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

FOLD = re.compile(r"\r?\n[ \t]")
LINE_END = re.compile(r"\r\n?|\n")
RULE = re.compile(r"(?:RRULE|EXRULE)[^:]{0,200}:(.*)", re.I)
START = re.compile(r"DTSTART[^:]{0,200}:(\d{8})", re.I)
NAME = re.compile(r"[A-Za-z0-9-]{1,80}")
ESCAPED = re.compile(r"\\([,;\\])")
"""In the name of a zone where it is defined; where it is used as a parameter, nothing is escaped."""
ZONE = re.compile(r"TZID=(\"[^\"]{0,200}\"|[^;:\"]{0,200})")
DROPPED = frozenset({"ATTACH", "X-MS-OLK-CONFTYPE", "COMMENT"})
FREQUENCIES = frozenset({"HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"})


class Unreadable(Exception):
    """The object goes beyond what an invitation may be."""


def lines_of(text: str) -> list[str]:
    """Content lines, unfolded (RFC 5545 section 3.1)."""
    return [line for line in LINE_END.split(FOLD.sub("", text)) if line]


def guarded(text: str, oldest_hourly: str) -> str:
    """The object without attachments and with its lines cut, ready for a parser. Raises `Unreadable`.

    `oldest_hourly` is the day (`YYYYMMDD`) on which a rule by the hour without end may have begun at the earliest.
    """
    if len(text) > MOST_RAW:
        raise Unreadable("too long")
    kept: list[str] = []
    components = 0
    inside: list[str] = []
    start, hourly = "", False
    for line in lines_of(text):
        name = (NAME.match(line) or [""])[0].upper()
        if name in DROPPED:
            continue
        if name == "BEGIN":
            components += 1
            inside.append(line[6:].strip().upper())
            if components > MOST_COMPONENTS or len(inside) > 5:
                raise Unreadable("too many components")
            start, hourly = "", False
        elif name == "END":
            if hourly and (not start or start < oldest_hourly):
                raise Unreadable("a rule by the hour without end that began long ago")
            if inside:
                inside.pop()
            hourly = False
        elif name in ("RRULE", "EXRULE"):
            hourly |= _check_rule(line, zone="VTIMEZONE" in inside)
        elif name == "DTSTART" and (match := START.match(line)):
            start = match[1]
        kept.append(line[:LONGEST_LINE])
    whole = "\r\n".join(kept)
    if len(whole) > MOST_TEXT:
        raise Unreadable("too long")
    return whole + "\r\n"


def _check_rule(line: str, *, zone: bool) -> bool:
    """Whether it is by the hour without end. Raises `Unreadable` for a rule that no meeting has."""
    match = RULE.match(line)
    parts = dict(part.upper().partition("=")[::2] for part in (match[1] if match else "").split(";")[:40])
    frequency = parts.get("FREQ", "").strip()
    if frequency not in FREQUENCIES or (zone and frequency != "YEARLY"):
        raise Unreadable(f"a rule with the frequency {frequency[:20]!r}")
    times = 1
    for by in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= len(parts.get(by, "").split(","))
    if times > MOST_PER_PERIOD or (frequency == "HOURLY" and times > 1):
        raise Unreadable("a rule with too many occurrences")
    return frequency == "HOURLY" and not parts.keys() & {"UNTIL", "COUNT"}


def items_of(text: str) -> Iterator[Item]:
    """The calendar as one item for each UID, each with the zones that it needs.

    The order is that of the text; events without UID are items of their own. A component that does not end
    is dropped.
    """
    zones: dict[str, list[str]] = {}
    events: dict[str, list[str]] = {}
    head: list[str] = []
    for kind, lines in _components(lines_of(text), head):
        if kind == "VTIMEZONE":
            zones.setdefault(ESCAPED.sub(r"\1", _value(lines, "TZID")), lines)
        elif kind == "VEVENT":
            uid = _value(lines, "UID") or "without UID " + _digest("\n".join(lines))
            events.setdefault(uid, []).extend(lines)
    for uid, lines in events.items():
        yield Item(uid[:500], *_object(head, zones, lines))


def _object(head: list[str], zones: Mapping[str, list[str]], event: list[str]) -> tuple[str, Ics]:
    needed = {zone.strip('"') for line in event if "TZID" in line[:400] for zone in ZONE.findall(line[:400])}
    zone_lines = [line for name in sorted(needed) if name in zones for line in zones[name]]
    text = "\r\n".join(["BEGIN:VCALENDAR", *head, *zone_lines, *event, "END:VCALENDAR", ""])
    return _digest(text), Ics(text)


def _components(lines: list[str], head: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The components right inside VCALENDAR; the properties of VCALENDAR itself go to `head`."""
    current: list[str] = []
    depth = 0
    for line in lines:
        upper = line[:80].upper().rstrip()
        if upper == "BEGIN:VCALENDAR" or (upper == "END:VCALENDAR" and depth == 0):
            continue
        if upper == "END:VCALENDAR":
            current, depth = [], 0
            continue
        if upper.startswith("BEGIN:"):
            depth += 1
        if depth:
            current.append(line)
        elif (
            upper.startswith(("VERSION", "PRODID", "METHOD", "CALSCALE", "X-WR-TIMEZONE")) and len(head) < 10
        ):
            head.append(line[:1000])
        if upper.startswith("END:") and depth:
            depth -= 1
            if not depth:
                yield upper[4:], current
                current = []


def _value(lines: list[str], name: str) -> str:
    """The value of a property of a component itself, not of one inside it."""
    depth = 0
    for line in lines:
        upper = line[: len(name) + 1].upper()
        if line[:6].upper() == "BEGIN:":
            depth += 1
        elif line[:4].upper() == "END:":
            depth -= 1
        elif depth == 1 and upper in (f"{name}:", f"{name};"):
            return line.partition(":")[2].strip()
    return ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]
