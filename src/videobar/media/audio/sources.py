"""Audio sources: silence, a tone, a file, a microphone."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final, Protocol

import av
import numpy as np
from numpy.typing import NDArray

from videobar.media.audio.devices.device import DeviceSource, OnState
from videobar.media.audio.format import FRAME_SAMPLES, MIX_RATE, Samples, from_int16, silence
from videobar.media.media_file import open_media

TONE_HZ: Final = 1000.0
TONE_DBFS: Final = -20.0
LONGEST_FILE_S: Final = 600
"""A file is held in memory, so its length is bounded."""


class SourceSettingInvalid(ValueError):
    """The setting of the near source names something that cannot be used; the text says what."""


class AudioSource(Protocol):
    """Audio source of 48 kHz mono. Called from the thread that ticks, once in 20 ms; never raises."""

    def read(self, count: int = FRAME_SAMPLES) -> Samples:
        """The next `count` samples at 48 kHz."""
        ...

    def close(self) -> None:
        """Let go of what is behind it; nothing is read any more."""
        ...


class SilenceSource:
    """No sound."""

    def read(self, count: int = FRAME_SAMPLES) -> Samples:
        """Silence."""
        return silence(count)

    def close(self) -> None:
        """There is nothing behind it."""


class ToneSource:
    """A sine without end; `level_dbfs` is its RMS level."""

    def __init__(self, frequency_hz: float = TONE_HZ, level_dbfs: float = TONE_DBFS) -> None:
        self._step = 2 * math.pi * frequency_hz / MIX_RATE
        self._amplitude = math.sqrt(2) * 10 ** (level_dbfs / 20)
        self._phase = 0.0

    def read(self, count: int = FRAME_SAMPLES) -> Samples:
        """The next stretch of the sine."""
        angles = self._phase + self._step * np.arange(count)
        self._phase = (self._phase + self._step * count) % (2 * math.pi)
        sine: Samples = (self._amplitude * np.sin(angles)).astype(np.float32)
        return sine

    def close(self) -> None:
        """There is nothing behind it."""


class FileSource:
    """A sound file of any rate and number of channels, again and again."""

    def __init__(self, path: Path) -> None:
        self._samples = _load(path)
        self._at = 0

    def read(self, count: int = FRAME_SAMPLES) -> Samples:
        """The next stretch of the file, which begins again at its end."""
        positions = np.arange(self._at, self._at + count)
        self._at = (self._at + count) % len(self._samples)
        return from_int16(np.take(self._samples, positions, mode="wrap"))

    def close(self) -> None:
        """The file is closed already."""


def parse_source(setting: str, on_state: OnState = lambda works, detail: None) -> AudioSource:
    """A source from `silence`, `tone`, `tone:HZ`, `device`, `device:NAME` or the path of a sound file.

    `on_state` is called when a device begins or ceases to work. Raises `SourceSettingInvalid`.
    """
    name, colon, argument = setting.strip().partition(":")
    match name.lower():
        case "":
            raise SourceSettingInvalid(
                "near source: empty; use silence, tone, tone:HZ, device, device:NAME or the path of a WAV file"
            )
        case "silence" if not colon:
            return SilenceSource()
        case "tone":
            return ToneSource(_frequency(argument) if colon else TONE_HZ)
        case "device":
            return DeviceSource(argument, on_state)
        case _:
            return FileSource(Path(setting.strip()))


def _frequency(text: str) -> float:
    try:
        frequency_hz = float(text)
    except ValueError:
        raise SourceSettingInvalid(f"near source: tone of {text!r} Hz is not a number") from None
    if not 20 <= frequency_hz <= 20_000:
        raise SourceSettingInvalid(f"near source: a tone of {text} Hz is not in 20 to 20000 Hz")
    return frequency_hz


def _load(path: Path) -> NDArray[np.int16]:
    """All of the file as 48 kHz mono."""
    blocks: list[NDArray[np.int16]] = []
    length = 0
    try:
        with open_media(path) as container:
            if not container.streams.audio:
                raise SourceSettingInvalid(f"near source: {path} has no sound in it")
            resampler = av.AudioResampler(format="s16", layout="mono", rate=MIX_RATE)
            for frame in container.decode(container.streams.audio[0]):
                for resampled in resampler.resample(frame):
                    blocks.append(resampled.to_ndarray()[0])
                    length += resampled.samples
                if length > LONGEST_FILE_S * MIX_RATE:
                    raise SourceSettingInvalid(f"near source: {path} is longer than {LONGEST_FILE_S} s")
            blocks.extend(resampled.to_ndarray()[0] for resampled in resampler.resample(None))
    except UnicodeDecodeError as error:
        raise SourceSettingInvalid(f"near source: {path} has metadata that is not UTF-8") from error
    except (av.error.FFmpegError, OSError) as error:
        raise SourceSettingInvalid(f"near source: {path} cannot be read: {error.strerror}") from error
    if not sum(map(len, blocks)):
        raise SourceSettingInvalid(f"near source: {path} has no sound in it")
    return np.concatenate(blocks)
