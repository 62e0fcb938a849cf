"""Audio sinks: none, a WAV file, loudspeakers."""

from __future__ import annotations

import logging
import os
import struct
from pathlib import Path
from typing import Final, Protocol

from videobar.files import open_to_overwrite
from videobar.media.audio.devices.device import DeviceSink, OnState
from videobar.media.audio.format import MIX_RATE, Samples, to_int16

log = logging.getLogger("videobar.media")

_HEADER: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")
_RIFF_SIZE_AT: Final = 4
_DATA_SIZE_AT: Final = 40
_LARGEST_DATA: Final = 0xFFFF_FFFF - _HEADER.size
_FRAMES_PER_PATCH: Final = 10
_SAMPLE_BYTES: Final = 4
"""Bytes of a sample of both channels."""


class SinkSettingInvalid(ValueError):
    """The setting of the speaker names a file that cannot be written; the text says why."""


class AudioSink(Protocol):
    """Audio sink of 48 kHz stereo. Called from the thread that ticks; never raises."""

    def write(self, frame: Samples) -> None:
        """Play one frame at 48 kHz: an array of shape (samples, 2), left and right."""
        ...

    def close(self) -> None:
        """End; later frames are ignored. Twice is harmless."""
        ...


class NoSink:
    """Nobody listens."""

    def write(self, frame: Samples) -> None:
        """Ignore the frame."""

    def close(self) -> None:
        """Nothing to end."""


class WavSink:
    """Writes a WAV file, 48 kHz stereo 16 bit, whose header is right at any time.

    Sound is written before the sizes that count it, so a process that is killed leaves a file that opens. Writing
    ends, with one line in the log, when the disk is full or the file reaches the format's 4 GiB.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = 0
        self._unpatched_frames = 0
        self._file: int | None = None
        try:
            self._file = open_to_overwrite(path)
            os.pwrite(self._file, _header(0), 0)
        except OSError as error:
            if self._file is not None:
                os.close(self._file)
            raise SinkSettingInvalid(f"speaker: {path} cannot be written: {error.strerror}") from error

    def write(self, frame: Samples) -> None:
        """Append one frame."""
        if self._file is None:
            return
        sound = to_int16(frame).astype("<i2").tobytes()
        if self._written + len(sound) > _LARGEST_DATA:
            self._give_up("it is as long as a WAV file can be")
            return
        try:
            self._written += os.pwrite(self._file, sound, _HEADER.size + self._written)
            self._unpatched_frames += 1
            if self._unpatched_frames >= _FRAMES_PER_PATCH:
                self._patch(self._file)
        except OSError as error:
            self._give_up(str(error.strerror))

    def close(self) -> None:
        """Complete the header and close the file."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            self._patch(file)
        except OSError as error:
            log.warning("the header of %s could not be completed: %s", self._path, error.strerror)
        finally:
            os.close(file)

    def _patch(self, file: int) -> None:
        whole = self._written - self._written % _SAMPLE_BYTES
        os.pwrite(file, struct.pack("<I", whole), _DATA_SIZE_AT)
        os.pwrite(file, struct.pack("<I", whole + _HEADER.size - 8), _RIFF_SIZE_AT)
        self._unpatched_frames = 0

    def _give_up(self, reason: str) -> None:
        log.error("writing %s ends: %s", self._path, reason)
        self.close()


def parse_sink(setting: str, on_state: OnState = lambda works, detail: None) -> AudioSink:
    """A sink from `none`, `device`, `device:NAME` or the path of a WAV file to write.

    `on_state` is called when a device begins or ceases to work. Raises `SinkSettingInvalid`.
    """
    stripped = setting.strip()
    name, _, argument = stripped.partition(":")
    match name.lower():
        case "":
            raise SinkSettingInvalid(
                "speaker: empty; use none, device, device:NAME or the path of a WAV file to write"
            )
        case "none":
            return NoSink()
        case "device":
            return DeviceSink(argument, on_state)
        case _:
            return WavSink(Path(stripped))


def _header(data_size: int) -> bytes:
    return _HEADER.pack(
        b"RIFF",
        data_size + _HEADER.size - 8,
        b"WAVE",
        b"fmt ",
        16,
        1,
        2,
        MIX_RATE,
        MIX_RATE * _SAMPLE_BYTES,
        _SAMPLE_BYTES,
        16,
        b"data",
        data_size,
    )
