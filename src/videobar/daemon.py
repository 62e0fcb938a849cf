"""Rooms as a program: started, stopped by signals, and started again after a reboot."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

from videobar import logs, watchdog
from videobar.adapters.store.data_directory import LOGS
from videobar.app import App
from videobar.assembly.preflight import advertised_host, refusing
from videobar.assembly.signalling import sip_hosts
from videobar.errors import StartError
from videobar.room.accounts import ADMIN
from videobar.settings import Settings

log = logging.getLogger("videobar")

LISTENING = "VIDEOBAR_LISTENING"
"""Variable by which a process hands its listening socket to the one that it becomes: the descriptor."""


SAFE_MODE = (
    "Safe mode: several starts have failed. Cameras, servers and what was set through the API are left out.\n"
)


@dataclass(frozen=True)
class Succession:
    """Restart of the process after a reboot, with the socket of the REST API kept."""

    listening: socket.socket

    def take_over(self) -> None:
        """Become the new process; returns only by raising `OSError`."""
        self.listening.set_inheritable(True)
        environment = os.environ | {LISTENING: str(self.listening.fileno())}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606 (our own command)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed, else the standard loop."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def inherited_socket() -> socket.socket | None:
    """The socket of the REST API that the process before this one kept, if this is what it became."""
    descriptor = os.environ.pop(LISTENING, "")
    if not descriptor.isdecimal():
        return None
    try:
        kept = socket.socket(fileno=int(descriptor))
    except OSError:
        return None
    kept.set_inheritable(False)
    kept.setblocking(False)
    return kept


async def serve(settings: Settings) -> Succession | None:
    """Run the room of `settings` until SIGINT, SIGTERM or a reboot; then, what is to become of this process.

    Raises `StartError`.
    """
    away_s: list[float] = []
    ended = begin(settings)
    feeding = asyncio.create_task(watchdog.feed(os.environ), name="watchdog")

    def on_reboot(seconds: float) -> None:
        away_s.append(seconds)
        ended.set()

    app = App(settings, logs=settings.data / LOGS, listening=inherited_socket(), on_reboot=on_reboot)
    try:
        await app.start()
        settle()
        print(greeting(app), flush=True)
        await ended.wait()
        if not away_s:
            return None
        log.info("restarting")
        kept = app.keep_port()
    finally:
        await app.stop()
        feeding.cancel()
    if away_s[0]:
        kept = refusing(kept)
        ended.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), away_s[0])
            kept.close()
            return None
    return Succession(kept)


def settle() -> None:
    """Let the garbage collector work from now on, and never again look at what was there at the start."""
    gc.freeze()
    gc.enable()


def begin(settings: Settings) -> asyncio.Event:
    """Begin the log, and listen for SIGINT and SIGTERM, which set the event. Raises `StartError`."""
    os.umask(0o077)
    try:
        logs.begin(settings.log_level.name, settings.log_format, settings.data / LOGS / "room.log")
    except OSError as error:
        raise StartError("data", f"cannot use the data directory {settings.data}: {error.strerror}") from None
    ended = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, ended.set)
    return ended


def greeting(app: App) -> str:
    """Greeting at the start, with all that the operator must know."""
    settings = app.settings
    sip_host = advertised_host(sip_hosts(settings)[0])
    tls = f"; TLS on port {app.sip_tls_port}" if app.sip_tls_port else ""
    sip = (
        f"sip:{settings.sip_user}@{sip_host}:{app.sip_port} (UDP and TCP{tls})"
        if app.sip_port
        else "none: far ends are simulated"
    )
    visca = (
        f"  VISCA     {advertised_host(settings.host)}:{app.visca_port} (UDP and TCP, no password)\n"
        if app.visca_port
        else ""
    )
    password = f"{app.serial_number} (the serial number, until it is changed)"
    plain = f"  HTTP      port {app.http_port}, only to come back by HTTPS\n" if app.http_port else ""
    return (
        f'videobar {version("videobar")}: {settings.model} "{app.name}", serial number {app.serial_number}\n'
        f"  REST API  https://{advertised_host(settings.host)}:{app.port}/rest\n"
        f"  SIP       {sip}\n"
        f"{visca}"
        f"{plain}"
        f"  user      {ADMIN}\n"
        f"  password  {password if app.password_is_serial_number else 'as it was set'}\n"
        f"{SAFE_MODE if app.safe_mode else ''}"
        f"Stop with Ctrl-C."
    )
