"""Composition root of the room: its parts, made in the order in which they need each other."""

from __future__ import annotations

from dataclasses import dataclass

from videobar.adapters.host.log_files import LogDirectory
from videobar.adapters.host.machine import Machine
from videobar.adapters.host.prober import NetworkProber
from videobar.adapters.host.prometheus import PrometheusText
from videobar.adapters.store.audit import SqliteAudit
from videobar.adapters.store.probe import StoreProbe
from videobar.adapters.store.reset import ResetOrder
from videobar.assembly.calendar import open_calendar
from videobar.assembly.calls import account_in_use, open_calls, used_at_once
from videobar.assembly.cameras import open_cameras, serve_visca
from videobar.assembly.config_variables import variables
from videobar.assembly.configured import Configured
from videobar.assembly.content import open_collaboration, open_content
from videobar.assembly.directory import open_directory
from videobar.assembly.file_checks import FileChecks
from videobar.assembly.identity import identity
from videobar.assembly.logins import open_logins
from videobar.assembly.names import Behind
from videobar.assembly.site import Site
from videobar.room.audio.service import Audio
from videobar.room.audit import Audit
from videobar.room.calls.do_not_disturb import DoNotDisturb
from videobar.room.calls.recent import RecentCalls
from videobar.room.far_cameras import FarCameras, NearControl
from videobar.room.faults import Faults
from videobar.room.room import Room
from videobar.room.system.configuration import Configuration
from videobar.room.system.diagnostics import Diagnostics
from videobar.room.system.health import Health
from videobar.room.system.logs import Logs, build_page, calls_page, settings_page, status_page
from videobar.room.system.modes import Modes
from videobar.room.system.monitoring import Monitoring
from videobar.room.system.restart import Restart
from videobar.room.system.service import System
from videobar.room.video import Video
from videobar.settings.choices import EngineKind


@dataclass(frozen=True)
class OpenedRoom:
    """A room, and the notes on it for its operator."""

    room: Room
    visca_port: int
    """0 where cameras are not served by VISCA."""
    password_is_serial_number: bool


async def open_room(site: Site) -> OpenedRoom:
    """The room over the engine and the database of a site. Raises `StartError` and `VideobarError`."""
    settings, clock, store, engine, undo = site.settings, site.clock, site.store, site.engine, site.undo
    machine, log_files = Machine(), LogDirectory(site.logs)
    system = System(identity=identity(settings, site.serial_number), clock=clock, store=store, host=machine)
    audio = Audio(path=engine, store=store)
    do_not_disturb = DoNotDisturb(store)
    calls = await open_calls(site, system=system, audio=audio, do_not_disturb=do_not_disturb)
    cameras = open_cameras(site)
    meetings = await open_calendar(site, calls)
    visca_port = await serve_visca(site, cameras)
    directory = await open_directory(site)
    logins = await open_logins(site, system)
    content = open_content(site)
    health = Health(
        host=machine,
        audio=audio,
        cameras=cameras,
        engine=engine,
        logs=log_files,
        answers_itself=lambda: calls.limits.auto_answer and not do_not_disturb.enabled,
        calendar=lambda: meetings.calendar.state,
        directory=lambda: directory.report().state,
    )
    audit = Audit(SqliteAudit(site.database), clock)
    undo.push_async_callback(audit.close)
    modes = Modes(store, calls.hang_up_all)
    do_not_disturb.close_while(lambda: modes.device)
    restart = Restart(clock=clock, system=system, away_s=settings.reboot_seconds, go=site.restart)
    undo.callback(restart.close)
    recent = RecentCalls(store)
    configured = Configured(settings, site.stored, used_at_once(calls), FileChecks(settings))
    configuration = Configuration(
        variables(
            Behind(
                configured=configured,
                system=system,
                audio=audio,
                cameras=cameras,
                recent=recent,
                totals=calls.totals,
                do_not_disturb=do_not_disturb,
                accounts=logins.accounts,
                speaks_sip=settings.engine is EngineKind.SIP,
            )
        ),
        settled=account_in_use(configured, engine, calls),
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
        health=health,
        video=Video(engine),
        engine=engine,
        diagnostics=Diagnostics(site.egress, NetworkProber()),
        configuration=configuration,
        logs=collected,
        content=content,
        collaboration=open_collaboration(site, content),
        far_cameras=FarCameras(engine, NearControl(cameras) if settings.far_control else None),
        certificates=site.certificates,
        modes=modes,
        monitoring=Monitoring(
            system=system,
            rows=health.rows,
            calls=calls,
            sessions=logins.sessions,
            engine=engine,
            store=StoreProbe(site.database, clock),
            metrics=site.metrics,
            exposition=PrometheusText(),
            left_out=meetings.left_out,
        ),
        recent=recent,
        reset=ResetOrder(settings.data),
        restart=restart,
        stage=engine.stage,
        faults=Faults(clock, restart.begin) if engine.stage is not None or settings.allow_faults else None,
    )
    return OpenedRoom(room, visca_port, logins.password_is_serial_number)
