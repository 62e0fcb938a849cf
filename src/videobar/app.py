"""The composition root: makes a room from settings, and starts and stops its parts in order."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import secrets
import socket
import string
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, Protocol

from videobar.adapters.calls.simulated import SimulatedEngine
from videobar.adapters.calls.sip_engine import SipEngine
from videobar.adapters.cameras.assembly import open_cameras
from videobar.adapters.cameras.visca_server import ViscaServer, bind_visca
from videobar.adapters.collaboration.shelf import FileShelves
from videobar.adapters.directory.assembly import open_directory
from videobar.adapters.directory.ldap import LdapConfiguration, LdapDirectory, tls_context
from videobar.adapters.host.certificate import Certificate, CertificateError
from videobar.adapters.host.content_files import ContentDirectory
from videobar.adapters.host.exposition import PrometheusText
from videobar.adapters.host.log_files import LogDirectory
from videobar.adapters.host.machine import Machine
from videobar.adapters.host.passwords import Argon2Hasher
from videobar.adapters.host.prober import NetworkProber
from videobar.adapters.host.resolver import SystemResolver
from videobar.adapters.store.audit import SqliteAudit
from videobar.adapters.store.call_log import SqliteCallLog
from videobar.adapters.store.data_directory import DATABASE, LOGS, SECRETS_KEY
from videobar.adapters.store.database import Database
from videobar.adapters.store.probe import StoreProbe
from videobar.adapters.store.reset import ResetOrder, obey
from videobar.adapters.store.secrets import SecretBox
from videobar.adapters.store.sqlite import SqliteStore
from videobar.adapters.store.starts import Starts
from videobar.calendar_assembly import CalendarMisconfigured, assemble_calendar
from videobar.clock import SystemClock
from videobar.contract import openapi
from videobar.contract.index import OPERATIONS
from videobar.engine.protocol import EngineConfiguration, SoundConfiguration
from videobar.engine.sound_ports import uses_devices
from videobar.errors import VideobarError
from videobar.handlers.areas import Handlers, Room
from videobar.handlers.gate import Gate
from videobar.room.accounts import ADMIN, Accounts, PasswordPolicy
from videobar.room.audio.service import Audio
from videobar.room.audit import Audit
from videobar.room.calls.availability import Availability
from videobar.room.calls.service import CallLimits, Calls
from videobar.room.cameras.service import Cameras
from videobar.room.collaboration.service import Collaboration, SaveLimits
from videobar.room.content import Content
from videobar.room.far_cameras import FarCameras, NearControl
from videobar.room.faults import Faults
from videobar.room.login_records import StoredLogins
from videobar.room.reach import Reach
from videobar.room.sessions import Limits, Sessions
from videobar.room.store import Key, Value
from videobar.room.system.configuration import Configuration
from videobar.room.system.diagnostics import Diagnostics
from videobar.room.system.health import Health
from videobar.room.system.logs import Logs, build_page, calls_page, settings_page, status_page
from videobar.room.system.modes import Modes
from videobar.room.system.monitoring import Monitoring
from videobar.room.system.restart import Restart
from videobar.room.system.service import Identity, System
from videobar.room.system.tally import Tally
from videobar.room.video import Video
from videobar.server.app import Application
from videobar.server.asgi import AsgiFace
from videobar.server.codec import Action
from videobar.server.faults import FaultyFace, Handle
from videobar.server.listener import HttpsListener, PortTaken, bind
from videobar.server.messages import DROPPED, Request, Response
from videobar.server.redirect import Redirect
from videobar.server.routes import Routes
from videobar.settings import Settings
from videobar.signalling import (
    SipPortTaken,
    account_configuration,
    bound_sockets,
    home_domain,
    sip_account,
    tls_configuration,
)
from videobar.variables import StoredSettings, variables
from videobar.vocabulary import SystemState

log = logging.getLogger("videobar")

SERIAL_ALPHABET = string.ascii_uppercase + string.digits
METRICS = "monitoring_metrics_get"
CERTIFICATE_CHECK_S = 24 * 3600.0
INITIALIZING_S = 1.0
"""How long a room that was restarted says that it initialises."""
STOP_CALLS_S = 1.0
"""How long hanging up may take when the room stops."""


class CannotStart(Exception):
    """The room cannot start; the text is one line for the operator."""


@dataclass(frozen=True)
class Shared:
    """What the rooms of one process can have in common."""

    routes: Routes[Action]
    passwords: Argon2Hasher


class Door(Protocol):
    """A way into the room that is not its own, and refuses whoever comes while the room is away."""

    async def close(self) -> None:
        """Break every connection, and refuse new ones."""
        ...

    async def open(self) -> None:
        """Take connections again."""
        ...


class App:
    """One running room. `start` raises `CannotStart`; `stop` may be called after a half-done start.

    Without `https`, nobody can connect: the room is there for whoever calls `handle` in this process. `listening` is a
    socket to serve on instead of a new one; `serial_number` is that of a room that has none yet. When the room is to
    restart, `on_reboot` is told for how many seconds it shall be away; without that, it stops and starts here.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        https: bool = True,
        logs: Path | None = None,
        shared: Shared | None = None,
        serial_number: str | None = None,
        listening: socket.socket | None = None,
        on_reboot: Callable[[float], None] | None = None,
    ) -> None:
        self.doors: list[Door] = []
        self._as_given = self.settings = settings
        self._shared = shared
        self._first_serial_number = serial_number
        self._logs = logs
        self._https = https
        self._kept = listening
        self._came_back = listening is not None
        self._on_reboot = on_reboot or self._restart_here
        self._answer: Handle | None = None
        self._restarting: asyncio.Task[None] | None = None
        self._undo = contextlib.AsyncExitStack()
        self.port = 0
        self._starts: Starts | None = None
        self.safe_mode = False
        """Whether starts have failed again and again, so that this one left out all that may be at fault."""
        self.http_port = 0
        self.sip_port = 0
        self.visca_port = 0
        self.sip_tls_port = 0
        self._certificate: Certificate | None = None
        self.serial_number = ""
        self.password_is_serial_number = False
        self.name = ""

    async def start(self) -> None:
        """Bring everything up; when it returns, clients can connect."""
        try:
            await self._start()
        except BaseException as error:
            await self.stop()
            told = isinstance(error, VideobarError | CertificateError | CalendarMisconfigured | OSError)
            if self._starts is not None and (told or isinstance(error, CannotStart)):
                self._leave_told(self._starts)
            if told:
                raise CannotStart(getattr(error, "detail", "") or str(error)) from error
            raise

    def _leave_told(self, starts: Starts) -> None:
        """The operator was told, so this only counts where something set through the API may be at fault."""
        if self.settings == self._as_given:
            starts.settle()

    async def stop(self) -> None:
        """Take everything down, calls first."""
        if self._restarting is not None and self._restarting is not asyncio.current_task():
            self._restarting.cancel()
            await asyncio.wait([self._restarting])
        await self._undo.aclose()
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    async def handle(self, request: Request) -> Response:
        """The answer to a request, with the faults that were asked for; none while the room is away."""
        return Response(DROPPED, []) if self._answer is None else await self._answer(request)

    def keep_port(self) -> socket.socket:
        """A socket that keeps the port of the REST API when the room stops; whoever connects meanwhile waits."""
        return self._listening.dup()

    def _restart_here(self, away_s: float) -> None:
        self._restarting = asyncio.create_task(self._restart(away_s), name="restart")

    async def _restart(self, away_s: float) -> None:
        """Stop, be away, and start again on the same port."""
        log.info("restarting")
        try:
            kept = self.keep_port() if self._https else None
            await self._undo.aclose()
            if away_s:
                kept = refusing(kept) if kept is not None else None
                for door in self.doors:
                    await door.close()
                await asyncio.sleep(away_s)
            self._kept, self._came_back = kept, True
            await self.start()
            if away_s:
                for door in self.doors:
                    await door.open()
        except (CannotStart, PortTaken) as error:
            log.critical("the room does not come back: %s", error)

    async def _start(self) -> None:
        self._undo.callback(locked(self.settings.data).close)
        await asyncio.to_thread(obey, self.settings.data)
        database = Database(self.settings.data / DATABASE)
        self._undo.callback(database.close)
        store = SqliteStore(database)
        stored = StoredSettings(store, SecretBox(self.settings.data / SECRETS_KEY))
        self._starts = Starts(self.settings.data)
        self.safe_mode = self._starts.begin()
        with_stored = self._as_given.with_stored(stored.get)
        settings = self.settings = self._as_given.bare() if self.safe_mode else with_stored
        listening = self._bind() if self._https else None
        self.serial_number = await self._remember(store)

        clock = SystemClock(zone=settings.timezone)
        engine = self._engine(clock)
        audio = Audio(path=engine, store=store)
        availability = Availability(store)
        calls = Calls(
            engine=engine,
            clock=clock,
            limits=CallLimits(
                max_connections=settings.max_connections,
                max_video_connections=settings.max_video_connections if settings.video_codecs else 0,
                ring_seconds=settings.ring_seconds,
                default_rate_kbps=settings.default_rate,
                auto_answer=settings.auto_answer,
                auto_answer_muted=settings.auto_answer_muted,
                home_domain=home_domain(settings),
            ),
            room_name=lambda: system.name,
            call_log=await self._call_log(database),
            availability=availability,
            mute=audio.mute_if_free,
        )
        reach = Reach(SystemResolver(), settings.forbidden_networks)
        cameras = open_cameras(
            settings.cameras,
            clock=clock,
            store=store,
            database=database,
            pictures=engine,
            people=engine,
            reach=reach,
            tracking=isinstance(engine, SipEngine),
        )
        meetings = await assemble_calendar(
            settings,
            clock=clock,
            database=database,
            calls=calls,
            reach=reach,
            stored=stored,
            sip_account=sip_account(settings),
            undo=self._undo,
        )
        self._undo.push_async_callback(cameras.close)
        await self._serve_visca(cameras)
        machine = Machine()
        log_files = LogDirectory(self._logs or settings.data / LOGS)
        directory = open_directory(
            database,
            clock,
            elsewhere=self._global_directory(clock),
            default_group=settings.directory_default_group,
        )
        self._undo.push_async_callback(directory.close)
        health = Health(
            host=machine,
            audio=audio,
            cameras=cameras,
            engine=engine,
            logs=log_files,
            answers_itself=lambda: settings.auto_answer and not availability.do_not_disturb,
            calendar=lambda: meetings.calendar.state,
            directory=lambda: directory.report().state,
        )
        system = System(
            identity=Identity(
                settings.model, self.serial_number, settings.firmware, version("videobar"), installed_ms()
            ),
            clock=clock,
            store=store,
            host=machine,
            status=health.rows,
        )
        self.name = system.name
        accounts, sessions = await self._sessions(clock, store, lambda: system.uptime_s)
        audit = Audit(SqliteAudit(database), clock)
        self._undo.push_async_callback(audit.close)
        stage = engine if isinstance(engine, SimulatedEngine) else None
        modes = Modes(store, calls.hang_up_all)
        availability.closed = lambda: modes.device
        restart = Restart(clock=clock, system=system, away_s=settings.reboot_seconds, go=self._on_reboot)
        self._undo.callback(restart.close)
        faults = Faults(clock, restart.begin) if stage is not None or settings.allow_faults else None
        configuration = Configuration(
            variables(settings, stored, system=system, audio=audio, cameras=cameras)
        )
        collected = Logs(
            log_files,
            {
                "build.txt": lambda: build_page(system.identity),
                "settings.txt": lambda: settings_page(configuration),
                "status.txt": lambda: status_page(health.rows()),
                "calls.json": lambda: calls_page(calls.log),
            },
        )
        content, collaboration = self._content(engine, clock)
        tally = Tally()
        room = Room(
            accounts=accounts,
            audio=audio,
            audit=audit,
            calendar=meetings.calendar,
            finding=meetings.finding,
            calls=calls,
            cameras=cameras,
            directory=directory,
            sessions=sessions,
            system=system,
            video=Video(engine),
            engine=engine,
            diagnostics=Diagnostics(reach, NetworkProber()),
            configuration=configuration,
            logs=collected,
            content=content,
            collaboration=collaboration,
            far_cameras=FarCameras(engine, NearControl(cameras) if settings.far_control else None),
            certificates=self._own_certificate(clock) if self._https else None,
            modes=modes,
            monitoring=Monitoring(
                system=system,
                rows=health.rows,
                calls=calls,
                sessions=sessions,
                engine=engine,
                store=StoreProbe(database, clock),
                tally=tally,
                exposition=PrometheusText(),
            ),
            reset=ResetOrder(settings.data),
            restart=restart,
            stage=stage,
            faults=faults,
        )
        application = Application(
            operations=OPERATIONS if self._shared is None else self._shared.routes,
            areas=Handlers(room).for_caller,
            sessions=sessions,
            clock=clock,
            enforce_xsrf=settings.enforce_xsrf,
            openapi=openapi.document,
            gate=Gate(modes).check,
            note=audit.note,
            count=tally.count,
            tokens=metrics_tokens(settings),
        )
        faulty = None if faults is None else FaultyFace(application.handle, faults, sessions, clock)
        self._answer = application.handle if faulty is None else faulty.handle
        self._undo.callback(setattr, self, "_answer", None)
        if listening is not None:
            await self._listen(clock, listening)
            await self._redirect(clock)

        engine.listen()
        self._undo.push_async_callback(self._hang_up, calls, engine)
        self._get_ready(system)
        self._starts.settle()
        self._undo.callback(setattr, system, "state", SystemState.SHUTTING_DOWN)

    async def _remember(self, store: SqliteStore) -> str:
        """Keep what was set for good, and return the serial number, made at the first start."""
        serial_number = store.get(Key.SERIAL_NUMBER)
        keep: dict[str, Value] = {}
        if not isinstance(serial_number, str):
            serial_number = self._first_serial_number or "8L" + "".join(
                secrets.choice(SERIAL_ALPHABET) for _ in range(12)
            )
            keep[Key.SERIAL_NUMBER] = serial_number
        if self.settings.name is not None:
            keep[Key.NAME] = self.settings.name
        elif store.get(Key.NAME) is None:
            keep[Key.NAME] = f"videobar {serial_number[-4:]}"
        if self.settings.do_not_disturb is not None:
            keep[Key.DO_NOT_DISTURB] = self.settings.do_not_disturb
        if self.settings.mute_locked is not None:
            keep[Key.MUTE_LOCKED] = self.settings.mute_locked
        if keep:
            await store.put(keep)
        return serial_number

    async def _call_log(self, database: Database) -> SqliteCallLog:
        call_log = SqliteCallLog(database)
        await call_log.close_what_was_open()
        return call_log

    def _engine(self, clock: SystemClock) -> SipEngine | SimulatedEngine:
        settings = self.settings
        if settings.engine == "simulated":
            return SimulatedEngine(clock)
        try:
            sockets = bound_sockets(settings)
        except SipPortTaken as error:
            raise CannotStart(str(error)) from None
        self._undo.callback(sockets.close)
        self.sip_port = sockets.port("UDP")
        self.sip_tls_port = sockets.port("TLS")
        configuration = EngineConfiguration(
            product=f"videobar/{version('videobar')}",
            user=settings.sip_user,
            codecs=settings.codecs,
            video_codecs=settings.video_codecs,
            most_video_calls=settings.max_video_connections,
            layout=settings.layout,
            first_rtp_port=settings.rtp_ports[0],
            last_rtp_port=settings.rtp_ports[1],
            sound=SoundConfiguration(
                microphones=(settings.microphone, *settings.fence_microphones),
                speaker=settings.speaker,
                noise_suppression=settings.noise_suppression,
                echo_control=settings.echo_control,
            ),
            rate_kbps=settings.default_rate,
            encryption=settings.encryption,
            response_seconds=settings.response_seconds,
            account=account_configuration(settings),
            tls=tls_configuration(settings, lambda: self._own_certificate(clock).path),
            drop_every=settings.drop_every,
            log_level=settings.log_level,
            log_style=settings.log_format,
            log_file=str(self._logs / "media.log") if self._logs is not None else "",
        )
        if uses_devices(configuration.sound) and find_spec("sounddevice") is None:
            raise CannotStart("sound devices need sounddevice; install the extra videobar[sound]")
        return SipEngine(configuration, sockets=sockets, clock=clock)

    def _content(
        self, engine: SipEngine | SimulatedEngine, clock: SystemClock
    ) -> tuple[Content, Collaboration]:
        settings = self.settings
        content = Content(
            path=engine, library=ContentDirectory(settings.content or settings.data / "content"), clock=clock
        )
        collaboration = Collaboration(
            clock=clock,
            content=content,
            pictures=engine,
            shelves=FileShelves(settings.data / "collaboration"),
            limits=SaveLimits(bytes=settings.save_megabytes * 1_000_000),
        )
        self._undo.push_async_callback(collaboration.close)
        return content, collaboration

    async def _serve_visca(self, cameras: Cameras) -> None:
        settings = self.settings
        if settings.visca_port is None:
            return
        try:
            listening = bind_visca(settings.host, settings.visca_port)
        except OSError as error:
            raise CannotStart(
                f"cannot use VISCA port {settings.visca_port} on {settings.host}: {error.strerror}; "
                f"choose another with --visca-port (0 takes a free one)"
            ) from None
        self.visca_port = listening.getsockname()[1]
        server = ViscaServer(cameras, listening)
        await server.start()
        self._undo.push_async_callback(server.stop)

    def _global_directory(self, clock: SystemClock) -> LdapDirectory | None:
        settings = self.settings
        if not settings.ldap_servers:
            return None
        configuration = LdapConfiguration(
            servers=settings.ldap_servers,
            base=settings.ldap_base,
            schema=settings.ldap_schema,
            user=settings.ldap_user,
            password=settings.ldap_password,
            start_tls=settings.ldap_starttls,
            verify=settings.ldap_verify,
            authorities=settings.ldap_ca_file,
            most=settings.ldap_most_results,
        )
        try:
            elsewhere = LdapDirectory(configuration, clock, tls_context(configuration))
        except OSError as error:
            raise CannotStart(f"--ldap-ca-file: {settings.ldap_ca_file}: {error.strerror or error}") from None
        elsewhere.start()
        return elsewhere

    async def _sessions(
        self, clock: SystemClock, store: SqliteStore, uptime_s: Callable[[], float]
    ) -> tuple[Accounts, Sessions]:
        settings = self.settings
        if self._shared is not None:
            hasher = self._shared.passwords
        else:
            hasher = Argon2Hasher()
            self._undo.callback(hasher.close)
        accounts = Accounts(
            store=store,
            passwords=hasher,
            policy=PasswordPolicy(settings.password_min_length, settings.password_history),
        )
        sessions = Sessions(
            clock=clock,
            passwords=hasher,
            credentials=accounts,
            records=StoredLogins(store),
            uptime_s=uptime_s,
            limits=Limits(
                max_sessions=settings.max_sessions,
                idle_minutes=settings.idle_minutes,
                lockout_attempts=settings.lockout_attempts,
                lockout_minutes=settings.lockout_minutes,
                lockout_window_hours=settings.lockout_window_hours,
                account_lockout_attempts=settings.account_lockout_attempts,
                account_lockout_minutes=settings.account_lockout_minutes,
            ),
        )
        stored = await accounts.load(ADMIN)
        wanted = settings.admin_password
        if wanted is not None:
            if stored is None or not await hasher.verify(stored, wanted):
                await sessions.set_password(ADMIN, wanted)
        else:
            await sessions.ensure_account(ADMIN, self.serial_number)
        self.password_is_serial_number = wanted is None and (
            stored is None or await hasher.verify(stored, self.serial_number)
        )
        return accounts, sessions

    def _bind(self) -> socket.socket:
        """The socket that was kept, if it still is the one that is wanted, or a new one."""
        kept, self._kept = self._kept, None
        if kept is not None and self.settings.port not in (0, kept.getsockname()[1]):
            kept.close()
            kept = None
        try:
            listening = kept or bind(self.settings.host, self.settings.port)
        except PortTaken as error:
            raise CannotStart(f"{error}; choose another with --port (0 takes a free one)") from None
        self._undo.callback(listening.close)
        self._listening = listening
        self.port = listening.getsockname()[1]
        return listening

    def _own_certificate(self, clock: SystemClock) -> Certificate:
        """The room's certificate, for HTTPS and for SIP over TLS; made and kept fresh once it is needed."""
        if self._certificate is None:
            certificate = self._certificate = Certificate(self.settings.data, self.settings.host)
            renewal = asyncio.create_task(self._renew(certificate, clock), name="certificate-renewal")
            self._undo.callback(renewal.cancel)
        return self._certificate

    async def _listen(self, clock: SystemClock, listening: socket.socket) -> None:
        face = AsgiFace(self.handle, clock)
        listener = HttpsListener(face, self._own_certificate(clock).context, listening)
        await listener.start()
        self._undo.push_async_callback(listener.stop)

    async def _redirect(self, clock: SystemClock) -> None:
        """Tell plain HTTP where to go, if that is wanted."""
        settings = self.settings
        if settings.http_port is None:
            return
        try:
            listening = bind(settings.host, settings.http_port)
        except PortTaken as error:
            raise CannotStart(f"{error}; choose another with --http-port") from None
        self.http_port = listening.getsockname()[1]
        face = AsgiFace(Redirect(url_host(settings.host), self.port).handle, clock)
        listener = HttpsListener(face, None, listening)
        self._undo.push_async_callback(listener.stop)
        await listener.start()

    async def _renew(self, certificate: Certificate, clock: SystemClock) -> None:
        """Keep the certificate from running out while the room runs."""
        while True:
            await clock.sleep(CERTIFICATE_CHECK_S)
            certificate.renew_if_due()

    def _get_ready(self, system: System) -> None:
        """At once, or a moment later when it comes back: whoever waits sees that it initialises, as on devices."""
        if not self._came_back:
            system.state = SystemState.READY
            return
        soon = asyncio.get_running_loop().call_later(
            INITIALIZING_S, setattr, system, "state", SystemState.READY
        )
        self._undo.callback(soon.cancel)

    async def _hang_up(self, calls: Calls, engine: SipEngine | SimulatedEngine) -> None:
        calls.close()
        await calls.written()
        await engine.stop(STOP_CALLS_S)


