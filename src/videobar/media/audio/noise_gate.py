"""Noise gate, which opens and shuts without a click."""

from __future__ import annotations

from typing import Final

import numpy as np

from videobar.media.audio.format import FRAMES_PER_S, MIX_RATE, Samples

RAMP_S: Final = 0.01
_RAMP_SAMPLES: Final = round(RAMP_S * MIX_RATE)
_OPEN: Final = np.float32(1.0)


class NoiseGate:
    """Open at first. When shut, sound is `floor_db` louder (a negative number); it shuts `hold_s` after its reason."""

    def __init__(self, floor_db: float, hold_s: float) -> None:
        self._shut = np.float32(10 ** (floor_db / 20))
        self._hold_frames = round(hold_s * FRAMES_PER_S)
        self._held = 0
        self._gain = _OPEN

    @property
    def is_open(self) -> bool:
        """True if the last frame was let through."""
        return bool(self._gain == _OPEN)

    def process(self, frame: Samples, passes: bool) -> Samples:
        """Gate one frame, which has a reason to pass or not."""
        self._held = self._hold_frames if passes else max(0, self._held - 1)
        before, self._gain = self._gain, _OPEN if passes or self._held else self._shut
        if before == self._gain:
            return frame if self.is_open else frame * self._gain
        gains = np.full(len(frame), self._gain)
        ramp = min(_RAMP_SAMPLES, len(frame))
        gains[:ramp] = np.linspace(before, self._gain, ramp, dtype=np.float32)
        return frame * gains
