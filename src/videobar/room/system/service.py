"""Identity, time and health of the room."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

from videobar.clock import SystemClock
from videobar.errors import InvalidRequest
from videobar.room.store import Key, Store
from videobar.vocabulary import Model, SubsystemState, SystemState

EARLIEST_MS = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1000
LATEST_MS = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp()) * 1000
WIDEST_TZ_MS = 14 * 3600 * 1000
MINUTE_MS = 60 * 1000
LONGEST_NAME = 64
DEFAULT_LANGUAGE = "ENGLISHUS"
LANGUAGE = re.compile(r"[A-Za-z][A-Za-z_-]{1,31}")


@dataclass(frozen=True)
class Lan:
    """The network interface that leads out. Speed in Mbit/s, 0 when it does not say; addresses may be empty."""

    up: bool
    full_duplex: bool
    speed_mbps: int
    interface: str = ""
    ipv4_address: str = ""
    mac_address: str = ""
    ipv6_link_local: str = ""
    ipv6_site_local: str = ""
    ipv6_global: str = ""


class Host(Protocol):
    """Port: the machine that the room runs on."""

    def lan(self) -> Lan:
        """State of the network interface that leads out."""
        ...


@dataclass(frozen=True)
class Identity:
    """Identity: all that does not change while the room runs."""

    model: Model
    serial_number: str
    software_version: str
    build: str
    installed_ms: int = 0
    """Epoch milliseconds of when the software was installed; 0 when that is not known."""
    release: str = ""
    """Version of this program, where version and build are a device's."""


@dataclass(frozen=True)
class StatusRow:
    """Health of one part of the system. `name` and `heading` are the device's (observed)."""

    name: str
    heading: str
    states: tuple[SubsystemState, ...]


class System:
    """Name, time, uptime and state. Name and time survive a restart."""

    def __init__(
        self,
        *,
        identity: Identity,
        clock: SystemClock,
        store: Store,
        host: Host,
    ) -> None:
        self.identity = identity
        self._state = SystemState.INITIALIZING
        self._clock = clock
        self._store = store
        self._host = host
        self._started = clock.monotonic()
        self._name = str(store.get(Key.NAME) or "")
        self._language = str(store.get(Key.LANGUAGE) or DEFAULT_LANGUAGE)
        self._writing = asyncio.Lock()
        offset, zone = store.get(Key.CLOCK_OFFSET_MS), store.get(Key.TZ_OFFSET_MS)
        if isinstance(offset, int):
            clock.offset_ms = offset
        if isinstance(zone, int):
            clock.tz_offset_ms = zone

    @property
    def state(self) -> SystemState:
        """INITIALIZING until `ready`, and SHUTTING_DOWN in the end."""
        return self._state

    def ready(self) -> None:
        """Everything has started."""
        self._state = SystemState.READY

    def shutting_down(self) -> None:
        """Everything is about to stop."""
        self._state = SystemState.SHUTTING_DOWN

    @property
    def name(self) -> str:
        """The room's name, as far ends see it."""
        return self._name

    async def set_name(self, name: str) -> None:
        """Rename the room, durably. Raises `InvalidRequest` or `StoreUnavailable`."""
        name = name.strip()
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise InvalidRequest(f"name: must be 1 to {LONGEST_NAME} printable characters")
        async with self._writing:
            await self._store.put({Key.NAME: name})
            self._name = name

    @property
    def language(self) -> str:
        """Language of the panels, as devices name it: `ENGLISHUS` (recorded)."""
        return self._language

    async def set_language(self, language: str) -> None:
        """Set the language of panels, durably. Raises `InvalidRequest` or `StoreUnavailable`."""
        if not LANGUAGE.fullmatch(language):
            raise InvalidRequest("value: must be the name of a language such as ENGLISHUS")
        async with self._writing:
            await self._store.put({Key.LANGUAGE: language})
            self._language = language

    @property
    def uptime_s(self) -> float:
        """Seconds since the room started."""
        return self._clock.monotonic() - self._started

    @property
    def now_ms(self) -> int:
        """Room time, epoch milliseconds."""
        return self._clock.now_ms()

    @property
    def tz_offset_ms(self) -> int:
        """Milliseconds by which local time is ahead of UTC."""
        return self._clock.tz_offset_ms

    async def set_time(self, epoch_ms: int | None, tz_offset_ms: int | None) -> None:
        """Set room time, zone or both, durably; the host's clock is never touched.

        An offset that the room's zone has at that time is no other zone: the room then goes on with the seasons. So a
        client that sends back what it has read stops no summer time.

        Raises `InvalidRequest` for years outside 2000 to 2099, for zones beyond 14 hours or not of whole minutes (of
        which ISO 8601 knows nothing), or `StoreUnavailable`; then nothing has changed.
        """
        if epoch_ms is None and tz_offset_ms is None:
            raise InvalidRequest("time: neither time nor tzOffset is given")
        if epoch_ms is not None and not EARLIEST_MS <= epoch_ms < LATEST_MS:
            raise InvalidRequest("time: must be epoch milliseconds within the years 2000 to 2099")
        if tz_offset_ms is not None and (abs(tz_offset_ms) > WIDEST_TZ_MS or tz_offset_ms % MINUTE_MS):
            raise InvalidRequest("tzOffset: must be milliseconds, whole minutes within 14 hours of UTC")
        async with self._writing:
            before = self._clock.offset_ms
            changes: dict[str, str | int | float | bool | None] = {}
            if epoch_ms is not None:
                changes[Key.CLOCK_OFFSET_MS] = before + epoch_ms - self._clock.now_ms()
            at_ms = self._clock.now_ms() if epoch_ms is None else epoch_ms
            follows = tz_offset_ms == self._clock.zone_offset_ms(at_ms)
            if tz_offset_ms is not None:
                changes[Key.TZ_OFFSET_MS] = None if follows else tz_offset_ms
            await self._store.put(changes)
            offset = changes.get(Key.CLOCK_OFFSET_MS)
            if isinstance(offset, int):
                self._clock.offset_ms = offset
            if follows:
                self._clock.follow_zone()
            elif tz_offset_ms is not None:
                self._clock.tz_offset_ms = tz_offset_ms

    def local_time(self) -> datetime:
        """Room time in the room's zone, whole seconds."""
        zone = timezone(timedelta(milliseconds=self.tz_offset_ms))
        return datetime.fromtimestamp(self.now_ms // 1000, zone)

    def lan(self) -> Lan:
        """The network interface that leads out."""
        return self._host.lan()
