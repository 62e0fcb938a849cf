from __future__ import annotations

import numpy as np
import pytest

from videobar.media.levels import gain_of_volume, level_dbfs
from videobar.media.sources import ToneSource


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
