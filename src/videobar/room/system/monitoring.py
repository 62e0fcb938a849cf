"""Monitoring: health and metrics, for machines."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Protocol

from videobar.errors import EngineUnavailable, NotHealthy
from videobar.room.calls.connection import Phase
from videobar.room.calls.port import CallEngine, StreamStatistics
from videobar.room.calls.service import Calls
from videobar.room.sessions import Sessions
from videobar.room.system.request_metrics import BOUNDS_S, RequestMetrics
from videobar.room.system.service import StatusRow, System
from videobar.vocabulary import EngineState, SubsystemState, SystemState

ROW_PREFIX = "system.status."
ENGINE = {
    EngineState.IDLE: SubsystemState.OFF,
    EngineState.STARTING: SubsystemState.UNKNOWN,
    EngineState.RUNNING: SubsystemState.UP,
    EngineState.DOWN: SubsystemState.DOWN,
}
"""`off`: it has not been needed yet."""


class Probe(Protocol):
    """Tries the room's store."""

    async def works(self) -> bool:
        """True if the room could write just now, or a moment ago."""
        ...


@dataclass(frozen=True)
class Part:
    """State of one part of the room. `left_out` is the number of items that it could not read, if it reads any."""

    name: str
    state: SubsystemState
    left_out: int | None = None


@dataclass(frozen=True)
class Family:
    """Figures of one name. Each row has the values of `labels`, and the figure; counters only grow."""

    name: str
    meaning: str
    rows: Sequence[tuple[tuple[str, ...], float]]
    labels: tuple[str, ...] = ()
    counter: bool = False


