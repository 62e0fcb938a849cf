"""The acoustic fence: far ends hear those who speak near the first microphone, and not the rest of the room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from videobar.media.audio.format import Samples
from videobar.media.audio.levels import decibels, power_of
from videobar.media.audio.noise_gate import NoiseGate

WIDEST: Final = 10
"""The largest radius."""
LARGEST_MARGIN_DB: Final = 12.0
"""Margin at radius 0. At 5 it is 6 dB, and at 10 it is enough to be as loud as at the fence."""
FLOOR_DB: Final = -40.0
"""Gain for sound from outside."""
HOLD_S: Final = 0.2

_KEPT_POWER: Final = 0.5
"""Share of the power of the frame before, so that a click does not open the gate."""


class FenceProcessor:
    """A gate for the first microphone, which opens for speech that is louder there than at all others.

    The others stand around as the fence. Where there are none, the gate opens for all speech; where nobody can tell
    speech from noise, for all that is louder inside than outside; and without both it stays open. One thread processes;
    `enabled` and `radius` (0 to `WIDEST`) may be set from any.
    """

    def __init__(self) -> None:
        self.enabled = False
        self.radius = WIDEST // 2
        self._inside = 0.0
        self._outside = 0.0
        self._gate = NoiseGate(FLOOR_DB, HOLD_S)

    @property
    def margin_db(self) -> float:
        """Margin by which a voice must be louder inside than outside."""
        return LARGEST_MARGIN_DB * (1 - self.radius / WIDEST)

    @property
    def is_open(self) -> bool:
        """True if the last frame was let through."""
        return self._gate.is_open

    def process(self, frame: Samples, microphones: Sequence[Samples], speech: bool | None) -> Samples:
        """Gate one `frame` for far ends, given what comes out of all `microphones`, the first one's first.

        `speech` is true if somebody speaks in it, and `None` if that is unknown.
        """
        first, *fence = microphones
        self._inside = _smoothed(self._inside, power_of(first))
        self._outside = _smoothed(self._outside, max(map(power_of, fence), default=0.0))
        return self._gate.process(frame, not self.enabled or self._is_inside(bool(fence), speech))

    def _is_inside(self, fenced: bool, speech: bool | None) -> bool:
        if speech is False:
            return False
        return not fenced or decibels(self._inside) - decibels(self._outside) >= self.margin_db


def _smoothed(before: float, power: float) -> float:
    return before * _KEPT_POWER + power * (1 - _KEPT_POWER)
