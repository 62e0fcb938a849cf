"""Audio clock: a thread with one tick each 20 ms."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

log = logging.getLogger("videobar.media")

PERIOD_S: Final = 0.02
RESYNC_S: Final = 0.5


class Deadlines:
    """Absolute deadlines: a late tick does not shift the following ones.

    A little lateness is caught up tick by tick. More than `RESYNC_S` (a suspended machine) is forgotten, so that
    no burst follows.
    """

    def __init__(self, now: float, period_s: float = PERIOD_S) -> None:
        self.overruns = 0
        """Ticks whose deadline had passed when it was asked for."""
        self.resyncs = 0
        self._period_s = period_s
        self._next = now

    def wait_s(self, now: float) -> float:
        """Seconds from `now` to the next tick, not negative; each call is for one tick."""
        self._next += self._period_s
        remaining = self._next - now
        if remaining >= 0:
            return remaining
        self.overruns += 1
        if -remaining > RESYNC_S:
            self.resyncs += 1
            self._next = now
        return 0.0


class AudioClock:
    """Calls `tick` each 20 ms from a thread of its own, `audio-clock`, between `start` and `stop`."""

    def __init__(self, tick: Callable[[], None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self.ticks = 0
        self.failures = 0
        """Exceptions out of `tick`: each is a defect, the first is logged."""
        self._tick = tick
        self._monotonic = monotonic
        self._deadlines = Deadlines(monotonic())
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def overruns(self) -> int:
        """Ticks that began after their time."""
        return self._deadlines.overruns

    def start(self) -> None:
        """Start the thread; twice is harmless."""
        if self._thread is None:
            self._deadlines = Deadlines(self._monotonic())
            self._thread = threading.Thread(target=self._run, name="audio-clock", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread after the tick that is under way; twice is harmless. There is no second start."""
        self._stopping.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._deadlines.wait_s(self._monotonic())):
            try:
                self._tick()
            except Exception:
                self.failures += 1
                if self.failures == 1:
                    log.exception("an audio tick failed; further failures are only counted")
            self.ticks += 1
