"""What this project relies on in icalendar, recurring-ical-events and dateutil; see `libraries`.

A test that fails here after an update tells which of it has changed.
"""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from videobar.adapters.calendar.icalendar.libraries import (
    WINDOWS_TO_OLSON,
    Occurrence,
    Timing,
    checked_rule,
    occurrences,
    zone_of_definition,
)
from videobar.adapters.calendar.icalendar.moments import NotUnderstood

SOURCE = Path(__file__).parents[4] / "src" / "videobar"
NINE = datetime(2026, 11, 26, 9, tzinfo=ZoneInfo("Europe/Berlin"))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def expanded(*timings):
    losses = []
    start, end = datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    found = list(occurrences(timings, start, end, lambda *loss: losses.append(loss)))
    return sorted(found, key=lambda each: str(each.start)), losses


def test_no_other_module_knows_them():
    knowing = {
        path.name
        for path in SOURCE.rglob("*.py")
        if re.search(
            r"^\s*(?:from|import) (?:icalendar|recurring_ical_events|dateutil)\b",
            path.read_text("utf-8"),
            re.M,
        )
    }
    assert knowing == {"libraries.py"}


@pytest.mark.parametrize("name", ["icalendar", "recurring-ical-events", "python-dateutil"])
def test_their_versions_have_an_upper_bound_that_holds_here(name):
    project = tomllib.loads((SOURCE.parents[1] / "pyproject.toml").read_text("utf-8"))
    (needed,) = [each for each in project["project"]["dependencies"] if re.match(rf"{name}\b", each)]
    bound = re.search(r"<(\d+)", needed)
    assert bound, needed
    assert int(version(name).partition(".")[0]) < int(bound[1])


def test_the_mark_of_an_event_is_on_each_of_its_occurrences_with_what_it_was():
    series = Timing(7, "u", NINE, NINE + HOUR, rules=("FREQ=DAILY;COUNT=3",), removed=(NINE + DAY,))
    moved = Timing(8, "u", NINE + 2 * DAY + HOUR, NINE + 2 * DAY + 2 * HOUR, original=NINE + 2 * DAY)
    found, losses = expanded(series, moved)
    assert found == [
        Occurrence(7, NINE, NINE + HOUR, NINE),
        Occurrence(8, NINE + 2 * DAY + HOUR, NINE + 2 * DAY + 2 * HOUR, NINE + 2 * DAY),
    ]
    assert losses == []


def test_all_that_come_after_a_change_carry_its_own_original():
    series = Timing(1, "u", NINE, NINE + HOUR, rules=("FREQ=DAILY;COUNT=3",))
    later = Timing(2, "u", NINE + DAY + HOUR, NINE + DAY + 2 * HOUR, original=NINE + DAY, and_later=True)
    found, _ = expanded(series, later)
    assert [(each.mark, each.start, each.original) for each in found] == [
        (1, NINE, NINE),
        (2, NINE + DAY + HOUR, NINE + DAY),
        (2, NINE + 2 * DAY + HOUR, NINE + DAY),
    ]


def test_days_stay_days_and_periods_have_their_own_length():
    day = date(2026, 11, 26)
    found, _ = expanded(Timing(1, "d", day, day + DAY, rules=("FREQ=DAILY;COUNT=2",)))
    assert [(each.start, each.end) for each in found] == [(day, day + DAY), (day + DAY, day + 2 * DAY)]
    found, _ = expanded(Timing(1, "p", NINE, NINE + HOUR, added=((NINE + DAY, timedelta(hours=3)),)))
    assert [each.end - each.start for each in found] == [HOUR, 3 * HOUR]


def test_what_cannot_be_expanded_is_expanded_without_what_is_wrong():
    """Here a rule that was not checked: the repetition goes, the event stays."""
    found, losses = expanded(
        Timing(3, "u", NINE, NINE + HOUR, rules=("FREQ=DAILY;BYDAY=XX",), removed=(NINE,))
    )
    assert [(each.mark, each.start) for each in found] == [(3, NINE)]
    assert [(mark, name) for mark, name, _ in losses] == [(3, "RDATE, EXDATE"), (3, "RRULE")]


def test_a_zone_by_its_definition_for_summers_and_winters_of_any_year():
    lines = [
        *("BEGIN:VTIMEZONE", "TZID:zone"),
        *("BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100"),
        *("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "END:STANDARD"),
        *("BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200"),
        *("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE"),
    ]
    zone = zone_of_definition(lines)
    assert datetime(2026, 12, 1, 12, tzinfo=zone).utcoffset() == HOUR
    assert datetime(2036, 7, 1, 12, tzinfo=zone).utcoffset() == 2 * HOUR
    with pytest.raises(NotUnderstood):
        zone_of_definition([line for line in lines if not line.startswith("DTSTART")])


def test_rules_are_judged():
    assert checked_rule("FREQ=DAILY;UNTIL=20261130T000000Z", NINE)
    for rule in ("FREQ=DAILY;UNTIL=20261130T000000", "FREQ=DAILY;BYDAY=XX", "BYDAY=MO", "FREQ=DAILY;COUNT=x"):
        with pytest.raises(NotUnderstood):
            checked_rule(rule, NINE)


def test_windows_names():
    assert WINDOWS_TO_OLSON["W. Europe Standard Time"] == "Europe/Berlin"
    assert len(WINDOWS_TO_OLSON) > 100
