from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from videobar.media.audio.levels import level_dbfs
from videobar.media.audio.sources import SilenceSource, SourceSettingInvalid, ToneSource, parse_source

Samples = NDArray[np.float32]


def write_wav(path: Path, samples: Samples, rate: int, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.repeat((samples * 32767).astype("<i2"), channels).tobytes())
    return path


def read(source: object, frames: int) -> Samples:
    return np.concatenate([source.read(960) for _ in range(frames)])  # type: ignore[attr-defined]


def test_silence() -> None:
    source = parse_source(" Silence ")
    assert isinstance(source, SilenceSource)
    assert not source.read().any()
    assert len(source.read()) == 960


@pytest.mark.parametrize(("setting", "hz"), [("tone", 1000), ("tone:440", 440), ("TONE: 2500.5", 2500.5)])
def test_tones(setting: str, hz: float, peak_hz: Callable[[Samples, int], float]) -> None:
    sound = read(parse_source(setting), 50)
    assert sound.dtype == np.float32
    assert peak_hz(sound, 48000) == pytest.approx(hz, abs=1)
    assert level_dbfs(sound) == pytest.approx(-20.0, abs=0.05)


def test_a_tone_has_no_seams() -> None:
    pieces = read(ToneSource(333), 20)
    whole = ToneSource(333).read(960 * 20)
    np.testing.assert_allclose(pieces, whole, atol=1e-5)


@pytest.mark.parametrize(("rate", "channels"), [(48000, 1), (44100, 2), (8000, 1), (16000, 2), (22050, 1)])
def test_files_of_any_rate_and_channels(
    tmp_path: Path,
    rate: int,
    channels: int,
    sine: Callable[..., Samples],
    peak_hz: Callable[[Samples, int], float],
) -> None:
    path = write_wav(tmp_path / "near.wav", sine(1000, rate, rate), rate, channels)
    sound = read(parse_source(str(path)), 40)
    assert peak_hz(sound, 48000) == pytest.approx(1000, abs=2)
    assert level_dbfs(sound) == pytest.approx(level_dbfs(sine(1000, rate, rate)), abs=0.3)


def test_a_file_begins_again_at_its_end(tmp_path: Path) -> None:
    ramp = np.linspace(-0.5, 0.5, 1500, dtype=np.float32)
    sound = read(parse_source(str(write_wav(tmp_path / "ramp.wav", ramp, 48000))), 5)
    np.testing.assert_allclose(sound, np.resize(ramp, 4800), atol=1e-4)


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("tone:loud", "'loud' Hz is not a number"),
        ("tone:5", "not in 20 to 20000"),
        ("tone:nan", "not in 20 to 20000"),
        ("tone:30000", "not in 20 to 20000"),
        ("/nowhere/near.wav", "/nowhere/near.wav cannot be read: No such file"),
    ],
)
def test_wrong_settings_are_named(setting: str, complaint: str) -> None:
    with pytest.raises(SourceSettingInvalid, match=complaint):
        parse_source(setting)


def test_files_without_sound_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("this is not sound")
    with pytest.raises(SourceSettingInvalid, match="cannot be read"):
        parse_source(str(text))
    with pytest.raises(SourceSettingInvalid, match="no sound in it"):
        parse_source(str(write_wav(tmp_path / "empty.wav", np.zeros(0, np.float32), 48000)))
    with pytest.raises(SourceSettingInvalid, match="cannot be read"):
        parse_source(str(tmp_path))
    assert issubclass(SourceSettingInvalid, ValueError)
