"""A response that is repeated until it is acknowledged, as an INVITE's 2xx is, and a reliable provisional one."""

from __future__ import annotations

from collections.abc import Callable

from videobar.sip.transaction import Scheduler, TimerHandle, Timers


class Repetition:
    """Calls `send` after T1 and again after each doubled interval, up to `longest`; `on_timeout` after 64*T1."""

    def __init__(
        self,
        send: Callable[[], None],
        on_timeout: Callable[[], None],
        *,
        timers: Timers,
        scheduler: Scheduler,
        longest: float,
    ) -> None:
        self._send = send
        self._on_timeout = on_timeout
        self._scheduler = scheduler
        self._interval = timers.t1
        self._longest = longest
        self._limit: TimerHandle | None = scheduler.call_later(timers.timeout, self._expired)
        self._repeat: TimerHandle | None = scheduler.call_later(self._interval, self._again)

    @property
    def goes_on(self) -> bool:
        """Whether it was neither stopped nor has run out."""
        return self._limit is not None

    def stop(self) -> None:
        """Repeat no more; twice is harmless."""
        for timer in (self._repeat, self._limit):
            if timer is not None:
                timer.cancel()
        self._repeat = self._limit = None

    def _again(self) -> None:
        self._interval = min(2 * self._interval, self._longest)
        self._repeat = self._scheduler.call_later(self._interval, self._again)
        self._send()

    def _expired(self) -> None:
        self.stop()
        self._on_timeout()
