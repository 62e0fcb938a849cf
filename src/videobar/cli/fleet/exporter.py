"""`videobar exporter`: figures of many devices for Prometheus, asked for by it one by one (`/probe?target=lobby`)."""

from __future__ import annotations

import asyncio
import contextlib
import fnmatch
import os
import signal
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videobar.cli.command.arguments import (
    Argument,
    Kind,
    LocalCommand,
    Options,
    UsageError,
    decimal_number,
    whole_number,
)
from videobar.cli.command.catalog import summary_of
from videobar.cli.command.everywhere import profiles_like
from videobar.cli.command.exits import Exit
from videobar.cli.rooms import profiles
from videobar.cli.rooms.profiles import Overrides, Profile, Target

if TYPE_CHECKING:
    from aiohttp import web

    from videobar.cli.fleet.probing import Device, Facts
    from videobar.cli.rooms.connect import OverHttps
    from videobar.cli.rooms.passwords import Passwords
    from videobar.client.aio import AsyncRoom

HOST, PORT = "127.0.0.1", 9849
FRESH_S = 10.0
SCRAPE_S = 10.0
"""Time of a scrape where Prometheus gives none."""
MARGIN_S = 0.5
"""Margin for the exporter to answer in time."""
MOST_DEVICES = 1000
INDEX = """<!doctype html><title>videobar exporter</title><h1>videobar exporter</h1>
<p><a href="/metrics">/metrics</a>: this exporter; <a href="/targets">/targets</a>: the saved rooms, for
http_sd_configs; /probe?target=NAME: the figures of one.</p>
"""


def commands() -> tuple[LocalCommand, ...]:
    """The one command."""
    return (
        LocalCommand(
            "exporter",
            summary_of("exporter"),
            "Serve figures of saved rooms, real devices and ours, until Ctrl-C or SIGTERM: /probe?target=NAME for one "
            "room, /targets for service discovery, /metrics for the exporter. Each device has one session, is asked "
            "one thing at a time, and less and less often while it does not answer. A password that was refused is not "
            "sent again before its source has another one.",
            (
                Argument("host", f"address to listen on (default: {HOST})", ("--host",), "ADDRESS"),
                Argument(
                    "port",
                    f"port to listen on, 0 for a free one (default: {PORT})",
                    ("--port",),
                    "N",
                    whole_number,
                ),
                Argument(
                    "room",
                    "only these saved rooms; several with commas, and patterns (default: all)",
                    ("--room", "-r"),
                    "ROOM",
                    complete=profiles_like,
                ),
                Argument(
                    "allow",
                    "hosts that may be asked with the user and password of a saved room (&module=ROOM), by pattern; "
                    "may be repeated",
                    ("--allow",),
                    "PATTERN",
                    kind=Kind.REPEATED,
                ),
                Argument(
                    "fresh",
                    f"give figures of this age again instead of asking (default: {FRESH_S:g})",
                    ("--fresh",),
                    "SECONDS",
                    decimal_number,
                ),
            ),
            _run,
        ),
    )


def _run(options: Options) -> int:
    port = PORT if options.port is None else options.port
    fresh_s = FRESH_S if options.fresh is None else options.fresh
    if not 0 <= port < 65536:
        raise UsageError("--port: must be from 0 to 65535")
    if not 1 <= fresh_s <= 3600:
        raise UsageError("--fresh: must be from 1 to 3600 seconds")
    saved = profiles.load(profiles.file_of_profiles(os.environ, Path.home()))
    if not saved:
        raise UsageError("there are no saved rooms; videobar rooms add NAME HOST")
    targets = profiles.resolve(options.room or "*", saved, Overrides())
    from videobar.cli.rooms.connect import OverHttps
    from videobar.cli.rooms.passwords import Passwords, installed_keyring

    passwords = Passwords(None, os.environ, installed_keyring, None)
    fleet = Fleet(targets, saved, passwords, OverHttps(), fresh_s, tuple(options.allow or ()))
    try:
        asyncio.run(_serve(fleet, options.host or HOST, port))
    except OSError as error:
        print(f"videobar: {options.host or HOST}:{port}: {error.strerror or error}", file=sys.stderr)
        return Exit.REFUSED
    except (KeyboardInterrupt, asyncio.CancelledError):
        pass
    return Exit.DONE


class TargetUnknown(Exception):
    """The target is no room that may be asked; the text says why."""


