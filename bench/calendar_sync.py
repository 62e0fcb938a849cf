"""Reading a calendar: 5,000 events, then nothing new, and series over a year. Beside the bare libraries.

Ours runs as in a room: guarded, item by item in a child process, with bodies searched for addresses. Bare is
`icalendar` alone (parse) and `recurring-ical-events` alone (expansion), in this process, which do none of that.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import recurring_ical_events

from videobar.adapters.calendar.reader import ChildReader
from videobar.adapters.calendar.servers.ics import IcsFile
from videobar.room.calendar.meeting import Instructions, Window
from videobar.room.calendar.port import CalendarAccount, ProviderKind

EVENTS = 5000
SERIES = 50
DAY = timedelta(days=1)
BODY = (
    "Agenda: plans of the week.\\n________________\\nMicrosoft Teams meeting\\n"
    "Join: https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0\\n"
    "Join with a video conferencing device\\nacme@t.plcm.vc\\nVideo Conference ID: 112 345 678 9\\n"
    + "Text. "
    * 100
)
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def calendar(events: int, rule: str = "") -> str:
    """The text of a calendar whose events are spread over a year."""
    parts = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bench//"]
    for number in range(events):
        start = (
            TODAY + timedelta(minutes=number * 366 * 24 * 60 // events)
            if not rule
            else TODAY + number * DAY / 50
        )
        parts += [
            "BEGIN:VEVENT",
            f"UID:{number}@bench",
            f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
            "DURATION:PT30M",
            f"SUMMARY:Meeting {number}",
            "ORGANIZER;CN=Jo:mailto:jo@example.org",
            "ATTENDEE;CN=Al:mailto:al@example.org",
            f"DESCRIPTION:Number {number}. {BODY}",
            *([rule] if rule else []),
            "END:VEVENT",
        ]
    return "\r\n".join([*parts, "END:VCALENDAR", ""])


async def ours(text: str, window: Window) -> tuple[float, float, int]:
    """Seconds for the first sync and for one with nothing new, and how many meetings there are."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "bench.ics")
        file.write_text(text)
        provider, reader = IcsFile(CalendarAccount(kind=ProviderKind.ICS, url=str(file))), ChildReader()
        began = time.perf_counter()
        changes = await provider.changes(window, {}, "")
        read = await reader.read(changes.changed, Instructions(window))
        first = time.perf_counter() - began
        known = {item.id: item.version for item in changes.changed}
        began = time.perf_counter()
        await provider.changes(window, known, changes.token)
        again = time.perf_counter() - began
        await reader.close()
        return first, again, sum(len(reading.meetings) for reading in read.values())


def main() -> None:
    window = Window(int(TODAY.timestamp()), int((TODAY + 366 * DAY).timestamp()))
    text = calendar(EVENTS)
    first, again, count = asyncio.run(ours(text, window))
    began = time.perf_counter()
    icalendar.Calendar.from_ical(text)
    bare = time.perf_counter() - began
    print(
        f"sync of {count} events: {first:.2f} s, {first / bare:.1f} x a bare parse ({bare:.2f} s); "
        f"with nothing new: {again * 1000:.1f} ms"
    )
    text = calendar(SERIES, "RRULE:FREQ=DAILY")
    first, _, count = asyncio.run(ours(text, window))
    began = time.perf_counter()
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(TODAY, TODAY + 366 * DAY)
    bare = time.perf_counter() - began
    print(
        f"a year of {SERIES} daily series, {count} meetings: {first:.2f} s, "
        f"{first / bare:.1f} x the bare expansion of {len(found)} ({bare:.2f} s)"
    )


if __name__ == "__main__":
    main()
