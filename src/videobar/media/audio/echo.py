"""Echo control: far ends shall not hear themselves from the room's loudspeakers.

What can be cancelled is; while a far end speaks and nobody here speaks louder than what is left of its echo, the
microphone is turned down as a whole. Without a canceller, far ends hear the echo along with the voice when both speak
at once, and nothing of a voice that is not louder than the echo.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from videobar.media.audio.echo_canceller import LONGEST_ECHO_S, EchoCanceller
from videobar.media.audio.format import FRAME_SAMPLES, FRAMES_PER_S, Samples, silence
from videobar.media.audio.levels import decibels, power_of
from videobar.media.audio.noise_gate import NoiseGate

SILENT_DBFS: Final = -60.0
"""Loudspeakers quieter than this make no echo."""
MARGIN_DB: Final = 9.0
"""Margin by which a voice must be louder than the echo that is expected."""
FLOOR_DB: Final = -30.0
HOLD_S: Final = 0.1

_WINDOW: Final = round(LONGEST_ECHO_S * FRAMES_PER_S)
_STEADY: Final = 0.03
"""The loudspeakers are steady when in the whole window no frame is quieter than this part of the loudest."""
_LEARNING: Final = 0.2
_FORGETTING_DB: Final = 0.01
"""Increase of the assumed echo with each frame."""


class EchoSuppressor:
    """Cancels echo if it can, and turns the microphone down while it hears the loudspeakers alone.

    Both methods are for the thread that ticks.
    """

    def __init__(self, canceller: EchoCanceller | None = None) -> None:
        self.echo_db = 0.0
        """Residual echo: the loudspeakers in what is left of the microphone, against what is played; learnt."""
        self._canceller = canceller
        self._last_played = silence(FRAME_SAMPLES)
        self._played: deque[float] = deque([0.0] * _WINDOW, _WINDOW)
        self._heard: deque[float] = deque([0.0] * _WINDOW, _WINDOW)
        self._gate = NoiseGate(FLOOR_DB, HOLD_S)

    def hear_played(self, frame: Samples) -> None:
        """Take the frame that the loudspeakers play, once for each frame."""
        self._last_played = frame
        self._played.append(power_of(frame))

    def process(self, frame: Samples) -> Samples:
        """Suppress the echo in one frame of the microphone."""
        if self._canceller is not None:
            frame = self._canceller.process(frame, self._last_played)
        heard = power_of(frame)
        self._heard.append(heard)
        loudest = max(self._played)
        if decibels(loudest) <= SILENT_DBFS:
            return self._gate.process(frame, True)
        if min(self._played) > _STEADY * loudest:
            self._learn()
        return self._gate.process(frame, decibels(heard) > decibels(loudest) + self.echo_db + MARGIN_DB)

    def _learn(self) -> None:
        """The quietest echo counts: what is louder has somebody's voice in it."""
        seen_db = decibels(sum(self._heard) / _WINDOW) - decibels(sum(self._played) / _WINDOW)
        if seen_db < self.echo_db:
            self.echo_db += _LEARNING * (seen_db - self.echo_db)
        else:
            self.echo_db += min(_FORGETTING_DB, seen_db - self.echo_db)
