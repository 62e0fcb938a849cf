"""Request and response of every action that is built, on a room whose clock and ids stand still.

After a change that is meant, run with VIDEOBAR_WRITE_GOLDEN=1 and read the difference before committing it.
"""

from __future__ import annotations

import asyncio
import functools
import io
import itertools
import json
import os
import re
import zipfile
from pathlib import Path

import pytest
from tests.waiting import until

from videobar.adapters.cameras.context import CameraContext
from videobar.adapters.cameras.factory import mount
from videobar.adapters.cameras.setting import cameras as configured
from videobar.adapters.collaboration.saved_content import FileShelves
from videobar.adapters.directory.assembly import open_directory
from videobar.adapters.host.content_files import ContentDirectory
from videobar.adapters.store.audit import SqliteAudit
from videobar.adapters.store.database import Database
from videobar.adapters.store.memory import MemoryCallLog, MemoryStore
from videobar.adapters.store.presets import SqlitePresets
from videobar.contract.index import OPERATIONS
from videobar.errors import CalendarLoginRefused, InvalidRequest, NoCalendarFound
from videobar.handlers.areas import areas_of
from videobar.handlers.authorization import Authorization
from videobar.room.accounts import Accounts, PasswordPolicy
from videobar.room.audio.port import PortLevels
from videobar.room.audio.service import Audio
from videobar.room.audit import Audit
from videobar.room.calendar.finding import Finding
from videobar.room.calendar.meeting import Event
from videobar.room.calendar.port import Account, Kind
from videobar.room.calls.do_not_disturb import DoNotDisturb
from videobar.room.calls.port import (
    Connected,
    DigitReceived,
    FarPicture,
    HeldHere,
    Incoming,
    MediaChanged,
    Ringing,
    SipServer,
)
from videobar.room.calls.service import CallLimits, Calls
from videobar.room.cameras.service import Cameras
from videobar.room.cameras.sources import arrange
from videobar.room.collaboration.service import Collaboration
from videobar.room.content import Content, ContentFigures
from videobar.room.egress import EgressPolicy
from videobar.room.far_cameras import CameraAbility, FarCameras, FarCamerasKnown, NearControl
from videobar.room.room import Room
from videobar.room.sessions import Sessions
from videobar.room.store import Key
from videobar.room.system.certificates import CertificateFacts
from videobar.room.system.configuration import Configuration, Variable
from videobar.room.system.diagnostics import Diagnostics, Hop
from videobar.room.system.health import Health
from videobar.room.system.logs import Bundle, Logs
from videobar.room.system.modes import Modes
from videobar.room.system.monitoring import Monitoring, Page
from videobar.room.system.request_metrics import RequestMetrics
from videobar.room.system.restart import Restart
from videobar.room.system.service import Identity, Lan, System
from videobar.room.video import Snapshot, Video
from videobar.server.app import Application
from videobar.server.messages import Request
from videobar.vocabulary import CallMedia, Model, SubsystemState, SystemState

FILE = Path(__file__).with_name("actions.json")
PASSWORD = "8L2003EXAMPLE0"


class Machine:
    def lan(self):
        return Lan(up=True, full_duplex=True, speed_mbps=1000)


class Names:
    async def addresses(self, host):
        return {"gateway": ["192.0.2.1"]}.get(host, [])


class Network:
    """A gateway two hops away that answers everything but H.323."""

    async def echo(self, address):
        return 2.4

    async def speaks_sip(self, address):
        return True

    async def speaks_h323(self, address):
        return False

    async def hops(self, address, numbers):
        return [(Hop(1, "", 0.0), False), (Hop(2, address, 1.6), True)]


class NoLogs:
    def nearly_full(self):
        return False

    async def bundle(self, documents):
        async def chunks():
            yield b"".join(documents.values())

        return Bundle(sum(map(len, documents.values())), chunks())


class Disk:
    async def works(self):
        return True


class NamesOfFigures:
    async def page(self, figures, media_process):
        return Page("text/plain", "".join(f"{figure.name}\n" for figure in figures).encode())


class NoReset:
    async def order(self, keep):
        self.keep = keep


class Certificate:
    async def facts(self):
        return CertificateFacts(
            "CN=room", "CN=room", ["room"], 1_700_000_000_000, 1_700_086_400_000, "AB:CD", True, False
        )

    async def request(self, common_name, names):
        return f"CSR of {common_name}"

    async def install(self, content):
        if content != b"PEM":
            raise InvalidRequest("files: has no certificate in PEM")

    async def remove(self):
        pass


class PlainPasswords:
    async def hash(self, password):
        return password

    async def verify(self, stored, password):
        return stored == password

    def needs_rehash(self, stored):
        return False


