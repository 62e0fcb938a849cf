from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from videobar.media.audio.limiter import soft_limited
from videobar.media.audio.loudspeakers import Loudspeakers
from videobar.media.audio.mixer import Mixer
from videobar.media.audio.sources import AudioSource, SilenceSource, ToneSource

Samples = NDArray[np.float32]
Amplitude = Callable[[Samples, float, int], float]


class Talker:
    """Says a tone and remembers what it hears."""

    def __init__(self, hz: float, level_dbfs: float = -30.0) -> None:
        self.hz = hz
        self.source = ToneSource(hz, level_dbfs)
        self.heard: list[Samples] = []

    def pull(self) -> Samples:
        return self.source.read(960)

    def push(self, frame: Samples) -> None:
        self.heard.append(frame.copy())


class Recorder:
    """A speaker that remembers what the left one played, which is what the right one played."""

    def __init__(self) -> None:
        self.frames: list[Samples] = []
        self.closed = 0

    def write(self, frame: Samples) -> None:
        np.testing.assert_array_equal(frame[:, 0], frame[:, 1])
        self.frames.append(frame[:, 0].copy())

    def close(self) -> None:
        self.closed += 1


def mixed(talkers: list[Talker], near: AudioSource, ticks: int = 50) -> tuple[Mixer, Recorder]:
    recorder = Recorder()
    mixer = Mixer(near, Loudspeakers(recorder))
    for talker in talkers:
        mixer.add(talker)
    for _ in range(ticks):
        mixer.tick()
    return mixer, recorder


@pytest.mark.parametrize("count", [1, 3, 6])
def test_everybody_hears_all_but_himself(count: int, amplitude_at: Amplitude) -> None:
    talkers = [Talker(700.0 + 450 * index) for index in range(count)]
    near_hz = 300.0
    _, recorder = mixed(talkers, ToneSource(near_hz, -30))
    said = np.sqrt(2) * 10 ** (-30 / 20)
    every = [near_hz, *(talker.hz for talker in talkers)]
    for talker in talkers:
        heard = np.concatenate(talker.heard)
        for hz in every:
            expected = 0.0 if hz == talker.hz else said
            assert amplitude_at(heard, hz, 48000) == pytest.approx(expected, abs=said / 1000)
    room = np.concatenate(recorder.frames)
    for hz in every:
        expected = 0.0 if hz == near_hz else said
        assert amplitude_at(room, hz, 48000) == pytest.approx(expected, abs=said / 1000)


def test_mute_silences_the_near_end() -> None:
    talker = Talker(1000)
    mixer, _ = mixed([talker], ToneSource(440, -20), ticks=1)
    assert np.abs(talker.heard[-1]).max() > 0.1
    mixer.muted = True
    mixer.tick()
    assert not talker.heard[-1].any()
    assert mixer.near_level == -100.0
    mixer.muted = False
    mixer.tick()
    assert np.abs(talker.heard[-1]).max() > 0.1


def test_levels_of_participants() -> None:
    loud, soft = Talker(1000, -10), Talker(500, -40)
    mixer, _ = mixed([loud, soft], SilenceSource(), ticks=1)
    assert mixer.level_of(loud) == pytest.approx(-10, abs=0.2)
    assert mixer.level_of(soft) == pytest.approx(-40, abs=0.2)
    mixer.remove(soft)
    mixer.remove(soft)
    mixer.tick()
    assert mixer.level_of(soft) == -100.0
    assert len(soft.heard) == 1


def test_joining_twice_is_joining_once() -> None:
    talker = Talker(1000)
    mixer, _ = mixed([talker, talker], SilenceSource(), ticks=1)
    assert len(talker.heard) == 1
    assert mixer.near_level == -100.0


def test_many_loud_talkers_are_bent_not_wrapped() -> None:
    talkers = [Talker(1000, -6) for _ in range(6)]
    _, recorder = mixed(talkers, SilenceSource(), ticks=3)
    peak = float(np.abs(np.concatenate(recorder.frames)).max())
    assert 0.9 < peak <= 1.0


def test_soft_clipping() -> None:
    quiet = np.linspace(-0.79, 0.79, 100, dtype=np.float32)
    assert soft_limited(quiet) is quiet
    loud = np.linspace(-4, 4, 801, dtype=np.float32)
    bent = soft_limited(loud)
    assert float(np.abs(bent).max()) <= 1.0
    assert np.all(np.diff(bent) >= 0)
    np.testing.assert_allclose(bent, -bent[::-1], atol=1e-6)
    assert bent.dtype == np.float32


def test_one_broken_participant_does_not_silence_the_others(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Talker):
        def pull(self) -> Samples:
            raise RuntimeError("pull")

        def push(self, frame: Samples) -> None:
            raise RuntimeError("push")

    talker, other = Talker(1000), Talker(500)
    with caplog.at_level(logging.ERROR):
        mixer, _ = mixed([talker, Broken(1), other], SilenceSource(), ticks=2)
    assert mixer.failures == 4
    assert len(caplog.records) == 1
    assert np.abs(other.heard[-1]).max() > 0.01


def test_close_closes_the_sink() -> None:
    mixer, recorder = mixed([], SilenceSource(), ticks=1)
    mixer.close()
    assert recorder.closed == 1
