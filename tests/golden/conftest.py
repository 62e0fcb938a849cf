"""Stage of the golden exchanges: a room whose clock and ids stand still, made anew for each test.

Each test plays one area, and compares requests and answers with its file in `answers`. After a change that is meant,
run with VIDEOBAR_WRITE_GOLDEN=1 and read the difference before committing it.
"""

from __future__ import annotations

import functools
import io
import itertools
import json
import os
import zipfile
from pathlib import Path

import pytest

from videobar.adapters.cameras.context import CameraContext
from videobar.adapters.cameras.factory import mount
from videobar.adapters.cameras.setting import cameras as configured
from videobar.adapters.collaboration.saved_content import FileShelves
from videobar.adapters.host.content_files import ContentDirectory
from videobar.adapters.store.audit import SqliteAudit
from videobar.adapters.store.database import Database
from videobar.adapters.store.memory import MemoryCallLog, MemoryStore
from videobar.adapters.store.presets import SqlitePresets
from videobar.assembly.directory import directory_over
from videobar.contract.index import OPERATIONS
from videobar.errors import CalendarLoginRefused, InvalidRequest, NoCalendarFound
from videobar.handlers.areas import areas_of
from videobar.handlers.authorization import Authorization
from videobar.room.accounts import Accounts, PasswordPolicy
from videobar.room.audio.service import Audio
from videobar.room.audit import Audit
from videobar.room.calendar.finding import Finding
from videobar.room.calendar.meeting import Event
from videobar.room.calendar.port import CalendarAccount, ProviderKind
from videobar.room.calls.do_not_disturb import DoNotDisturb
from videobar.room.calls.service import CallLimits, Calls
from videobar.room.cameras.service import Cameras
from videobar.room.cameras.sources import arrange
from videobar.room.collaboration.service import Collaboration
from videobar.room.content import Content
from videobar.room.egress import EgressPolicy
from videobar.room.far_cameras import FarCameras, NearControl
from videobar.room.room import Room
from videobar.room.sessions import Sessions
from videobar.room.store import Key
from videobar.room.system.certificates import CertificateFacts
from videobar.room.system.configuration import Configuration, Variable
from videobar.room.system.diagnostics import Diagnostics, Hop
from videobar.room.system.health import Health
from videobar.room.system.logs import Bundle, Logs
from videobar.room.system.modes import Modes
from videobar.room.system.monitoring import MetricsPage, Monitoring
from videobar.room.system.request_metrics import RequestMetrics
from videobar.room.system.restart import Restart
from videobar.room.system.service import Identity, Lan, System
from videobar.room.video import Video
from videobar.server.app import Application
from videobar.server.messages import HttpRequest
from videobar.vocabulary import Model, SubsystemState

ANSWERS = Path(__file__).with_name("answers")
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
        return MetricsPage("text/plain", "".join(f"{figure.name}\n" for figure in figures).encode())


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
        return CalendarAccount(kind=ProviderKind.CALDAV, url="https://cal.example.org/", user="room")


async def forget(account):
    pass


class Stage:
    """A room with a client that asks its application, and writes down what was said.

    `engine`, `sound`, `clock` and `calls` are parts of the room, for what happens without a request.
    """

    def __init__(self, application, room, engine, sound, clock) -> None:
        self.application = application
        self.calls = room.calls
        self.collaboration = room.collaboration
        self.engine, self.sound, self.clock = engine, sound, clock
        self.password = PASSWORD
        self.cookie = ""
        self.said: list[dict] = []

    async def log_in(self):
        """Log in as admin, which is not written down."""
        login = await self.ask("POST", "/rest/session", {"user": "admin", "password": PASSWORD})
        self.said.pop()
        self.use(login)

    def use(self, login):
        """Send the cookie of the session that a login began."""
        self.cookie = "session_id=" + login["session"]["sessionId"]

    def compare(self, name):
        """Compare all that was said with what is kept as `answers/NAME.json`."""
        file = ANSWERS / f"{name}.json"
        if os.environ.get("VIDEOBAR_WRITE_GOLDEN"):
            file.write_text(json.dumps(self.said, indent=1, ensure_ascii=False) + "\n")
        written = json.loads(file.read_text())
        for said, expected in zip(self.said, written, strict=False):
            assert said == expected
        assert len(self.said) == len(written)

    async def ask(self, method, path, body=None, upload=""):
        content = upload.encode() if body is None else json.dumps(body).encode()

        async def read_body(limit):
            return content

        headers = [(b"cookie", self.cookie.encode())] if self.cookie else []
        bare, _, query = path.partition("?")
        response = await self.application.handle(
            HttpRequest(method, bare, query.encode(), headers, "192.0.2.7", read_body)
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
async def newcomer(clock, engine, sound, tmp_path, make_calendar):
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
        do_not_disturb=DoNotDisturb(MemoryStore()),
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
    )
    system.ready()
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
    directory = directory_over(database, clock, default_group="id2", new_id=lambda: f"id{next(ids)}")
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
        health=health,
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
            metrics=RequestMetrics(),
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
    yield Stage(application, room, engine, sound, clock)
    await collaboration.close()
    restart.close()
    await audit.close()
    calls.close()
    calendar.joining.close()
    await calendar.close()
    await cameras.close()
    await directory.close()
    database.close()


@pytest.fixture
async def stage(newcomer):
    """The stage, logged in."""
    await newcomer.log_in()
    return newcomer