MEETINGS = (
    Event(
        uid="plans",
        start_s=1_700_003_600,
        end_s=1_700_005_400,
        subject="Plans",
        organizer="R. Example",
        location="Room 9",
        body="<p>Join by SIP<br>9.1234@192.0.2.9</p><p>or h323:192.0.2.9</p>",
        required=("M. Holt",),
    ),
    Event(
        uid="secret",
        start_s=1_700_010_000,
        end_s=1_700_010_600,
        subject="Salaries",
        links=("sip:pay@192.0.2.9",),
        private=True,
    ),
    Event(uid="off", start_s=1_700_020_000, end_s=1_700_020_600, subject="Off", cancelled=True),
)


class Finder:
    """Finds a calendar for one address, which does not tell who asks."""

    async def find(self, search):
        if search.password == "wrong":
            raise CalendarLoginRefused("password: cal.example.org does not accept it for room@example.org")
        if search.address != "room@example.org":
            raise NoCalendarFound("email: nothing found for example.com")
        return Account(kind=Kind.CALDAV, url="https://cal.example.org/", user="room")


async def forget(account):
    pass


class Driver:
    """Sends requests to the core as one client would, and writes down what was said."""

    def __init__(self, application, collaboration) -> None:
        self.application = application
        self.collaboration = collaboration
        self.cookie = ""
        self.said: list[dict] = []

    async def ask(self, method, path, body=None, upload=""):
        content = upload.encode() if body is None else json.dumps(body).encode()

        async def read_body(limit):
            return content

        headers = [(b"cookie", self.cookie.encode())] if self.cookie else []
        bare, _, query = path.partition("?")
        response = await self.application.handle(
            Request(method, bare, query.encode(), headers, "192.0.2.7", read_body)
        )
        if isinstance(response.body, bytes):
            answer = json.loads(response.body) if response.body else None
        else:
            file = b"".join([chunk async for chunk in response.body])
            answer = f"an archive of {names_in(file)}" if file.startswith(b"PK") else f"a file: {file!r}"
        row = {"request": f"{method} {path}"}
        if body is not None:
            row["body"] = body
        if upload:
            row["upload"] = upload
        row |= {"status": response.status, "answer": answer}
        self.said.append(row)
        return answer


def names_in(archive):
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.namelist()


@pytest.fixture
async def stage(clock, engine, sound, tmp_path, make_calendar):
    store = MemoryStore()
    database = Database(tmp_path / "room.sqlite")
    await store.put({Key.NAME: "Lobby"})
    audio = Audio(path=sound, store=store)
    calls = Calls(
        engine=engine,
        clock=clock,
        limits=CallLimits(),
        room_name=lambda: "Lobby",
        call_log=MemoryCallLog(),
        availability=DoNotDisturb(MemoryStore()),
    )
    cameras = Cameras(
        sources=arrange(
            mount(
                configured("drawn:,content=drawn:"),
                CameraContext(clock, EgressPolicy(Names(), ()), tracking=True),
            )
        ),
        presets=SqlitePresets(database),
        pictures=engine,
        people=engine,
        clock=clock,
        store=store,
    )
    calendar, provider = make_calendar(calls)
    provider.hold(*MEETINGS)
    machine = Machine()
    health = Health(
        host=machine,
        audio=audio,
        cameras=cameras,
        engine=engine,
        logs=NoLogs(),
        answers_itself=lambda: False,
        calendar=lambda: calendar.state,
        directory=lambda: SubsystemState.OFF,
    )
    system = System(
        identity=Identity(Model.X30, PASSWORD, "3.12.0", "1"),
        clock=clock,
        store=store,
        host=machine,
        status=health.rows,
    )
    system.state = SystemState.READY
    accounts = Accounts(store=store, passwords=PlainPasswords(), policy=PasswordPolicy())
    await store.put({Key.PASSWORD_HASH.format(user="admin"): PASSWORD})
    sessions = Sessions(
        clock=clock,
        passwords=PlainPasswords(),
        credentials=accounts,
        new_id=lambda: "PS" + "A" * 48,
    )
    diagnostics = Diagnostics(EgressPolicy(Names(), ()), Network())
    modes = Modes(store, calls.hang_up_all)
    restart = Restart(clock=clock, system=system, away_s=0, go=lambda away_s: None)
    configuration = Configuration(
        [
            Variable("system.info.systemname", "name", lambda: system.name, system.set_name),
            Variable("comm.callpreference.sipenable", "SIP", lambda: True),
            Variable("comm.callpreference.h323enable", "H.323", lambda: False),
        ]
    )
    ids = itertools.count(1)
    directory = open_directory(database, clock, default_group="id2", new_id=lambda: f"id{next(ids)}")
    content = Content(path=engine, library=ContentDirectory(tmp_path / "content"), clock=clock)
    collaboration = Collaboration(
        clock=clock,
        content=content,
        pictures=engine,
        shelves=FileShelves(tmp_path / "saved"),
        new_pin=lambda: "2468",
    )
    far_cameras = FarCameras(engine, NearControl(cameras))
    audit = Audit(SqliteAudit(database), clock)
    room = Room(
        accounts=accounts,
        audio=audio,
        audit=audit,
        calendar=calendar,
        finding=Finding(
            calendar=calendar, finder=Finder(), providers=lambda account: provider, remember=forget
        ),
        calls=calls,
        cameras=cameras,
        directory=directory,
        sessions=sessions,
        system=system,
        video=Video(engine),
        engine=engine,
        diagnostics=diagnostics,
        configuration=configuration,
        logs=Logs(NoLogs(), {"a.txt": lambda: b"A"}),
        content=content,
        collaboration=collaboration,
        far_cameras=far_cameras,
        certificates=Certificate(),
        modes=modes,
        monitoring=Monitoring(
            system=system,
            rows=health.rows,
            calls=calls,
            sessions=sessions,
            engine=engine,
            store=Disk(),
            tally=RequestMetrics(),
            exposition=NamesOfFigures(),
        ),
        reset=NoReset(),
        restart=restart,
    )
    application = Application(
        operations=OPERATIONS,
        areas=functools.partial(areas_of, room),
        sessions=sessions,
        clock=clock,
        enforce_xsrf=False,
        gate=Authorization(modes).check,
        note=audit.note,
    )
    await calendar.use(provider, provider.account)
    await provider.synced(calendar)
    yield Driver(application, collaboration), calls
    await collaboration.close()
    restart.close()
    await audit.close()
    calls.close()
    calendar.joining.close()
    await calendar.close()
    await cameras.close()
    await directory.close()
    database.close()


