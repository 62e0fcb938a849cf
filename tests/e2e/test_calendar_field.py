"""Calendars as they are met in the field, read by whole rooms: what is wrong in one invitation harms no other."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.dav_server import Dav

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
TOMORROW = NOW + timedelta(days=1)


def calendar(*parts: str, head: str = "") -> str:
    inner = "".join(parts).replace("\n", "\r\n")
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//tests//\r\n{head}{inner}END:VCALENDAR\r\n"


def event(uid: str, *lines: str) -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{uid}", *lines, "END:VEVENT", ""])


def zone(name: str, offset: str) -> str:
    return "\n".join(
        [
            *("BEGIN:VTIMEZONE", f"TZID:{name}", "BEGIN:STANDARD", "DTSTART:16010101T000000"),
            *(f"TZOFFSETFROM:{offset}", f"TZOFFSETTO:{offset}", "END:STANDARD", "END:VTIMEZONE", ""),
        ]
    )


@pytest.fixture
def ics_room(start_room, tmp_path):
    """A room that reads this text as a file."""

    def start(text: str, *flags: str):
        file = tmp_path / "meetings.ics"
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
        return start_room("--calendar-provider", "ics", "--calendar-url", str(file), *flags)

    return start


def read_meetings(controller, eventually):
    eventually(lambda: controller.get("/rest/calendar") == {"status": "ONLINE"}, "the calendar is read")
    return {each["subject"]: each for each in controller.get("/rest/calendar/meetings")}


def left_out(controller):
    parts = {part["name"]: part for part in controller.get("/x/health")["subsystems"]}
    assert parts["calendar"]["state"] == "up"
    return parts["calendar"]["leftOut"]


def at(moment):
    return int(moment.timestamp())


def test_a_teams_meeting_out_of_exchange_is_dialled_and_not_its_organizer(ics_room, control, eventually):
    focus = r"conf:sip:jo.doe@acme.example\;gruu\;opaque=app:conf:focus:id:teams:2:0!19:meeting_x"
    room = ics_room(
        calendar(
            event(
                "Plans",
                f"DTSTART:{TOMORROW:%Y%m%dT%H%M%SZ}",
                "ORGANIZER;CN=Doe, Jo:mailto:jo.doe@acme.example",
                f"X-MICROSOFT-ONLINEMEETINGCONFLINK:{focus}",
                r"DESCRIPTION:Tenant key: acme@t.plcm.vc\nVideo ID: 112 345 678 9\nSIP: jo.doe@acme.example",
            )
        ),
        "--engine",
        "simulated",
    )
    controller = control(room)
    (plans,) = read_meetings(controller, eventually).values()
    assert plans["actions"] == ["sip:acme.1123456789@t.plcm.vc"]
    assert plans["organizer"] == "Doe, Jo"
    controller.post(f"/rest/calendar/meetings/{plans['id']}")
    (conference,) = controller.get("/rest/conferences")
    assert [each["address"] for each in conference["connections"]] == ["acme.1123456789@t.plcm.vc"]


@pytest.mark.parametrize("order", ["own own strange", "strange own own"])
def test_no_strangers_invitation_moves_another(start_room, control, eventually, order):
    dav = Dav()
    line = f"DTSTART;TZID=Customized Time Zone:{TOMORROW:%Y%m%d}T120000"
    noon = datetime(TOMORROW.year, TOMORROW.month, TOMORROW.day, 12, tzinfo=UTC)
    expected = {}
    for number, kind in enumerate(order.split()):
        offset, hours = ("+0100", -1) if kind == "own" else ("-0800", 8)
        dav.put(f"e{number}", calendar(zone("Customized Time Zone", offset), event(f"e{number}", line)))
        expected[f"e{number}"] = at(noon + timedelta(hours=hours))
    with dav.served() as url:
        room = start_room(
            *("--calendar-provider", "caldav", "--calendar-url", url, "--calendar-user", "room@example.org"),
            environment={"VIDEOBAR_CALENDAR_PASSWORD": "hush-hush"},
        )
        found = read_meetings(control(room), eventually)
        room.stop()
    assert {name: each["startTime"] for name, each in found.items()} == expected


def test_one_bad_character_takes_no_calendar_away(start_room, control, eventually):
    dav = Dav()
    for name in ("good", "bad"):
        dav.put(name, calendar(event(name, f"DTSTART:{TOMORROW:%Y%m%dT%H%M%SZ}", f"DESCRIPTION:{name} text")))
    dav.spoil = lambda text: b"\n\n" + text.replace(b"bad text", b"bad \x0b&#x1A; text \xe4")
    with dav.served() as url:
        room = start_room(
            *("--calendar-provider", "caldav", "--calendar-url", url, "--calendar-user", "room@example.org"),
            environment={"VIDEOBAR_CALENDAR_PASSWORD": "hush-hush"},
        )
        controller = control(room)
        assert {name: each["body"] for name, each in read_meetings(controller, eventually).items()} == {
            "good": "good text",
            "bad": "bad text ä",
        }
        assert left_out(controller) == 0
        room.stop()


def test_times_without_a_zone_have_the_offset_of_their_own_day(ics_room, control, eventually):
    """A day in winter and one in summer, whatever it is now."""
    berlin = ZoneInfo("Europe/Berlin")
    days = [TOMORROW + timedelta(days=number) for number in (0, 60, 120, 180)]
    room = ics_room(
        calendar(
            *(event(f"floating {day:%m}", f"DTSTART:{day:%Y%m%d}T100000") for day in days),
            *(event(f"whole {day:%m}", f"DTSTART;VALUE=DATE:{day:%Y%m%d}") for day in days),
        ),
        *("--timezone", "Europe/Berlin", "--calendar-days", "200"),
    )
    found = read_meetings(control(room), eventually)
    expected = {}
    for day in days:
        expected[f"floating {day:%m}"] = at(datetime(day.year, day.month, day.day, 10, tzinfo=berlin))
        expected[f"whole {day:%m}"] = at(datetime(day.year, day.month, day.day, tzinfo=berlin))
    assert {name: each["startTime"] for name, each in found.items()} == expected
    assert len({each["startTime"] % 86400 for name, each in found.items() if "whole" in name}) == 2


def test_what_is_left_out_is_counted_and_named(ics_room, control, eventually):
    start = f"DTSTART:{TOMORROW:%Y%m%dT%H%M%SZ}"
    room = ics_room(
        calendar(
            event("good", start),
            event("alarm", start, "BEGIN:VALARM", "TRIGGER:-15M", "END:VALARM"),
            event("no end", start, "DTEND:None"),
            event("no rule", start, "RRULE:FREQ=SOMETIMES"),
            event("no zone", f"DTSTART;TZID=Own:{TOMORROW:%Y%m%d}T120000"),
            event("never", "DTSTART:soon"),
            event("bomb", start, "RRULE:FREQ=SECONDLY"),
            head="X-WR-TIMEZONE:Eastern Standard Time\r\n",
        )
    )
    controller = control(room)
    assert set(read_meetings(controller, eventually)) == {"good", "alarm", "no end", "no rule", "no zone"}
    assert left_out(controller) == 5
    status, page = controller.ask("GET", "/x/metrics")
    assert (status, b'videobar_left_out{subsystem="calendar"} 5.0' in page) == (200, True)
    room.stop()
    output = room.output.finish()
    for told in (
        "event 'no end': DTEND left out: 'None' is no date",
        "event 'no rule': RRULE left out: 'FREQ=SOMETIMES' is no rule",
        "event 'no zone': TZID of DTSTART left out: 'Own': it is not defined, and not known; taken as local time",
        "event 'never': all of it left out: DTSTART: 'soon' is no date",
        "invitation 'bomb' 'bomb' cannot be read (a rule with the frequency 'SECONDLY'): left out",
    ):
        assert told in output, told


def test_curl_sees_what_was_left_out_without_a_login(ics_room, eventually):
    room = ics_room(calendar(event("no end", f"DTSTART:{TOMORROW:%Y%m%dT%H%M%SZ}", "DTEND:None")))

    def counted():
        answer = subprocess.run(
            ["curl", "-sk", f"https://127.0.0.1:{room.port}/x/health"], capture_output=True, check=True
        )
        return b'"name":"calendar","state":"up","leftOut":1' in answer.stdout

    eventually(counted, "the end that is none is counted")
