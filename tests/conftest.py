"""Fixtures that every layer's tests share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from videobar.errors import EngineUnavailable
from videobar.room.calls.port import (
    DialOrder,
    EngineEvent,
    EngineReport,
    Refusal,
    StreamStatistics,
)
from videobar.room.cameras.port import Framing
from videobar.room.content import ContentEvent, ContentFigures
from videobar.room.far_cameras import CameraAbility, FarCameraEvent, Motion
from videobar.room.video import NearSourceState, Snapshot
from videobar.vocabulary import EngineState, MediaDirection, MediaType


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
        self.glance: bytes | None = None
        self.figures: tuple[ContentFigures, ...] = ()
        self.told: list[tuple[object, ...]] = []
        self.pictures: dict[Snapshot, bytes] = {}
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

    async def content_glance(self) -> bytes | None:
        if self.down:
            raise EngineUnavailable("down")
        return self.glance

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
        return EngineReport("scripted", EngineState.RUNNING, None, 0, 0)

    def count(self, leg: str, packets: int) -> None:
        """Make the statistics of `leg` one TX audio stream of so many packets."""
        row = StreamStatistics(MediaType.AUDIO, MediaDirection.TX, "Opus", 64.0, packets, 0, 0.0, 0.0)
        self.rows[leg] = (row,)


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()