async def test_the_actions_answer_as_written_down(stage, engine, sound, clock):
    driver, calls = stage
    await play(driver, calls, engine, sound, clock)
    if os.environ.get("VIDEOBAR_WRITE_GOLDEN"):
        FILE.write_text(json.dumps(driver.said, indent=1, ensure_ascii=False) + "\n")
    written = json.loads(FILE.read_text())
    for said, expected in zip(driver.said, written, strict=True):
        assert said == expected
    built = {operation.id for operation in OPERATIONS}
    built -= {o.id for o in OPERATIONS if o.area == "stage"}  # see tests/handlers/test_stage.py
    assert answered(driver.said) == built


def answered(said):
    """The ids of the actions that were answered with success."""
    ids = set()
    for row in said:
        method, _, path = row["request"].partition(" ")
        path = path.partition("?")[0].replace("/rest/current/", "/rest/")
        for operation in OPERATIONS:
            pattern = re.sub(r"\{\w+\}", "[^/]+", operation.url)
            if row["status"] == 200 and method in operation.methods and re.fullmatch(pattern, path):
                ids.add(operation.id)
                if not operation.path_parameters:
                    break
    return ids


async def saved(collaboration):
    async with asyncio.timeout(30):
        while not collaboration.session.saved:  # noqa: ASYNC110 - a thread writes
            await asyncio.sleep(0.01)


async def steer(driver, engine):
    ask = driver.ask
    right = {"action": "moveStart", "direction": "MOVE_RIGHT", "message": "BothCamera", "withImage": "No"}
    await ask("GET", "/rest/cameras/far/all")
    await ask("GET", "/x/cameras/far/control")
    await ask("GET", "/rest/cameras/far/selectedpeople")
    await ask("POST", "/rest/cameras/far/1", right)
    main, document = CameraAbility(1, pan=True, tilt=True, zoom=True), CameraAbility(3)
    engine.on_far_camera(FarCamerasKnown("leg", (main, document), 1))
    await ask("GET", "/rest/cameras/far/all")
    await ask("GET", "/rest/cameras/far/2")
    await ask("GET", "/x/cameras/far/control")
    await ask("GET", "/rest/cameras/far/selectedpeople")
    await ask("POST", "/rest/cameras/far/1", right)
    await ask("POST", "/rest/cameras/far/2", right)
    await ask("POST", "/rest/cameras/far/2", {"action": "activate"})
    await ask("POST", "/rest/cameras/far/selectedpeople", {"action": "moveStart"})
    await ask("POST", "/rest/cameras/far/selectedpeople", {"action": "moveStop"})
    await ask("POST", "/rest/cameras/far/selectedpeople", {"action": "store"})
    engine.on_far_camera(FarCamerasKnown("leg", (), 0))
    await ask("GET", "/rest/cameras/far/all")


