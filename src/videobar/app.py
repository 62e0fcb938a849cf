"""The composition root: makes a room from settings, and starts and stops its parts in order."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from videobar.adapters.host.certificate import Certificate
from videobar.adapters.host.passwords import Argon2Hasher
from videobar.adapters.host.resolver import SystemResolver
from videobar.adapters.store.crash_loop import CrashLoopGuard
from videobar.adapters.store.data_directory import DATABASE, LOGS, SECRETS_KEY
from videobar.adapters.store.database import Database
from videobar.adapters.store.reset import apply_pending_reset
from videobar.adapters.store.secrets import SecretBox
from videobar.adapters.store.sqlite import SqliteStore
from videobar.assembly.configured import StoredSettings
from videobar.assembly.engine import Engine, open_engine
from videobar.assembly.file_checks import check_given_files
from videobar.assembly.identity import remembered
from videobar.assembly.preflight import advertised_host, locked, refusing
from videobar.assembly.room import open_room
from videobar.assembly.site import Site
from videobar.clock import SystemClock
from videobar.contract import openapi
from videobar.contract.index import OPERATIONS
from videobar.errors import StartError, VideobarError
from videobar.handlers.areas import areas_of
from videobar.handlers.authorization import Authorization
from videobar.room.calls.service import Calls
from videobar.room.egress import EgressPolicy
from videobar.room.room import Room
from videobar.room.system.request_metrics import RequestMetrics
from videobar.room.system.service import System
from videobar.server.app import Application
from videobar.server.asgi import AsgiFace
from videobar.server.codec import ActionCodec
from videobar.server.faults import FaultyFace, Handle
from videobar.server.listener import HttpsListener, bind
from videobar.server.messages import DROPPED, HttpRequest, HttpResponse
from videobar.server.redirect import Redirect
from videobar.server.routes import Routes
from videobar.settings import Settings
from videobar.settings.setting import flag_name

log = logging.getLogger("videobar")

METRICS = "monitoring_metrics_get"
CERTIFICATE_CHECK_S = 24 * 3600.0
INITIALIZING_S = 1.0
"""Time for which a restarted room reports that it initialises."""
STOP_CALLS_S = 1.0
"""Time that hanging up may take when the room stops."""


@dataclass(frozen=True)
class Shared:
    """Parts that the rooms of one process can share."""

    routes: Routes[ActionCodec]
    passwords: Argon2Hasher


class Door(Protocol):
    """Listener that is not the room's own; it refuses connections while the room is away."""

    async def close(self) -> None:
        """Break every connection, and refuse new ones."""
        ...

    async def open(self) -> None:
        """Take connections again."""
        ...


