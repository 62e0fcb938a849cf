"""Sample format of the mixer: float32, mono, 48 kHz, frames of 20 ms."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

MIX_RATE: Final = 48_000
"""Samples per second in the mixer."""
FRAME_SAMPLES: Final = 960
"""Samples in one frame of the mixer: 20 ms."""
FRAMES_PER_S: Final = 50

Samples: TypeAlias = NDArray[np.float32]


def silence(count: int = FRAME_SAMPLES) -> Samples:
    """`count` samples of nothing."""
    return np.zeros(count, np.float32)


def to_int16(samples: Samples) -> NDArray[np.int16]:
    """`samples` as 16-bit integers, clipped at full scale."""
    clipped: NDArray[np.int16] = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    return clipped


def from_int16(samples: NDArray[np.int16]) -> Samples:
    """16-bit integers as float samples."""
    return samples.astype(np.float32) / np.float32(32768.0)
