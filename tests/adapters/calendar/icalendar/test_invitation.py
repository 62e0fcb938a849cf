"""One thing that is wrong with an invitation costs that thing, and never the meeting."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from videobar.adapters.calendar.icalendar.text import items_of
from videobar.adapters.calendar.icalendar.zones import room_zone
from videobar.adapters.calendar.reading import reader
from videobar.room.calendar.meeting import Event, Ics, Instructions, Item, Unusable

NINE = "DTSTART:20261126T090000Z"
WINTER = """TZOFFSETFROM:+0200
TZOFFSETTO:+0100
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"""
SUMMER = """TZOFFSETFROM:+0100
TZOFFSETTO:+0200
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3"""


def at(*when):
    return int(datetime(*when, tzinfo=UTC).timestamp())


def zone(name, winter=WINTER, summer=SUMMER):
    """The text of a VTIMEZONE."""
    parts = [("STANDARD", winter), ("DAYLIGHT", summer)]
    inner = "".join(
        f"BEGIN:{kind}\r\n{text.replace(chr(10), chr(13) + chr(10))}\r\nEND:{kind}\r\n"
        for kind, text in parts
        if text is not None
    )
    return f"BEGIN:VTIMEZONE\r\nTZID:{name}\r\n{inner}END:VTIMEZONE\r\n"


@pytest.fixture
def berlin(instructions):
    """Read texts as a room in Berlin does."""
    read = reader(replace(instructions, zone="Europe/Berlin"))

    def berlin(text):
        reading = read(Item("x", "1", Ics(text)))
        assert reading.refused == ""
        return reading

    return berlin


@pytest.fixture
def read(berlin, calendar_text, event):
    """What becomes of one event: `read("DTSTART:…", …, zones=…, head=…)`."""

    def read(*lines, zones="", head=""):
        return berlin(calendar_text(zones, event("1", *lines), head=head))

    return read


def spans(reading):
    return [(meeting.start_s, meeting.end_s) for meeting in reading.meetings]


def starts(reading):
    return [meeting.start_s for meeting in reading.meetings]


def lost(reading):
    return [each.property for each in reading.left_out]


# Times


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("DTSTART;TZID=tzone://Microsoft/Utc:20261126T090000", at(2026, 11, 26, 9)),
        ("DTSTART;TZID=GMT+05:30:20261126T090000", at(2026, 11, 26, 3, 30)),
        ('DTSTART;TZID="GMT+05:30":20261126T090000', at(2026, 11, 26, 3, 30)),
        ("DTSTART;TZID=GMT+0530:20261126T090000", at(2026, 11, 26, 3, 30)),
        ("DTSTART;TZID=UTC-5:20261126T090000", at(2026, 11, 26, 14)),
        ("DTSTART;VALUE=DATE-TIME;TZID=(UTC+01:00) Amsterdam, Berlin:20261126T090000", at(2026, 11, 26, 8)),
        ('DTSTART;TZID="(UTC-08:00) Pacific Time (US & Canada)":20261126T090000', at(2026, 11, 26, 17)),
        ("DTSTART;TZID=GMT Standard Time 1:20261126T090000", at(2026, 11, 26, 9)),
        ("DTSTART;TZID=Pacific Standard Time 2:20261126T090000", at(2026, 11, 26, 17)),
        ("DTSTART;TZID=/vendor.example/2026/America/New_York:20261126T090000", at(2026, 11, 26, 14)),
        ("DTSTART;TZID=europe/london:20261126T090000", at(2026, 11, 26, 9)),
        ("DTSTART;TZID=Europe/London:20261126T090000Z", at(2026, 11, 26, 9)),
        ("DTSTART:20261126T0900Z", at(2026, 11, 26, 9)),
        ("DTSTART:2026-11-26T09:00:00Z", at(2026, 11, 26, 9)),
        ("DTSTART:2026-11-26T09:00:00+01:00", at(2026, 11, 26, 8)),
        ("DTSTART;TZID=Europe/London:2026-11-26 09:00", at(2026, 11, 26, 9)),
        ("dtstart:20261126t090000z", at(2026, 11, 26, 9)),
        ("DTSTART:20261126T235960Z", at(2026, 11, 26, 23, 59, 59)),
        ("DTSTART:20261126T240000Z", at(2026, 11, 27)),
        ("DTSTART:2026\x0b1126T09\x0000\x1a00Z", at(2026, 11, 26, 9)),
    ],
)
def test_forms_of_a_begin(read, line, start):
    reading = read(line)
    assert starts(reading) == [start]
    assert reading.left_out == ()


def test_times_without_a_zone_and_days_have_the_offset_of_their_own_day(berlin, calendar_text, event, window):
    year = replace(window, end_s=at(2027, 6, 1))
    read = reader(replace(Instructions(year), zone="Europe/Berlin"))
    floating = event("1", "DTSTART:20270415T100000", "DURATION:PT1H")
    day = event("2", "DTSTART;VALUE=DATE:20270415", "DTEND;VALUE=DATE:20270416")
    series = event("3", "DTSTART:20270327T100000", "RRULE:FREQ=DAILY;COUNT=2")
    reading = read(Item("x", "1", Ics(calendar_text(floating, day, series))))
    assert spans(reading) == [
        (at(2027, 3, 27, 9), at(2027, 3, 27, 9)),
        (at(2027, 3, 28, 8), at(2027, 3, 28, 8)),
        (at(2027, 4, 14, 22), at(2027, 4, 15, 22)),
        (at(2027, 4, 15, 8), at(2027, 4, 15, 9)),
    ]


def test_whole_days_of_a_server_that_expands_begin_at_midnight_of_their_own_day(window):
    year = replace(window, end_s=at(2027, 6, 1))
    event = Event(uid="1", start_s=at(2027, 4, 15), end_s=at(2027, 4, 17), whole_days=True)
    for zone_name, start in (("Europe/Berlin", at(2027, 4, 14, 22)), ("UTC-05:00", at(2027, 4, 15, 5))):
        read = reader(replace(Instructions(year), zone=zone_name))
        (meeting,) = read(Item("x", "1", event)).meetings
        assert (meeting.start_s, meeting.end_s) == (start, start + 2 * 86400)


@pytest.mark.parametrize(
    ("lines", "end", "missing"),
    [
        ([], at(2026, 11, 26, 9), []),
        (["DTEND:None"], at(2026, 11, 26, 9), ["DTEND"]),
        (["DTEND:"], at(2026, 11, 26, 9), []),
        (["DTEND;VALUE=DATE:20261126", "DTEND:20261126T100000Z"], at(2026, 11, 26, 10), ["DTEND"]),
        (["DTEND;VALUE=DATE:20261127"], at(2026, 11, 26, 9), ["DTEND"]),
        (["DTEND:20251126T100000Z"], at(2026, 11, 26, 9), ["DTEND"]),
        (["DTEND:junk", "DURATION:PT1H"], at(2026, 11, 26, 10), ["DTEND"]),
        (["DURATION:1H"], at(2026, 11, 26, 9), ["DURATION"]),
        (["DURATION:-PT1H"], at(2026, 11, 26, 9), ["DURATION"]),
        (["DTEND;TZID=Europe/London:20261126T100000"], at(2026, 11, 26, 10), []),
    ],
)
def test_ends(read, lines, end, missing):
    reading = read(NINE, *lines)
    assert spans(reading) == [(at(2026, 11, 26, 9), end)]
    assert lost(reading) == missing


@pytest.mark.parametrize(
    "lines",
    [
        ["DTSTART;VALUE=DATE:20261126"],
        ["DTSTART;TZID=Europe/Berlin;VALUE=DATE:20261126"],
        ["DTSTART;VALUE=DATE:20261126", "DTEND;VALUE=DATE:20261126"],
        ["DTSTART;VALUE=DATE:20261126", "DTEND:20261127T000000Z"],
        ["DTSTART;VALUE=DATE:20261126T000000", "DURATION:P1D"],
        ["DTSTART:2026-11-26"],
        [
            "DTSTART;TZID=Pacific Standard Time:20261126T000000",
            "DTEND;TZID=Pacific Standard Time:20261127T000000",
            "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
        ],
    ],
)
def test_whole_days(read, lines):
    reading = read(*lines)
    assert spans(reading) == [(at(2026, 11, 25, 23), at(2026, 11, 26, 23))]
    assert reading.left_out == ()


def test_a_whole_day_that_does_not_last_from_midnight_to_midnight_is_none(read):
    reading = read(NINE, "DTEND:20261126T100000Z", "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE")
    assert spans(reading) == [(at(2026, 11, 26, 9), at(2026, 11, 26, 10))]


def test_a_changed_day_of_an_exchange_series_of_whole_days(berlin, calendar_text, event):
    pacific = "TZID=Pacific Standard Time"
    mark = "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"
    series = [f"DTSTART;{pacific}:20261124T000000", f"DTEND;{pacific}:20261125T000000", mark]
    moved = [f"RECURRENCE-ID;{pacific}:20261125T000000", f"DTSTART;{pacific}:20261127T000000", mark]
    reading = berlin(
        calendar_text(
            event("1", *series, "RRULE:FREQ=DAILY;COUNT=2"),
            event("1", *moved, f"DTEND;{pacific}:20261128T000000"),
        )
    )
    assert starts(reading) == [at(2026, 11, 23, 23), at(2026, 11, 26, 23)]


# Zones


def test_a_zone_that_one_invitation_defines_is_not_the_next_ones(instructions, calendar_text, event):
    """RFC 5545 section 3.6.5. A name that no other test uses: whatever is kept in the process would show."""
    read = reader(instructions)
    for name in (
        f"Customized {uuid.uuid4().hex}",
        f"/x.example/{uuid.uuid4().hex}",
        "Mitteleuropäische Zeit",
        "GMT Standard Time 1",
        "W. Europe Standard Time",
        "tzone://Microsoft/Custom",
    ):
        line = f"DTSTART;TZID={name}:20261126T120000"
        own = zone(name)
        strange = zone(name, "TZOFFSETFROM:-0800\nTZOFFSETTO:-0800\nDTSTART:16010101T000000", None)
        texts = {11: calendar_text(own, event("1", line)), 20: calendar_text(strange, event("2", line))}
        for order in ((11, 11, 20), (20, 11, 11), (11, 20, 11)):
            found = [starts(read(Item("x", "1", Ics(texts[hour]))))[0] for hour in order]
            assert found == [at(2026, 11, 26, hour) for hour in order], (name, order)


def test_an_invitation_without_a_definition_does_not_take_an_earlier_ones(instructions, calendar_text, event):
    name = f"Own {uuid.uuid4().hex}"
    line = f"DTSTART;TZID={name}:20261126T120000"
    strange = zone(name, "TZOFFSETFROM:-0800\nTZOFFSETTO:-0800\nDTSTART:16010101T000000", None)
    read = reader(replace(instructions, zone="Europe/Berlin"))
    defined, without = (
        read(Item("x", "1", Ics(calendar_text(definition, event("1", line))))) for definition in (strange, "")
    )
    assert (starts(defined), starts(without)) == ([at(2026, 11, 26, 20)], [at(2026, 11, 26, 11)])
    assert lost(without) == ["TZID of DTSTART"]


def test_zones_of_two_objects_in_one_file_are_two(instructions, calendar_text, event):
    name = f"Own {uuid.uuid4().hex}"
    line = f"DTSTART;TZID={name}:20261126T120000"
    strange = zone(name, "TZOFFSETFROM:-0800\nTZOFFSETTO:-0800\nDTSTART:16010101T000000", None)
    file = calendar_text(strange, event("1", line)) + calendar_text(zone(name), event("2", line))
    read = reader(instructions)
    assert {item.id: starts(read(item)) for item in items_of(file)} == {
        "1": [at(2026, 11, 26, 20)],
        "2": [at(2026, 11, 26, 11)],
    }


def test_of_two_definitions_of_a_known_name_in_one_object_neither_counts(read):
    name = "Pacific Standard Time"
    strange = zone(name, "TZOFFSETFROM:+0900\nTZOFFSETTO:+0900\nDTSTART:16010101T000000", None)
    reading = read(f"DTSTART;TZID={name}:20261126T120000", zones=strange + zone(name))
    assert starts(reading) == [at(2026, 11, 26, 20)]


BROKEN = {
    "no part": (None, None),
    "no begin": ("TZOFFSETFROM:+0200\nTZOFFSETTO:+0100", None),
    "no offset": ("TZOFFSETFROM:+0200\nDTSTART:19701025T030000", None),
    "an offset that is none": ("TZOFFSETFROM:x\nTZOFFSETTO:+0100\nDTSTART:19701025T030000", None),
    "an offset of days": ("TZOFFSETFROM:+0100\nTZOFFSETTO:+9900\nDTSTART:19701025T030000", None),
    "a begin that is none": ("TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nDTSTART:autumn", None),
    "a rule that is none": (f"{WINTER};BYDAY=XX", SUMMER),
    "a rule without frequency": (WINTER.replace("FREQ=YEARLY;", ""), SUMMER),
    "a date that is none": (f"{WINTER}\nRDATE:never", SUMMER),
    "one half": (WINTER, "TZOFFSETFROM:+0100"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_definition_that_is_broken_counts_as_none(read, what):
    name = f"Own {uuid.uuid4().hex}"
    reading = read(f"DTSTART;TZID={name}:20261126T120000", zones=zone(name, *BROKEN[what]))
    assert starts(reading) == [at(2026, 11, 26, 11)]
    assert lost(reading) == ["TZID of DTSTART"]
    known = read(
        "DTSTART;TZID=Pacific Standard Time:20261126T120000",
        zones=zone("Pacific Standard Time", *BROKEN[what]),
    )
    assert starts(known) == [at(2026, 11, 26, 20)]
    assert lost(known) == ["TZID of DTSTART"]


def test_an_offset_with_a_colon_and_properties_that_nobody_knows_break_no_definition(read):
    name = f"Own {uuid.uuid4().hex}"
    text = "TZOFFSETFROM:-08:00\nTZOFFSETTO:-08:00\nDTSTART;VALUE=DATE:16010101\nX-A:b\nTZNAME;LANGUAGE=de:x"
    reading = read(f"DTSTART;TZID={name}:20261126T120000", zones=zone(name, text, None))
    assert starts(reading) == [at(2026, 11, 26, 20)]
    assert reading.left_out == ()


@pytest.mark.parametrize(
    ("feed", "hour", "missing"),
    [
        ("Europe/London", 9, []),
        ("Eastern Standard Time", 14, []),
        ("GMT+05:30", 3.5, []),
        ("Nowhere/Land", 8, ["X-WR-TIMEZONE"]),
        ("", 8, []),
    ],
)
def test_the_zone_of_a_feed(read, feed, hour, missing):
    head = f"X-WR-TIMEZONE:{feed}\r\n"
    reading = read("DTSTART:20261126T090000", head=head)
    assert starts(reading) == [at(2026, 11, 26) + int(hour * 3600)]
    assert lost(reading) == missing
    assert starts(read(NINE, "RRULE:FREQ=DAILY;COUNT=2", head=head))[0] == at(2026, 11, 26, 9)


@pytest.mark.parametrize(
    ("name", "ahead"),
    [
        ("UTC+00:00", 0),
        ("UTC-03:30", -3.5),
        ("UTC+05:45", 5.75),
        ("Europe/Berlin", 1),
        ("", None),
        ("UTC", 0),
    ],
)
def test_the_rooms_zone_by_its_name(name, ahead):
    noon = datetime(2026, 12, 1, 12)  # noqa: DTZ001 (the zone is put into it)
    offset = noon.replace(tzinfo=room_zone(name)).utcoffset()
    assert offset == (noon.astimezone().utcoffset() if ahead is None else timedelta(hours=ahead))


def test_the_machines_own_zone_goes_both_ways(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        zone = room_zone("")
        for month, hours in ((1, 1), (7, 2)):
            utc = datetime(2026, month, 15, 12, tzinfo=UTC)
            assert utc.astimezone(zone).utcoffset() == timedelta(hours=hours)
            assert utc.astimezone(zone) == utc
            assert utc.astimezone(zone).hour == 12 + hours
    finally:
        monkeypatch.undo()
        time.tzset()


# Series


@pytest.mark.parametrize(
    ("lines", "days", "missing"),
    [
        (["RRULE:FREQ=DAILY;COUNT=4", "EXDATE:20261127T090000Z,20261128T090000Z,", "EXDATE:"], [26, 29], []),
        (["RRULE:FREQ=DAILY;COUNT=3", "EXDATE:tomorrow,20261127T090000Z"], [26, 28], ["EXDATE"]),
        (["RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20261127"], [26, 28], []),
        (["RRULE:FREQ=DAILY;COUNT=3", "EXDATE;TZID=tzone://Microsoft/Utc:20261127T090000"], [26, 28], []),
        (["RDATE:junk,20261127T090000Z"], [26, 27], ["RDATE"]),
        (["RDATE;VALUE=DATE:20261127"], [26, 27], []),
        (["RDATE;VALUE=PERIOD:20261127T090000Z/PT2H,20261128T090000Z/x"], [26, 27], ["RDATE"]),
        (["RRULE:FREQ=WEEKLY; BYDAY=TH, FR ;COUNT=2"], [26, 27], []),
        (["RRULE:freq=daily;count=2;"], [26, 27], []),
        (["RRULE:RSCALE=GREGORIAN;FREQ=DAILY;COUNT=2;SKIP=OMIT"], [26, 27], []),
        (["RRULE:FREQ=DAILY;INTERVAL=0;COUNT=2"], [26, 27], []),
        (["RRULE:RSCALE=CHINESE;FREQ=YEARLY"], [26], ["RRULE"]),
        (["RRULE:FREQ=SOMETIMES"], [26], ["RRULE"]),
        (["RRULE:INTERVAL=1"], [26], ["RRULE"]),
        (["RRULE:FREQ=DAILY;UNTIL=never"], [26], ["RRULE"]),
        (["RRULE:FREQ=WEEKLY;BYDAY=Monday"], [26], ["RRULE"]),
        (["RRULE:FREQ=MONTHLY;BYMONTHDAY=x"], [26], ["RRULE"]),
        (["RRULE:"], [26], []),
        (["RRULE:FREQ=DAILY;COUNT=2", "RRULE:junk"], [26, 27], ["RRULE"]),
        (["RECURRENCE-ID:junk"], [26], ["RECURRENCE-ID"]),
    ],
)
def test_series(read, lines, days, missing):
    reading = read(NINE, *lines)
    assert starts(reading) == [at(2026, 11, day, 9) for day in days]
    assert lost(reading) == missing


def test_the_day_of_until_is_in_the_series(read):
    reading = read("DTSTART;TZID=America/New_York:20261123T200000", "RRULE:FREQ=DAILY;UNTIL=20261125")
    assert starts(reading) == [at(2026, 11, day, 1) for day in (24, 25, 26)]


def test_an_exception_that_cannot_be_read_leaves_the_series(berlin, calendar_text, event):
    reading = berlin(
        calendar_text(
            event("1", NINE, "RRULE:FREQ=DAILY;COUNT=2", "SUMMARY:Daily"),
            event("1", "RECURRENCE-ID:20261127T090000Z", "DTSTART:junk", "SUMMARY:Moved"),
        )
    )
    assert starts(reading) == [at(2026, 11, 26, 9), at(2026, 11, 27, 9)]
    assert [(each.event, each.property) for each in reading.left_out] == [("Moved", "")]


def test_two_meetings_that_share_a_uid_are_two_and_two_versions_of_one_are_one(berlin, calendar_text, event):
    other = "DTSTART:20261127T090000Z"
    both = berlin(calendar_text(event("1", NINE), event("1", other)))
    assert starts(both) == [at(2026, 11, 26, 9), at(2026, 11, 27, 9)]
    assert len({meeting.id for meeting in both.meetings}) == 2
    assert starts(berlin(calendar_text(event("1", NINE), event("1", other, "SEQUENCE:1")))) == [
        at(2026, 11, 27, 9)
    ]


# The rest


@pytest.mark.parametrize("inner", ["TRIGGER:", "TRIGGER:-PT15", "TRIGGER:-15M", "TRIGGER:PT-15M", "REPEAT:x"])
@pytest.mark.parametrize("end", ["END:VALARM", "X-NO-END:x"])
def test_a_room_rings_no_alarms(read, inner, end):
    reading = read(
        NINE,
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        inner,
        "DESCRIPTION:no",
        end,
        "SUMMARY:yes" if end[:3] == "END" else "X-A:b",
    )
    assert starts(reading) == [at(2026, 11, 26, 9)]
    assert reading.left_out == ()
    assert reading.meetings[0].body == ""


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("ORGANIZER;CN=Doe, Jo:mailto:jo@example.org", "Doe, Jo"),
        ('ORGANIZER;CN="Doe, Jo":mailto:jo@example.org', "Doe, Jo"),
        ("ORGANIZER;CN=Doe: Jo:mailto:jo@example.org", "Doe: Jo"),
        ("ORGANIZER;CN=Jo ^'J^' Doe:mailto:jo@example.org", 'Jo "J" Doe'),
        ('ORGANIZER;CN="Jo "J" Doe":mailto:jo@example.org', "Jo J Doe"),
        ('ORGANIZER;SENT-BY="mailto:al@example.org":MAILTO:jo%2Bx@example.org', "jo+x@example.org"),
        ("ORGANIZER;EMAIL=jo@example.org:urn:uuid:1", "jo@example.org"),
        ("ORGANIZER:jo@example.org", "jo@example.org"),
    ],
)
def test_names_of_organizers(read, line, name):
    (meeting,) = read(NINE, line, line.replace("ORGANIZER", "ATTENDEE")).meetings
    assert meeting.organizer == name
    assert meeting.required == (name,)


@pytest.mark.parametrize(
    "line",
    [
        "ATTENDEE;EMAIL=Room@example.org;PARTSTAT=DECLINED:urn:uuid:123",
        "ATTENDEE;CN=Room, big;PARTSTAT=DECLINED:mailto:room@example.org",
        'ATTENDEE;EMAIL="room@example.org";PARTSTAT=declined:/principals/123/',
    ],
)
def test_the_room_knows_itself(read, line):
    assert read(NINE, line).meetings == ()


def test_the_meeting_is_dialled_and_nobody_of_its_people(read):
    focus = r"conf:sip:jo.doe@acme.example\;gruu\;opaque=app:conf:focus:id:teams:2:0!19:meeting_x"
    (meeting,) = read(
        NINE,
        "ORGANIZER;CN=Jo:mailto:Jo.Doe@acme.example",
        "ATTENDEE;EMAIL=al@acme.example:urn:uuid:1",
        f"X-MICROSOFT-ONLINEMEETINGCONFLINK:{focus}",
        r"X-MICROSOFT-CONFERENCETELURI:tel:+46812345\,\,68138",
        "X-MICROSOFT-SKYPETEAMSMEETINGURL:https://teams.microsoft.com/l/meetup-join/19",
        r"DESCRIPTION:Tenant key: acme@t.plcm.vc\nVideo ID: 112 345 678 9\nsip:jo.doe@acme.example",
        r"LOCATION:SIP: al@acme.example",
    ).meetings
    assert [choice.uri for choice in meeting.choices] == [
        "sip:acme.1123456789@t.plcm.vc",
        "tel:+46812345,,68138",
    ]


def test_text_with_raw_line_ends_and_control_characters(read):
    (meeting,) = read(
        NINE, "SUMMARY:a\x0bb\x1ac\x00", "DESCRIPTION:first\nsecond line\n85912345678@zoomcrc.com"
    ).meetings
    assert meeting.subject == "abc"
    assert meeting.body == "first\nsecond line\n85912345678@zoomcrc.com"


def test_an_event_that_does_not_end_costs_no_other(instructions, calendar_text):
    text = calendar_text(
        "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261126T090000Z\r\n"
        "BEGIN:VEVENT\r\nUID:2\r\nDTSTART:20261126T100000Z\r\nEND:VEVENT\r\nEND:VTODO\r\n"
        "BEGIN:VEVENT\r\nUID:3\r\nDTSTART:20261126T110000Z\r\nBEGIN:VALARM\r\nEND:VEVENT\r\n"
    )
    assert [item.id for item in items_of(text)] == ["1", "2", "3"]
    read = reader(instructions)
    assert [starts(read(item)) for item in items_of(text)] == [
        [at(2026, 11, 26, hour)] for hour in (9, 10, 11)
    ]


def test_a_meeting_without_a_begin_is_named(read):
    reading = read("SUMMARY:When?")
    assert reading.meetings == ()
    assert [(each.event, each.property, each.why) for each in reading.left_out] == [
        ("When?", "", "it has no DTSTART")
    ]
    assert reading.lost == 1


def test_what_a_server_cannot_give_is_refused_with_its_reason(instructions):
    reading = reader(instructions)(Item("x", "1", Unusable("no time")))
    assert (reading.meetings, reading.refused, reading.lost) == ((), "no time", 1)


def test_quoted_printable_of_old_programs(read):
    (meeting,) = read(NINE, "SUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:Gr=FC=DFe").meetings
    assert meeting.subject == "Grüße"


def test_a_long_parameter_before_the_text(read):
    """Thunderbird keeps the HTML of a text in a parameter of it."""
    html = "data:text/html," + "%3Cp%3Ex%3A;y:z%3C%2Fp%3E" * 1000
    (meeting,) = read(NINE, f'DESCRIPTION;ALTREP="{html}":Plain: text').meetings
    assert meeting.body == "Plain: text"


def test_neither_the_room_nor_somebody_with_a_port_is_called(read):
    (meeting,) = read(
        NINE,
        "ORGANIZER:mailto:jo@acme.example",
        "DESCRIPTION:sip:jo@acme.example:5060 sip:room@example.org sip:JO@acme.example\\;transport=tcp",
    ).meetings
    assert meeting.choices == ()


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("W.Europe Standard Time", 1),
        ("W Europe Standard Time", 1),
        ("W. Europe Daylight Time", 1),
        ("Pacific Daylight Time", -8),
        ("US Eastern", -5),
        ("Eastern", -5),
        ("America/New York", -5),
        ("'America/New_York'", -5),
        ("(UTC) Dublin\\, Edinburgh\\, Lisbon\\, London", 0),
        ('"(GMT) Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London"', 0),
        ("(UTC) Coordinated Universal Time", 0),
        ('"Paris, Madrid"', 1),
        ("Berlin", 1),
        ("Tokyo", 9),
        ("東京 (標準時)", 9),
        ("Brasilia Time", -3),
        ("Nepal Standard Time", 5.75),
        ("Kathmandu", 5.75),
        ("Indian Standard Time", 5.5),
        ("Newfoundland", -3.5),
        ("Kamchatka Standard Time", 12),
        ("HKT", 8),
    ],
)
def test_names_of_zones_as_programs_spell_them(read, name, hours):
    reading = read(f"DTSTART;TZID={name}:20261126T090000")
    assert starts(reading) == [at(2026, 11, 26, 9) - hours * 3600]
    assert reading.left_out == ()


def test_a_changed_occurrence_is_found_by_its_day_where_no_more_is_said(berlin, calendar_text, event):
    series = event("1", "DTSTART;TZID=Europe/Berlin:20261126T090000", "RRULE:FREQ=DAILY;COUNT=3")
    changed = event("1", "RECURRENCE-ID;VALUE=DATE:20261127", "DTSTART:20261127T150000Z")
    expected = [at(2026, 11, 26, 8), at(2026, 11, 27, 15), at(2026, 11, 28, 8)]
    assert starts(berlin(calendar_text(series, changed))) == expected
