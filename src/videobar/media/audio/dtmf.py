"""DTMF tones (ITU-T Q.23), for people in the room."""

from __future__ import annotations

import math
import threading
from collections import deque
from typing import Final

import numpy as np

from videobar.media.audio.format import FRAME_SAMPLES, MIX_RATE, Samples, silence

LOW_HZ: Final = (697, 770, 852, 941)
HIGH_HZ: Final = (1209, 1336, 1477, 1633)
KEYS: Final = ("123A", "456B", "789C", "*0#D")
"""Rows by low frequency, columns by high frequency."""
TONE_FRAMES: Final = 5
"""100 ms."""
PAUSE_FRAMES: Final = 4
"""80 ms."""
HIGH_DBFS: Final = -20.0
TWIST_DB: Final = 2.0
"""Level by which the low frequency is quieter."""
RAMP_S: Final = 0.005
MOST_QUEUED: Final = 256


class DigitTones:
    """Sounds digits one after the other. `queue` may be called from any thread, `read` from one."""

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._frames: deque[Samples] = deque()

    def queue(self, digits: str) -> None:
        """Sound `digits` (0 to 9, `*`, `#`, A to D) after those that wait; too many are dropped.

        Raises `ValueError` for what is no digit.
        """
        frames = [frame for digit in digits for frame in _frames(digit)]
        with self._gate:
            if len(self._frames) + len(frames) <= MOST_QUEUED * (TONE_FRAMES + PAUSE_FRAMES):
                self._frames.extend(frames)

    def read(self) -> Samples | None:
        """The next frame of 20 ms; `None` while no digit sounds."""
        with self._gate:
            return self._frames.popleft() if self._frames else None


def _frames(digit: str) -> list[Samples]:
    tone = dtmf_tone(digit, TONE_FRAMES * FRAME_SAMPLES)
    return [*tone.reshape(TONE_FRAMES, FRAME_SAMPLES), *[silence()] * PAUSE_FRAMES]


def dtmf_tone(digit: str, count: int) -> Samples:
    """`count` samples of one digit, faded in and out. Raises `ValueError` for what is no digit."""
    row = next((row for row, keys in enumerate(KEYS) if len(digit) == 1 and digit in keys), None)
    if row is None:
        raise ValueError(f"{digit!r} is no DTMF digit")
    times = np.arange(count) / MIX_RATE
    high = math.sqrt(2) * 10 ** (HIGH_DBFS / 20)
    low = high * 10 ** (-TWIST_DB / 20)
    sound = low * np.sin(2 * np.pi * LOW_HZ[row] * times)
    sound += high * np.sin(2 * np.pi * HIGH_HZ[KEYS[row].index(digit)] * times)
    ramp = np.clip(np.minimum(np.arange(count), np.arange(count)[::-1]) / (RAMP_S * MIX_RATE), 0, 1)
    tone: Samples = (sound * ramp).astype(np.float32)
    return tone
