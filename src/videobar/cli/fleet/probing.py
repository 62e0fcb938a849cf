"""Asking devices for their figures, politely: one session each, one question at a time, and never too often."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from videobar.clock import Clock
from videobar.contract.audio import AudioState
from videobar.contract.calls import Conference
from videobar.contract.index import Areas
from videobar.contract.streams import MediaStatistics
from videobar.contract.system import SignallingServer, StatusRow, SystemInfo
from videobar.errors import (
    AnswerNotUnderstood,
    NotBuiltYet,
    NotThere,
    SessionInvalidUserNamePassword,
    SessionMaxActiveSessionsReached,
    SessionPortLockout,
    Unavailable,
    VideobarError,
)
from videobar.vocabulary import ConnectionState

T = TypeVar("T")
LONGEST_PAUSE_S = 300.0
"""Between two attempts at a device that does not answer, or does not let anybody in."""
PARTLY = (AnswerNotUnderstood, NotBuiltYet, NotThere, Unavailable)
"""Errors that mean that a device does not say one thing; it may say others."""
LOGIN = (SessionInvalidUserNamePassword, SessionMaxActiveSessionsReached, SessionPortLockout)
"""Errors after which a device is left alone for the longest pause at once."""


@dataclass(frozen=True)
class Facts:
    """Answers of a device; `None` where it lacks an action."""

    system: SystemInfo | None = None
    audio: AudioState | None = None
    conferences: list[Conference] | None = None
    parts: list[StatusRow] | None = None
    registrars: list[SignallingServer] | None = None
    streams: list[MediaStatistics] | None = None


@dataclass(frozen=True)
class Probe:
    """Result of asking a device: `facts`, or the `error`. Times are monotonic seconds."""

    began: float
    seconds: float
    facts: Facts = field(default_factory=Facts)
    error: Exception | None = None


async def facts_of(room: Areas) -> Facts:
    """Ask a room everything. Raises `VideobarError` where it does not answer at all."""
    conferences = await _asked(room.conferences.all)
    facts = Facts(
        system=await _asked(room.system.info),
        audio=await _asked(room.audio.state),
        conferences=conferences,
        parts=await _asked(room.system.status),
        registrars=await _asked(room.system.sip_servers),
        streams=await _streams(room, conferences or []),
    )
    if facts.system is None and conferences is None:
        raise AnswerNotUnderstood("the device says nothing of what is asked")
    return facts


async def _streams(room: Areas, conferences: list[Conference]) -> list[MediaStatistics] | None:
    found: list[MediaStatistics] = []
    for conference in conferences:
        if any(one.state == ConnectionState.CONNECTED for one in conference.connections):
            found += await _asked(lambda one=conference.id: room.conferences.media_statistics(one)) or []  # type: ignore[misc]
    return found


async def _asked(ask: Callable[[], Awaitable[T]]) -> T | None:
    try:
        return await ask()
    except PARTLY:
        return None


class Device:
    """One device. `ask` gets all figures of it; what it raises is remembered."""

    def __init__(self, ask: Callable[[], Awaitable[Facts]], clock: Clock, fresh_s: float) -> None:
        """Figures younger than `fresh_s` seconds are given again instead of asked for."""
        self._ask = ask
        self._clock = clock
        self._fresh_s = fresh_s
        self._latest: Probe | None = None
        self._failures = 0
        self._running: asyncio.Task[Probe] | None = None

    async def probe(self, patience_s: float) -> Probe:
        """The figures, asked for or remembered. Several callers at once share one answer.

        Raises `TimeoutError` where they do not come in time; they are still waited for, for the next caller.
        """
        if self._latest is not None and self._clock.monotonic() < self._latest.began + self.pause_s:
            return self._latest
        if self._running is None:
            self._running = asyncio.create_task(self._run())
            self._running.add_done_callback(self._done)
        async with asyncio.timeout(patience_s):
            return await asyncio.shield(self._running)

    @property
    def pause_s(self) -> float:
        """Seconds from the begin of the latest attempt to the next one."""
        if self._latest is not None and isinstance(self._latest.error, LOGIN):
            return max(LONGEST_PAUSE_S, self._fresh_s)
        return max(self._fresh_s, min(self._fresh_s * float(1 << min(self._failures, 16)), LONGEST_PAUSE_S))

    def age_s(self, probe: Probe) -> float:
        """Age of the figures."""
        return max(0.0, self._clock.monotonic() - probe.began - probe.seconds)

    async def stop(self) -> None:
        """Ask nothing more."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def _run(self) -> Probe:
        began = self._clock.monotonic()
        try:
            facts = await self._ask()
        except (VideobarError, ValueError) as error:
            self._failures += 1
            return Probe(began, self._clock.monotonic() - began, error=error)
        self._failures = 0
        return Probe(began, self._clock.monotonic() - began, facts)

    def _done(self, running: asyncio.Task[Probe]) -> None:
        self._running = None
        if not running.cancelled() and running.exception() is None:
            self._latest = running.result()
