from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

Samples = NDArray[np.float32]


@pytest.fixture
def sine() -> Callable[..., Samples]:
    """`sine(hz, rate, count, amplitude)`."""

    def make(hz: float, rate: int, count: int, amplitude: float = 0.3) -> Samples:
        return (amplitude * np.sin(2 * np.pi * hz * np.arange(count) / rate)).astype(np.float32)

    return make


@pytest.fixture
def amplitude_at() -> Callable[[Samples, float, int], float]:
    """`amplitude_at(samples, hz, rate)`: the amplitude of one frequency, by correlation with a windowed phasor."""

    def measure(samples: Samples, hz: float, rate: int) -> float:
        window = np.hanning(len(samples))
        phasor = np.exp(-2j * np.pi * hz * np.arange(len(samples)) / rate)
        return float(2 * np.abs(np.sum(samples * window * phasor)) / window.sum())

    return measure


@pytest.fixture
def peak_hz() -> Callable[[Samples, int], float]:
    """`peak_hz(samples, rate)`: the frequency of the highest peak of the spectrum."""

    def measure(samples: Samples, rate: int) -> float:
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
        return float(np.argmax(spectrum) * rate / len(samples))

    return measure


@pytest.fixture(scope="session")
def talker() -> Callable[..., Samples]:
    """`talker(pitch_hz, seconds)`: somebody who speaks without a pause, at -26 dBFS.

    Harmonics of a wavering pitch with two formants that move from syllable to syllable: WebRTC takes it for speech.
    """

    def speak(pitch_hz: float, seconds: float) -> Samples:
        rate, syllable_s = 48000, 0.22
        rng = np.random.default_rng(int(pitch_hz))
        times = np.arange(int(seconds * rate)) / rate
        syllables = int(np.ceil(seconds / syllable_s))

        def of_syllables(low: float, high: float) -> NDArray[np.float64]:
            return np.repeat(rng.uniform(low, high, syllables), int(syllable_s * rate))[: len(times)]

        smooth = np.ones(2400) / 2400
        formants = [
            np.convolve(of_syllables(*range_), smooth, "same") for range_ in ((300, 800), (900, 2300))
        ]
        pitch = pitch_hz * (
            1 + 0.1 * np.sin(2 * np.pi * 0.7 * times) + 0.05 * np.sin(2 * np.pi * 2.3 * times)
        )
        phase = 2 * np.pi * np.cumsum(pitch) / rate
        sound = np.zeros(len(times))
        for harmonic in range(1, 30):
            peaks = [np.exp(-(((harmonic * pitch - formant) / 150) ** 2)) for formant in formants]
            sound += (0.1 / harmonic + harmonic**-0.5 * (3 * peaks[0] + 2 * peaks[1])) * np.sin(
                harmonic * phase
            )
        sound *= np.sqrt(np.abs(np.sin(np.pi * times / syllable_s))) * of_syllables(0.3, 1)
        return (sound / sound.std() * 0.05).astype(np.float32)

    return speak
