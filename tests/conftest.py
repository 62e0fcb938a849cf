"""Fixtures that every layer's tests share."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from tests.examples import PROFILE

from videobar.adapters.calendar.reading import reader
from videobar.errors import EngineUnavailable
from videobar.room.audio.port import AcousticFence, PortLevels, SoundPort, SoundState
from videobar.room.calendar.joining import Joining
from videobar.room.calendar.meeting import Changes, Event, Ics, Instructions, Item, Reading, Window
from videobar.room.calendar.port import CalendarAccount, KeptCalendar, ProviderKind
from videobar.room.calendar.service import Calendar, Polling
from videobar.room.calls.port import (
    DialOrder,
    EngineEvent,
    EngineReport,
    Refusal,
    SipServer,
    StreamStatistics,
)
from videobar.room.calls.service import Calls
from videobar.room.cameras.port import Framing
from videobar.room.content import ContentEvent, ContentFigures
from videobar.room.far_cameras import CameraAbility, FarCameraEvent, Motion
from videobar.room.video import NearSourceState, Snapshot
from videobar.vocabulary import CalendarState, EngineState, MediaDirection, MediaType, PortDirection, Speaker


@dataclass
class DrivenClock:
    """A clock that only moves when a test says so, and then wakes whoever slept long enough."""

    epoch_ms: int = 1_700_000_000_000
    seconds: float = 1000.0
    offset_ms: int = 0
    tz_offset_ms: int = 0
    sleepers: list[tuple[float, asyncio.Future[None]]] = field(default_factory=list)

    def now_ms(self) -> int:
        return self.epoch_ms + self.offset_ms

    def zone_offset_ms(self, at_ms: int) -> int:
        return 0

    @property
    def zone_name(self) -> str:
        hours, minutes = divmod(abs(self.tz_offset_ms) // 60_000, 60)
        return f"UTC{'-' if self.tz_offset_ms < 0 else '+'}{hours:02}:{minutes:02}"

    def follow_zone(self) -> None:
        self.tz_offset_ms = 0

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.seconds + seconds, future))
        await future

    async def advance(self, seconds: float) -> None:
        """Move on, wake the sleepers that are due, and let them run."""
        for _ in range(3):
            await asyncio.sleep(0)
        self.seconds += seconds
        self.epoch_ms += round(seconds * 1000)
        due = [future for when, future in self.sleepers if when <= self.seconds]
        self.sleepers = [(when, future) for when, future in self.sleepers if when > self.seconds]
        for future in due:
            if not future.done():
                future.set_result(None)
        for _ in range(3):
            await asyncio.sleep(0)


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock()


class ScriptedEngine:
    """Implements `CallEngine`, `PicturePath` and `ContentPath`: writes down what it is told."""

    def __init__(self) -> None:
        self.on_event: Callable[[EngineEvent], None] = lambda _: None
        self.on_near_source: Callable[[NearSourceState], None] = lambda _: None
        self.on_content: Callable[[ContentEvent], None] = lambda _: None
        self.on_far_camera: Callable[[FarCameraEvent], None] = lambda _: None
        self.fingerprint: bytes | None = None
        self.figures: tuple[ContentFigures, ...] = ()
        self.told: list[tuple[object, ...]] = []
        self.pictures: dict[Snapshot, bytes] = {}
        self.servers: tuple[SipServer, ...] = ()
        self.rows: dict[str, tuple[StreamStatistics, ...]] = {}
        self.down = False

    def dial(self, leg: str, order: DialOrder) -> None:
        self.told.append(("dial", leg, order.target))

    def answer(self, leg: str) -> None:
        self.told.append(("answer", leg))

    def refuse(self, leg: str, refusal: Refusal) -> None:
        self.told.append(("refuse", leg, refusal))

    def hang_up(self, leg: str) -> None:
        self.told.append(("hang up", leg))

    def add_video(self, leg: str) -> None:
        self.told.append(("add video", leg))

    def send_digits(self, leg: str, digits: str) -> None:
        self.told.append(("digits", leg, digits))

    def set_video_muted(self, muted: bool) -> None:
        self.told.append(("video muted", muted))

    def use_near_source(self, url: str) -> None:
        self.told.append(("near source", url))

    def point_camera(self, pan: int, tilt: int, zoom: int, focus: int) -> None:
        self.told.append(("point", pan, tilt, zoom, focus))

    async def frame_people(self) -> Framing | None:
        return None

    def move_far_camera(self, leg: str, motion: Motion) -> None:
        self.told.append(("move far", leg, motion))

    def select_far_source(self, leg: str, number: int) -> None:
        self.told.append(("select far", leg, number))

    def allow_far_control(self, sources: tuple[CameraAbility, ...], presets: int) -> None:
        self.told.append(("allow", sources, presets))

    def show_content(self, url: str) -> None:
        self.told.append(("show", url))

    def hide_content(self) -> None:
        self.told.append(("hide",))

    async def content_figures(self) -> tuple[ContentFigures, ...]:
        return self.figures

    async def content_fingerprint(self) -> bytes | None:
        if self.down:
            raise EngineUnavailable("down")
        return self.fingerprint

    async def content_picture(self) -> bytes | None:
        return await self.snapshot(Snapshot.CONTENT)

    async def snapshot(self, which: Snapshot) -> bytes | None:
        if self.down:
            raise EngineUnavailable("down")
        return self.pictures.get(which)

    def hold(self, leg: str, held: bool) -> None:
        self.told.append(("hold", leg, held))

    async def statistics(self) -> Mapping[str, tuple[StreamStatistics, ...]]:
        if self.down:
            raise EngineUnavailable("down")
        return self.rows

    def report(self) -> EngineReport:
        return EngineReport("scripted", EngineState.RUNNING, None, 0, 0, self.servers)

    def count(self, leg: str, packets: int) -> None:
        """Make the statistics of `leg` one TX audio stream of so many packets."""
        row = StreamStatistics(
            media=MediaType.AUDIO,
            direction=MediaDirection.TX,
            codec="Opus",
            kbps=64.0,
            packets=packets,
            lost=0,
            lost_percent=0.0,
            jitter_ms=0.0,
        )
        self.rows[leg] = (row,)

    def show(self, leg: str) -> None:
        """Add video to the statistics of `leg`: sent, and received before the first picture has come."""
        self.rows[leg] = (
            *self.rows.get(leg, ()),
            StreamStatistics(
                media=MediaType.VIDEO,
                direction=MediaDirection.TX,
                codec="H.264",
                kbps=900.4,
                packets=700,
                lost=7,
                lost_percent=1.0,
                jitter_ms=2.5,
                rtt_ms=3.0,
                width=1280,
                height=720,
                pictures_per_s=29.97,
            ),
            StreamStatistics(
                media=MediaType.VIDEO,
                direction=MediaDirection.RX,
                codec="H.264",
                kbps=0.0,
                packets=0,
                lost=0,
                lost_percent=0.0,
                jitter_ms=0.0,
            ),
        )


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


class ScriptedSound:
    """An `AudioPath` with one microphone, one pair of loudspeakers, and the levels that a test gives.

    `told` is what it was told.
    """

    def __init__(self) -> None:
        self.ports = SoundState(
            (
                SoundPort(PortDirection.IN, "Tabletop microphone"),
                SoundPort(PortDirection.OUT, "Ceiling loudspeakers"),
            )
        )
        self.levels: Sequence[PortLevels] | None = None
        self.down = False
        self.told: list[tuple[Any, ...]] = []

    def last(self, command: str) -> Any:
        """What the last such command said."""
        return next(told[1] for told in reversed(self.told) if told[0] == command)

    def sound_state(self) -> SoundState:
        return self.ports

    def set_microphones_muted(self, muted: bool) -> None:
        self.told.append(("muted", muted))

    def set_speaker_volume(self, volume: int) -> None:
        self.told.append(("volume", volume))

    def set_acoustic_fence(self, fence: AcousticFence) -> None:
        self.told.append(("fence", fence))

    def start_sound(self) -> None:
        self.told.append(("start",))

    def play_test_tone(self, speaker: Speaker) -> None:
        self.told.append(("test tone", speaker))

    def stop_test_tone(self) -> None:
        self.told.append(("test tone", None))

    def play_digits(self, digits: str) -> None:
        self.told.append(("digits", digits))

    async def sound_levels(self) -> Sequence[PortLevels] | None:
        if self.down:
            raise EngineUnavailable("the media process did not answer in time")
        return self.levels


@pytest.fixture
def sound() -> ScriptedSound:
    return ScriptedSound()


class ScriptedProvider:
    """Implements `CalendarProvider` by what the test gives it; `fail` is raised instead of an answer."""

    account = CalendarAccount(
        kind=ProviderKind.CALDAV, url="https://calendar.example.org/", user="room@example.org"
    )

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.fail: Exception | None = None
        self.asked: list[tuple[Window, dict[str, str], str]] = []
        self.closed = 0

    def hold(self, *contents: Event | Ics) -> None:
        """Have these, and nothing else; what changes gets another version."""
        self.items = {
            name: Item(name, hashlib.sha256(repr(content).encode()).hexdigest()[:8], content)
            for name, content in ((f"item-{number}", content) for number, content in enumerate(contents))
        }

    async def changes(self, window: Window, known: Mapping[str, str], token: str) -> Changes:
        self.asked.append((window, dict(known), token))
        if self.fail is not None:
            raise self.fail
        return Changes(
            [item for item in self.items.values() if known.get(item.id) != item.version],
            frozenset(known.keys() - self.items.keys()),
            f"token-{len(self.asked)}",
        )

    async def close(self) -> None:
        self.closed += 1

    async def synced(self, calendar: Calendar, times: int = 1) -> None:
        """Let the calendar run until it has asked so many times and has digested the answer."""
        for _ in range(1000):
            if len(self.asked) >= times and calendar.state is not CalendarState.CONNECTING:
                break
            await asyncio.sleep(0)
        for _ in range(10):
            await asyncio.sleep(0)


class ReaderHere:
    """Implements `InvitationReader` in this process, with the code of the real one."""

    async def read(self, items: Sequence[Item], instructions: Instructions) -> Mapping[str, Reading]:
        read = reader(instructions)
        return {item.id: read(item) for item in items}

    async def close(self) -> None:
        pass


class CacheHere:
    """Implements `CalendarCache` in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptCalendar] = {}
        self.fail: Exception | None = None

    async def load(self, source: str) -> KeptCalendar | None:
        if self.fail is not None:
            raise self.fail
        return self.kept.get(source)

    async def keep(
        self, source: str, snapshot: KeptCalendar, changed: Sequence[str], gone: Sequence[str]
    ) -> None:
        if self.fail is not None:
            raise self.fail
        self.kept = {source: snapshot}


