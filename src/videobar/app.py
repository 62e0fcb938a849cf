"""The composition root: makes a room from settings, and starts and stops its parts in order."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import secrets
import signal
import socket
import string
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TextIO

from videobar.adapters.calls.sip_engine import SipEngine
from videobar.adapters.host.certificate import server_context
from videobar.adapters.host.machine import Machine
from videobar.adapters.host.passwords import Argon2Hasher
from videobar.adapters.store.sqlite import SqliteStore
from videobar.clock import SystemClock
from videobar.contract.index import OPERATIONS
from videobar.engine.link import bind_sip_sockets
from videobar.engine.protocol import EngineConfiguration
from videobar.errors import VideobarError
from videobar.handlers.areas import Handlers, Room
from videobar.room.audio.service import Audio
from videobar.room.calls.service import CallLimits, Calls
from videobar.room.sessions import SessionLimits, Sessions
from videobar.room.store import Key, Value
from videobar.room.system.health import Health
from videobar.room.system.service import Identity, System
from videobar.room.video import Video
from videobar.server.app import Application
from videobar.server.listener import HttpsListener, PortTaken
from videobar.settings import Settings
from videobar.vocabulary import SystemState

log = logging.getLogger("videobar")

ADMIN = "admin"
SERIAL_ALPHABET = string.ascii_uppercase + string.digits
STOP_CALLS_S = 1.0
"""How long hanging up may take when the room stops."""


class CannotStart(Exception):
    """The room cannot start; the text is one line for the operator."""


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed, else the standard loop."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


class App:
    """One running room. `start` raises `CannotStart`; `stop` may be called after a half-done start."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._undo = contextlib.AsyncExitStack()
        self.port = 0
        self.sip_port = 0
        self.serial_number = ""
        self.password_is_serial_number = False
        self.room: Room

    async def start(self) -> None:
        """Bring everything up; when it returns, clients can connect."""
        try:
            await self._start()
        except (CannotStart, VideobarError, OSError) as error:
            await self.stop()
            raise error if isinstance(error, CannotStart) else CannotStart(str(error)) from error
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Take everything down, calls first."""
        await self._undo.aclose()

    async def _start(self) -> None:
        settings = self._settings
        self._lock_data_directory()
        store = SqliteStore(settings.data / "room.sqlite")
        self._undo.callback(store.close)
        self.serial_number = await self._remember(store)

        clock = SystemClock()
        engine = self._engine(clock)
        audio = Audio(path=engine, store=store, microphones=0 if settings.microphone == "silence" else 1)
        calls = Calls(
            engine=engine,
            clock=clock,
            limits=CallLimits(
                max_connections=settings.max_connections,
                ring_seconds=settings.ring_seconds,
                default_rate_kbps=settings.default_rate,
                auto_answer=settings.auto_answer,
            ),
            room_name=lambda: system.name,
        )
        machine = Machine()
        health = Health(host=machine, audio=audio, calls=calls, auto_answer=settings.auto_answer)
        system = System(
            identity=Identity(settings.model, self.serial_number, settings.firmware, version("videobar")),
            clock=clock,
            store=store,
            host=machine,
            status=health.rows,
        )
        sessions = await self._sessions(clock, store)
        self.room = Room(audio, calls, sessions, system, Video(), engine)
        await self._listen(Handlers(self.room), sessions)

        engine.listen()
        self._undo.push_async_callback(self._hang_up, calls, engine)
        system.state = SystemState.READY
        self._undo.callback(setattr, system, "state", SystemState.SHUTTING_DOWN)

    def _lock_data_directory(self) -> None:
        """Make sure that no other room works on the same data."""
        directory = self._settings.data
        try:
            directory.mkdir(parents=True, exist_ok=True)
            lock: TextIO = (directory / "lock").open("a+")
        except OSError as error:
            raise CannotStart(f"cannot use the data directory {directory}: {error.strerror}") from None
        self._undo.callback(lock.close)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise CannotStart(
                f"another room (process {lock.read().strip() or 'unknown'}) uses the data directory {directory}; "
                f"give this one its own with --data"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()

    async def _remember(self, store: SqliteStore) -> str:
        """Keep what was set for good, and return the serial number, made at the first start."""
        serial_number = store.get(Key.SERIAL_NUMBER)
        keep: dict[str, Value] = {}
        if not isinstance(serial_number, str):
            serial_number = "8L" + "".join(secrets.choice(SERIAL_ALPHABET) for _ in range(12))
            keep[Key.SERIAL_NUMBER] = serial_number
        if self._settings.name is not None:
            keep[Key.NAME] = self._settings.name
        elif store.get(Key.NAME) is None:
            keep[Key.NAME] = f"videobar {serial_number[-4:]}"
        if self._settings.mute_locked is not None:
            keep[Key.MUTE_LOCKED] = self._settings.mute_locked
        if keep:
            await store.put(keep)
        return serial_number

    def _engine(self, clock: SystemClock) -> SipEngine:
        settings = self._settings
        sip_host = settings.sip_host or settings.host
        try:
            udp, tcp = bind_sip_sockets(sip_host, settings.sip_port)
        except OSError as error:
            raise CannotStart(
                f"cannot use SIP port {settings.sip_port} on {sip_host}: {error.strerror}; "
                f"choose another with --sip-port (0 takes a free one)"
            ) from None
        self._undo.callback(udp.close)
        self._undo.callback(tcp.close)
        self.sip_port = udp.getsockname()[1]
        configuration = EngineConfiguration(
            product=f"videobar/{version('videobar')}",
            user="room",
            codecs=settings.codecs,
            first_rtp_port=settings.rtp_ports[0],
            last_rtp_port=settings.rtp_ports[1],
            microphone=settings.microphone,
            speaker=settings.speaker,
            response_seconds=settings.response_seconds,
            drop_every=settings.drop_every,
        )
        return SipEngine(configuration, udp=udp, tcp=tcp, clock=clock)

    async def _hang_up(self, calls: Calls, engine: SipEngine) -> None:
        calls.close()
        await engine.stop(STOP_CALLS_S)
