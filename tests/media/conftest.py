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
