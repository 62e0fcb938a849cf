"""Noise suppression and voice activity detection (VAD) of WebRTC, for the room's 48 kHz.

Both come from the package `webrtc-noise-gain` (extra `sound`) and know 16 kHz only. What lies above 8 kHz is made
quieter by as much as the rest, as WebRTC itself does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from videobar.media.audio.format import MIX_RATE, Samples, from_int16, silence, to_int16
from videobar.media.audio.levels import power_of
from videobar.media.audio.resample import TAPS_PER_PHASE, Downsampler, Upsampler

if TYPE_CHECKING:
    from webrtc_noise_gain import AudioProcessor

RATE: Final = 16_000
FACTOR: Final = MIX_RATE // RATE
CHUNK: Final = RATE // 100
STRONGEST: Final = 4
SUPPRESSION_DELAY: Final = 96 * FACTOR
"""Samples at 48 kHz by which the suppression is late (measured; its window of 256 overlaps by 96)."""
RESAMPLING_DELAY: Final = FACTOR * TAPS_PER_PHASE - 1
"""Delay of both filters together."""
_FASTEST_GAIN: Final = 0.5
"""Part of a change of the upper band's gain is made in one frame."""


class VoiceUnavailable(Exception):
    """The package is not installed; the text says how to get it."""


class VoiceProcessor:
    """Suppresses noise, and detects speech. `strength` is 0 (only detect) to 4. Raises `VoiceUnavailable`."""

    def __init__(self, strength: int) -> None:
        self.speech = False
        """True if there is speech in the last frame."""
        self._strength = strength
        self._processor = _processor(strength)
        self._down = Downsampler(FACTOR)
        self._up = Upsampler(FACTOR)
        self._late = silence(RESAMPLING_DELAY)
        """Input that waits until the suppressed lower band has come out."""
        self._plain_up = Upsampler(FACTOR)
        self._upper_late = silence(SUPPRESSION_DELAY)
        self._upper_gain = 1.0

    def process(self, frame: Samples) -> Samples:
        """One frame of 20 ms, cleaned; with strength 0 it is the same frame."""
        lower = self._down.process(frame)
        results = [
            self._processor.Process10ms(to_int16(lower[at : at + CHUNK]).tobytes())
            for at in range(0, len(lower), CHUNK)
        ]
        self.speech = any(result.is_speech for result in results)
        if not self._strength:
            return frame
        cleaned = from_int16(np.frombuffer(b"".join(result.audio for result in results), np.int16))
        self._upper_gain += _FASTEST_GAIN * (_ratio(cleaned, lower) - self._upper_gain)
        return self._up.process(cleaned) + self._upper(frame, lower) * np.float32(self._upper_gain)

    def _upper(self, frame: Samples, lower: Samples) -> Samples:
        """The band above 8 kHz, as late as the suppressed one below."""
        line = np.concatenate((self._late, frame))
        self._late = line[len(frame) :]
        upper = line[: len(frame)] - self._plain_up.process(lower)
        line = np.concatenate((self._upper_late, upper))
        self._upper_late = line[len(frame) :]
        return line[: len(frame)]


def _ratio(cleaned: Samples, lower: Samples) -> float:
    before = power_of(lower)
    return min(1.0, (power_of(cleaned) / before) ** 0.5) if before > 0 else 1.0


def _processor(strength: int) -> AudioProcessor:
    if not 0 <= strength <= STRONGEST:
        raise ValueError(f"strength {strength} is not in 0 to {STRONGEST}")
    try:
        from webrtc_noise_gain import AudioProcessor
    except ImportError as error:
        raise VoiceUnavailable(
            "webrtc-noise-gain is not installed: it comes with videobar's extra `sound`"
        ) from error
    return AudioProcessor(0, strength)
