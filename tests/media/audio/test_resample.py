from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from videobar.media.audio.resample import Downsampler, Through, Upsampler, downsampler, upsampler

Samples = NDArray[np.float32]
Sine = Callable[..., Samples]
Amplitude = Callable[[Samples, float, int], float]


def decibels(ratio: float) -> float:
    return 20 * float(np.log10(max(ratio, 1e-9)))


@pytest.mark.parametrize("factor", [3, 6])
@pytest.mark.parametrize("fraction", [0.02, 0.25, 0.5, 0.7, 0.8])
def test_both_are_flat_in_the_passband(
    factor: int, fraction: float, sine: Sine, amplitude_at: Amplitude
) -> None:
    low = 48000 // factor
    hz = fraction * low / 2
    up = Upsampler(factor).process(sine(hz, low, low, 0.5))[12000:36000]
    down = Downsampler(factor).process(sine(hz, 48000, 48000, 0.5))[low // 4 : 3 * low // 4]
    assert decibels(amplitude_at(up, hz, 48000) / 0.5) == pytest.approx(0.0, abs=0.1)
    assert decibels(amplitude_at(down, hz, low) / 0.5) == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("factor", [3, 6])
@pytest.mark.parametrize("fraction", [1.06, 1.2, 1.5, 1.9])
def test_downsampling_removes_what_would_alias(factor: int, fraction: float, sine: Sine) -> None:
    low = 48000 // factor
    down = Downsampler(factor).process(sine(fraction * low / 2, 48000, 48000, 0.5))[low // 4 :]
    assert decibels(float(np.abs(down).max()) / 0.5) < -60


@pytest.mark.parametrize("factor", [3, 6])
@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.8])
def test_upsampling_leaves_no_images(
    factor: int, fraction: float, sine: Sine, amplitude_at: Amplitude
) -> None:
    low = 48000 // factor
    hz = fraction * low / 2
    up = Upsampler(factor).process(sine(hz, low, low, 0.5))[12000:36000]
    for image in (low - hz, low + hz, 2 * low - hz):
        assert decibels(amplitude_at(up, image, 48000) / 0.5) < -60


@pytest.mark.parametrize("factor", [3, 6])
def test_block_sizes_do_not_matter(factor: int) -> None:
    sound = np.random.default_rng(3).normal(0, 0.1, 4800).astype(np.float32)
    for make, step in ((Upsampler, 160), (Upsampler, 7), (Downsampler, 960), (Downsampler, factor)):
        whole = make(factor).process(sound)
        pieces = make(factor)
        joined = np.concatenate([pieces.process(sound[at : at + step]) for at in range(0, 4800, step)])
        np.testing.assert_allclose(joined, whole, atol=1e-6)
        assert len(pieces.process(sound[:0])) == 0


def test_the_choice_by_rates() -> None:
    assert isinstance(upsampler(48000, 48000), Through)
    assert isinstance(downsampler(48000, 48000), Through)
    assert len(upsampler(8000, 48000).process(np.zeros(160, np.float32))) == 960
    assert len(downsampler(48000, 16000).process(np.zeros(960, np.float32))) == 320
    with pytest.raises(ValueError, match="no multiple"):
        upsampler(44100, 48000)
    with pytest.raises(ValueError, match="no multiple"):
        Downsampler(6).process(np.zeros(7, np.float32))
