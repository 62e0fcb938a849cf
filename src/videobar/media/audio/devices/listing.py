"""List of sound devices, asked for in a process of its own: drivers may block, crash or write to the terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from videobar.media.audio.devices.host import device_number, loaded_portaudio

ANSWER_S: Final = 15.0
DIRECTIONS: Final = ("input", "output")


@dataclass(frozen=True)
class SoundDevices:
    """Names of the devices that can be microphones and loudspeakers; `problem` says why none can be known."""

    input: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    default_input: str = ""
    default_output: str = ""
    problem: str = ""

    def require(self, name: str, direction: str) -> None:
        """Raises `ValueError` where `name` means no device of a direction, `input` or `output`, or several.

        Where no device is known nothing is judged: a sound server may start later than the room.
        """
        there: tuple[str, ...] = getattr(self, direction)
        if there:
            try:
                device_number(
                    [{"name": each, f"max_{direction}_channels": 1} for each in there], name, direction
                )
            except LookupError as error:
                raise ValueError(str(error)) from None


def sound_devices(command: Sequence[str] = ()) -> SoundDevices:
    """The sound devices at this moment. Takes up to `ANSWER_S`. `command` is what is run in place of this module."""
    try:
        answer = subprocess.run(  # noqa: S603 - our own program
            command or (sys.executable, "-m", "videobar.media.audio.devices.listing"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=ANSWER_S,
            check=False,
        ).stdout
        read = json.loads(answer.splitlines()[-1])
        return SoundDevices(
            tuple(read["input"]),
            tuple(read["output"]),
            read["default_input"],
            read["default_output"],
            read["problem"],
        )
    except subprocess.TimeoutExpired:
        return SoundDevices(problem=f"the sound system did not answer within {ANSWER_S:.0f} s")
    except (OSError, ValueError, IndexError, KeyError, TypeError):
        return SoundDevices(problem="the sound system could not be asked")


def _ask() -> dict[str, object]:
    """The output that `sound_devices` reads, asked of PortAudio in this process."""
    found: dict[str, object] = {
        "input": [],
        "output": [],
        "default_input": "",
        "default_output": "",
        "problem": "",
    }
    try:
        sounddevice = loaded_portaudio()
        devices = list(sounddevice.query_devices())
        defaults = sounddevice.default.device
    except RuntimeError as error:
        return found | {"problem": str(error)}
    for direction, default in zip(DIRECTIONS, defaults, strict=True):
        names = [each["name"] for each in devices if each[f"max_{direction}_channels"]]
        found[direction] = list(dict.fromkeys(names))
        found[f"default_{direction}"] = next(
            (each["name"] for each in devices if each["index"] == default), ""
        )
    return found


if __name__ == "__main__":
    print(json.dumps(_ask()))