def locked(directory: Path) -> BinaryIO:
    """Make sure that no other room works on the same data; until the lock is closed. Raises `CannotStart`."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (directory / "lock").open("a+b", buffering=0)
    except OSError as error:
        raise CannotStart(f"cannot use the data directory {directory}: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        pid = _pid_in(lock)
        lock.close()
        raise CannotStart(
            f"another room (process {pid}) uses the data directory {directory}; "
            f"give this one its own with --data"
        ) from None
    # The number only helps whoever meets the lock: a full disk is for the store to complain about.
    with contextlib.suppress(OSError):
        lock.truncate(0)
        lock.write(str(os.getpid()).encode())
    return lock


def metrics_tokens(settings: Settings) -> dict[str, str | None]:
    """What opens the figures to whoever is not logged in: nothing at all, a token, or nothing that would be needed."""
    if settings.metrics_open:
        return {METRICS: None}
    return {METRICS: settings.metrics_token} if settings.metrics_token else {}


def installed_ms() -> int:
    """When this software was installed, in epoch milliseconds."""
    return int(Path(__file__).stat().st_mtime * 1000)


def url_host(host: str) -> str:
    """A host as it stands in a URL; this machine's name where it is bound to all addresses."""
    if host in ("0.0.0.0", "::", ""):
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host


def refusing(kept: socket.socket) -> socket.socket:
    """The same port, on a socket that refuses whoever connects until it listens. Raises `CannotStart`."""
    host, port = kept.getsockname()[:2]
    kept.close()
    try:
        return bind(host, port, listening=False)
    except PortTaken as error:
        raise CannotStart(str(error)) from None


def _pid_in(lock: BinaryIO) -> str:
    pid = lock.read(20)
    return pid.decode() if pid.isdigit() else "unknown"
