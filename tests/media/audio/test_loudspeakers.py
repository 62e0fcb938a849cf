from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from videobar.media.audio.loudspeakers import Loudspeakers
from videobar.media.audio.sources import ToneSource

Samples = NDArray[np.float32]
NOTHING = np.zeros(960, np.float32)


class Recorder:
    """A sink that remembers both channels."""

    def __init__(self) -> None:
        self.frames: list[Samples] = []
        self.closed = 0

    def write(self, frame: Samples) -> None:
        assert frame.shape == (960, 2)
        self.frames.append(frame.copy())

    def close(self) -> None:
        self.closed += 1

    def channels(self) -> tuple[Samples, Samples]:
        both = np.concatenate(self.frames)
        return both[:, 0], both[:, 1]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def speakers(recorder: Recorder) -> Loudspeakers:
    return Loudspeakers(recorder)


def rms_db(samples: Samples) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(samples**2)) + 1e-9))


@pytest.mark.parametrize(("volume", "gain_db"), [(100, 0.0), (50, -25.2525), (1, -50.0)])
def test_the_volume(speakers: Loudspeakers, recorder: Recorder, volume: int, gain_db: float) -> None:
    speakers.volume = volume
    played = speakers.play(ToneSource(1000, -20).read())
    assert speakers.volume == volume
    assert rms_db(played) == pytest.approx(-20 + gain_db, abs=0.05)
    for channel in recorder.channels():
        np.testing.assert_array_equal(channel, played)


def test_volume_zero_is_silence(speakers: Loudspeakers, recorder: Recorder) -> None:
    speakers.volume = 0
    speakers.play_test_tone(left=True, right=True)
    speakers.play_digits("5")
    speakers.play(ToneSource(1000).read())
    assert not recorder.frames[0].any()
    assert speakers.left.level == speakers.right.level == -100.0


@pytest.mark.parametrize("volume", [-1, 101])
def test_volume_has_bounds(speakers: Loudspeakers, volume: int) -> None:
    with pytest.raises(ValueError, match="0 to 100"):
        speakers.volume = volume
    assert speakers.volume == 100


@pytest.mark.parametrize(("left", "right"), [(True, False), (False, True), (True, True)])
def test_a_test_tone_sounds_where_it_should(
    speakers: Loudspeakers,
    recorder: Recorder,
    amplitude_at: Callable[[Samples, float, int], float],
    left: bool,
    right: bool,
) -> None:
    speakers.play_test_tone(left=left, right=right)
    for _ in range(50):
        speakers.play(NOTHING)
    for channel, meter, sounds in zip(
        recorder.channels(), (speakers.left, speakers.right), (left, right), strict=True
    ):
        expected = np.sqrt(2) * 0.1 if sounds else 0.0
        assert amplitude_at(channel, 1000, 48000) == pytest.approx(expected, abs=0.001)
        assert meter.level == pytest.approx(-20.0 if sounds else -100.0, abs=0.1)


def test_a_test_tone_is_added_to_what_sounds(speakers: Loudspeakers, recorder: Recorder) -> None:
    speakers.play_test_tone(left=True, right=False)
    said = ToneSource(500, -30).read()
    speakers.play(said)
    left, right = recorder.channels()
    np.testing.assert_array_equal(right, said)
    np.testing.assert_allclose(left - right, ToneSource().read(), atol=1e-6)


def test_a_test_tone_can_be_stopped_and_begun_again(speakers: Loudspeakers, recorder: Recorder) -> None:
    speakers.stop_test_tone()
    speakers.play_test_tone(left=True, right=True)
    speakers.play(NOTHING)
    speakers.stop_test_tone()
    speakers.stop_test_tone()
    speakers.play(NOTHING)
    speakers.play_test_tone(left=False, right=True)
    speakers.play(NOTHING)
    assert [bool(frame.any()) for frame in recorder.frames] == [True, False, True]
    assert not recorder.frames[2][:, 0].any()


def test_a_test_tone_ends_by_itself_after_half_a_minute(speakers: Loudspeakers, recorder: Recorder) -> None:
    speakers.play_test_tone(left=True, right=True)
    for _ in range(30 * 50 + 2):
        speakers.play(NOTHING)
    assert [bool(frame.any()) for frame in recorder.frames[-3:]] == [True, False, False]


def test_what_was_played_is_told(recorder: Recorder) -> None:
    told: list[Samples] = []
    speakers = Loudspeakers(recorder, told.append)
    speakers.play_test_tone(left=True, right=False)
    speakers.play(NOTHING)
    np.testing.assert_allclose(told[0], ToneSource().read() / 2, atol=1e-6)
    speakers.close()
    assert recorder.closed == 1