@dataclass(frozen=True)
class Histogram:
    """Histogram of durations. A row: label values, counts up to each bound and at all, and their sum."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    bounds: tuple[float, ...]
    rows: Sequence[tuple[tuple[str, ...], Sequence[int], float]] = field(default_factory=tuple)


@dataclass(frozen=True)
class MetricsPage:
    """Figures as they are sent."""

    media_type: str
    content: bytes


class Exposition(Protocol):
    """Writes figures down, with those of the processes beside them."""

    async def page(self, figures: Sequence[Family | Histogram], media_process: int | None) -> MetricsPage:
        """The figures as text; `media_process` is the process id of the media process while it runs."""
        ...


class Monitoring:
    """Monitoring of all parts: health and metrics."""

    def __init__(
        self,
        *,
        system: System,
        rows: Callable[[], Sequence[StatusRow]],
        calls: Calls,
        sessions: Sessions,
        engine: CallEngine,
        store: Probe,
        metrics: RequestMetrics,
        exposition: Exposition,
        left_out: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self._system = system
        self._rows = rows
        self._calls = calls
        self._sessions = sessions
        self._engine = engine
        self._store = store
        self._tally = metrics
        self._exposition = exposition
        self._left_out = left_out

    async def check(self) -> list[Part]:
        """State of all parts. Raises `NotHealthy` unless the room can do its work."""
        try:
            parts = await self._parts()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                raise NotHealthy("no file descriptors are left") from error
            raise NotHealthy(f"the machine cannot be asked: {error.strerror}") from error
        down = [f"{part.name} is down" for part in parts[:2] if part.state is SubsystemState.DOWN]
        if self._system.state is not SystemState.READY:
            down.insert(0, f"the room is {self._system.state.value}")
        if down:
            raise NotHealthy("; ".join(down))
        return parts

    async def page(self) -> MetricsPage:
        """All figures."""
        figures = [*self._of_requests(), *await self._of_the_room()]
        return await self._exposition.page(figures, self._engine.report().pid)

    async def _parts(self) -> list[Part]:
        """The two that the room cannot do without come first."""
        store = SubsystemState.UP if await self._store.works() else SubsystemState.DOWN
        left_out = self._left_out()
        rows = (
            Part(name, row.states[0], left_out.get(name))
            for row in self._rows()
            for name in (row.name.removeprefix(ROW_PREFIX),)
        )
        return [Part("store", store), Part("media", ENGINE[self._engine.report().state]), *rows]

    def _of_requests(self) -> Iterator[Family | Histogram]:
        metrics = self._tally
        yield Family(
            "videobar_requests",
            "Requests by action and status; no action: refused before it was clear which.",
            [((action, str(status)), count) for (action, status), count in metrics.requests.items()],
            ("action", "status"),
            counter=True,
        )
        yield Histogram(
            "videobar_request_duration_seconds",
            "Time until the answer was ready to be sent.",
            ("action",),
            BOUNDS_S,
            [
                ((action,), list(accumulate(durations.classes)), durations.seconds)
                for action, durations in metrics.durations.items()
            ],
        )

    async def _of_the_room(self) -> list[Family | Histogram]:
        engine, identity = self._engine.report(), self._system.identity
        parts = await self._parts()
        connections = [
            connection for conference in self._calls.conferences() for connection in conference.connections
        ]
        phases = Counter(connection.phase for connection in connections)
        return [
            Family(
                "videobar_info",
                "Identity of the room.",
                [((identity.release, identity.model.value, identity.software_version, engine.kind), 1)],
                ("version", "model", "firmware", "engine"),
            ),
            _one("videobar_uptime_seconds", "Time since the room started.", self._system.uptime_s),
            _one("videobar_ready", "1 when the room is ready.", self._system.state is SystemState.READY),
            _one("videobar_sessions", "Sessions that are logged in.", len(self._sessions.all())),
            _one("videobar_failed_logins", "Wrong passwords.", self._sessions.failed_logins, counter=True),
            Family(
                "videobar_connections",
                "Far ends by how far the call to them is.",
                [((phase.name.lower(),), phases[phase]) for phase in Phase if phase is not Phase.ENDED],
                ("phase",),
            ),
            _one(
                "videobar_media_restarts",
                "Restarts of the media process after it died.",
                engine.restarts,
                counter=True,
            ),
            Family(
                "videobar_subsystem_up",
                "1 when a part is up, 0 when it is not or only in part; `state` has its word. Parts that are off are "
                "left out.",
                [
                    ((part.name, part.state.value), part.state in (SubsystemState.UP, SubsystemState.ALL_UP))
                    for part in parts
                    if part.state is not SubsystemState.OFF
                ],
                ("subsystem", "state"),
            ),
            *(
                [
                    Family(
                        "videobar_left_out",
                        "Data of a part that could not be read: of the calendar, meetings and their properties.",
                        [((part.name,), part.left_out) for part in parts if part.left_out is not None],
                        ("subsystem",),
                    )
                ]
                if any(part.left_out is not None for part in parts)
                else []
            ),
            *await self._of_media(),
        ]

    async def _of_media(self) -> list[Family]:
        """Streams of the calls that are on; their counters end with the call."""
        connections = [c for conference in self._calls.conferences() for c in conference.connections]
        try:
            streams = await self._calls.statistics(connections)
        except EngineUnavailable:
            streams = {}
        rows = [
            ((connection, stream.media.value, stream.direction.value), stream)
            for connection, several in streams.items()
            for stream in several
        ]

        def family(
            name: str, meaning: str, of: Callable[[StreamStatistics], float], *, counter: bool
        ) -> Family:
            labels = ("connection", "media", "direction")
            totals: dict[tuple[str, ...], float] = {}
            for (
                key,
                stream,
            ) in rows:  # a second stream of a kind, as of two cameras, is counted with the first
                totals[key] = totals.get(key, 0.0) + of(stream)
            return Family(f"videobar_stream_{name}", meaning, list(totals.items()), labels, counter)

        return [
            family("packets", "RTP packets.", lambda stream: stream.packets, counter=True),
            family("packets_lost", "RTP packets lost.", lambda stream: max(stream.lost, 0), counter=True),
            family(
                "kbps",
                "Payload rate of the last two seconds, kbit/s.",
                lambda stream: stream.kbps,
                counter=False,
            ),
            family("jitter_ms", "Jitter in milliseconds.", lambda stream: stream.jitter_ms, counter=False),
        ]


def _one(name: str, meaning: str, figure: float, *, counter: bool = False) -> Family:
    return Family(name, meaning, [((), float(figure))], counter=counter)
