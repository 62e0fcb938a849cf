"""The names of the room's microphones and loudspeakers, known without the libraries that open them."""

from __future__ import annotations

from pathlib import Path

from videobar.room.audio.port import SoundPort, SoundPorts
from videobar.vocabulary import PortDirection

NO_MICROPHONE = "silence"
NO_SPEAKERS = "none"


def ports_of(microphone: str, speaker: str) -> SoundPorts:
    """The ports that the settings name, before anything is opened."""
    microphones = () if microphone == NO_MICROPHONE else (microphone,)
    return SoundPorts(
        (
            *(SoundPort(PortDirection.IN, _name(each)) for each in microphones),
            SoundPort(PortDirection.OUT, "Loudspeakers" if speaker == NO_SPEAKERS else _name(speaker)),
        )
    )


def _name(setting: str) -> str:
    kind, colon, frequency = setting.partition(":")
    if kind == "tone":
        return f"Tone of {frequency} Hz" if colon else "Tone"
    return Path(setting).name