class App:
    """One running room. `start` raises `StartError`; `stop` may be called after a half-done start.

    Without `https`, nobody can connect: the room only answers calls of `handle` in this process. `listening` is a
    socket to serve on instead of a new one; `serial_number` is that of a room that has none yet. When the room is to
    restart, `on_reboot` gets the number of seconds that it shall be away; without that, it stops and starts here.
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
        self._starts: CrashLoopGuard | None = None
        self.safe_mode = False
        """True if starts have failed again and again, so that this one left out all that may be at fault."""
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
            told = isinstance(error, VideobarError | OSError)
            if self._starts is not None and (told or isinstance(error, StartError)):
                self._leave_told(self._starts)
            if told:
                raise StartError("", getattr(error, "detail", "") or str(error)) from error
            raise

    def _leave_told(self, starts: CrashLoopGuard) -> None:
        """Reported to the operator, so this only counts where something set through the API may be at fault."""
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

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """The answer to a request, with the faults that were asked for; none while the room is away."""
        return HttpResponse(DROPPED, []) if self._answer is None else await self._answer(request)

    def keep_port(self) -> socket.socket:
        """A socket that keeps the port of the REST API when the room stops; clients that connect meanwhile wait."""
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
        except StartError as error:
            log.critical("the room does not come back: %s", error)

    async def _start(self) -> None:
        self._undo.callback(locked(self.settings.data).close)
        await asyncio.to_thread(apply_pending_reset, self.settings.data)
        database = Database(self.settings.data / DATABASE)
        self._undo.callback(database.close)
        store = SqliteStore(database)
        stored = StoredSettings(store, SecretBox(self.settings.data / SECRETS_KEY))
        self._starts = CrashLoopGuard(self.settings.data)
        self.safe_mode = self._starts.begin()
        with_stored = await asyncio.to_thread(self._as_given.with_stored, stored.get)
        settings = self.settings = self._as_given.bare() if self.safe_mode else with_stored
        await check_given_files(settings)
        listening = self._bind() if self._https else None
        self.serial_number = await remembered(settings, store, self._first_serial_number)

        clock = SystemClock(zone=settings.timezone)
        engine, sockets = open_engine(
            settings,
            clock=clock,
            logs=self._logs,
            own_certificate=lambda: self._own_certificate(clock).path,
            undo=self._undo,
        )
        if sockets is not None:
            self.sip_port, self.sip_tls_port = sockets.port("UDP"), sockets.port("TLS")
        metrics = RequestMetrics()
        opened = await open_room(
            Site(
                settings=settings,
                serial_number=self.serial_number,
                clock=clock,
                engine=engine,
                database=database,
                store=store,
                stored=stored,
                egress=EgressPolicy(SystemResolver(), settings.forbidden_networks),
                hasher=self._hasher(),
                logs=self._logs or settings.data / LOGS,
                certificates=self._own_certificate(clock) if self._https else None,
                metrics=metrics,
                restart=self._on_reboot,
                undo=self._undo,
            )
        )
        room = opened.room
        self.name, self.visca_port = room.system.name, opened.visca_port
        self.password_is_serial_number = opened.password_is_serial_number
        self._open_face(room, clock, metrics)
        if listening is not None:
            await self._listen(clock, listening)
            await self._redirect(clock)

        engine.listen()
        self._undo.push_async_callback(self._hang_up, room.calls, engine)
        self._get_ready(room.system)
        self._starts.settle()
        self._undo.callback(room.system.shutting_down)

    def _open_face(self, room: Room, clock: SystemClock, metrics: RequestMetrics) -> None:
        """Answer requests from now on."""
        application = Application(
            operations=OPERATIONS if self._shared is None else self._shared.routes,
            areas=functools.partial(areas_of, room),
            sessions=room.sessions,
            clock=clock,
            enforce_xsrf=self.settings.enforce_xsrf,
            openapi=openapi.document,
            gate=Authorization(room.modes).check,
            note=room.audit.note,
            count=metrics.count,
            tokens=metrics_tokens(self.settings),
        )
        self._answer = application.handle
        if room.faults is not None:
            self._answer = FaultyFace(application.handle, room.faults, room.sessions, clock).handle
        self._undo.callback(self._close_face)

    def _close_face(self) -> None:
        self._answer = None

    def _hasher(self) -> Argon2Hasher:
        if self._shared is not None:
            return self._shared.passwords
        hasher = Argon2Hasher()
        self._undo.callback(hasher.close)
        return hasher

    def _bind(self) -> socket.socket:
        """The socket that was kept, if it still is the one that is wanted, or a new one."""
        kept, self._kept = self._kept, None
        if kept is not None and self.settings.port not in (0, kept.getsockname()[1]):
            kept.close()
            kept = None
        try:
            listening = kept or bind(self.settings.host, self.settings.port)
        except StartError as error:
            hint = " (0 takes a free one)" if error.setting == "port" else ""
            text = f"{error}; choose another with {flag_name(error.setting)}{hint}"
            raise StartError(error.setting, text) from None
        self._undo.callback(listening.close)
        self._listening = listening
        self.port = listening.getsockname()[1]
        return listening

    def _own_certificate(self, clock: SystemClock) -> Certificate:
        """The room's certificate, for HTTPS and for SIP over TLS; made and kept fresh once it is needed."""
        if self._certificate is None:
            certificate = self._certificate = Certificate(
                self.settings.data,
                self.settings.host,
                keys=self.settings.https_key,
                compatibility=self.settings.https_compatibility,
            )
            renewal = asyncio.create_task(self._renew(certificate, clock), name="certificate-renewal")
            self._undo.callback(renewal.cancel)
        return self._certificate

    async def _listen(self, clock: SystemClock, listening: socket.socket) -> None:
        face = AsgiFace(self.handle, clock)
        listener = HttpsListener(face, self._own_certificate(clock).context, listening)
        await listener.start()
        self._undo.push_async_callback(listener.stop)

    async def _redirect(self, clock: SystemClock) -> None:
        """Redirect plain HTTP to HTTPS, if that is wanted."""
        settings = self.settings
        if settings.http_port is None:
            return
        try:
            listening = bind(settings.host, settings.http_port)
        except StartError as error:
            raise StartError("http_port", f"{error}; choose another with --http-port") from None
        self.http_port = listening.getsockname()[1]
        own = socket.gethostname()
        redirect = Redirect(advertised_host(settings.host), self.port, (own, f"{own}.local"))
        face = AsgiFace(redirect.handle, clock)
        listener = HttpsListener(face, None, listening)
        self._undo.push_async_callback(listener.stop)
        await listener.start()

    async def _renew(self, certificate: Certificate, clock: SystemClock) -> None:
        """Keep the certificate from running out while the room runs."""
        while True:
            await clock.sleep(CERTIFICATE_CHECK_S)
            await asyncio.to_thread(certificate.renew_if_due)

    def _get_ready(self, system: System) -> None:
        """At once, or a moment later after a restart, so that clients see it initialise, as on devices."""
        if not self._came_back:
            system.ready()
            return
        soon = asyncio.get_running_loop().call_later(INITIALIZING_S, system.ready)
        self._undo.callback(soon.cancel)

    async def _hang_up(self, calls: Calls, engine: Engine) -> None:
        calls.close()
        await calls.written()
        await engine.stop(STOP_CALLS_S)


def metrics_tokens(settings: Settings) -> dict[str, str | None]:
    """Tokens for the metrics without a login, by action: none, the one of the settings, or `None` for open to all."""
    if settings.metrics_open:
        return {METRICS: None}
    return {METRICS: settings.metrics_token} if settings.metrics_token else {}
