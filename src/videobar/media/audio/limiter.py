"""Soft limiter: what is too loud is bent, not cut."""

from __future__ import annotations

from typing import Final

import numpy as np

from videobar.media.audio.format import Samples

_KNEE: Final = 0.8
"""Amplitude up to which the limiter changes nothing."""


def soft_limited(samples: Samples) -> Samples:
    """`samples` bent below full scale where they exceed the knee; the same array where none does."""
    magnitude = np.abs(samples)
    if float(magnitude.max(initial=0.0)) <= _KNEE:
        return samples
    room = np.float32(1.0 - _KNEE)
    bent = np.float32(_KNEE) + room * np.tanh((magnitude - np.float32(_KNEE)) / room)
    return np.where(magnitude > _KNEE, np.copysign(bent, samples), samples).astype(np.float32)
