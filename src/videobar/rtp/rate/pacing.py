"""Pacing of the packets of one picture: a large picture sent at once overruns small buffers on the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, Generic, TypeVar

T = TypeVar("T")

GROUP: Final = 8
"""Packets that go out together; a picture of no more is not held back at all."""
LONGEST_STEP_S: Final = 0.002
"""Between two groups at most: a picture that is not large comes with little delay."""
SPREAD_S: Final = 0.02
"""Time from the first group of a picture to its last: within the 33 ms that it is shown at 30 a second."""
LONGEST_SPREAD_S: Final = 0.3
"""The same where the path is known to need longer."""
HEADROOM: Final = 2.5
"""Pacing factor: so much faster than the stream's rate a picture goes out; most are smaller than a keyframe."""
SPREAD_STEP_S: Final = 0.005
"""Between two groups of what is spread over longer: a burst is no more than so much of the rate."""
MOST_BEHIND_S: Final = 0.5
"""Longest delay: what waits is sent faster before it waits longer."""


def _steps(count: int, over_s: float) -> tuple[int, float]:
    """Size of a group of `count` packets, and seconds from one group to the next."""
    if over_s > SPREAD_S:
        size = min(GROUP, -(-count // round(over_s / SPREAD_STEP_S)))
        return max(1, size), over_s / max(1, -(-count // max(1, size)))
    return GROUP, min(LONGEST_STEP_S, SPREAD_S / max(1, -(-count // GROUP) - 1))


def spread_s(size: int, kbps: float | None) -> float:
    """Time that `size` bytes are to take on a path that carries `kbps`; 0 where that is not known."""
    return 0.0 if not kbps else min(LONGEST_SPREAD_S, size * 8 / (HEADROOM * kbps * 1000))


class Pacing(Generic[T]):
    """Packets in the order they came, with the time when each is due. Not thread-safe."""

    def __init__(self) -> None:
        self.due = float("inf")
        """Time at which there is something to take next, in the seconds of `put`; infinity while nothing waits."""
        self._waiting: deque[tuple[float, Sequence[T]]] = deque()
        self._free_at = float("-inf")

    def put(self, packets: Sequence[T], now: float, over_s: float = 0.0) -> None:
        """Let a picture's packets follow those that wait, from `now` on, over so many seconds where those are many."""
        at_s = max(now, self._free_at)
        over_s = min(over_s, MOST_BEHIND_S - (at_s - now))
        size, step = _steps(len(packets), over_s)
        groups = [packets[at : at + size] for at in range(0, len(packets), size)]
        for index, group in enumerate(groups):
            self._waiting.append((at_s + index * step, group))
            self._free_at = at_s + (index + 1) * step
        self._look()

    def clear(self) -> None:
        """Drop what waits."""
        self._waiting.clear()
        self._free_at = float("-inf")
        self._look()

    def take(self, now: float) -> list[T]:
        """Take the packets that are due."""
        taken: list[T] = []
        while self._waiting and self._waiting[0][0] <= now:
            taken += self._waiting.popleft()[1]
        self._look()
        return taken

    def _look(self) -> None:
        self.due = self._waiting[0][0] if self._waiting else float("inf")