async def share(driver, engine, clock):
    ask = driver.ask
    for path in ("/rest/collaboration", "/rest/cameras/contentstatus", "/rest/mediastats", "/x/content"):
        await ask("GET", path)
    await ask("POST", "/rest/collaboration/content?pin=2468")
    await ask("POST", "/rest/collaboration", {"action": "END"})
    await ask("POST", "/rest/collaboration", {"action": "BEGIN"})
    await ask("POST", "/x/content/start", {"source": "../room.sqlite"})
    await ask("POST", "/x/content/start", {"page": 2})
    await ask("POST", "/x/content/start", {})
    engine.figures = (ContentFigures(None, 1280, 720, 5.0, 384.4),)
    for path in (
        "/rest/collaboration",
        "/x/collaboration",
        "/rest/cameras/contentstatus",
        "/rest/mediastats",
    ):
        await ask("GET", path)
    await ask("POST", "/rest/collaboration/content?pin=1234")
    await ask("POST", "/rest/collaboration/content")
    started = await ask("POST", "/rest/collaboration/content?pin=2468")
    context = started["context_id"]
    await ask("GET", f"/rest/collaboration/contentsavestatus?pin=2468&context-id={context}")
    await ask("GET", f"/rest/collaboration/content?pin=2468&context-id={context}")
    await ask("GET", "/rest/collaboration/content?pin=2468&context-id=99")
    await ask("GET", "/rest/collaboration/content/all?pin=2468")
    engine.glance, engine.pictures[Snapshot.CONTENT] = b"glance", b"\xff\xd8content"
    await clock.advance(1)
    await clock.advance(1)
    await saved(driver.collaboration)
    await ask("GET", "/rest/collaboration/content?pin=2468&context-id=1-1-1")
    await ask("GET", "/rest/collaboration/content/all?pin=2468")
    await ask("GET", "/x/collaboration")
    await ask("GET", "/rest/collaboration/contentsavestatus?pin=2468&status=False")
    await ask("GET", "/rest/collaboration/contentsavestatus?pin=2468&status=maybe")
    await ask("POST", "/x/content/stop")
    await ask("GET", "/rest/collaboration")
    await ask("POST", "/x/collaboration", {"pin": "12345"})
    await ask("POST", "/rest/collaboration", {"action": "END"})
    await ask("POST", "/x/collaboration", {"pin": "123"})
    await ask("POST", "/x/collaboration", {"pin": "12345"})
    await ask("POST", "/rest/collaboration", {"action": "END"})


