"""A process that has one sound device open, so that nothing a driver does can harm calls: `… capture|play [NAME]`.

A device that blocks, crashes or vanishes takes this process with it and no more; a new one sees the devices that
are there by then. Sound is 16 bits at 48 kHz, one channel captured and two played. On standard output there are
messages: a letter, four bytes of length (big-endian), and that many bytes. What is to be played comes on standard
input; the process ends when that is closed.
"""

from __future__ import annotations

import os
import struct
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from videobar.media.audio.devices.reservoir import Reservoir

if TYPE_CHECKING:
    from collections.abc import Callable

RATE: Final = 48_000
BLOCK: Final = 480
"""Samples that go to or come from the device at a time: 10 ms."""
LATENCY_S: Final = 0.04
HEADER: Final = struct.Struct("!cI")
OPENED: Final = b"O"
FAILED: Final = b"F"
"""Failure, with the reason; the process ends."""
SOUND: Final = b"S"
ALIVE: Final = b"A"
"""The device has taken sound; twice a second."""
ALIVE_S: Final = 0.5
PLAYED_CHANNELS: Final = 2
SAMPLE_BYTES: Final = 2


def say(kind: bytes, body: bytes = b"") -> None:
    """Write one message."""
    message = HEADER.pack(kind, len(body)) + body
    while message:
        message = message[os.write(1, message) :]


def main(arguments: list[str]) -> None:
    """Run until the device or standard input ends."""
    direction, name = arguments[0], arguments[1] if len(arguments) > 1 else ""
    try:
        (capture if direction == "capture" else play)(name)
    except BrokenPipeError:
        pass
    except Exception as error:
        say(FAILED, str(error).encode())
    finally:
        sys.stderr.flush()
        os._exit(0)  # a driver must not delay the end


def capture(name: str) -> None:
    """Send what the device hears."""
    stream, channels = _opened(name, "input", (1, 2))
    threading.Thread(target=_end_with_input, args=(lambda _: None,), daemon=True).start()
    stream.start()
    say(OPENED)
    while True:
        sound, _ = stream.read(BLOCK)
        say(SOUND, _first_channel(bytes(sound), channels))


def play(name: str) -> None:
    """Play what comes on standard input."""
    stream, channels = _opened(name, "output", (PLAYED_CHANNELS, 1))
    waiting = Reservoir(RATE, PLAYED_CHANNELS * SAMPLE_BYTES)
    threading.Thread(target=_end_with_input, args=(waiting.put,), daemon=True).start()
    stream.start()
    say(OPENED)
    told_at = time.monotonic()
    while True:
        sound = waiting.take(BLOCK)
        stream.write(sound if channels == PLAYED_CHANNELS else _first_channel(sound, PLAYED_CHANNELS))
        if time.monotonic() - told_at >= ALIVE_S:
            say(ALIVE)
            told_at = time.monotonic()


def loaded_portaudio() -> Any:
    """The module `sounddevice`. Raises `RuntimeError` saying what is not installed."""
    try:
        import sounddevice
    except ImportError:
        raise RuntimeError("sounddevice is not installed: it comes with videobar's extra `sound`") from None
    except OSError:
        raise RuntimeError(
            "PortAudio is not installed: apt install libportaudio2, or brew install portaudio"
        ) from None
    return sounddevice


def _opened(name: str, direction: str, channels: tuple[int, ...]) -> tuple[Any, int]:
    """A stream of the device, and with how many channels it could be opened. Raises whatever PortAudio says."""
    sounddevice = loaded_portaudio()
    opener = sounddevice.RawInputStream if direction == "input" else sounddevice.RawOutputStream
    device = _device(sounddevice.query_devices(), name, direction)
    for tried in channels:
        try:
            stream = opener(
                samplerate=RATE,
                blocksize=BLOCK,
                device=device,
                channels=tried,
                dtype="int16",
                latency=LATENCY_S,
            )
        except sounddevice.PortAudioError:
            if tried == channels[-1]:
                raise
        else:
            return stream, tried
    raise AssertionError("unreachable")


def _device(devices: Any, name: str, direction: str) -> int | None:
    return device_number(devices, name, direction) if name else None


def device_number(devices: Any, name: str, direction: str) -> int:
    """The number of the device of that name, or else of the only one with the name in its own.

    `devices` are those of PortAudio, `direction` is `input` or `output`. Raises `LookupError`.
    """
    able = [each for each in devices if each[f"max_{direction}_channels"]]
    exact = [each for each in able if each["name"] == name]
    alike = exact or [each for each in able if name.casefold() in each["name"].casefold()]
    names = ", ".join(repr(each["name"]) for each in alike or able) or "none"
    if not alike:
        raise LookupError(f"there is no {direction} device {name!r}; there are: {names}")
    if len(alike) > 1:
        raise LookupError(f"{name!r} is the name of several {direction} devices: {names}")
    return int(alike[0].get("index", 0))


def _first_channel(sound: bytes, channels: int) -> bytes:
    return sound if channels == 1 else memoryview(sound).cast("h")[::channels].tobytes()


def _end_with_input(take: Callable[[bytes], None]) -> None:
    """Hand on what comes on standard input, in whole samples; end when it is closed."""
    whole = PLAYED_CHANNELS * SAMPLE_BYTES
    rest = b""
    while sound := os.read(0, 65536):
        rest += sound
        size = len(rest) - len(rest) % whole
        take(rest[:size])
        rest = rest[size:]
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
