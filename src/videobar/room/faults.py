"""Faults that a room shows on request, so that integrators can see what their code makes of them.

Each is bounded in time, and may be in number; whatever ends first ends it. What a fault looks like is for the face of
the room to know: here is only which of them strike a request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from videobar.clock import Clock
from videobar.errors import InvalidRequest
from videobar.vocabulary import FaultKind

MOST_FAULTS = 20
LOGIN_ONLY = frozenset({FaultKind.REFUSED_SESSIONS})
NOT_LOGIN = frozenset({FaultKind.LOST_SESSIONS})


@dataclass
class Fault:
    """One fault. `requests_left` is `None` where requests are not counted; `ends` is in seconds of the clock."""

    id: str
    kind: FaultKind
    requests_left: int | None
    ends: float
    delay_ms: int = 0
    status: int = 0
    struck: int = 0


class Faults:
    """The faults of one room. `restart` begins an outage of so many seconds."""

    def __init__(self, clock: Clock, restart: Callable[[float], None]) -> None:
        self._clock = clock
        self._restart = restart
        self._faults: list[Fault] = []
        self._last = 0

    def active(self) -> list[Fault]:
        """Those that are not over, oldest first."""
        now = self._clock.monotonic()
        self._faults = [fault for fault in self._faults if fault.requests_left != 0 and fault.ends > now]
        return list(self._faults)

    def seconds_left(self, fault: Fault) -> float:
        """Seconds until it is over at the latest."""
        return max(0.0, fault.ends - self._clock.monotonic())

    def add(
        self,
        kind: FaultKind,
        *,
        seconds: float,
        requests: int | None = None,
        delay_ms: int = 0,
        status: int = 0,
    ) -> Fault:
        """Show a fault from now on. Raises `InvalidRequest` when there are 20 already, or for a second outage."""
        active = self.active()
        if len(active) >= MOST_FAULTS:
            raise InvalidRequest(f"kind: there are {MOST_FAULTS} faults already; clear them first")
        if kind is FaultKind.OUTAGE:
            if any(fault.kind is kind for fault in active):
                raise InvalidRequest("kind: an outage is under way already")
            requests = None
            self._restart(seconds)
        self._last += 1
        fault = Fault(
            id=str(self._last),
            kind=kind,
            requests_left=requests,
            ends=self._clock.monotonic() + seconds,
            delay_ms=delay_ms if kind is FaultKind.SLOW else 0,
            status=status if kind is FaultKind.SERVER_ERROR else 0,
        )
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """End all of them, but for an outage that is under way."""
        self._faults = [fault for fault in self.active() if fault.kind is FaultKind.OUTAGE]

    def strike(self, *, login: bool) -> list[Fault]:
        """The faults that the request at hand meets: any that make it slow, then the first of another kind."""
        if not self._faults:
            return []
        wrong = NOT_LOGIN if login else LOGIN_ONLY
        active = [f for f in self.active() if f.kind is not FaultKind.OUTAGE and f.kind not in wrong]
        met = [fault for fault in active if fault.kind is FaultKind.SLOW]
        met += [fault for fault in active if fault.kind is not FaultKind.SLOW][:1]
        for fault in met:
            fault.struck += 1
            if fault.requests_left is not None:
                fault.requests_left -= 1
        return met
