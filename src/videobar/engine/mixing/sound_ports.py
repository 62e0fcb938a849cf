"""Sound ports that the settings name, known before anything is opened; made without what plays it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from videobar.engine.process.configuration import SoundConfiguration
from videobar.room.audio.port import SoundPort, SoundState
from videobar.vocabulary import EchoControl, NoiseSuppression, PortDirection

NO_MICROPHONE = "silence"
NOT_OPEN = "not opened yet"


def uses_devices(configuration: SoundConfiguration) -> bool:
    """True if any sound device is to be opened."""
    return any(map(_is_device, (*configuration.microphones, configuration.speaker)))


def state_of(configuration: SoundConfiguration) -> SoundState:
    """Sound state by the settings, before anything is opened."""
    voice = find_spec("webrtc_noise_gain") is not None
    return SoundState(
        ports=(
            *(_port(PortDirection.IN, each) for each in microphones_of(configuration)),
            _port(PortDirection.OUT, configuration.speaker),
        ),
        noise_suppression=noise_suppression_of(configuration) if voice else NoiseSuppression.OFF,
        tells_speech=voice,
        echo_control=controls_echo(configuration),
    )


def microphones_of(configuration: SoundConfiguration) -> tuple[str, ...]:
    """The settings of all microphones that there are. Without the first there is no fence either."""
    return () if configuration.microphones[0] == NO_MICROPHONE else configuration.microphones


def noise_suppression_of(configuration: SoundConfiguration) -> NoiseSuppression:
    """Level of noise suppression to use; never `AUTO`."""
    if configuration.noise_suppression is not NoiseSuppression.AUTO:
        return configuration.noise_suppression
    return NoiseSuppression.MODERATE if _is_device(configuration.microphones[0]) else NoiseSuppression.OFF


def controls_echo(configuration: SoundConfiguration) -> bool:
    """True if the microphone is to be turned down while the loudspeakers speak."""
    if configuration.echo_control is EchoControl.AUTO:
        return _is_device(configuration.microphones[0]) and _is_device(configuration.speaker)
    return configuration.echo_control is EchoControl.ON


def _port(direction: PortDirection, setting: str) -> SoundPort:
    detail = NOT_OPEN if _is_device(setting) else ""
    return SoundPort(direction, _name(direction, setting), connected=not detail, detail=detail)


def _name(direction: PortDirection, setting: str) -> str:
    kind, _, argument = setting.partition(":")
    match kind:
        case "tone":
            return f"Tone of {argument} Hz" if argument else "Tone"
        case "device":
            default = "Default microphone" if direction is PortDirection.IN else "Default loudspeakers"
            return argument or default
        case "silence":
            return "Silence"
        case "none":
            return "Loudspeakers"
        case _:
            return Path(setting).name


def _is_device(setting: str) -> bool:
    return setting.partition(":")[0] == "device"