async def play(driver, calls, engine, sound, clock):
    ask = driver.ask
    await ask("POST", "/rest/session", {"user": "admin", "password": "wrong"})
    await ask("POST", "/rest/session", {"user": "admin"})
    await ask("DELETE", "/rest/session")
    login = await ask("POST", "/rest/session", {"user": "admin", "password": PASSWORD})
    driver.cookie = "session_id=" + login["session"]["sessionId"]
    await ask("POST", "/rest/session", {"user": "admin", "password": PASSWORD})
    await ask("GET", "/rest/session")
    await ask("GET", "/rest/current/session/sessions")

    for path in ("", "/status", "/time", "/time/local"):
        await ask("GET", "/rest/system" + path)
    await ask("GET", "/rest/system/sipservers")
    engine.servers = (
        SipServer("sip.example.org", SubsystemState.DOWN, detail="503 Service Unavailable"),
        SipServer("192.0.2.8:5070", SubsystemState.UP, "kamailio", "5.6.3"),
        SipServer("spare.example.org", SubsystemState.OFF),
    )
    await ask("GET", "/rest/system/sipservers")
    await ask("GET", "/rest/system/status")
    await ask("POST", "/rest/system/time", {"time": clock.now_ms() + 5000, "tzOffset": -14_400_000})
    await ask("POST", "/rest/system/time", {"time": 5})
    await ask("GET", "/rest/system/time")
    await ask("GET", "/rest/system/time/local")
    await ask("GET", "/rest/system/uptime")
    await ask("POST", "/x/system/name", "Board room")
    await ask("POST", "/x/system/name", "")
    await ask("GET", "/x/system/engine")
    await ask("GET", "/x/health")
    await ask("GET", "/x/metrics")
    await ask("POST", "/rest/system/network/ping", {"destination": "gateway"})
    await ask("POST", "/rest/system/network/ping", {"destination": "0.0.0.0 "})
    await ask("POST", "/rest/system/network/traceroute", {"destination": "192.0.2.1;reboot"})
    await ask("POST", "/rest/system/network/traceroute", {"destination": "gateway"})

    names = ["system.info.systemName", "comm.callpreference.sipenable", "x"]
    await ask("POST", "/rest/config", {"names": names})
    changes = [("system.info.systemname", "Lobby"), ("system.info.systemname", ""), ("x", 1)]
    changes.append(("comm.callpreference.sipenable", False))
    await ask("POST", "/rest/config", {"vars": [{"name": name, "value": value} for name, value in changes]})
    await ask("GET", "/x/config")
    await ask("GET", "/rest/provisioning/config")
    await ask("POST", "/rest/devicemanagement/devices")
    await ask("POST", "/rest/devicemanagement/devices", {"deviceState": "PAIRED"})
    await ask("GET", "/rest/system/h323gatekeepers")
    for path in ("mode", "apps", "apps/all", "apps/state"):
        await ask("GET", f"/rest/system/{path}")
    await ask("POST", "/rest/system/mode", {"enabledapps": ["device mode"]})
    await ask("POST", "/rest/system/mode", {"enabledapps": ["Solitaire"]})
    await ask("GET", "/rest/system/mode")
    for path in ("mode/device", "mode/signage", "apps/environment"):
        for method in ("POST", "GET", "DELETE"):
            await ask(method, f"/rest/system/{path}")
    await ask("GET", "/rest/system/logs")
    await ask("POST", "/rest/system/reboot", {"restartAll": True})
    await ask("POST", "/rest/system/resetsettings", {"action": "reset"})
    await ask("POST", "/rest/system/resetsettings", {"action": "resetsettings", "keepCdr": True})

    await ask("GET", "/rest/audio")
    await ask("POST", "/rest/audio/volume", 37)
    await ask("PUT", "/rest/audio/volume", 101)
    await ask("POST", "/rest/audio/volume", "37")
    await ask("GET", "/rest/audio/volume")
    await ask("POST", "/rest/audio/muted", True)
    await ask("POST", "/rest/audio/muted", 1)
    await ask("GET", "/rest/audio/muted")
    await ask("POST", "/x/audio/mutelock", True)
    await ask("GET", "/x/audio/mutelock")
    await ask("POST", "/rest/audio/muted", False)
    await ask("POST", "/x/audio/mutelock", False)
    await ask("PUT", "/rest/audio/muted", False)
    await ask("POST", "/rest/audio", {"action": "playDTMF", "dtmfChar": "5"})
    await ask("POST", "/rest/audio", {"action": "sing"})
    await ask("POST", "/rest/audio/playdtmf", {"dtmfChar": "12"})
    await ask("POST", "/rest/audio", {"action": "start"})
    await ask("POST", "/rest/audio", {"action": "itpSegmentDetection"})
    await ask("POST", "/rest/audio", {"action": "playTestTone", "speaker": "SPEAKER_LEFT"})
    await ask("POST", "/rest/audio", {"action": "playTestTone", "speaker": "SUBWOOFER"})
    await ask("POST", "/rest/audio", {"action": "stopPlayingTestTone"})
    await ask("POST", "/rest/audio/acousticfence", {"action": "enable"})
    await ask("POST", "/rest/audio/acousticfence", {"action": "jump"})
    await ask("GET", "/rest/audio/microphones")
    await ask("GET", "/rest/audio/audiometers")
    await ask("GET", "/x/audio/sound")
    sound.levels = [PortLevels(-42.4, -42.4, -30.0), PortLevels(-100.0, -20.6, -17.0)]
    await ask("GET", "/x/audio/sound")
    await ask("GET", "/rest/audio/audiometers")

    await ask("GET", "/rest/video/local/mute")
    await ask("POST", "/rest/video/local/mute", {"mute": True})
    await ask("PUT", "/rest/video/local/mute", False)
    await ask("GET", "/rest/video/local/mute")

    engine.pictures[Snapshot.NEAR] = b"\xff\xd8picture"
    await ask("GET", "/rest/cameras/snapshot/near_image_1.jpg")
    await ask("GET", "/rest/cameras/snapshot/far_image_1.jpg")
    await look_round(driver, clock)

    await share(driver, engine, clock)
    await steer(driver, engine)

    await ask("GET", "/rest/calendar")
    await ask("GET", "/rest/calendar/meetings?start=1700003600&end=1700020000")
    meetings = await ask("GET", "/rest/calendar/meetings?number=1")
    await ask("GET", "/rest/calendar/meetings?start=1700020000")
    await ask("GET", "/rest/calendar/meetings?number=-1")
    await ask("GET", "/rest/calendar/meetings?start=2&end=1")
    await ask("GET", "/rest/calendar/meetings?number=some")
    await ask("GET", f"/rest/calendar/meetings/{meetings[0]['id']}")
    await ask("GET", "/rest/calendar/meetings/m-17")
    await ask("POST", "/rest/calendar/meetings/m-17")
    await ask("POST", f"/rest/calendar/meetings/{meetings[0]['id']}", {"action": "eat"})

    await ask("GET", "/rest/conferences")
    await ask("GET", "/rest/conferences/active")
    await ask("POST", "/rest/conferences/active", {"action": "hangup"})
    await ask("POST", "/x/stage/incoming", {"address": "bob@sim"})
    await ask("GET", "/rest/conferences/capabilities")
    await ask("GET", "/rest/conferences/0")
    await ask("POST", "/rest/conferences", {"address": "x", "rate": "1920", "dialType": "ISDN"})
    await ask("POST", "/rest/conferences", {"address": "room9@192.0.2.9", "rate": 0, "dialType": "H323"})
    await ask("POST", "/rest/conferences", {"rate": 0})
    await ask("POST", "/rest/conferences", {"address": "room9@192.0.2.9", "rate": "1024", "dialType": "SIP"})
    await ask("GET", "/rest/conferences/0/connections/1")
    calls.hear(Ringing("out-1"))
    await ask("GET", "/rest/conferences/0")
    await ask("GET", "/rest/conferences/0/terminals")
    await clock.advance(3)
    calls.hear(Connected("out-1", "Room 9", "phone/2.1", False, 64))
    engine.count("out-1", 150)
    await clock.advance(8)
    calls.hear(Incoming("in-1", "bob@192.0.2.10", "Bob", "phone/1"))
    await ask("GET", "/rest/conferences")
    await ask("GET", "/rest/conferences/PENDING/connections?filter=ANSWERABLE&_dc=1700000000")
    await ask("GET", "/rest/conferences/0/connections?filter=SOME")
    await ask("GET", "/rest/conferences/0/terminals/1")
    await ask("POST", "/x/conferences/0/connections/1/video")
    calls.hear(MediaChanged("out-1", CallMedia.AUDIO_VIDEO, 1024))
    calls.hear(FarPicture("out-1", muted=True, locked=False))
    await ask("GET", "/rest/video/remote/0/mute")
    await ask("GET", "/rest/video/remote/0/mutelock")
    await ask("GET", "/rest/video/remote/7/mutelock")
    engine.show("out-1")
    await ask("GET", "/rest/conferences/0/mediastats")
    await ask("GET", "/rest/conferences/0/connections/1/mediastat")
    await ask("GET", "/rest/conferences/0/mediastats/terminals/1")
    await ask("GET", "/rest/conferences/0/termmediastats")
    await ask("GET", "/x/conferences/0/streams")
    await ask("POST", "/rest/conferences/callaction", {"id": "1", "callActionType": "ANSWER"})
    await ask("POST", "/rest/conferences/callaction", {"id": "2", "callActionType": "ANSWER"})
    calls.hear(Connected("in-1", "", "", True, 48))
    await ask("GET", "/rest/conferences/active")
    await ask("POST", "/rest/audio/playdtmf", {"dtmfChar": "#"})
    await ask("POST", "/rest/audio", {"action": "playDTMF", "dtmfChar": "."})
    assert engine.told[-1] == ("digits", "in-1", "*")
    assert sound.told[-1] == ("digits", "*")
    calls.hear(DigitReceived("in-1", "7"))
    await ask("GET", "/x/conferences/digits")
    await ask("POST", "/x/conferences/0/hold", True)
    engine.on_event(HeldHere("out-1", True))
    await ask("POST", "/x/conferences/0/connections/2/hold", True)
    engine.on_event(HeldHere("in-1", True))
    await ask("GET", "/rest/conferences/0")
    await ask("POST", "/x/conferences/0/hold", False)
    engine.on_event(HeldHere("out-1", False))
    engine.on_event(HeldHere("in-1", False))
    await ask("DELETE", "/rest/conferences/0/terminals/2")
    await ask("GET", "/rest/conferences/0/connections/2")
    await ask("DELETE", "/rest/conferences/0/connections/2")
    await ask("POST", "/rest/conferences/0/connections", {"address": "ada@192.0.2.11"})
    await ask("POST", "/rest/conferences/0/connections/3", {"action": "answer"})
    await ask("POST", "/rest/conferences/0/connections/3", {"action": "hangup"})
    await ask("DELETE", "/rest/conferences/0/connections/1")
    await ask("POST", "/rest/conferences/blast", {"endPointList": ["ada@192.0.2.11", {"address": ""}]})
    await ask(
        "POST", "/rest/conferences/blast", {"endPointList": ["ada@192.0.2.11", {"address": "b@192.0.2.1"}]}
    )
    await ask("POST", "/rest/conferences/active", {"action": "hangup"})
    await ask("POST", "/rest/conferences", {"address": "ada@192.0.2.11"})
    await ask("DELETE", "/rest/conferences/0")
    await ask("GET", "/rest/conferences/0")
    await ask("POST", "/x/conferences/0/hold", True)
    await ask("GET", "/x/conferences/donotdisturb")
    await ask("POST", "/x/conferences/donotdisturb", True)
    engine.on_event(Incoming("leg-undisturbed", "eve@192.0.2.66", "Eve", ""))
    await ask("GET", "/rest/conferences")
    await ask("POST", "/x/conferences/donotdisturb", False)
    await calls.written()
    await ask("GET", "/rest/calllog/entries?limit=3&_dc=1700000000")
    await ask("GET", "/rest/calllog/entries?limit=-1")
    await ask("DELETE", "/x/calllog/entries/1")
    await ask("DELETE", "/x/calllog/entries/1")
    await ask("DELETE", "/x/calllog/entries")
    await ask("GET", "/rest/calllog/entries")
    await play_directory(ask, calls)
    await ask("POST", f"/rest/calendar/meetings/{meetings[0]['id']}")
    await ask("DELETE", "/rest/conferences/0")
    for search in (
        {"domain": "email", "email": "room@example.org", "username": "room", "password": "wrong"},
        {"domain": "email", "email": "room@example.com"},
        {"domain": "email", "email": "room"},
        {"domain": "sip"},
        {"domain": "fax", "email": "room@example.org"},
        {"domain": "sip", "email": "sip:room@example.org", "username": "room", "password": "right"},
    ):
        await ask("POST", "/rest/calendar/discover", search)
    await ask("POST", "/rest/security/password/ADMIN", {"oldPassword": "x", "newPassword": "secret word"})
    await ask("POST", "/rest/security/password/ADMIN", {"oldPassword": PASSWORD, "newPassword": "short"})
    await ask("POST", "/rest/security/password/ADMIN", {"oldPassword": PASSWORD, "newPassword": PASSWORD})
    await ask("POST", "/x/security/accounts", {"user": "Ada", "password": "another word"})
    await ask("POST", "/x/security/accounts", {"user": "ada", "password": "another word"})
    await ask("GET", "/x/security/accounts")
    await ask("GET", "/x/security/certificate")
    await ask("POST", "/x/security/certificate/request", {"commonName": "room"})
    await ask("DELETE", "/x/security/certificate")
    await ask("PUT", "/rest/system/certificates", upload="PEM")
    await ask("PUT", "/rest/system/certificates", upload="PE")
    await ask("GET", "/x/security/audit?limit=2")
    await ask("DELETE", "/x/security/accounts/admin")
    await ask("DELETE", "/x/security/accounts/ada")
    await ask("DELETE", "/x/security/sessions/none")
    (session,) = await ask("GET", "/x/security/sessions")
    await ask("DELETE", f"/x/security/sessions/{session['handle']}")
    login = await ask("POST", "/rest/session", {"user": "admin", "password": PASSWORD})
    driver.cookie = "session_id=" + login["session"]["sessionId"]
    await ask("DELETE", "/rest/session")


