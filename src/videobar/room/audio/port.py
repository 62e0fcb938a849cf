"""The port to whatever carries the room's sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from videobar.room.delivery import if_running, kept
from videobar.vocabulary import NoiseSuppression, PortDirection, Speaker


class SoundPort(Struct, frozen=True):
    """A microphone or a pair of loudspeakers, whether or not it works at the moment."""

    direction: PortDirection
    name: str
    """For people: the name of the device, or what stands in its place."""
    connected: bool = True
    detail: str = ""
    """Reason why the port does not work, in words for people."""


class SoundState(Struct, frozen=True, tag=True):
    """All ports of a room, and the processing of its sound; reported when a port changes."""

    ports: tuple[SoundPort, ...]
    """Microphones first, and of these the one that far ends hear."""
    noise_suppression: NoiseSuppression = NoiseSuppression.OFF
    """Level of noise suppression in use; never `AUTO`."""
    tells_speech: bool = False
    """True if the acoustic fence can tell speech from noise."""
    echo_control: bool = False


class PortLevels(Struct, frozen=True):
    """Levels of a port, in dB of full scale: -100.0 is silence."""

    left: float
    right: float
    """Level of the right channel; the same as `left` for a microphone."""
    peak: float
    """The highest sample of the last moments, of both channels."""


class AcousticFence(Struct, frozen=True):
    """Acoustic fence: whether far ends hear only those near the first microphone, and within which distance."""

    enabled: bool = False
    radius: int = 5
    """0 (close) to 10 (wide)."""


class AudioPath(Protocol):
    """Applies the room's audio state to its microphones and speakers. Commands are sent and not awaited."""

    def sound_state(self) -> SoundState:
        """The ports and what is done to their sound, as it is known now."""
        ...

    @kept
    @if_running
    def set_microphones_muted(self, muted: bool) -> None:
        """Silence the microphones for every far end, or let them be heard again."""
        ...

    @kept
    @if_running
    def set_speaker_volume(self, volume: int) -> None:
        """Set how loud the room plays far ends: 0 (silent) to 100."""
        ...

    @kept
    @if_running
    def set_acoustic_fence(self, fence: AcousticFence) -> None:
        """Raise or lower the fence."""
        ...

    def start_sound(self) -> None:
        """Start the sound, if it does not run yet, so that there are levels."""
        ...

    def play_test_tone(self, speaker: Speaker) -> None:
        """Sound a tone in the room, until it is stopped or for half a minute."""
        ...

    def stop_test_tone(self) -> None:
        """End the tone; without one nothing happens."""
        ...

    @if_running
    def play_digits(self, digits: str) -> None:
        """Play DTMF digits in the room."""
        ...

    async def sound_levels(self) -> Sequence[PortLevels] | None:
        """The levels of all ports, in their order; `None` while sound does not run. Raises `EngineUnavailable`."""
        ...
