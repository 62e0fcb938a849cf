"""Request metrics: one counter per action and status and one histogram per action, cheap enough for every request."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the classes of durations, in seconds; what takes longer is in one more class."""


@dataclass(slots=True)
class Durations:
    """Histogram of the durations of one action's requests."""

    seconds: float = 0.0
    """Sum of all durations."""
    classes: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    """Number of durations between each bound and the one before."""


class RequestMetrics:
    """Requests since the room started. An empty action stands for requests that reached none."""

    def __init__(self) -> None:
        self.requests: dict[tuple[str, int], int] = {}
        self.durations: dict[str, Durations] = {}

    def count(self, action: str, status: int, seconds: float) -> None:
        """Count one request that took so many seconds until its answer was ready."""
        key = (action, status)
        self.requests[key] = self.requests.get(key, 0) + 1
        durations = self.durations.get(action)
        if durations is None:
            durations = self.durations[action] = Durations()
        durations.seconds += seconds
        durations.classes[bisect_left(BOUNDS_S, seconds)] += 1
