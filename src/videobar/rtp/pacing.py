"""When the packets of one picture go out: a large picture sent at once overruns small buffers on the way."""

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
"""From the first group of a picture to its last at most: within the 33 ms that it is shown at 30 a second."""


class Pacing(Generic[T]):
    """Packets in the order they came, with the time when each is due. Not thread-safe."""

    def __init__(self) -> None:
        self.due = float("inf")
        """When there is something to take next, in the seconds of `put`; infinity while nothing waits."""
        self._waiting: deque[tuple[float, Sequence[T]]] = deque()
        self._free_at = float("-inf")

    def put(self, packets: Sequence[T], now: float) -> None:
        """Let a picture's packets follow those that wait, from `now` on."""
        groups = [packets[at : at + GROUP] for at in range(0, len(packets), GROUP)]
        step = min(LONGEST_STEP_S, SPREAD_S / max(1, len(groups) - 1))
        at_s = max(now, self._free_at)
        for index, group in enumerate(groups):
            self._waiting.append((at_s + index * step, group))
            self._free_at = at_s + (index + 1) * step
        self._look()

    def take(self, now: float) -> list[T]:
        """What is due, which waits no more."""
        taken: list[T] = []
        while self._waiting and self._waiting[0][0] <= now:
            taken += self._waiting.popleft()[1]
        self._look()
        return taken

    def _look(self) -> None:
        self.due = self._waiting[0][0] if self._waiting else float("inf")
