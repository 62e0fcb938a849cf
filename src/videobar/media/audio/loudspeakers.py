"""Loudspeakers of the room, left and right: far ends, test tones and digits, at the volume that is set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from videobar.media.audio.dtmf import DigitTones
from videobar.media.audio.format import FRAMES_PER_S, Samples
from videobar.media.audio.levels import Meter
from videobar.media.audio.limiter import soft_limited
from videobar.media.audio.sinks import AudioSink
from videobar.media.audio.sources import ToneSource
from videobar.media.audio.volume import gain_of_volume

TEST_TONE_S: Final = 30
"""Maximum duration of a test tone."""
_TEST_TONE_FRAMES: Final = TEST_TONE_S * FRAMES_PER_S


class Loudspeakers:
    """Plays what the room hears into one sink.

    `play` is called from the thread that ticks, everything else from any. `on_played` gets each frame that was
    played, mixed to mono, on the thread that ticks.
    """

    def __init__(self, sink: AudioSink, on_played: Callable[[Samples], None] = lambda frame: None) -> None:
        self.left = Meter()
        self.right = Meter()
        self._sink = sink
        self._on_played = on_played
        self._volume = 100
        self._gain = np.float32(1.0)
        self._digits = DigitTones()
        self._test_tone: _TestTone | None = None

    @property
    def volume(self) -> int:
        """0 to 100."""
        return self._volume

    @volume.setter
    def volume(self, volume: int) -> None:
        if not 0 <= volume <= 100:
            raise ValueError(f"volume {volume} is not in 0 to 100")
        self._volume = volume
        self._gain = np.float32(gain_of_volume(volume))

    def play_test_tone(self, *, left: bool, right: bool) -> None:
        """Sound a tone, in place of one that sounds, until it is stopped or for `TEST_TONE_S`."""
        self._test_tone = _TestTone(left, right)

    def stop_test_tone(self) -> None:
        """End it; without one nothing happens."""
        self._test_tone = None

    def play_digits(self, digits: str) -> None:
        """Sound DTMF digits. Raises `ValueError` for what is no digit."""
        self._digits.queue(digits)

    def play(self, far: Samples) -> Samples:
        """Play one frame of what far ends say, with what else is to sound; what was played, mixed to mono."""
        digit = self._digits.read()
        both = far if digit is None else far + digit
        left = right = both
        test_tone = self._test_tone
        if test_tone is not None:
            tone = test_tone.read()
            if tone is None:
                self._test_tone = None
            else:
                left = both + tone if test_tone.left else both
                right = both + tone if test_tone.right else both
        left_out = soft_limited(left * self._gain)
        right_out = left_out if right is left else soft_limited(right * self._gain)
        self.left.measure(left_out)
        self.right.measure(right_out)
        self._sink.write(np.stack((left_out, right_out), axis=1))
        played = left_out if right_out is left_out else (left_out + right_out) * np.float32(0.5)
        self._on_played(played)
        return played

    def close(self) -> None:
        """Close the sink, after the last frame."""
        self._sink.close()


class _TestTone:
    def __init__(self, left: bool, right: bool) -> None:
        self.left, self.right = left, right
        self._source = ToneSource()
        self._frames = 0

    def read(self) -> Samples | None:
        """The next frame, or `None` at the end."""
        self._frames += 1
        return self._source.read() if self._frames <= _TEST_TONE_FRAMES else None
