"""Time zones of invitations: what a `TZID` means, within one iCalendar object and nowhere else.

A definition (VTIMEZONE) is valid within its object only (RFC 5545 section 3.6.5). Nothing here is kept from one object
to the next but the world's own names.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from videobar.adapters.calendar.icalendar.content_lines import Component
from videobar.adapters.calendar.icalendar.libraries import WINDOWS_TO_OLSON, zone_of_definition
from videobar.adapters.calendar.icalendar.moments import NotUnderstood, moment, offset

OFFSET = re.compile(
    r"\(?\s?(?:UTC|GMT|Z)?\s?([+-]\s?\d{1,2}(?:[:.]?\d{2})?)\s?\)?(?:\s{1,3}(\S.*))?", re.I | re.S
)
AT_ZERO = re.compile(r"\(?\s?(?:UTC|GMT)\s?\)?\s{1,3}(\S.*)", re.I | re.S)
"""Names of zones as Windows shows those of Dublin and London, with no offset."""
BETWEEN_PLACES = re.compile(r"[,/;:、，]")  # noqa: RUF001 (commas of East Asia)
WORD = re.compile(r"[^\W\d_]+")
OF_ANY_ZONE = frozenset({"standard", "daylight", "summer", "time", "st"})
"""Words that distinguish no zone from another."""
NUMBERED = re.compile(r"(?:\s\d{1,3}|\s?\(\d{1,3}\))$")
UNIVERSAL = frozenset(
    {"utc", "z", "gmt", "zulu", "universal", "coordinated universal time", "utc time", "etc/utc"}
)
WIDEST = timedelta(hours=18)
MOST_OBSERVANCES = 200
SPOKEN = {
    "mitteleuropäische zeit": "Europe/Berlin",
    "mitteleuropäische sommerzeit": "Europe/Berlin",
    "mez": "Europe/Berlin",
    "mesz": "Europe/Berlin",
    "cest": "Europe/Berlin",
    "central european time": "Europe/Berlin",
    "central european summer time": "Europe/Berlin",
    "osteuropäische zeit": "Europe/Kyiv",
    "eastern european time": "Europe/Kyiv",
    "westeuropäische zeit": "Europe/London",
    "greenwich mean time": "Europe/London",
    "british summer time": "Europe/London",
    "bst": "Europe/London",
    "eastern time": "America/New_York",
    "eastern time (us & canada)": "America/New_York",
    "eastern daylight time": "America/New_York",
    "edt": "America/New_York",
    "central time": "America/Chicago",
    "central time (us & canada)": "America/Chicago",
    "cdt": "America/Chicago",
    "mountain time": "America/Denver",
    "mountain time (us & canada)": "America/Denver",
    "mdt": "America/Denver",
    "pacific time": "America/Los_Angeles",
    "pacific time (us & canada)": "America/Los_Angeles",
    "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles",
    "japan standard time": "Asia/Tokyo",
    "jst": "Asia/Tokyo",
    "india standard time": "Asia/Kolkata",
    "indian standard time": "Asia/Kolkata",
    "brasilia time": "America/Sao_Paulo",
    "brt": "America/Sao_Paulo",
    "argentina time": "America/Argentina/Buenos_Aires",
    "art": "America/Argentina/Buenos_Aires",
    "aest": "Australia/Brisbane",
    "aedt": "Australia/Sydney",
    "acdt": "Australia/Adelaide",
    "awst": "Australia/Perth",
    "nzst": "Pacific/Auckland",
    "nzdt": "Pacific/Auckland",
    "hkt": "Asia/Hong_Kong",
    "sgt": "Asia/Singapore",
    "kst": "Asia/Seoul",
    "msk": "Europe/Moscow",
    "kamchatka standard time": "Asia/Kamchatka",
    "mid-atlantic standard time": "Etc/GMT+2",
    "mexico standard time": "America/Mexico_City",
    "mexico standard time 2": "America/Chihuahua",
    "heure d'europe centrale": "Europe/Paris",
    "romance (heure standard)": "Europe/Paris",
    "hora estándar romance": "Europe/Madrid",
    "ora solare europa occidentale": "Europe/Rome",
    "westeuropäische normalzeit": "Europe/Berlin",
    "東京 (標準時)": "Asia/Tokyo",
    "中国标准时间": "Asia/Shanghai",
    "台北標準時間": "Asia/Taipei",
    "대한민국 표준시": "Asia/Seoul",
}
"""Names that programs write and no table has: what a system shows its users."""


class HostZone(tzinfo):
    """The zone of the machine, as the system knows it for each day."""

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        """The offset of a local time."""
        return None if dt is None else dt.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, dt: datetime | None) -> timedelta | None:
        """Not known."""
        return None

    def tzname(self, dt: datetime | None) -> str | None:
        """The system's name."""
        return None if dt is None else dt.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, dt: datetime) -> datetime:
        """The local time of a time in UTC."""
        local = dt.replace(tzinfo=UTC).astimezone()
        return local.replace(tzinfo=self)


