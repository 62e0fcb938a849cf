"""The process that reads invitations, and what may kill it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from videobar.adapters.calendar.reader import MOST_FAILURES, ChildReader
from videobar.room.calendar.meeting import Event, Ics, Item, Reading
from videobar.room.calendar.port import ProviderError

HANGS = """
[[address]]
name = "slow"
way = "SIP"
find = '(x+x+)+y'
address = "a@b"
"""
"""An administrator's rule that never comes back from a text such as x…x: real code hangs, without a test's help."""


@pytest.fixture
async def reader():
    reader = ChildReader()
    yield reader
    await reader.close()


def item(name, instructions, **more):
    start = instructions.window.end_s - 1000
    return Item(name, "1", Event(uid=name, start_s=start, end_s=start + 60, **more))


async def test_it_reads_and_then_there_is_no_process_any_more(reader, instructions, calendar_text, event):
    items = [
        item("one", instructions, subject="One"),
        Item("two", "1", Ics(calendar_text(event("2", "DTSTART:20261126T090000Z", "SUMMARY:Two")))),
    ]
    found = await reader.read(items, instructions)
    assert {name: reading.meetings[0].subject for name, reading in found.items()} == {
        "one": "One",
        "two": "Two",
    }
    assert reader._child._process is None


async def test_one_that_hangs_is_left_out_and_the_others_are_read(reader, instructions, caplog):
    items = [
        item("one", instructions),
        item("evil", instructions, body="x" * 5000),
        item("two", instructions),
    ]
    found = await reader.read(items, replace(instructions, patterns=HANGS))
    assert {name: len(reading.meetings) for name, reading in found.items()} == {"one": 1, "evil": 0, "two": 1}
    assert "invitation 'evil' '' cannot be read (it takes too long" in caplog.text


async def test_one_that_swells_is_left_out(reader, instructions, calendar_text, event):
    """A million dates in one property is more than the bounds of one object; a thousand occurrences are not."""
    many = ",".join(
        f"2026{month:02}{day:02}T{hour:02}0000Z"
        for month in (11, 12)
        for day in range(1, 29)
        for hour in range(24)
    )
    items = [
        Item("many", "1", Ics(calendar_text(event("1", "DTSTART:20261126T090000Z", f"RDATE:{many}")))),
        Item(
            "more", "1", Ics(calendar_text(event("1", "DTSTART:20261126T090000Z", *[f"RDATE:{many}"] * 100)))
        ),
        item("good", instructions),
    ]
    found = await reader.read(items, instructions)
    assert len(found["many"].meetings) == 500
    assert found["more"] == Reading(refused="too long")
    assert len(found["good"].meetings) == 1


async def test_when_too_many_kill_it_the_rest_waits(instructions, monkeypatch):
    monkeypatch.setattr("videobar.adapters.calendar.reader.MOST_FAILURES", 2)
    reader = ChildReader()
    items = [item(f"evil{n}", instructions, body="x" * 5000) for n in range(2)] + [item("good", instructions)]
    found = await reader.read(items, replace(instructions, patterns=HANGS))
    assert {name: reading.meetings for name, reading in found.items()} == {"evil0": (), "evil1": ()}
    assert MOST_FAILURES > 2


async def test_a_process_that_does_not_start_is_no_fault_of_the_invitation(instructions):
    reader = ChildReader("videobar.no_such_module")
    with pytest.raises(ProviderError, match="does not start"):
        await reader.read([item("one", instructions)], instructions)


async def test_a_long_series_with_many_people_is_within_the_bounds(
    reader, instructions, calendar_text, event
):
    people = [f"ATTENDEE;CN=A {number}:mailto:a{number}@example.org" for number in range(1000)]
    rule = "RRULE:FREQ=DAILY;BYHOUR=8,9,10,11,12,13"
    text = calendar_text(event("1", "DTSTART:20261101T080000Z", rule, *people))
    found = await reader.read([Item("long", "1", Ics(text))], instructions)
    assert (len(found["long"].meetings), found["long"].refused) == (500, "")
