"""The room's own sound in the media process: microphones, loudspeakers and the mix, as the settings name them."""

from __future__ import annotations

import logging

from videobar.engine.sound_ports import NO_MICROPHONE
from videobar.media.levels import Meter
from videobar.media.mixer import Mixer
from videobar.media.near_sound import NearSound
from videobar.media.sinks import NoSink, SinkSettingInvalid, SpeakerSink, parse_sink
from videobar.media.sources import NearSource, SilenceSource, SourceSettingInvalid, parse_source
from videobar.media.speakers import Speakers
from videobar.media.volume import SILENCE_DBFS
from videobar.room.audio.port import AcousticFence, PortLevels

log = logging.getLogger("videobar.engine")


class Sound:
    """Reads and plays as `microphone` and `speaker` say (see `media.sources` and `media.sinks`).

    What cannot be used at all gives way to silence, with an error in the log.
    """

    def __init__(self, microphone: str, speaker: str) -> None:
        self._near = NearSound([_source(microphone)])
        self._hears = microphone != NO_MICROPHONE
        self.speakers = Speakers(_sink(speaker))
        self.mixer = Mixer(self._near, self.speakers)

    def raise_fence(self, fence: AcousticFence) -> None:
        """Raise or lower the acoustic fence."""
        self._near.fence.radius = fence.radius
        self._near.fence.enabled = fence.enabled

    def levels(self) -> tuple[PortLevels, ...]:
        """How loud the ports are, in the order of `ports_of`; muted microphones are silent."""
        meters = self._near.meters if self._hears else ()
        silent = PortLevels(SILENCE_DBFS, SILENCE_DBFS, SILENCE_DBFS)
        inputs = [silent if self.mixer.muted else _levels(meter, meter) for meter in meters]
        return (*inputs, _levels(self.speakers.left, self.speakers.right))


def _levels(left: Meter, right: Meter) -> PortLevels:
    return PortLevels(left.level, right.level, max(left.peak, right.peak))


def _source(setting: str) -> NearSource:
    try:
        return parse_source(setting)
    except SourceSettingInvalid as error:
        log.error("far ends hear silence: %s", error)
        return SilenceSource()


def _sink(setting: str) -> SpeakerSink:
    try:
        return parse_sink(setting)
    except SinkSettingInvalid as error:
        log.error("far ends are not recorded: %s", error)
        return NoSink()
