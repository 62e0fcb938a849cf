from __future__ import annotations

import numpy as np
import pytest

from videobar.media.audio.levels import Meter, level_dbfs
from videobar.media.audio.sources import ToneSource
from videobar.media.audio.volume import decibels_of_volume, gain_of_volume


def test_levels() -> None:
    assert level_dbfs(np.zeros(960, np.float32)) == -100.0
    assert level_dbfs(np.zeros(0, np.float32)) == -100.0
    assert level_dbfs(np.full(960, 1e-9, np.float32)) == -100.0
    assert level_dbfs(np.ones(960, np.float32)) == pytest.approx(0.0)
    assert level_dbfs(np.full(960, -0.1, np.float32)) == pytest.approx(-20.0, abs=1e-4)
    assert level_dbfs(ToneSource(1000, -3.01).read()) == pytest.approx(-3.01, abs=0.01)


def test_the_volume_curve() -> None:
    assert gain_of_volume(0) == 0.0
    assert gain_of_volume(-5) == 0.0
    assert 20 * np.log10(gain_of_volume(1)) == pytest.approx(-50.0)
    assert gain_of_volume(100) == pytest.approx(1.0)
    assert gain_of_volume(1000) == pytest.approx(1.0)
    steps = np.diff([20 * np.log10(gain_of_volume(volume)) for volume in range(1, 101)])
    np.testing.assert_allclose(steps, 50 / 99)
    assert decibels_of_volume(0) == -100.0


def test_a_meter_is_as_slow_as_a_vu_meter() -> None:
    meter, tone, shown = Meter(), ToneSource(1000, -20), []
    assert (meter.level, meter.peak) == (-100.0, -100.0)
    for _ in range(50):
        meter.measure(tone.read())
        shown.append(meter.level)
    assert shown == sorted(shown)
    assert shown[0] < -25
    # 99 % of the power after 300 ms, which is 0.04 dB less.
    assert shown[14] == pytest.approx(-20.04, abs=0.01)
    assert shown[-1] == pytest.approx(-20.0, abs=0.01)
    for _ in range(15):
        meter.measure(np.zeros(960, np.float32))
    assert meter.level == pytest.approx(-40.0, abs=0.01)


def test_a_peak_is_held_for_a_second_and_a_half() -> None:
    meter = Meter()
    loud, soft = np.full(960, -0.5, np.float32), np.full(960, 0.1, np.float32)
    meter.measure(loud)
    assert meter.peak == pytest.approx(-6.02, abs=0.01)
    for _ in range(75):
        meter.measure(soft)
        assert meter.peak == pytest.approx(-6.02, abs=0.01)
    meter.measure(soft)
    assert meter.peak == pytest.approx(-20.0, abs=0.01)
    meter.measure(loud)
    assert meter.peak == pytest.approx(-6.02, abs=0.01)
