"""All subsystems of a room, made in the order in which they need each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from videobar.adapters.calls.simulated import SimulatedEngine
from videobar.adapters.calls.sip_engine import SipEngine
from videobar.adapters.cameras.assembly import open_cameras
from videobar.adapters.cameras.visca_server import ViscaServer, bind_visca
from videobar.adapters.collaboration.saved_content import FileShelves
from videobar.adapters.directory.assembly import open_directory
from videobar.adapters.host.content_files import ContentDirectory
from videobar.adapters.host.log_files import LogDirectory
from videobar.adapters.host.machine import Machine
from videobar.adapters.host.passwords import Argon2Hasher
from videobar.adapters.host.prober import NetworkProber
from videobar.adapters.host.prometheus import PrometheusText
from videobar.adapters.host.resolver import SystemResolver
from videobar.adapters.store.audit import SqliteAudit
from videobar.adapters.store.call_log import SqliteCallLog
from videobar.adapters.store.database import Database
from videobar.adapters.store.probe import StoreProbe
from videobar.adapters.store.reset import ResetOrder
from videobar.assembly.calendar import assemble_calendar
from videobar.assembly.config_variables import variables
from videobar.assembly.configured import Configured, StoredSettings
from videobar.assembly.directory import global_directory
from videobar.assembly.engine import Engine
from videobar.assembly.file_checks import FileChecks
from videobar.assembly.identity import identity
from videobar.assembly.logins import open_logins
from videobar.assembly.names import Behind
from videobar.assembly.signalling import OF_THE_ACCOUNT, account_configuration, home_domain, sip_account
from videobar.clock import SystemClock
from videobar.engine.process.configuration import AccountConfiguration
from videobar.errors import StartError
from videobar.room.audio.service import Audio
from videobar.room.audit import Audit
from videobar.room.calls.do_not_disturb import DoNotDisturb
from videobar.room.calls.log import MOST_ENTRIES
from videobar.room.calls.recent import RecentCalls
from videobar.room.calls.service import CallLimits, Calls
from videobar.room.cameras.service import Cameras
from videobar.room.collaboration.service import Collaboration, SaveLimits
from videobar.room.content import Content
from videobar.room.egress import EgressPolicy
from videobar.room.far_cameras import FarCameras, NearControl
from videobar.room.faults import Faults
from videobar.room.room import Room
from videobar.room.store import Store
from videobar.room.system.certificates import Certificates
from videobar.room.system.configuration import Configuration
from videobar.room.system.diagnostics import Diagnostics
from videobar.room.system.health import Health
from videobar.room.system.logs import Logs, build_page, calls_page, settings_page, status_page
from videobar.room.system.modes import Modes
from videobar.room.system.monitoring import Monitoring
from videobar.room.system.request_metrics import RequestMetrics
from videobar.room.system.restart import Restart
from videobar.room.system.service import System
from videobar.room.video import Video
from videobar.settings import Settings
from videobar.settings.choices import EngineKind


@dataclass(frozen=True)
class Assembled:
    """A room, and what its operator is told of it."""

    room: Room
    visca_port: int
    """0 where cameras are not served by VISCA."""
    password_is_serial_number: bool


async def assemble_room(
    settings: Settings,
    *,
    serial_number: str,
    clock: SystemClock,
    engine: Engine,
    database: Database,
    store: Store,
    stored: StoredSettings,
    hasher: Argon2Hasher,
    logs: Path,
    certificates: Certificates | None,
    tally: RequestMetrics,
    go: Callable[[float], None],
    undo: AsyncExitStack,
) -> Assembled:
    """The room over an engine and a database; `undo` gets what is to be closed in the end, in reverse order.

    `go` restarts the room, away for so many seconds. Raises `StartError` and `VideobarError`.
    """
    audio = Audio(path=engine, store=store)
    availability = DoNotDisturb(store)
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
            max_incoming_rate_kbps=settings.max_incoming_rate or 0,
            home_domain=home_domain(settings),
        ),
        room_name=lambda: system.name,
        call_log=await _call_log(database),
        availability=availability,
        mute=audio.mute_if_free,
    )
    reach = EgressPolicy(SystemResolver(), settings.forbidden_networks)
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
    calls.totals.take_up(await calls.log.latest(MOST_ENTRIES))
    meetings = await assemble_calendar(
        settings,
        clock=clock,
        database=database,
        calls=calls,
        reach=reach,
        stored=stored,
        sip_account=sip_account(settings),
        undo=undo,
    )
    undo.push_async_callback(cameras.close)
    visca_port = await _serve_visca(settings, cameras, undo)
    machine = Machine()
    log_files = LogDirectory(logs)
    directory = open_directory(
        database,
        clock,
        elsewhere=await global_directory(settings, clock),
        default_group=settings.directory_default_group,
    )
    undo.push_async_callback(directory.close)
    health = Health(
        host=machine,
        audio=audio,
        cameras=cameras,
        engine=engine,
        logs=log_files,
        answers_itself=lambda: calls.limits.auto_answer and not availability.do_not_disturb,
        calendar=lambda: meetings.calendar.state,
        directory=lambda: directory.report().state,
    )
    system = System(
        identity=identity(settings, serial_number),
        clock=clock,
        store=store,
        host=machine,
        status=health.rows,
    )
    logins = await open_logins(
        settings,
        clock=clock,
        store=store,
        hasher=hasher,
        serial_number=serial_number,
        uptime_s=lambda: system.uptime_s,
    )
    audit = Audit(SqliteAudit(database), clock)
    undo.push_async_callback(audit.close)
    stage = engine if isinstance(engine, SimulatedEngine) else None
    modes = Modes(store, calls.hang_up_all)
    availability.closed = lambda: modes.device
    restart = Restart(clock=clock, system=system, away_s=settings.reboot_seconds, go=go)
    undo.callback(restart.close)
    faults = Faults(clock, restart.begin) if stage is not None or settings.allow_faults else None
    recent = RecentCalls(store)
    configured = Configured(settings, stored, _used_at_once(calls), FileChecks(settings))
    configuration = Configuration(
        variables(
            Behind(
                configured=configured,
                system=system,
                audio=audio,
                cameras=cameras,
                recent=recent,
                totals=calls.totals,
                availability=availability,
                accounts=logins.accounts,
                speaks_sip=settings.engine is EngineKind.SIP,
            )
        ),
        settled=_account_in_use(configured, engine, calls),
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
    content, collaboration = _content(settings, engine, clock, undo)
    room = Room(
        accounts=logins.accounts,
        audio=audio,
        audit=audit,
        calendar=meetings.calendar,
        finding=meetings.finding,
        calls=calls,
        cameras=cameras,
        directory=directory,
        sessions=logins.sessions,
        system=system,
        video=Video(engine),
        engine=engine,
        diagnostics=Diagnostics(reach, NetworkProber()),
        configuration=configuration,
        logs=collected,
        content=content,
        collaboration=collaboration,
        far_cameras=FarCameras(engine, NearControl(cameras) if settings.far_control else None),
        certificates=certificates,
        modes=modes,
        monitoring=Monitoring(
            system=system,
            rows=health.rows,
            calls=calls,
            sessions=logins.sessions,
            engine=engine,
            store=StoreProbe(database, clock),
            tally=tally,
            exposition=PrometheusText(),
            left_out=meetings.left_out,
        ),
        recent=recent,
        reset=ResetOrder(settings.data),
        restart=restart,
        stage=stage,
        faults=faults,
    )
    return Assembled(room, visca_port, logins.password_is_serial_number)


def _used_at_once(calls: Calls) -> Mapping[str, Callable[[Any], None]]:
    """What takes a new value of the settings that need no new start."""

    def limit(name: str) -> Callable[[Any], None]:
        def take(value: Any) -> None:
            calls.limits = replace(calls.limits, **{name: value})

        return take

    return {
        "auto_answer": limit("auto_answer"),
        "auto_answer_muted": limit("auto_answer_muted"),
        "default_rate": limit("default_rate_kbps"),
        **dict.fromkeys(OF_THE_ACCOUNT, lambda _: None),
    }


def _account_in_use(configured: Configured, engine: Engine, calls: Calls) -> Callable[[], None]:
    """What lets the engine use the SIP account that is set, when that has changed."""

    def wanted() -> tuple[str, AccountConfiguration | None, str]:
        settings = configured.settings()
        return settings.sip_user, account_configuration(settings), home_domain(settings)

    used = wanted()

    def settle() -> None:
        nonlocal used
        if (now := wanted()) != used:
            user, account, domain = used = now
            calls.limits = replace(calls.limits, home_domain=domain)
            if isinstance(engine, SipEngine):
                engine.use_account(user, account)

    return settle


async def _call_log(database: Database) -> SqliteCallLog:
    call_log = SqliteCallLog(database)
    await call_log.close_what_was_open()
    return call_log


def _content(
    settings: Settings, engine: Engine, clock: SystemClock, undo: AsyncExitStack
) -> tuple[Content, Collaboration]:
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
    undo.push_async_callback(collaboration.close)
    return content, collaboration


async def _serve_visca(settings: Settings, cameras: Cameras, undo: AsyncExitStack) -> int:
    """Let joysticks drive the cameras, if that is wanted; the port, or 0."""
    if settings.visca_port is None:
        return 0
    try:
        datagrams, streams = bind_visca(settings.host, settings.visca_port)
    except OSError as error:
        raise StartError(
            "visca_port",
            f"cannot use VISCA port {settings.visca_port} on {settings.host}: {error.strerror}; "
            f"choose another with --visca-port (0 takes a free one)",
        ) from None
    port: int = streams.getsockname()[1]
    server = ViscaServer(cameras, datagrams, streams)
    await server.start()
    undo.push_async_callback(server.stop)
    return port