async def look_round(driver, clock):
    ask = driver.ask
    near = "/rest/cameras/near/"
    await ask("GET", "/rest/cameras/sourceselectable")
    for path in ("all", "people", "content", "selectedpeople", "selectedcontent", "1", "5", "8", "main"):
        await ask("GET", near + path)
    both = {"message": "BothCamera", "withImage": "No"}
    await ask("POST", near + "1", {"action": "moveStart", "direction": "MOVE_LEFT"} | both)
    await clock.advance(1)
    await ask("POST", near + "1", {"action": "moveStop", "direction": "MOVE_ZOOMOUT"} | both)
    await clock.advance(1)
    await ask("GET", "/x/cameras/near/1/view")
    await ask("GET", "/x/cameras/near/5/view")
    await ask("POST", near + "5", {"action": "moveStart", "direction": "MOVE_UP"})
    await ask("POST", near + "8", {"action": "moveStop"})
    await ask("POST", near + "1", {"action": "moveStart"})
    await ask("POST", near + "1", {"action": "moveStart", "direction": "MOVE_AWAY"})
    await ask("POST", near + "1", {"action": "store"})
    await ask("POST", near + "1", {"action": "activate"})
    await ask("POST", near + "selectedpeople", {"action": "moveStart", "direction": "MOVE_ZOOMIN"})
    await ask("POST", near + "selectedpeople", {"action": "moveStop"})
    await ask("POST", near + "selectedcontent", {"action": "moveStop"})
    await ask("POST", near + "position/SELECTED_PEOPLE", {"camPosition": {"pan": 60_000}})
    await ask("POST", near + "position/1", {"camPosition": {"pan": 0, "tilt": 0, "zoom": 0}})
    position = {"camPosition": {"pan": 5_000, "tilt": -400, "zoom": 0}, "relative": False}
    await ask("POST", near + "position/SELECTED_PEOPLE", position)
    await clock.advance(5)
    await ask("POST", near + "presets/3", {"action": "store", "withImage": "Yes"})

    async def illustrated():
        preset = await ask("GET", near + "presets/3")
        driver.said.pop()
        return preset["imageLocation"]

    await until(illustrated)
    await ask("GET", near + "presets/all")
    await ask("GET", near + "presets/3")
    await ask("GET", "/x/cameras/near/presets/3/image")
    await ask("POST", near + "presets/3", {"action": "activate", "withImage": "Yes"})
    await ask("POST", near + "presets/3", {"action": "moveStop"})
    await ask("POST", near + "presets/3", {"action": "clear", "withImage": "Yes"})
    await ask("POST", near + "presets/3", {"action": "activate"})
    await ask("GET", "/x/cameras/near/presets/3/image")
    await ask("GET", near + "presets/10")
    await ask("POST", near + "1/control/tracking")
    await ask("DELETE", near + "1/control/tracking")
    await ask("DELETE", near + "8/control/tracking")


