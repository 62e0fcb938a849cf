"""The foreign adaptive filter, and what it adds to the suppressor, in a room with walls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from videobar.engine.mixing.sound import Sound
from videobar.engine.process.configuration import SoundConfiguration
from videobar.media.audio import echo_canceller
from videobar.media.audio.echo import EchoSuppressor
from videobar.media.audio.echo_canceller import CancellerUnavailable, EchoCanceller
from videobar.media.audio.levels import level_dbfs
from videobar.vocabulary import EchoControl

Samples = NDArray[np.float32]
SECOND = 48_000
FRAME = 960
DELAY = SECOND * 8 // 100


@pytest.fixture
def canceller() -> EchoCanceller:
    try:
        return EchoCanceller()
    except CancellerUnavailable as error:
        pytest.skip(str(error))


def echo_of(played: Samples) -> Samples:
    """The loudspeaker directly, 8 dB quieter, and its reverberation."""
    walls = np.random.default_rng(1).normal(size=4800) * np.exp(-np.arange(4800) / 1400) * 0.03
    walls[0] = 0.4
    reverberated = np.convolve(played, walls)[: len(played) - DELAY]
    return np.concatenate((np.zeros(DELAY), reverberated)).astype(np.float32)


def heard(echo: EchoSuppressor, played: Samples, said: Samples) -> Samples:
    """What far ends hear; the microphone is read before the loudspeakers are fed, as in the mixer."""
    microphone = echo_of(played) + said
    frames = []
    for at in range(0, len(played), FRAME):
        frames.append(echo.process(microphone[at : at + FRAME]))
        echo.hear_played(played[at : at + FRAME])
    return np.concatenate(frames)


def test_echo_becomes_quieter_and_quieter(canceller: EchoCanceller, talker: Callable[..., Samples]) -> None:
    played = talker(120, 10)
    echo, before = echo_of(played), np.zeros(FRAME, np.float32)
    frames = []
    for at in range(0, len(played), FRAME):
        frames.append(canceller.process(echo[at : at + FRAME], before))
        before = played[at : at + FRAME]
    left = np.concatenate(frames)

    def loss(start: int) -> float:
        part = slice(start * SECOND, (start + 2) * SECOND)
        return level_dbfs(echo[part]) - level_dbfs(left[part])

    assert loss(8) > 15
    assert loss(8) > loss(2) > 5


def test_a_voice_no_louder_than_the_echo_is_heard(
    canceller: EchoCanceller, talker: Callable[..., Samples]
) -> None:
    played, said = talker(120, 12), talker(200, 12) * np.float32(0.4)
    said[: 6 * SECOND] = 0
    late = slice(7 * SECOND, 12 * SECOND)

    def likeness(samples: Samples) -> float:
        return float(np.corrcoef(samples[late], said[late])[0, 1])

    with_canceller = heard(EchoSuppressor(canceller), played, said)
    assert likeness(with_canceller) > 0.8
    assert level_dbfs(with_canceller[late]) == pytest.approx(level_dbfs(said[late]), abs=3)
    without = heard(EchoSuppressor(), played, said)
    assert level_dbfs(without[late]) < level_dbfs(said[late]) - 15


def test_without_the_library_echo_is_still_suppressed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(echo_canceller, "LIBRARIES", ("libnothing.so.1",))
    with pytest.raises(CancellerUnavailable, match="libspeexdsp1"):
        EchoCanceller()
    Sound(SoundConfiguration(microphones=("tone",), echo_control=EchoControl.ON)).mixer.close()
    assert "the echo suppressor is used" in caplog.text
