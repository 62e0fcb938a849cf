"""What becomes of an invitation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from videobar.adapters.calendar.icalendar.text import items_of
from videobar.adapters.calendar.reading import LONGEST_BODY, MOST_OCCURRENCES, reader
from videobar.room.calendar.meeting import Event, Ics, Instructions, Item, Window


def at(*when):
    return int(datetime(*when, tzinfo=UTC).timestamp())


@pytest.fixture
def read(instructions):
    def read(text, **changes):
        reading = reader(replace(instructions, **changes))(Item("x", "1", Ics(text)))
        assert reading.refused == ""
        return list(reading.meetings)

    return read


@pytest.fixture
def refusal(instructions):
    def refusal(text):
        reading = reader(instructions)(Item("x", "1", Ics(text)))
        assert reading.meetings == ()
        return reading.refused

    return refusal


def test_a_whole_invitation(read, calendar_text, event):
    (meeting,) = read(
        calendar_text(
            event(
                "1",
                "DTSTART:20261126T090000Z",
                "DTEND:20261126T100000Z",
                "SUMMARY:Plans\\, and more",
                "LOCATION:Room 4",
                "ORGANIZER;CN=Jo Doe:mailto:jo@example.org",
                "ATTENDEE;CN=Al;ROLE=REQ-PARTICIPANT:mailto:al@example.org",
                "ATTENDEE;ROLE=OPT-PARTICIPANT:mailto:bo@example.org",
                "ATTENDEE;CN=Room;CUTYPE=ROOM;PARTSTAT=ACCEPTED:mailto:ROOM@example.org",
                "DESCRIPTION:Agenda\\nsip:body@x.example",
                "CONFERENCE;VALUE=URI;FEATURE=VIDEO:sip:conference@x.example",
            )
        )
    )
    assert (meeting.start_s, meeting.end_s) == (at(2026, 11, 26, 9), at(2026, 11, 26, 10))
    assert (meeting.subject, meeting.location, meeting.organizer) == ("Plans, and more", "Room 4", "Jo Doe")
    assert (meeting.required, meeting.optional) == (("Al", "Room"), ("bo@example.org",))
    assert meeting.body == "Agenda\nsip:body@x.example"
    assert [c.address for c in meeting.choices] == ["conference@x.example", "body@x.example"]
    assert (meeting.recurring, meeting.private, meeting.cancelled) == (False, False, False)
    assert meeting.id.isalnum()


def test_a_series_with_an_exception_a_removed_day_and_an_added_one(read, calendar_text, event):
    meetings = read(
        calendar_text(
            event(
                "1",
                "DTSTART:20261123T090000Z",
                "DURATION:PT30M",
                "SUMMARY:Daily",
                "RRULE:FREQ=DAILY;COUNT=5",
                "EXDATE:20261125T090000Z",
                "RDATE:20261130T090000Z",
            ),
            event(
                "1",
                "RECURRENCE-ID:20261124T090000Z",
                "DTSTART:20261124T150000Z",
                "DTEND:20261124T160000Z",
                "SUMMARY:Moved",
            ),
        )
    )
    assert [(m.subject, datetime.fromtimestamp(m.start_s, UTC).strftime("%d %H")) for m in meetings] == [
        ("Daily", "23 09"),
        ("Moved", "24 15"),
        ("Daily", "26 09"),
        ("Daily", "27 09"),
        ("Daily", "30 09"),
    ]
    assert all(m.recurring for m in meetings)
    assert len({m.id for m in meetings}) == 5


def test_an_occurrence_keeps_its_id_when_it_moves_and_so_does_a_single_meeting(read, calendar_text, event):
    series = event("1", "DTSTART:20261126T090000Z", "RRULE:FREQ=DAILY;COUNT=2")
    moved = event("1", "RECURRENCE-ID:20261127T090000Z", "DTSTART:20261128T090000Z")
    before, after = read(calendar_text(series)), read(calendar_text(series, moved))
    assert [m.id for m in before] == [m.id for m in after]
    (single,) = read(calendar_text(event("2", "DTSTART:20261126T090000Z")))
    (later,) = read(calendar_text(event("2", "DTSTART:20261127T090000Z")))
    assert single.id == later.id


def test_a_series_that_changes_from_one_occurrence_on_has_an_id_for_each(read, calendar_text, event):
    series = event("1", "DTSTART:20261126T090000Z", "RRULE:FREQ=DAILY;COUNT=5")
    later = event("1", "RECURRENCE-ID;RANGE=THISANDFUTURE:20261127T090000Z", "DTSTART:20261127T130000Z")
    single = event("1", "RECURRENCE-ID:20261129T090000Z", "DTSTART:20261129T200000Z")
    meetings = read(calendar_text(series, later, single))
    assert [datetime.fromtimestamp(m.start_s, UTC).strftime("%d %H") for m in meetings] == [
        "26 09",
        "27 13",
        "28 13",
        "29 20",
        "30 13",
    ]
    assert len({m.id for m in meetings}) == 5


def test_an_invitation_to_one_occurrence_only(read, calendar_text, event):
    (meeting,) = read(calendar_text(event("1", "RECURRENCE-ID:20261127T090000Z", "DTSTART:20261127T100000Z")))
    assert meeting.recurring
    assert meeting.start_s == at(2026, 11, 27, 10)


@pytest.mark.parametrize(
    ("zone", "hour"),
    [("W. Europe Standard Time", 8), ("Europe/Berlin", 8), ("Pacific Standard Time", 17), ("UTC", 9)],
)
def test_names_of_zones_as_windows_and_the_world_write_them(read, calendar_text, event, zone, hour):
    (meeting,) = read(calendar_text(event("1", f"DTSTART;TZID={zone}:20261126T090000")))
    assert meeting.start_s == at(2026, 11, 26, hour)


ZONE = """BEGIN:VTIMEZONE\r
TZID:Customized Time Zone\r
BEGIN:STANDARD\r
DTSTART:16010101T020000\r
TZOFFSETFROM:+0400\r
TZOFFSETTO:+0330\r
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r
END:STANDARD\r
BEGIN:DAYLIGHT\r
DTSTART:16010101T020000\r
TZOFFSETFROM:+0330\r
TZOFFSETTO:+0400\r
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r
END:DAYLIGHT\r
END:VTIMEZONE\r
"""


def test_a_zone_that_the_invitation_defines(read, calendar_text, event):
    (meeting,) = read(calendar_text(ZONE, event("1", "DTSTART;TZID=Customized Time Zone:20261126T090000")))
    assert meeting.start_s == at(2026, 11, 26, 5, 30)


def test_googles_zone_for_times_without_one(read, calendar_text, event):
    (meeting,) = read(
        calendar_text(event("1", "DTSTART:20261126T090000"), head="X-WR-TIMEZONE:Europe/Berlin\r\n")
    )
    assert meeting.start_s == at(2026, 11, 26, 8)


def test_times_without_zone_and_days_are_those_of_the_room(read, calendar_text, event):
    floating, day = (
        calendar_text(event("1", "DTSTART:20261126T090000", "DTEND:20261126T100000")),
        calendar_text(event("1", "DTSTART;VALUE=DATE:20261126", "DTEND;VALUE=DATE:20261128")),
    )
    (meeting,) = read(floating, zone="Etc/GMT+5")
    assert (meeting.start_s, meeting.end_s) == (at(2026, 11, 26, 14), at(2026, 11, 26, 15))
    (meeting,) = read(day, zone="Etc/GMT+5")
    assert (meeting.start_s, meeting.end_s) == (at(2026, 11, 26, 5), at(2026, 11, 28, 5))


def test_a_series_keeps_its_hour_over_a_change_of_the_clocks(read, calendar_text, event, window):
    autumn = Window(at(2026, 10, 20), at(2026, 10, 30))
    meetings = read(
        calendar_text(event("1", "DTSTART;TZID=Europe/Berlin:20261024T090000", "RRULE:FREQ=DAILY;COUNT=2")),
        window=autumn,
    )
    assert [m.start_s for m in meetings] == [at(2026, 10, 24, 7), at(2026, 10, 25, 8)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["STATUS:CANCELLED"], {"cancelled": True}),
        (["CLASS:PRIVATE"], {"private": True}),
        (["CLASS:CONFIDENTIAL"], {"private": True}),
        (["CLASS:PUBLIC"], {"private": False}),
    ],
)
def test_marks(read, calendar_text, event, lines, expected):
    (meeting,) = read(calendar_text(event("1", "DTSTART:20261126T090000Z", *lines)))
    assert {name: getattr(meeting, name) for name in expected} == expected


def test_a_cancelled_meeting_has_nothing_to_call(read, calendar_text, event):
    lines = ("DTSTART:20261126T090000Z", "LOCATION:sip:a@x.example")
    (meeting,) = read(calendar_text(event("1", *lines), head="METHOD:CANCEL\r\n"))
    assert meeting.cancelled
    assert meeting.choices == ()


def test_what_the_room_declined_is_left_out_and_what_others_declined_is_not(read, calendar_text, event):
    declined = "ATTENDEE;PARTSTAT=DECLINED:mailto:{}@example.org"
    start = "DTSTART:20261126T090000Z"
    assert read(calendar_text(event("1", start, declined.format("Room")))) == []
    assert len(read(calendar_text(event("1", start, declined.format("other"))))) == 1


def test_outside_of_the_window_there_is_nothing(read, calendar_text, event):
    assert read(calendar_text(event("1", "DTSTART:20251126T090000Z"))) == []
    assert read(calendar_text(event("1", "DTSTART:20291126T090000Z"))) == []


@pytest.mark.parametrize("description", [(), ("DESCRIPTION:",), ("DESCRIPTION:\\n",)])
def test_an_html_alternative_where_there_is_no_text(read, calendar_text, event, description):
    (meeting,) = read(
        calendar_text(
            event(
                "1",
                "DTSTART:20261126T090000Z",
                *description,
                "X-ALT-DESC;FMTTYPE=text/html:<p>Join <a href='sip:a@x.example'>here</a></p>",
            )
        )
    )
    assert meeting.body == "Join here sip:a@x.example"
    assert [c.address for c in meeting.choices] == ["a@x.example"]


@pytest.mark.parametrize(
    "rule",
    [
        "RRULE:FREQ=SECONDLY",
        "RRULE:FREQ=MINUTELY;COUNT=3",
        "rrule:freq=minutely",
        "RRULE;X=Y:FREQ=SECONDLY;INTERVAL=1",
        "RRULE:FREQ=HOURLY",
        "RRULE:FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=0,30",
        "RRULE:FREQ=YEARLY;BYSECOND=" + ",".join(map(str, range(60))),
        "RRULE:FREQ=DA\r\n ILY;FREQ=SECOND\r\n LY",
        "EXRULE:FREQ=SECONDLY",
    ],
)
def test_recurrence_bombs_are_refused_unread(refusal, calendar_text, event, rule):
    assert "rule" in refusal(calendar_text(event("1", "DTSTART:20100101T000000Z", rule)))


def test_a_bomb_in_a_zone(refusal, calendar_text, event):
    zone = ZONE.replace("FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "FREQ=DAILY")
    assert "rule" in refusal(calendar_text(zone, event("1", "DTSTART:20261126T090000Z")))


def test_rules_that_are_meant_so_are_read(read, calendar_text, event):
    def count(*lines):
        return len(read(calendar_text(event("1", *lines))))

    assert count("DTSTART:20261126T000000Z", "RRULE:FREQ=HOURLY;COUNT=5") == 5
    assert count("DTSTART:20261124T000000Z", "RRULE:FREQ=HOURLY") == MOST_OCCURRENCES
    assert count("DTSTART:20100101T090000Z", "RRULE:FREQ=DAILY") == 98
    assert count("DTSTART:20100101T090000Z", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30") == 0
    assert count("DTSTART:20261126T090000Z", "RRULE:FREQ=DAILY;BYHOUR=9,15;COUNT=4") == 4


def test_huge_texts_are_cut_and_attachments_dropped(read, calendar_text, event):
    (meeting,) = read(
        calendar_text(
            event(
                "1",
                "DTSTART:20261126T090000Z",
                "SUMMARY:" + "s" * 100_000,
                "LOCATION:" + "l" * 100_000,
                "DESCRIPTION:sip:a@x.example " + "d" * 500_000,
                "ATTACH;ENCODING=BASE64;VALUE=BINARY:" + "QUJD" * 500_000,
                *(f"ATTENDEE;CN={'n' * 1000}:mailto:a{n}@example.org" for n in range(500)),
            )
        )
    )
    assert len(meeting.subject) <= 500
    assert len(meeting.location) <= 500
    assert len(meeting.body) == LONGEST_BODY
    assert len(meeting.required) == 200
    assert max(map(len, meeting.required)) <= 500
    assert [c.address for c in meeting.choices] == ["a@x.example"]


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN:VCALENDAR\r\n" + "BEGIN:VEVENT\r\n" * 100_000,
        "BEGIN:VCALENDAR\r\n" + "BEGIN:X\r\nEND:X\r\n" * 100_000 + "END:VCALENDAR\r\n",
        "x" * 9_000_000,
        "BEGIN:VCALENDAR\r\n" + "X-A:" + "y" * 100_000 + "\r\n" + ("X-B:" + "z" * 200_000 + "\r\n") * 10,
    ],
)
def test_what_is_too_much_is_refused(refusal, text):
    assert refusal(text) in ("too many components", "too long")


@pytest.mark.parametrize(
    "lines",
    [
        ["DTSTART:garbage"],
        ["DTSTART:99999999T999999Z"],
        ["DTSTART;TZID=No/Where:20261126T090000"],
        ["DTSTART:20261126T090000Z", "DTEND:20251126T090000Z"],
        ["DTSTART:20261126T090000Z", "DURATION:P99999999999D"],
        ["DTSTART:20261126T090000Z", "DTSTART:20261127T090000Z"],
        ["DTSTART:20261126T090000Z", "SUMMARY:a", "SUMMARY:b", "ORGANIZER:x", "ORGANIZER:y"],
        ["DTSTART:20261126T090000Z", "RRULE:FREQ=DAILY;COUNT=-1"],
        ["DTSTART:20261126T090000Z", "RRULE:FREQ=DAILY;UNTIL=never"],
        ["DTSTART:00010101T000000Z"],
        ["DTSTART:20261126T090000Z", "\x00\x01;;;:::"],
        [],
    ],
)
def test_broken_invitations_never_raise(instructions, calendar_text, event, lines):
    for meeting in reader(instructions)(Item("x", "1", Ics(calendar_text(event("1", *lines))))).meetings:
        assert meeting.end_s >= meeting.start_s


WORDS = st.sampled_from(
    [
        "BEGIN:VEVENT",
        "END:VEVENT",
        "BEGIN:VTIMEZONE",
        "END:VTIMEZONE",
        "UID:1",
        "DTSTART:20261126T090000Z",
        "DTSTART;TZID=Europe/Berlin:20261126T090000",
        "DTEND:20261126T100000Z",
        "RRULE:FREQ=DAILY;COUNT=3",
        "RRULE:FREQ=SECONDLY",
        "RECURRENCE-ID:20261126T090000Z",
        "EXDATE:20261126T090000Z",
        "SUMMARY:x",
        "END:VCALENDAR",
        "BEGIN:VCALENDAR",
        " folded",
    ]
)


@given(lines=st.lists(WORDS | st.text(max_size=20), max_size=20))
@settings(max_examples=examples(200), deadline=None)
def test_any_sequence_of_lines_is_read_or_refused(lines):
    instructions = Instructions(Window(at(2026, 11, 18), at(2027, 2, 24)))
    text = "BEGIN:VCALENDAR\r\n" + "\r\n".join(lines) + "\r\nEND:VCALENDAR\r\n"
    read = reader(instructions)
    for item in [Item("x", "1", Ics(text)), *items_of(text)]:
        reading = read(item)
        assert not (reading.meetings and reading.refused)


def test_an_event_that_the_server_has_expanded(instructions):
    event = Event(
        uid="1",
        start_s=at(2026, 11, 26),
        end_s=at(2026, 11, 25),
        body="<p>sip:b@x.example</p>",
        links=("https://us02web.zoom.us/j/85912345678",),
    )
    read = reader(replace(instructions, gateways=(("zoom", "{id}@gw.example.org"),)))
    (meeting,) = read(Item("x", "1", event)).meetings
    assert meeting.start_s == meeting.end_s
    assert [c.address for c in meeting.choices] == ["b@x.example", "85912345678@gw.example.org"]


def test_a_calendar_is_taken_apart_by_uid(calendar_text, event):
    text = calendar_text(
        ZONE,
        event("1", "DTSTART;TZID=Customized Time Zone:20261126T090000", "RRULE:FREQ=DAILY"),
        event("2", "DTSTART:20261126T090000Z", "BEGIN:VALARM", "UID:inner", "END:VALARM"),
        event("1", "RECURRENCE-ID:20261127T090000Z", "DTSTART:20261127T100000Z"),
        head="X-WR-TIMEZONE:Europe/Berlin\r\n",
    )
    first, second = items_of(text)
    assert (first.id, second.id) == ("1", "2")
    assert first.content.text.count("BEGIN:VEVENT") == 2
    assert "Customized" in first.content.text
    assert "VTIMEZONE" not in second.content.text
    assert "X-WR-TIMEZONE:Europe/Berlin" in second.content.text
    assert [item.version for item in items_of(text)] == [first.version, second.version]


def test_a_zone_whose_name_is_escaped_where_it_is_defined_is_found(calendar_text, event):
    zone = ZONE.replace("Customized Time Zone", "(UTC+03:30) Tehran\\, Iran")
    (item,) = items_of(
        calendar_text(zone, event("1", 'DTSTART;TZID="(UTC+03:30) Tehran, Iran":20261126T090000'))
    )
    assert zone in item.content.text


def test_an_event_without_uid_and_one_that_does_not_end(calendar_text):
    text = calendar_text(
        "BEGIN:VEVENT\r\nDTSTART:20261126T090000Z\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\n"
    )
    (item,) = items_of(text)
    assert item.id.startswith("without UID")