class Fleet:
    """The devices that were asked for, each with a session that is kept."""

    def __init__(
        self,
        targets: tuple[Target, ...],
        saved: Mapping[str, Profile],
        passwords: Passwords,
        connect: OverHttps,
        fresh_s: float,
        allowed: tuple[str, ...],
    ) -> None:
        self.targets = {target.name: target for target in targets}
        self._saved = saved
        self._passwords = passwords
        self._connect = connect
        self._fresh_s = fresh_s
        self._allowed = allowed
        self._devices: dict[tuple[str, str], tuple[AsyncRoom, Device]] = {}

    def device(self, name: str, module: str = "") -> Device:
        """The device of that name, or with `module`, of that host. Raises `TargetUnknown`."""
        key = (name, module)
        if key not in self._devices:
            target = self._target(name, module)
            if len(self._devices) >= MOST_DEVICES:
                raise TargetUnknown(f"target: there are {MOST_DEVICES} devices already")
            self._devices[key] = self._open(target)
        return self._devices[key][1]

    def _open(self, target: Target) -> tuple[AsyncRoom, Device]:
        from videobar.cli.fleet.probing import Device
        from videobar.clock import SystemClock

        room = self._connect(target, partial(self._password, target))
        return room, Device(partial(self._ask, room), SystemClock(), self._fresh_s)

    async def _password(self, target: Target) -> str:
        try:
            return await asyncio.to_thread(self._passwords.of, target)
        except UsageError as error:
            raise ValueError(str(error)) from None

    async def _ask(self, room: AsyncRoom) -> Facts:
        from videobar.cli.fleet.probing import LOGIN, facts_of

        try:
            return await facts_of(room)
        except LOGIN:
            self._passwords.forget()  # the next login asks whether there is another one
            raise

    def _target(self, name: str, module: str) -> Target:
        if not module:
            if name not in self.targets:
                raise TargetUnknown(f"target: no saved room is called {name[:100]!r}")
            return self.targets[name]
        if module not in self.targets:
            raise TargetUnknown(f"module: no saved room is called {module[:100]!r}")
        host = name.rpartition(":")[0] or name
        if not any(fnmatch.fnmatchcase(host, pattern) for pattern in self._allowed):
            raise TargetUnknown(f"target: {name[:100]!r} is not among the hosts that --allow names")
        try:
            (found,) = profiles.resolve(name, {}, Overrides())
        except (UsageError, ValueError):
            raise TargetUnknown(f"target: {name[:100]!r} is no host") from None
        like = self._saved[module]
        profile = Profile(**{**_fields(like), "host": found.host, "port": found.port})
        return Overrides().target(module, profile)

    async def close(self) -> None:
        """Give all sessions back."""
        for _, device in self._devices.values():
            await device.stop()
        await asyncio.gather(*(room.close() for room, _ in self._devices.values()))


def _fields(profile: Profile) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in profile.__struct_fields__}


async def _serve(fleet: Fleet, host: str, port: int) -> None:
    from aiohttp import web

    runner = web.AppRunner(application(fleet), access_log=None)
    await runner.setup()
    stop = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # signals of Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    try:
        await web.TCPSite(runner, host, port).start()
        where = runner.addresses[0]
        shown = f"[{where[0]}]:{where[1]}" if ":" in where[0] else f"{where[0]}:{where[1]}"
        print(f"videobar exporter: {len(fleet.targets)} rooms at http://{shown}/targets", flush=True)
        print("Stop with Ctrl-C.", flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()
        await fleet.close()


def application(fleet: Fleet) -> web.Application:
    """Web application of the exporter."""
    from aiohttp import web
    from prometheus_client import CollectorRegistry, Counter, Gauge, PlatformCollector, ProcessCollector
    from prometheus_client.exposition import choose_encoder

    from videobar.cli.fleet.figures import DeviceCollector
    from videobar.errors import CertificateUntrusted

    own = CollectorRegistry()
    ProcessCollector(registry=own)
    PlatformCollector(registry=own)
    Gauge("videobar_exporter_rooms", "Rooms that can be asked for.", registry=own).set(len(fleet.targets))
    probes = Counter("videobar_exporter_probes", "Probes, by what came of them.", ["result"], registry=own)
    for result in ("up", "down", "slow"):
        probes.labels(result)

    def answer(registry: CollectorRegistry, request: web.Request) -> web.Response:
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(registry), headers={"Content-Type": kind})

    async def probe(request: web.Request) -> web.Response:
        name = request.query.get("target", "")
        if not name:
            return web.Response(status=400, text="target: is needed: /probe?target=NAME\n")
        try:
            device = fleet.device(name, request.query.get("module", ""))
        except (TargetUnknown, UsageError) as error:
            return web.Response(status=404, text=f"{error}\n")
        except CertificateUntrusted as error:  # the file of known rooms cannot be read
            return web.Response(status=503, text=f"{error.detail}\n")
        registry = CollectorRegistry()
        try:
            found = await device.probe(max(_scrape_s(request) - MARGIN_S, MARGIN_S))
        except TimeoutError:
            probes.labels("slow").inc()
            registry.register(DeviceCollector(None, too_slow=True))
        else:
            probes.labels("down" if found.error else "up").inc()
            registry.register(DeviceCollector(found, device.age_s(found)))
        return answer(registry, request)

    async def metrics(request: web.Request) -> web.Response:
        return answer(own, request)

    async def targets(_: web.Request) -> web.Response:
        return web.json_response([{"targets": list(fleet.targets), "labels": {}}])

    async def index(_: web.Request) -> web.Response:
        return web.Response(text=INDEX, content_type="text/html")

    made = web.Application()
    made.router.add_get("/", index)
    made.router.add_get("/probe", probe)
    made.router.add_get("/metrics", metrics)
    made.router.add_get("/targets", targets)
    return made


def _scrape_s(request: web.Request) -> float:
    """Time for which Prometheus waits."""
    try:
        seconds = float(request.headers.get("X-Prometheus-Scrape-Timeout-Seconds", ""))
    except ValueError:
        return SCRAPE_S
    return seconds if 0 < seconds <= 600 else SCRAPE_S
