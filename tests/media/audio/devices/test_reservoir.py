from __future__ import annotations

import numpy as np
import pytest

from videobar.media.audio.devices.reservoir import Reservoir

RATE = 48_000
BLOCK = 960
NOTHING = bytes(BLOCK * 2)


def sound(count: int, value: int = 1) -> bytes:
    return value.to_bytes(2, "little") * count


def test_it_is_silent_until_there_is_enough() -> None:
    reservoir = Reservoir(RATE, 2)
    reservoir.put(sound(2879))
    assert reservoir.take(BLOCK) == NOTHING
    reservoir.put(sound(1))
    assert reservoir.take(BLOCK) == sound(BLOCK)


def test_sound_comes_out_as_it_went_in() -> None:
    reservoir = Reservoir(RATE, 2)
    told = b"".join(number.to_bytes(2, "little") for number in range(BLOCK * 3))
    reservoir.put(told)
    assert b"".join(reservoir.take(BLOCK) for _ in range(3)) == told


def test_when_it_is_empty_it_is_silent_until_there_is_enough_again() -> None:
    reservoir = Reservoir(RATE, 2)
    reservoir.put(sound(3000))
    taken = [reservoir.take(BLOCK) for _ in range(4)]
    assert taken[3] == sound(120) + bytes((BLOCK - 120) * 2)
    assert reservoir.underruns == 1
    reservoir.put(sound(2000))
    assert reservoir.take(BLOCK) == NOTHING
    reservoir.put(sound(2000))
    assert reservoir.take(BLOCK) == sound(BLOCK)
    assert reservoir.underruns == 1


def test_what_is_too_old_is_dropped() -> None:
    reservoir = Reservoir(RATE, 2)
    reservoir.put(sound(RATE) + sound(2880, 7))
    assert reservoir.overruns == 1
    assert [reservoir.take(BLOCK) for _ in range(3)] == [sound(BLOCK, 7)] * 3
    assert reservoir.take(BLOCK) == NOTHING


def test_it_forgets() -> None:
    reservoir = Reservoir(RATE, 2)
    reservoir.put(sound(5000))
    reservoir.clear()
    assert reservoir.take(BLOCK) == NOTHING


@pytest.mark.parametrize("parts_per_million", [-900, -100, 0, 100, 900])
def test_clocks_that_drift_apart_are_evened_out(parts_per_million: int) -> None:
    """Three minutes, in which the clocks run apart by up to 162 ms."""
    reservoir = Reservoir(RATE, 4)
    owed = 0.0
    reservoir.put(sound(2880 * 2))
    for _ in range(3 * 60 * 50):
        owed += BLOCK * (1 + parts_per_million / 1e6)
        while owed >= 480:  # as a device gives it, by 10 ms
            reservoir.put(sound(480 * 2))
            owed -= 480
        assert len(reservoir.take(BLOCK)) == BLOCK * 4
    assert (reservoir.underruns, reservoir.overruns) == (0, 0)


@pytest.mark.parametrize("parts_per_million", [-900, 900])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_tone_stays_clean_while_clocks_drift_apart(parts_per_million: int, channels: int) -> None:
    reservoir = Reservoir(RATE, 2 * channels)
    told = 0

    def put(count: int) -> None:
        nonlocal told
        tone = 16_000 * np.sin(2 * np.pi * 1000 * (told + np.arange(count)) / RATE)
        reservoir.put(np.repeat(tone.astype("<i2"), channels).tobytes())
        told += count

    put(2880)
    owed, taken = 0.0, []
    for _ in range(20 * 50):
        owed += BLOCK * (1 + parts_per_million / 1e6)
        while owed >= 480:
            put(480)
            owed -= 480
        taken.append(np.frombuffer(reservoir.take(BLOCK), "<i2").reshape(-1, channels))
    heard = np.concatenate(taken)[-10 * RATE :]
    assert (heard == heard[:, :1]).all()
    power = np.abs(np.fft.rfft(heard[:, 0] * np.hanning(len(heard)))) ** 2
    frequencies = np.fft.rfftfreq(len(heard), 1 / RATE)
    rest = power[np.abs(frequencies - 1000) > 30].sum()
    assert 10 * np.log10(rest / power.sum()) < -60
