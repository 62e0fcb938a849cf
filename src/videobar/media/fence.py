"""The acoustic fence: far ends hear those who speak near the first microphone, and not the rest of the room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from videobar.media.format import FRAMES_PER_S, MIX_RATE, Samples
from videobar.media.levels import decibels, power_of

WIDEST: Final = 10
"""The largest radius."""
LARGEST_MARGIN_DB: Final = 12.0
"""At radius 0. At 5 it is 6 dB, and at 10 it is enough to be as loud as at the fence."""
FLOOR_DB: Final = -40.0
"""By how much that which is outside is quieter."""
HOLD_S: Final = 0.2
RAMP_S: Final = 0.01

_HOLD_FRAMES: Final = round(HOLD_S * FRAMES_PER_S)
_RAMP_SAMPLES: Final = round(RAMP_S * MIX_RATE)
_SHUT: Final = np.float32(10 ** (FLOOR_DB / 20))
_OPEN: Final = np.float32(1.0)
_KEPT_POWER: Final = 0.5
"""Of the power of the frame before, so that a click does not open the gate."""


class AcousticFence:
    """A gate for the first microphone, which opens for speech that is louder there than at all others.

    The others stand around as the fence. Where there are none, the gate opens for all speech; where nobody can tell
    speech from noise, for all that is loud enough; and without both it stays open. One thread processes; `enabled` and
    `radius` (0 to `WIDEST`) may be set from any.
    """

    def __init__(self) -> None:
        self.enabled = False
        self.radius = WIDEST // 2
        self._inside = 0.0
        self._outside = 0.0
        self._held = 0
        self._gain = _OPEN

    @property
    def margin_db(self) -> float:
        """By how much a voice must be louder inside than outside."""
        return LARGEST_MARGIN_DB * (1 - self.radius / WIDEST)

    @property
    def is_open(self) -> bool:
        """Whether the last frame was let through."""
        return bool(self._gain == _OPEN)

    def process(self, frame: Samples, fence: Sequence[Samples], speech: bool | None) -> Samples:
        """What far ends hear of one `frame`, given what the microphones of the fence hear.

        `speech` tells whether somebody speaks in it, if anybody knows.
        """
        self._inside = _smoothed(self._inside, power_of(frame))
        self._outside = _smoothed(self._outside, max(map(power_of, fence), default=0.0))
        if not self.enabled or self._is_inside(bool(fence), speech):
            self._held = _HOLD_FRAMES
        elif self._held:
            self._held -= 1
        return self._ramped(frame, _OPEN if self._held else _SHUT)

    def _is_inside(self, fenced: bool, speech: bool | None) -> bool:
        if speech is False:
            return False
        return not fenced or decibels(self._inside) - decibels(self._outside) >= self.margin_db

    def _ramped(self, frame: Samples, gain: np.float32) -> Samples:
        before, self._gain = self._gain, gain
        if before == gain:
            return frame if gain == _OPEN else frame * gain
        gains = np.full(len(frame), gain)
        ramp = min(_RAMP_SAMPLES, len(frame))
        gains[:ramp] = np.linspace(before, gain, ramp, dtype=np.float32)
        return frame * gains


def _smoothed(before: float, power: float) -> float:
    return before * _KEPT_POWER + power * (1 - _KEPT_POWER)
