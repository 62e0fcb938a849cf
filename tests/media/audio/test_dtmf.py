from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest

from videobar.media.audio.dtmf import DigitTones
from videobar.media.audio.format import to_int16
from videobar.media.audio.levels import level_dbfs
from videobar.media.audio.loudspeakers import Loudspeakers
from videobar.media.audio.sinks import NoSink

ALL = "1234567890*#ABCD"


def test_digits_and_pauses_take_their_time() -> None:
    tones = DigitTones()
    assert tones.read() is None
    tones.queue("15")
    frames = []
    while (frame := tones.read()) is not None:
        frames.append(frame)
    sounds = [level_dbfs(frame) > -60 for frame in frames]
    assert sounds == ([True] * 5 + [False] * 4) * 2
    assert max(np.abs(frames[0][:2]).max(), np.abs(frames[4][-2:]).max()) < 0.01


@pytest.mark.parametrize("digits", ["E", "1 2", "a", "\N{FULLWIDTH DIGIT ONE}"])
def test_what_is_no_digit(digits: str) -> None:
    tones = DigitTones()
    with pytest.raises(ValueError, match="no DTMF digit"):
        tones.queue(digits)
    assert tones.read() is None


def test_too_many_digits_are_dropped() -> None:
    tones = DigitTones()
    for _ in range(300):
        tones.queue("1")
    frames = 0
    while tones.read() is not None:
        frames += 1
    assert frames == 256 * 9


@pytest.mark.apt
def test_an_independent_decoder_reads_them(tmp_path: Path) -> None:
    if shutil.which("multimon-ng") is None:
        pytest.skip("multimon-ng is not installed")
    heard: list[np.ndarray] = []
    speakers = Loudspeakers(NoSink(), heard.append)
    speakers.volume = 60
    speakers.play_digits(ALL)
    for _ in range(len(ALL) * 9 + 5):
        speakers.play(np.zeros(960, np.float32))
    # multimon-ng takes 22050 Hz.
    resampler = av.AudioResampler(format="s16", layout="mono", rate=22050)
    frame = av.AudioFrame.from_ndarray(to_int16(np.concatenate(heard))[None, :], layout="mono")
    frame.sample_rate = 48000
    raw = tmp_path / "digits.raw"
    raw.write_bytes(b"".join(each.to_ndarray().tobytes() for each in resampler.resample(frame)))
    decoded = subprocess.run(
        ["multimon-ng", "-q", "-a", "DTMF", "-t", "raw", str(raw)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert [line.split()[-1] for line in decoded.stdout.splitlines() if line.startswith("DTMF")] == list(ALL)
