"""The volume curve, and the lowest level."""

from __future__ import annotations

from typing import Final

SILENCE_DBFS: Final = -100.0
"""The lowest level that is reported."""
LOWEST_DB: Final = -50.0
"""Level at volume 1."""


def decibels_of_volume(volume: int) -> float:
    """Gain of a speaker volume of 0 to 100: linear from -50 dB at 1 to 0 dB, and silence at 0."""
    if volume <= 0:
        return SILENCE_DBFS
    return LOWEST_DB - LOWEST_DB * (min(volume, 100) - 1) / 99


def gain_of_volume(volume: int) -> float:
    """The same as a factor, which is 0.0 at volume 0."""
    return float(10.0 ** (decibels_of_volume(volume) / 20)) if volume > 0 else 0.0
