"""A real CalDAV server (radicale), read by our client and by whole rooms; a meeting dialled to a foreign SIP agent."""

from __future__ import annotations

import base64
import http.client
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from tests.free_ports import free_port

from videobar.adapters.calendar.factory import Providers
from videobar.adapters.host.resolver import SystemResolver
from videobar.room.calendar.meeting import Window
from videobar.room.calendar.port import (
    CalendarAccount,
    ProviderError,
    ProviderKind,
    ProviderRefused,
    ProviderUnreachable,
)
from videobar.room.egress import EgressPolicy

pytest.importorskip("radicale", reason="radicale is not installed")

USER, SECRET = "room@example.org", "hush-hush"
CALENDAR = f"/{USER}/meetings/"
PATIENCE_S = 30.0

MAKE_CALENDAR = """<?xml version="1.0" encoding="utf-8"?>
<d:mkcol xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>
<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>
<c:supported-calendar-component-set><c:comp name="VEVENT"/></c:supported-calendar-component-set>
</d:prop></d:set></d:mkcol>"""


class Radicale:
    """The server as its makers ship it, on a port of this machine."""

    def __init__(self, folder) -> None:
        self.folder = folder
        (folder / "users").write_text(f"{USER}:{SECRET}\n")
        self.start()

    def start(self, port: int | None = None) -> None:
        for _ in range(10):
            self.port = port or free_port()
            config = self.folder / "config"
            config.write_text(
                f"[server]\nhosts = 127.0.0.1:{self.port}\n"
                f"[auth]\ntype = htpasswd\nhtpasswd_filename = {self.folder}/users\n"
                f"htpasswd_encryption = plain\ndelay = 0\n"
                f"[storage]\nfilesystem_folder = {self.folder}/data\n"
            )
            self.process = subprocess.Popen(
                [sys.executable, "-m", "radicale", "--config", str(config)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            deadline = time.monotonic() + PATIENCE_S
            while self.process.poll() is None and time.monotonic() < deadline:
                with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                    return
                time.sleep(0.05)
            self.stop()
        raise AssertionError("radicale did not start")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE_S)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: str = "") -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        secret = base64.b64encode(f"{USER}:{SECRET}".encode()).decode()
        connection.request(method, path, body.encode(), {"Authorization": f"Basic {secret}"})
        status = connection.getresponse().status
        connection.close()
        assert status < 300, (method, path, status)
        return status

    def make_calendar(self, path: str = CALENDAR) -> None:
        self.ask("MKCOL", path, MAKE_CALENDAR)

    def put(self, name: str, start: datetime, *lines: str, path: str = CALENDAR) -> None:
        text = "\r\n".join(
            [
                "BEGIN:VCALENDAR",
                "VERSION:2.0",
                "PRODID:-//tests//",
                "BEGIN:VEVENT",
                f"UID:{name}",
                "DTSTAMP:20260101T000000Z",
                f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
                "DURATION:PT1H",
                f"SUMMARY:{name}",
                *lines,
                "END:VEVENT",
                "END:VCALENDAR",
                "",
            ]
        )
        self.ask("PUT", f"{path}{name}.ics", text)

    def delete(self, name: str) -> None:
        self.ask("DELETE", f"{CALENDAR}{name}.ics")


@pytest.fixture
def radicale(tmp_path):
    folder = tmp_path / "radicale"
    folder.mkdir()
    server = Radicale(folder)
    server.make_calendar()
    yield server
    server.stop()


NOW = datetime.now(UTC).replace(microsecond=0)
WINDOW = Window(int(NOW.timestamp()) - 86400, int(NOW.timestamp()) + 30 * 86400)


@pytest.fixture
async def provider(radicale):
    made = []

    def make(path: str = "", user: str = USER, password: str = SECRET):
        providers = Providers(EgressPolicy(SystemResolver(), ()))
        made.append(
            providers(
                CalendarAccount(
                    kind=ProviderKind.CALDAV, url=radicale.url + path, user=user, password=password
                )
            )
        )
        return made[-1]

    yield make
    for each in made:
        await each.close()


def names(changes) -> set[str]:
    return {item.id.rpartition("/")[2].removesuffix(".ics") for item in changes.changed}


@pytest.mark.parametrize("path", ["", "/", "/.well-known/caldav", f"/{USER}/", CALENDAR])
async def test_the_calendar_is_found_from_wherever_one_starts(radicale, provider, path):
    assert await provider(path).calendars() == [CALENDAR]


async def test_it_synchronises_by_token(radicale, provider):
    radicale.put("one", NOW + timedelta(hours=1))
    radicale.put("two", NOW + timedelta(hours=2))
    radicale.put("past", NOW - timedelta(days=100))
    radicale.put("series", NOW - timedelta(days=100), "RRULE:FREQ=DAILY")
    calendar = provider()
    first = await calendar.changes(WINDOW, {}, "")
    assert names(first) == {"one", "two", "series"}
    known = {item.id: item.version for item in first.changed}

    same = await calendar.changes(WINDOW, known, first.token)
    assert (same.changed, same.gone, same.token) == ([], frozenset(), first.token)

    radicale.put("two", NOW + timedelta(hours=3))
    radicale.put("three", NOW + timedelta(hours=4))
    radicale.delete("one")
    later = await calendar.changes(WINDOW, known, first.token)
    assert names(later) == {"two", "three"}
    assert later.gone == {f"{CALENDAR}one.ics"}

    stale = await calendar.changes(WINDOW, known, first.token.replace("ns/sync/", "ns/sync/0"))
    assert names(stale) == {"two", "three"}
    assert stale.gone == {f"{CALENDAR}one.ics"}


