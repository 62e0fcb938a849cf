"""Many simulated rooms in one process, on consecutive ports.

All of them listen at once, but a room is only made when somebody first asks it something: a thousand listen within a
second, and cost what a thousand sockets cost. They share a certificate and all that depends on the contract alone.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
import resource
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from importlib.metadata import version
from pathlib import Path

from videobar.adapters.host.certificate import Certificate
from videobar.adapters.host.passwords import Argon2Hasher
from videobar.adapters.store.data_directory import LOGS
from videobar.app import App, Shared
from videobar.assembly.preflight import advertised_host, locked
from videobar.clock import SystemClock
from videobar.contract.index import OPERATIONS
from videobar.daemon import begin, settle
from videobar.errors import StartError, Unavailable
from videobar.files import write_private
from videobar.room.accounts import ADMIN
from videobar.server import codec
from videobar.server.app import routes_of
from videobar.server.asgi import AsgiFace
from videobar.server.listener import HttpsListener, bind
from videobar.server.messages import HttpRequest, HttpResponse
from videobar.settings import Settings
from videobar.settings.setting import flag_name

log = logging.getLogger("videobar")

SEED = "serial-numbers"
"""The file from which the serial numbers of all rooms are derived."""
SEED_BYTES = 32
SERIAL_CHARACTERS = 12


class SleepingRoom:
    """One room: it listens from `listen` on, and is started by the first request."""

    def __init__(self, settings: Settings, logs: Path, shared: Shared, serial_number: str) -> None:
        self._settings = settings
        self._logs = logs
        self._shared = shared
        self._listener: HttpsListener | None = None
        self._waking: asyncio.Task[App] | None = None
        self.serial_number = serial_number
        self.name = settings.name
        self.port = 0

    async def listen(self, certificate: Certificate, clock: SystemClock) -> None:
        """Take connections. Raises `StartError`."""
        listening = bind(self._settings.host, self._settings.port)
        self.port = listening.getsockname()[1]
        self._listener = HttpsListener(AsgiFace(self.handle, clock), certificate.context, listening)
        await self._listener.start()

    async def stop(self) -> None:
        """Stop listening, and the room if it was started."""
        if self._waking is not None:
            await asyncio.wait([self._waking])
            if not self._waking.exception():
                await self._waking.result().stop()
        if self._listener is not None:
            await self._listener.stop()

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer a request; the first one wakes the room up."""
        if self._waking is None or (self._waking.done() and self._waking.exception()):
            self._waking = asyncio.create_task(self._wake(), name=f"waking {self.name}")
        try:
            app = await asyncio.shield(self._waking)
        except StartError as error:
            log.error("%s cannot start: %s", self.name, error)
            return codec.refusal(Unavailable("the room cannot start; its log says why"))
        return await app.handle(request)

    async def _wake(self) -> App:
        app = App(
            self._settings,
            https=False,
            logs=self._logs,
            shared=self._shared,
            serial_number=self.serial_number,
        )
        await app.start()
        if self._listener is not None:
            app.doors.append(self._listener)
        return app


class Rooms:
    """All rooms of `settings`. `start` raises `StartError`; `stop` may be called after a half-done start."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._undo = AsyncExitStack()
        self.rooms: Sequence[SleepingRoom] = ()

    async def start(self) -> None:
        """Let all of them listen."""
        settings = self._settings
        _allow_many_files()
        self._undo.callback(locked(settings.data).close)
        try:
            seed = _seed(settings.data / SEED)
            certificate = Certificate(
                settings.data,
                settings.host,
                keys=settings.https_key,
                compatibility=settings.https_compatibility,
            )
        except (StartError, OSError) as error:
            raise StartError("data", f"cannot use the data directory {settings.data}: {error}") from error
        passwords = Argon2Hasher()
        self._undo.callback(passwords.close)
        shared = Shared(routes_of(OPERATIONS), passwords)
        clock = SystemClock()
        self.rooms = [
            SleepingRoom(each, settings.data / LOGS, shared, serial_number(seed, number))
            for number, each in enumerate(settings.each_room(), 1)
        ]
        self._undo.push_async_callback(self._stop_rooms)
        for room in self.rooms:
            try:
                await room.listen(certificate, clock)
            except StartError as error:
                hint = " (0 takes free ones)" if error.setting == "port" else ""
                text = f"{error}; choose another with {flag_name(error.setting)}{hint}"
                raise StartError(error.setting, text) from None

    async def stop(self) -> None:
        """Stop all of them."""
        await self._undo.aclose()

    async def _stop_rooms(self) -> None:
        await asyncio.gather(*(room.stop() for room in self.rooms))


async def serve(settings: Settings) -> None:
    """Run the rooms of `settings` until SIGINT or SIGTERM. Raises `StartError`."""
    rooms = Rooms(settings)
    ended = begin(settings)
    try:
        await rooms.start()
        settle()
        print(greeting(rooms.rooms, settings), flush=True)
        await ended.wait()
    finally:
        await rooms.stop()


def greeting(rooms: Sequence[SleepingRoom], settings: Settings) -> str:
    """Greeting at the start, with all that the operator must know: a line for each room."""
    host = advertised_host(settings.host)
    lines = [f"videobar {version('videobar')}: {len(rooms)} simulated rooms, {settings.model}; user {ADMIN}"]
    for room in rooms:
        password = room.serial_number if settings.admin_password is None else "as it was set"
        lines.append(f'  https://{host}:{room.port}/rest  "{room.name}"  password {password}')
    if settings.admin_password is None:
        lines.append("The passwords are the serial numbers, until they are changed.")
    return "\n".join([*lines, "Stop with Ctrl-C."])


def serial_number(seed: bytes, number: int) -> str:
    """The serial number of the room with that number: the same at every start."""
    digest = hmac.digest(seed, str(number).encode(), hashlib.sha256)
    return "8L" + base64.b32encode(digest).decode()[:SERIAL_CHARACTERS]


def _allow_many_files() -> None:
    """Let this process have as many open files and sockets as the system allows it; often that is not the default."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _seed(path: Path) -> bytes:
    """Seed of the serial numbers, made at the first start. Raises `OSError`."""
    try:
        seed = path.read_bytes()
        if len(seed) == SEED_BYTES:
            return seed
    except FileNotFoundError:
        pass
    seed = secrets.token_bytes(SEED_BYTES)
    write_private(path, seed)
    return seed
