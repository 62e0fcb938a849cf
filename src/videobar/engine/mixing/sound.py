"""The room's own sound in the media process: microphones, loudspeakers and the mix, as the settings name them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from msgspec import structs

from videobar.engine.mixing.sound_ports import (
    NO_MICROPHONE,
    controls_echo,
    microphones_of,
    noise_suppression_of,
    state_of,
)
from videobar.engine.process.configuration import SoundConfiguration
from videobar.media.audio.capture import AudioCapture
from videobar.media.audio.devices.device import OnState
from videobar.media.audio.echo import EchoSuppressor
from videobar.media.audio.echo_canceller import CancellerUnavailable, EchoCanceller
from videobar.media.audio.levels import Meter
from videobar.media.audio.loudspeakers import Loudspeakers
from videobar.media.audio.mixer import Mixer
from videobar.media.audio.sinks import AudioSink, NoSink, SinkSettingInvalid, parse_sink
from videobar.media.audio.sources import AudioSource, SilenceSource, SourceSettingInvalid, parse_source
from videobar.media.audio.voice import VoiceProcessor, VoiceUnavailable
from videobar.media.audio.volume import SILENCE_DBFS
from videobar.room.audio.port import AcousticFence, PortLevels, SoundState
from videobar.vocabulary import NoiseSuppression

log = logging.getLogger("videobar.engine")

STRENGTHS = {
    NoiseSuppression.OFF: 0,
    NoiseSuppression.LOW: 1,
    NoiseSuppression.MODERATE: 2,
    NoiseSuppression.HIGH: 3,
    NoiseSuppression.VERY_HIGH: 4,
}


class Sound:
    """Reads and plays as `configuration` says.

    What cannot be used at all gives way to silence, with an error in the log. `report` hears of every change of the
    ports, on whatever thread notices it.
    """

    def __init__(
        self, configuration: SoundConfiguration, report: Callable[[SoundState], None] = lambda state: None
    ) -> None:
        self._report = report
        self._gate = threading.Lock()
        self._state = state_of(configuration)
        self._meters = len(microphones_of(configuration))
        microphones = [
            _source(setting, self._listener(index))
            for index, setting in enumerate(microphones_of(configuration) or (NO_MICROPHONE,))
        ]
        echo = EchoSuppressor(_canceller()) if controls_echo(configuration) else None
        self._near = AudioCapture(microphones, echo=echo)
        self._strength = STRENGTHS[noise_suppression_of(configuration)]
        self._near.voice = _voice(self._strength) if self._strength else None
        sink = _sink(configuration.speaker, self._listener(self._meters))
        self.speakers = Loudspeakers(sink, echo.hear_played) if echo is not None else Loudspeakers(sink)
        self.mixer = Mixer(self._near, self.speakers)

    def raise_fence(self, fence: AcousticFence) -> None:
        """Raise or lower the acoustic fence."""
        if fence.enabled and self._near.voice is None:
            self._near.voice = _voice(0)
        elif not fence.enabled and not self._strength:
            self._near.voice = None
        self._near.fence.radius = fence.radius
        self._near.fence.enabled = fence.enabled

    def levels(self) -> tuple[PortLevels, ...]:
        """Sound levels of the ports, in their order; muted microphones are silent."""
        silent = PortLevels(SILENCE_DBFS, SILENCE_DBFS, SILENCE_DBFS)
        meters = self._near.meters[: self._meters]
        inputs = [silent if self.mixer.muted else _levels(meter, meter) for meter in meters]
        return (*inputs, _levels(self.speakers.left, self.speakers.right))

    def _listener(self, index: int) -> OnState:
        def listen(works: bool, detail: str) -> None:
            with self._gate:
                ports = list(self._state.ports)
                ports[index] = structs.replace(ports[index], connected=works, detail=detail)
                self._state = structs.replace(self._state, ports=tuple(ports))
                self._report(self._state)

        return listen


def _levels(left: Meter, right: Meter) -> PortLevels:
    return PortLevels(left.level, right.level, max(left.peak, right.peak))


def _voice(strength: int) -> VoiceProcessor | None:
    try:
        return VoiceProcessor(strength)
    except VoiceUnavailable as error:
        log.warning("no noise suppression and no speech detection: %s", error)
        return None


def _canceller() -> EchoCanceller | None:
    try:
        return EchoCanceller()
    except CancellerUnavailable as error:
        log.warning("no echo canceller, the echo suppressor is used: %s", error)
        return None


def _source(setting: str, on_state: OnState) -> AudioSource:
    try:
        return parse_source(setting, on_state)
    except SourceSettingInvalid as error:
        log.error("microphone setting cannot be used, silence is sent: %s", error)
        on_state(False, str(error))
        return SilenceSource()


def _sink(setting: str, on_state: OnState) -> AudioSink:
    try:
        return parse_sink(setting, on_state)
    except SinkSettingInvalid as error:
        log.error("speaker setting cannot be used, far ends are not heard: %s", error)
        on_state(False, str(error))
        return NoSink()
