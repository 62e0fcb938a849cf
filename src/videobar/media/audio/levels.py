"""Level meters: RMS and peak in dBFS."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from videobar.media.audio.format import FRAMES_PER_S, Samples
from videobar.media.audio.volume import SILENCE_DBFS

VU_S: Final = 0.3
"""Time in which a meter shows 99 % of a step (IEC 60268-17)."""
PEAK_HOLD_S: Final = 1.5

_KEPT_POWER: Final = 0.01 ** (1 / (VU_S * FRAMES_PER_S))
"""Part of the power before that is left after one frame."""
_PEAK_FRAMES: Final = round(PEAK_HOLD_S * FRAMES_PER_S)


def level_dbfs(samples: Samples) -> float:
    """RMS level in dB of full scale: 0.0 for a square wave of full scale, -3.0 for a sine."""
    return decibels(power_of(samples))


def power_of(samples: Samples) -> float:
    """Mean square: 1.0 for a square wave of full scale."""
    return float(np.dot(samples, samples)) / len(samples) if len(samples) else 0.0


def decibels(power: float) -> float:
    """A power in dB of full scale, not below `SILENCE_DBFS`."""
    return max(SILENCE_DBFS, 10 * math.log10(power)) if power > 0 else SILENCE_DBFS


class Meter:
    """A level meter: as slow as a VU meter, with a peak that stays for a while. One thread measures, any reads."""

    def __init__(self) -> None:
        self._power = 0.0
        self._peak = 0.0
        self._peak_frames = 0

    def measure(self, frame: Samples) -> None:
        """Take in one frame of 20 ms, mono."""
        self._power = self._power * _KEPT_POWER + power_of(frame) * (1 - _KEPT_POWER)
        peak = max(float(frame.max(initial=0.0)), -float(frame.min(initial=0.0)))
        self._peak_frames += 1
        if peak >= self._peak or self._peak_frames > _PEAK_FRAMES:
            self._peak, self._peak_frames = peak, 0

    @property
    def level(self) -> float:
        """RMS level with the ballistics of a VU meter, in dBFS."""
        return decibels(self._power)

    @property
    def peak(self) -> float:
        """The highest sample of the last 1.5 s, in dBFS: 0.0 for a sine of full scale."""
        return decibels(self._peak**2)
