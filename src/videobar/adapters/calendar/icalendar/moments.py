"""Dates, times and durations of iCalendar objects (RFC 5545 section 3.3), and the ISO 8601 forms that some write."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

MOMENT = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})"
    r"(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d{1,9})?)?\s?(Z|[+-]\d{2}:?\d{2})?)?",
    re.I,
)
DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?", re.I
)


class NotUnderstood(ValueError):
    """A value is not what its property must be; the text says what it is not."""


def moment(text: str) -> date | datetime:
    """A day, or a time with its own offset or without a zone. Raises `NotUnderstood`.

    Midnight may be written as 24:00, and seconds may be missing.
    """
    match = MOMENT.fullmatch(text.strip())
    if match is None:
        raise NotUnderstood(f"{text.strip()[:40]!r} is no date")
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
        if match[4] is None:
            return day
        hour, minute, second = int(match[4]), int(match[5]), min(int(match[6] or 0), 59)
        if (hour, minute, second) == (24, 0, 0):
            day, hour = day + timedelta(days=1), 0
        return datetime.combine(day, time(hour, minute, second), _offset(match[7] or ""))
    except (ValueError, OverflowError):
        raise NotUnderstood(f"{text.strip()[:40]!r} is no date") from None


def offset(text: str) -> timedelta:
    """An offset from UTC: `+0100`, `+01:00` or with seconds. Raises `NotUnderstood`."""
    match = re.fullmatch(r"([+-]?)(\d{1,2}):?(\d{2})(?::?(\d{2}))?", text.strip())
    if match is None or int(match[2]) > 23 or int(match[3]) > 59:
        raise NotUnderstood(f"{text.strip()[:40]!r} is no offset from UTC")
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=int(match[4] or 0))
    return -ahead if match[1] == "-" else ahead


def _offset(text: str) -> timezone | None:
    if not text:
        return None
    return UTC if text in "Zz" else timezone(offset(text))


def duration(text: str) -> tuple[int, timedelta]:
    """Days, which are as long as the clocks make them, and exact time. Raises `NotUnderstood`."""
    match = DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()[1:]) or match[1] == "-":
        raise NotUnderstood(f"{text.strip()[:40]!r} is no duration")
    weeks, days, hours, minutes, seconds = (int(each or 0) for each in match.groups()[1:])
    return weeks * 7 + days, timedelta(hours=hours, minutes=minutes, seconds=seconds)
