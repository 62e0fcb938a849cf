"""Packet-loss concealment (PLC): what is played in place of a lost frame."""

from __future__ import annotations

from typing import Final

import numpy as np

from videobar.media.audio.format import Samples, silence

FADE_STEPS: Final = 4


class PacketLossConcealment:
    """Repeats the last good frame, half as loud each time, and is silent after four times."""

    def __init__(self, frame_samples: int) -> None:
        self._last = silence(frame_samples)
        self._concealed = 0

    def received(self, frame: Samples) -> Samples:
        """Remember a good frame; returns it."""
        self._last = frame
        self._concealed = 0
        return frame

    def conceal(self) -> Samples:
        """Concealed samples, as many as the last good frame has."""
        step = self._concealed
        if step >= FADE_STEPS:
            return silence(len(self._last))
        self._concealed += 1
        end = 0.0 if step == FADE_STEPS - 1 else 0.5 ** (step + 1)
        return self._last * np.linspace(0.5**step, end, len(self._last), dtype=np.float32)
