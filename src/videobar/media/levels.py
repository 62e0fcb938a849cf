"""How loud sound is."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from videobar.media.format import Samples

SILENCE_DBFS: Final = -100.0
"""The lowest level that is told."""


def level_dbfs(samples: Samples) -> float:
    """RMS level in dB of full scale: 0.0 for a square wave of full scale, -3.0 for a sine."""
    if not len(samples):
        return SILENCE_DBFS
    power = float(np.dot(samples, samples)) / len(samples)
    return max(SILENCE_DBFS, 10 * math.log10(power)) if power > 0 else SILENCE_DBFS


def gain_of_volume(volume: int) -> float:
    """The factor for a speaker volume of 0 to 100: 0 is silent, then linear in dB from -50 dB at 1 to 0 dB."""
    if volume <= 0:
        return 0.0
    decibels = -50.0 + 50.0 * (min(volume, 100) - 1) / 99
    return float(10.0 ** (decibels / 20))