async def test_all_calendars_of_the_user_are_read(radicale, provider):
    radicale.make_calendar(f"/{USER}/more%20meetings/")
    radicale.put("one", NOW + timedelta(hours=1))
    radicale.put("two", NOW + timedelta(hours=1), path=f"/{USER}/more%20meetings/")
    calendar = provider()
    first = await calendar.changes(WINDOW, {}, "")
    assert {item.id for item in first.changed} == {f"{CALENDAR}one.ics", f"/{USER}/more meetings/two.ics"}
    radicale.put("two", NOW + timedelta(hours=2), path=f"/{USER}/more%20meetings/")
    later = await calendar.changes(WINDOW, {item.id: item.version for item in first.changed}, first.token)
    assert (names(later), later.gone) == ({"two"}, frozenset())


async def test_many_events_are_fetched_in_parts(radicale, provider):
    for number in range(120):
        radicale.put(f"e{number}", NOW + timedelta(hours=1))
    assert len((await provider().changes(WINDOW, {}, "")).changed) == 120


async def test_wrong_credentials_and_nothing_there(radicale, provider):
    with pytest.raises(ProviderRefused) as refused:
        await provider(password="wrong-secret").changes(WINDOW, {}, "")
    assert "wrong-secret" not in str(refused.value)
    with pytest.raises(ProviderError):
        await provider("/nobody/nothing/").changes(WINDOW, {}, "")
    radicale.stop()
    with pytest.raises(ProviderUnreachable):
        await provider().changes(WINDOW, {}, "")


def meetings(controller):
    return {meeting["subject"]: meeting for meeting in controller.get("/rest/calendar/meetings")}


def wait_for_status(controller, eventually, status):
    eventually(lambda: controller.get("/rest/calendar") == {"status": status}, f"the calendar is {status}")


@pytest.fixture
def calendar_room(radicale, start_room, tmp_path):
    def start(password: str = SECRET):
        return start_room(
            "--calendar-provider",
            "caldav",
            "--calendar-url",
            radicale.url,
            "--calendar-user",
            USER,
            "--calendar-seconds",
            "1",
            "--log-level",
            "debug",
            data=tmp_path / "room",
            environment={"VIDEOBAR_CALENDAR_PASSWORD": password},
        )

    return start


def test_a_meeting_is_dialled_to_an_independent_agent(
    radicale, calendar_room, start_peer, control, eventually
):
    peer = start_peer(incoming="answer")
    host, _, port = peer.uri.removeprefix("sip:").partition("@")[2].partition(":")
    radicale.put(
        "Plans",
        NOW - timedelta(minutes=5),
        f"LOCATION:sip:nobody@{host}:9",
        f"DESCRIPTION:Join by SIP: {peer.uri}\\nRegards",
        f"ATTENDEE;CN=Room;PARTSTAT=ACCEPTED:mailto:{USER}",
        "ORGANIZER;CN=Jo Doe:mailto:jo@example.org",
    )
    radicale.put("Declined", NOW, f"ATTENDEE;PARTSTAT=DECLINED:mailto:{USER}")
    room = calendar_room()
    controller = control(room)
    wait_for_status(controller, eventually, "ONLINE")
    plans = meetings(controller)["Plans"]
    assert set(meetings(controller)) == {"Plans"}
    assert plans["actions"] == [f"sip:nobody@{host}:9", f"sip:peer@{host}:{port}"]
    assert (plans["canDial"], plans["inCall"], plans["organizer"]) == (True, False, "Jo Doe")

    status, links = controller.ask("POST", f"/rest/calendar/meetings/{plans['id']}")
    assert status == 200
    assert links[0]["href"].startswith("/rest/conferences/0/connections/")
    peer.wait_for("established")
    link = f"/rest/calendar/meetings/{plans['id']}"
    eventually(lambda: controller.get(link)["inCall"], "the meeting's call is up")
    (conference,) = controller.get("/rest/conferences")
    assert [c["address"] for c in conference["connections"]] == [f"peer@{host}:{port}"]
    controller.delete("/rest/conferences/0")
    eventually(lambda: not controller.get(link)["inCall"], "the meeting's call is over")


def test_the_last_good_data_outlives_the_server_and_the_room(radicale, calendar_room, control, eventually):
    radicale.put("Plans", NOW + timedelta(hours=1))
    room = calendar_room()
    controller = control(room)
    wait_for_status(controller, eventually, "ONLINE")
    radicale.put("More", NOW + timedelta(hours=2))
    eventually(lambda: set(meetings(controller)) == {"Plans", "More"}, "both meetings")
    before = meetings(controller)
    radicale.stop()
    wait_for_status(controller, eventually, "OFFLINE")
    assert set(meetings(controller)) == {"Plans", "More"}
    room.stop()

    again = calendar_room()
    controller = control(again)
    wait_for_status(controller, eventually, "OFFLINE")
    after = meetings(controller)
    assert {name: each["id"] for name, each in after.items()} == {
        name: each["id"] for name, each in before.items()
    }
    assert after["Plans"]["lastSyncTime"] >= before["Plans"]["lastSyncTime"]
    radicale.start(radicale.port)
    wait_for_status(controller, eventually, "ONLINE")
    row = next(
        row for row in controller.get("/rest/system/status") if row["name"] == "system.status.calendar"
    )
    assert row["stateList"] == ["up"]


def test_a_wrong_password_is_told_and_never_shown(radicale, calendar_room, control, eventually):
    room = calendar_room("wr0ng-secret")
    controller = control(room)
    wait_for_status(controller, eventually, "ERR_AUTHENTICATION")
    assert meetings(controller) == {}
    room.stop()
    assert "wr0ng-secret" not in room.output.finish()
