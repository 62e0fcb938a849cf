"""Noise suppression and voice detection: levels before and after."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from videobar.media.audio.levels import level_dbfs
from videobar.media.audio.sources import FileSource
from videobar.media.audio.voice import RESAMPLING_DELAY, SUPPRESSION_DELAY, VoiceProcessor, VoiceUnavailable

Samples = NDArray[np.float32]
SECOND = 48_000
FRAME = 960
TEXT = "The committee will now come to order. We have three items on the agenda this morning."


def processed(voice: VoiceProcessor, sound: Samples) -> tuple[Samples, list[bool]]:
    """What comes out, and in which frames somebody speaks."""
    frames, speech = [], []
    for at in range(0, len(sound) - FRAME + 1, FRAME):
        frames.append(voice.process(sound[at : at + FRAME]))
        speech.append(voice.speech)
    return np.concatenate(frames), speech


def noise(seconds: float, level: float) -> Samples:
    rng = np.random.default_rng(5)
    return (level * rng.standard_normal(int(seconds * SECOND))).astype(np.float32)


def check(speech: Samples, strength: int, least_noise_db: float, most_speech_db: float) -> None:
    """Noise alone for three seconds, then speech in it: the noise goes, the speech stays."""
    hiss = noise(3 + len(speech) / SECOND, 0.012)
    mixed = hiss + np.concatenate((np.zeros(3 * SECOND, np.float32), speech))
    heard, spoken = processed(VoiceProcessor(strength), mixed)
    before = slice(2 * SECOND, 3 * SECOND - FRAME)
    after = slice(3 * SECOND, len(heard))
    removed = level_dbfs(hiss[before]) - level_dbfs(heard[before])
    lost = level_dbfs(mixed[after]) - level_dbfs(heard[after])
    print(f"strength {strength}: {removed:.1f} dB of noise gone, {lost:.1f} dB of speech")
    assert removed > least_noise_db
    assert lost < most_speech_db
    assert np.mean(spoken[100:149]) < 0.1
    assert np.mean(spoken[155:]) > 0.5


@pytest.mark.parametrize(("strength", "least_noise_db"), [(1, 4), (2, 9), (3, 14), (4, 16)])
def test_noise_goes_and_a_voice_stays(
    talker: Callable[..., Samples], strength: int, least_noise_db: float
) -> None:
    check(talker(140, 4) * np.float32(2), strength, least_noise_db, 3)


@pytest.mark.apt
def test_noise_goes_and_speech_of_a_synthesizer_stays(tmp_path: Path) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    path = tmp_path / "speech.wav"
    subprocess.run(["espeak-ng", "-w", str(path), TEXT], check=True, timeout=60)
    source = FileSource(path)
    speech = source.read(source._samples.size)
    check(speech, 2, 9, 3)


def test_the_band_above_eight_kilohertz_is_kept_with_speech_and_goes_with_noise(
    talker: Callable[..., Samples], amplitude_at: Callable[[Samples, float, int], float]
) -> None:
    times = np.arange(6 * SECOND) / SECOND
    whistle = (0.01 * np.sin(2 * np.pi * 12_000 * times)).astype(np.float32)
    voice = np.concatenate((np.zeros(3 * SECOND, np.float32), talker(140, 3) * np.float32(4)))
    heard, _ = processed(VoiceProcessor(3), whistle + voice + noise(6, 0.005))
    alone = amplitude_at(heard[2 * SECOND : 3 * SECOND], 12_000, SECOND)
    with_voice = amplitude_at(heard[4 * SECOND : 5 * SECOND], 12_000, SECOND)
    assert alone < 0.003
    assert with_voice > 0.006


def test_both_bands_are_equally_late() -> None:
    """A click stays one click."""
    click = np.zeros(FRAME * 20, np.float32)
    click[FRAME * 10 : FRAME * 10 + 8] = 0.5
    heard, _ = processed(VoiceProcessor(1), click)
    late = int(np.argmax(np.abs(heard))) - FRAME * 10
    assert late == pytest.approx(RESAMPLING_DELAY + SUPPRESSION_DELAY, abs=12)


def test_strength_nought_changes_nothing_and_tells_speech(talker: Callable[..., Samples]) -> None:
    voice = talker(140, 1)
    heard, spoken = processed(VoiceProcessor(0), voice)
    np.testing.assert_array_equal(heard, voice)
    assert np.mean(spoken) > 0.8


def test_silence_stays_silent() -> None:
    heard, spoken = processed(VoiceProcessor(2), np.zeros(SECOND, np.float32))
    assert not heard.any()
    assert not any(spoken)


@pytest.mark.parametrize("strength", [-1, 5])
def test_strength_has_bounds(strength: int) -> None:
    with pytest.raises(ValueError, match="0 to 4"):
        VoiceProcessor(strength)


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "webrtc_noise_gain", None)
    with pytest.raises(VoiceUnavailable, match="extra .sound."):
        VoiceProcessor(2)