def room_zone(name: str) -> tzinfo:
    """The zone of `Instructions`: a name of the world's, an offset such as `UTC+05:30`, or nothing: the machine's."""
    if not name:
        return HostZone()
    return named(name) or UTC


class Zones:
    """The zones of one iCalendar object, by the names that its properties use."""

    def __init__(self, definitions: Sequence[Component]) -> None:
        self.broken: dict[str, str] = {}
        """Reasons why definitions cannot be used, by their keys."""
        self._defined: dict[str, tzinfo | None] = {}
        texts: dict[str, str] = {}
        for component in definitions:
            written = component.value("TZID")
            name = zone_key(written)
            text = "\n".join(component.text())
            if name in texts:
                if texts[name] != text and _known(written) is not None:
                    self._defined[name] = None  # two that differ: the world's own is safer than either
                continue
            texts[name] = text
            try:
                self._defined[name] = _defined(component)
            except NotUnderstood as error:
                self.broken[name] = str(error)

    def of(self, name: str) -> tzinfo | None:
        """Zone of a `TZID`; `None` when it is neither defined here nor known."""
        world = _world(name.strip().strip('"'))
        defined = self._defined.get(zone_key(name)) or self._defined.get(NUMBERED.sub("", zone_key(name)))
        return world or defined or named(name)


def zone_key(name: str) -> str:
    """Key of a zone's name: the same where it is defined, with escapes, and where it is used, with quotes."""
    return " ".join(name.replace("\\", "").replace('"', "").split()).strip("/").casefold()


def _defined(component: Component) -> tzinfo:
    """The zone that a VTIMEZONE describes. Raises `NotUnderstood` for one that cannot be trusted in any part."""
    observances = [part for part in component.parts if part.name in ("STANDARD", "DAYLIGHT")]
    if not observances:
        raise NotUnderstood("the definition has neither STANDARD nor DAYLIGHT")
    if len(observances) > MOST_OBSERVANCES:
        raise NotUnderstood("the definition has too many parts")
    lines: list[str] = ["BEGIN:VTIMEZONE", "TZID:zone"]
    for part in observances:
        lines += [f"BEGIN:{part.name}", *_observance(part), f"END:{part.name}"]
    return zone_of_definition([*lines, "END:VTIMEZONE"])


def _observance(part: Component) -> list[str]:
    """The lines that say when it begins and what it changes, in the form of the RFC."""
    found: dict[str, str] = {}
    repeats: list[str] = []
    for line in part.properties():
        value = line.value.strip()
        if line.name in ("TZOFFSETFROM", "TZOFFSETTO"):
            ahead = offset(value)
            if abs(ahead) > WIDEST:
                raise NotUnderstood(f"{value[:20]!r} is no offset from UTC")
            seconds = int(abs(ahead).total_seconds())
            sign = "-" if ahead < timedelta() else "+"
            found[line.name] = f"{sign}{seconds // 3600:02}{seconds // 60 % 60:02}"
        elif line.name == "DTSTART":
            found[line.name] = _onset(value)
        elif line.name == "RDATE":
            repeats += [f"RDATE:{_onset(each)}" for each in value.split(",") if each.strip()]
        elif line.name == "RRULE" and value:
            repeats.append("RRULE:" + "".join(value.split()).upper().strip(";"))
    for name in ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO"):
        if name not in found:
            raise NotUnderstood(f"{part.name} of the definition has no {name}")
    return [*(f"{name}:{value}" for name, value in found.items()), *repeats[:1000]]


def _onset(text: str) -> str:
    at = moment(text)
    if not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day)  # noqa: DTZ001 (local time, by RFC 5545 section 3.6.5)
    return at.strftime("%Y%m%dT%H%M%S").zfill(15)


