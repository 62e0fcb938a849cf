"""The calls of the room, and what of their settings is used without a new start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from videobar.adapters.store.call_log import SqliteCallLog
from videobar.adapters.store.database import Database
from videobar.assembly.configured import Configured
from videobar.assembly.engine import Engine
from videobar.assembly.signalling import OF_THE_ACCOUNT, account_of, home_domain
from videobar.assembly.site import Site
from videobar.room.audio.service import Audio
from videobar.room.calls.do_not_disturb import DoNotDisturb
from videobar.room.calls.log import MOST_ENTRIES
from videobar.room.calls.service import CallLimits, Calls
from videobar.room.system.service import System
from videobar.sip.registration.account import Account


async def open_calls(site: Site, *, system: System, audio: Audio, do_not_disturb: DoNotDisturb) -> Calls:
    """The calls over the engine, with the totals of those in the log."""
    settings = site.settings
    calls = Calls(
        engine=site.engine,
        clock=site.clock,
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
        call_log=await _call_log(site.database),
        do_not_disturb=do_not_disturb,
        mute=audio.mute_if_free,
    )
    calls.totals.take_up(await calls.log.latest(MOST_ENTRIES))
    return calls


def used_at_once(calls: Calls) -> Mapping[str, Callable[[Any], None]]:
    """Setters of the settings that need no new start, by name."""

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


def account_in_use(configured: Configured, engine: Engine, calls: Calls) -> Callable[[], None]:
    """Function that gives the engine the SIP account of the settings, when that has changed."""

    def wanted() -> tuple[str, Account | None, str]:
        settings = configured.settings()
        return settings.sip_user, account_of(settings), home_domain(settings)

    used = wanted()

    def settle() -> None:
        nonlocal used
        if (now := wanted()) != used:
            user, account, domain = used = now
            calls.limits = replace(calls.limits, home_domain=domain)
            engine.use_account(user, account)

    return settle


async def _call_log(database: Database) -> SqliteCallLog:
    call_log = SqliteCallLog(database)
    await call_log.close_what_was_open()
    return call_log
