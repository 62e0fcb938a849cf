"""Frame rate meter."""

from __future__ import annotations

from collections import deque
from typing import Final

WINDOW_S: Final = 2.0


class FrameRate:
    """Counts pictures over the last two seconds. One thread adds, any may ask."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=256)

    def add(self, now: float) -> None:
        """A picture at monotonic `now`."""
        self._times.append(now)

    def per_s(self, now: float) -> float:
        """Pictures a second at `now`; 0 when there have been none for a while."""
        recent = [at for at in tuple(self._times) if now - at <= WINDOW_S]
        if len(recent) < 2 or now - recent[-1] > WINDOW_S / 2:
            return 0.0
        return (len(recent) - 1) / max(recent[-1] - recent[0], 1e-3)
