"""Totals of calls: their number and time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from videobar.room.calls.log import LoggedCall


@dataclass
class CallTotals:
    """Calls that were connected and are over: how many, and their whole seconds together and of the last of them."""

    calls: int = 0
    seconds: int = 0
    last_seconds: int = 0

    def add(self, seconds: int) -> None:
        """Count one more call that is over."""
        self.calls += 1
        self.seconds += seconds
        self.last_seconds = seconds

    def take_up(self, remembered: Iterable[LoggedCall]) -> None:
        """Count what the call log remembers, newest first, of the time before."""
        for call in reversed([call for call in remembered if call.connected]):
            self.add(call.duration_s)