async def play_directory(ask, calls):
    await ask("GET", "/rest/directory/local/server")
    await ask("GET", "/rest/directory/global/server")
    await ask("GET", "/rest/directory/global/mtddefaultgroupentry")
    device = {"address": "mira@192.0.2.12", "dialType": "SIP"}
    mira = {"type": "SINGLE", "firstName": "Mira", "lastName": "Holt", "workPhone": "555 0141"}
    await ask("POST", "/rest/directory/local/entries", mira | {"devices": [device], "favorite": True})
    await ask("POST", "/rest/directory/local/entries", {"type": "GROUP", "displayName": "Board"})
    await ask("POST", "/rest/directory/local/entries", {"email": "nobody@example.org"})
    entry, group = "/rest/directory/local/entries/id1", "/rest/directory/local/entries/id2"
    await ask("GET", "/rest/directory/global/mtddefaultgroupentry")
    await ask("GET", entry)
    await ask("PUT", entry, {"email": "mira@example.org"})
    await ask("PUT", entry, {"type": "GROUP"})
    await ask("GET", "/rest/directory/local/entries/id9")
    await ask("GET", "/rest/directory/global/entries/id1")
    await ask("GET", "/rest/directory/somewhere/entries/id1")
    await ask("POST", group + "/members", {"action": "add", "entryId": "id1"})
    await ask("POST", group + "/members", {"action": "add", "entryId": "id2"})
    await ask("POST", group + "/members", {"action": "add"})
    await ask("POST", entry + "/members", {"action": "query"})
    await ask("POST", group + "/members", {"action": "query"})
    await ask("PUT", group + "/favorite", {"favorite": True})
    await ask("POST", group + "/favorite", {"index": 0})
    await ask("POST", group + "/favorite", {"index": 2})
    await ask("GET", "/rest/directory/favorites?start=1&limit=1")
    await ask("PUT", group + "/favorite", {"favorite": False})
    await ask("POST", group + "/favorite", {"index": 0})
    query = await ask("POST", "/rest/directory/queries", {"searchString": "hol 0141", "groupID": "id2"})
    await ask("GET", f"/rest/directory/queries/{query['id']}?start=1&limit=100")
    await ask("DELETE", f"/rest/directory/queries/{query['id']}")
    await ask("GET", f"/rest/directory/queries/{query['id']}")
    query = await ask("GET", "/rest/directory/queries/initial?_dc=1700000000")
    await ask("GET", f"/rest/directory/queries/{query['id']}?start=1&limit=1")
    await ask("GET", f"/rest/directory/queries/{query['id']}?start=2&limit=1")
    await ask("GET", f"/rest/directory/queries/{query['id']}?start=0&limit=1")
    await ask("POST", entry, {"action": "dial"})
    await ask("POST", entry, {"action": "dial", "deviceId": "2"})
    await ask("POST", group, {"action": "dial"})
    calls.hang_up_conference("0")
    await ask("POST", group + "/members", {"action": "remove", "entryId": "id1"})
    await ask("DELETE", entry)
    await ask("DELETE", entry)
    await ask("GET", "/rest/directory/export")
    await ask("PUT", "/rest/directory/import", upload="fn,ln,ct\nAnn,Lee,1234\n")
    await ask("PUT", "/rest/directory/import", upload="firstName;lastName;address\nAnn;Lee;ann@192.0.2.13\n")