def named(name: str) -> tzinfo | None:
    """The zone that a name means anywhere: the world's own names, Windows', offsets, and what is made of these."""
    cleaned = " ".join(name.replace("\\", "").replace('"', "").split())
    for each in _variants(cleaned):
        found = _known(each)
        if found is not None:
            return found
    return None


def _variants(name: str) -> list[str]:
    variants = [name]
    for prefix in ("tzone://microsoft/", "tzone://"):
        if name.casefold().startswith(prefix):
            variants.append(name[len(prefix) :])
    without = NUMBERED.sub("", name)
    if without != name:
        variants.append(without)
    if " " in name or "-" in name:
        variants += [name.replace(" ", "_"), re.sub("[ -]", "/", name, count=1)]
    if "/" in name:  # with a vendor's path before it (RFC 5545 section 3.2.19)
        parts = name.strip("/").split("/")
        variants += ["/".join(parts[start:]) for start in range(len(parts))]
    return variants


def _known(name: str) -> tzinfo | None:
    if name.casefold() in UNIVERSAL:
        return UTC
    world = _world(name)
    if world is not None:
        return world
    spoken = _windows().get(name.casefold()) or SPOKEN.get(name.casefold())
    if spoken is not None:
        return _world(spoken)
    match = OFFSET.fullmatch(name)
    if match:
        return _by_offset(match[1], match[2] or "")
    match = AT_ZERO.fullmatch(name)
    if match:
        return _by_offset("+00", match[1])
    return _world(_spelt().get(_spelling(name), "")) or _of_places(name)


def _by_offset(text: str, places: str) -> tzinfo | None:
    """A fixed offset; with places behind it, as Outlook shows zones to its users, the zone of those places."""
    digits = text.replace(" ", "").replace(".", ":")
    if re.fullmatch(r"[+-]\d{1,2}", digits):
        digits += ":00"
    try:
        ahead = offset(digits)
    except NotUnderstood:
        return None
    if abs(ahead) > WIDEST:
        return None
    return _of_places(places, ahead) or (UTC if not ahead else timezone(ahead))


def _of_places(places: str, ahead: timedelta | None = None) -> tzinfo | None:
    """The zone of the first place that is known, and has that offset in winter or summer if one is given."""
    for place in BETWEEN_PLACES.split(places)[:10]:
        name = place.strip(" '\t").casefold()
        if name in UNIVERSAL and not ahead:
            return UTC
        spoken = SPOKEN.get(name) or _windows().get(name)
        zone = _world(spoken or _places().get(name.replace(" ", "_"), ""))
        offsets = [
            zone.utcoffset(datetime(2025, month, 15))  # noqa: DTZ001 (local)
            for month in (1, 7)
            if zone is not None
        ]
        if zone is not None and (ahead is None or ahead in offsets):
            return zone
    return None


def _world(name: str) -> tzinfo | None:
    """A name of the IANA's, in any case."""
    if not name or name.startswith("/") or len(name) > 64:
        return None
    key = name if name in _names() else _lower().get(name.casefold())
    return ZoneInfo(key) if key else None


@cache
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


@cache
def _lower() -> dict[str, str]:
    return {name.casefold(): name for name in _names()}


@cache
def _places() -> dict[str, str]:
    return {name.rpartition("/")[2].casefold(): name for name in sorted(_names()) if "/" in name}


@cache
def _windows() -> dict[str, str]:
    return {name.casefold(): zone for name, zone in WINDOWS_TO_OLSON.items()}


@cache
def _spelt() -> dict[str, str]:
    """Windows' zones by what their names have of their own; of two that have the same, neither."""
    found: dict[str, set[str]] = {}
    for name, zone in WINDOWS_TO_OLSON.items():
        found.setdefault(_spelling(name), set()).add(zone)
    return {name: zones.pop() for name, zones in found.items() if name and len(zones) == 1}


def _spelling(name: str) -> str:
    """A name without what programs leave out, add or translate: dots, blanks, brackets, and "Standard Time"."""
    return "".join(word for word in WORD.findall(name.casefold()) if word not in OF_ANY_ZONE)


def midnight(day: date, zone: tzinfo) -> datetime:
    """Begin of a day in a zone."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)
