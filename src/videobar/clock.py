"""The one place that asks what time it is.

Three kinds of time exist in a room and must not be mixed: *room time*, which an administrator may set and
which everything visible in the API uses; *host time*, for certificates; and *monotonic time*, for timers,
sessions and lock-outs, which nobody can set.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol


class Clock(Protocol):
    """Clock of the room, as subsystems see it."""

    def now_ms(self) -> int:
        """Room time, in milliseconds since 1970-01-01T00:00Z."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow, from an arbitrary origin."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of monotonic time."""
        ...


class SystemClock:
    """The host's clock plus an offset, so that setting a room's time never moves its host's."""

    def __init__(
        self, offset_ms: int = 0, tz_offset_ms: int | None = None, zone: tzinfo | None = None
    ) -> None:
        self.offset_ms = offset_ms
        self._tz_offset_ms = tz_offset_ms
        self._zone = zone

    def now_ms(self) -> int:
        """Room time in epoch milliseconds."""
        return time.time_ns() // 1_000_000 + self.offset_ms

    def monotonic(self) -> float:
        """Seconds of monotonic time."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep on the running event loop."""
        await asyncio.sleep(seconds)

    @property
    def tz_offset_ms(self) -> int:
        """Room time zone as milliseconds east of UTC, now.

        That is the offset that was set, else that of the room's zone, which changes with the season, or of the host's.
        """
        if self._tz_offset_ms is not None:
            return self._tz_offset_ms
        return self.zone_offset_ms(self.now_ms())

    @tz_offset_ms.setter
    def tz_offset_ms(self, milliseconds: int) -> None:
        self._tz_offset_ms = milliseconds

    def zone_offset_ms(self, at_ms: int) -> int:
        """Offset of the room's zone ahead of UTC at an epoch time, whatever offset was set."""
        offset = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self._zone).utcoffset()
        return round((offset or timedelta()).total_seconds() * 1000)

    @property
    def zone_name(self) -> str:
        """The room's zone: a name of the IANA's, an offset that was set (`UTC+05:30`), or nothing: the host's."""
        if self._tz_offset_ms is None:
            return getattr(self._zone, "key", "") if self._zone is not None else ""
        minutes = abs(self._tz_offset_ms) // 60_000
        return f"UTC{'-' if self._tz_offset_ms < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"

    def follow_zone(self) -> None:
        """Forget the offset that was set."""
        self._tz_offset_ms = None