@pytest.fixture
def make_calendar(clock: DrivenClock) -> Callable[..., tuple[Calendar, ScriptedProvider]]:
    """A calendar over `calls` that polls once a minute exactly, and the provider for it."""

    def make(
        calls: Calls, cache: CacheHere | None = None, **polling: Any
    ) -> tuple[Calendar, ScriptedProvider]:
        calendar = Calendar(
            clock=clock,
            reader=ReaderHere(),
            cache=cache or CacheHere(),
            joining=Joining(calls, clock),
            polling=Polling(**polling),
            chance=lambda: 0.5,
        )
        return calendar, ScriptedProvider()

    return make


SLOW = (
    "tests/adapters/calendar/test_reader.py::test_one_that_hangs_is_left_out_and_the_others_are_read",
    "tests/adapters/calendar/test_reader.py::test_when_too_many_kill_it_the_rest_waits",
    "tests/cli/host/test_demo.py::",
    "tests/conformance/test_run.py::test_our_room_in_full",
    "tests/docs/",
    "tests/e2e/",
    "tests/engine/call/test_churn.py::test_calls_leave_no_sockets_and_threads",
    "tests/engine/streams/test_video_leaks.py::",
    "tests/engine/streams/test_video_loss.py::test_a_tenth_lost_for_long_leaves_pictures_moving",
    "tests/media/video/sources/test_rtsp.py::",
    "tests/sip/test_load.py::test_a_thousand_calls_leave_nothing_behind",
    "tests/sip/test_sipp.py::",
    "tests/test_docs.py::test_a_page_holds",
    "tests/test_hostile.py::test_no_request_makes_the_room_fail[2]",
)
"""How the names begin of tests that the quick run leaves out: whole rooms, foreign programs, seconds each."""


FOREIGN = ("tests/e2e/", "tests/sip/test_sipp.py::", "tests/media/video/sources/test_rtsp.py::")
"""Tests that have foreign programs in them, which can fail by themselves on a busy machine: one more try is theirs, and
the run's summary lists which took it. No other test is tried again."""


settings.load_profile(PROFILE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by folder and file; what starts a foreign program is slow."""
    for item in items:
        if item.nodeid.startswith(SLOW) or item.get_closest_marker("apt"):
            item.add_marker("slow")
        if item.nodeid.startswith(FOREIGN):
            item.add_marker(pytest.mark.flaky(reruns=1))
