"""The only place that knows icalendar, recurring-ical-events and dateutil, and what we rely on in them.

Beyond their documented interfaces these are: that `recurring_ical_events` reads properties out of components that no
parser has made, and copies those that it does not know to each occurrence (`MARK`); that it tells with `RECURRENCE-ID`
which occurrence of its series a component is; that icalendar has a table of Windows' names; and which properties of a
VTIMEZONE dateutil's `tzical` takes. icalendar's own parser and its cache of zones, which lives as long as the process,
are not used: texts are read by `content_lines`, and zones by `zones`. The bounds of their versions in `pyproject.toml`
and `tests/adapters/calendar/icalendar/test_libraries.py` belong to this file.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo

from dateutil.rrule import rrulestr
from dateutil.tz import tzical
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from videobar.adapters.calendar.icalendar.moments import NotUnderstood

__all__ = ["WINDOWS_TO_OLSON", "Occurrence", "Timing", "checked_rule", "occurrences", "zone_of_definition"]

MARK = "X-VIDEOBAR-EVENT"
DAY = timedelta(days=1)

Moment = date | datetime
Period = tuple[datetime, datetime | timedelta]


@dataclass(frozen=True)
class Timing:
    """Times of an event: a day or a time with its zone, and how it repeats. `mark` identifies the event."""

    mark: int
    uid: str
    start: Moment
    end: Moment
    rules: tuple[str, ...] = ()
    added: tuple[Moment | Period, ...] = ()
    removed: tuple[Moment, ...] = ()
    original: Moment | None = None
    """Original time of a changed occurrence."""
    and_later: bool = False
    """True if the occurrences after it are changed with it."""
    sequence: int = 0

    @property
    def repeats(self) -> bool:
        """True if it is, or changes, one of several."""
        return bool(self.rules or self.added or self.original is not None)


@dataclass(frozen=True)
class Occurrence:
    """One occurrence of the event `mark`; `original` is when its series has it, and nothing outside of one."""

    mark: int
    start: Moment
    end: Moment
    original: Moment | None = None


def zone_of_definition(lines: Sequence[str]) -> tzinfo:
    """The zone that the lines of a VTIMEZONE called `zone` describe. Raises `NotUnderstood`."""
    try:
        zone = tzical(io.StringIO("\r\n".join(lines))).get("zone")
        for year in (1970, 2000, 2026, 2037):
            for month in (1, 7):
                zone.utcoffset(datetime(year, month, 1, 12))  # noqa: DTZ001 (the zone is asked about local time)
    except Exception as error:  # whatever is in it: the definition is of no use
        raise NotUnderstood(f"the definition cannot be read ({type(error).__name__})") from None
    return zone  # type: ignore[no-any-return,unused-ignore]


def checked_rule(text: str, start: Moment) -> str:
    """A recurrence rule that can be expanded from `start`. Raises `NotUnderstood`."""
    from icalendar.prop import vRecur

    begin = start if isinstance(start, datetime) else datetime(start.year, start.month, start.day)  # noqa: DTZ001
    try:
        rrulestr(text, dtstart=begin)
        vRecur.from_ical(text)
    except Exception:
        raise NotUnderstood(f"{text[:60]!r} is no rule") from None
    return text


def occurrences(
    timings: Sequence[Timing], start: datetime, end: datetime, left_out: Callable[[int, str, str], None]
) -> Iterator[Occurrence]:
    """The occurrences of one UID's events between two moments, or a little beyond.

    Where they cannot be expanded, first the days that were added and removed are left out, then all repetition; each
    is reported to `left_out` with the event's mark, the properties and the reason.
    """
    whole = list(timings)
    while any(timing.repeats for timing in whole):
        try:
            yield from _expanded(whole, start - DAY, end + DAY)
        except Exception as error:
            days = any(timing.added or timing.removed for timing in whole)
            for timing in whole:
                if timing.repeats or timing.removed:
                    left_out(timing.mark, "RDATE, EXDATE" if days else "RRULE", type(error).__name__)
            whole = [
                replace(timing, added=(), removed=())
                if days
                else replace(timing, rules=(), original=None, uid=f"{timing.uid} {timing.mark}")
                for timing in whole
            ]
        else:
            return
    for timing in whole:
        yield Occurrence(timing.mark, timing.start, timing.end)


def _expanded(timings: Sequence[Timing], start: datetime, end: datetime) -> list[Occurrence]:
    import icalendar
    import recurring_ical_events
    from icalendar.prop import vDDDLists, vDDDTypes, vInt, vRecur, vText

    calendar = icalendar.Calendar()
    for timing in timings:
        event = icalendar.Event()
        event["UID"] = vText(timing.uid)
        event["DTSTART"], event["DTEND"] = vDDDTypes(timing.start), vDDDTypes(timing.end)
        event["SEQUENCE"] = vInt(timing.sequence)
        event[MARK] = vInt(timing.mark)
        if timing.rules:
            event["RRULE"] = [vRecur.from_ical(rule) for rule in timing.rules]
        if timing.added:
            event["RDATE"] = [vDDDLists([each]) for each in timing.added]
        if timing.removed:
            event["EXDATE"] = [vDDDLists([each]) for each in timing.removed]
        if timing.original is not None:
            event["RECURRENCE-ID"] = vDDDTypes(timing.original)
            if timing.and_later:
                event["RECURRENCE-ID"].params["RANGE"] = "THISANDFUTURE"
        calendar.add_component(event)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an expansion that works nobody can read a warning
        found = recurring_ical_events.of(calendar, skip_bad_series=False).between(start, end)
    return [
        Occurrence(
            int(component[MARK]),
            component["DTSTART"].dt,
            component["DTEND"].dt,
            component["RECURRENCE-ID"].dt,
        )
        for component in found
    ]
