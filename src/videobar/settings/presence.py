"""Presence of the cameras and sound devices that settings name, checked when a room starts."""

from __future__ import annotations

from videobar.adapters.cameras.setting import require_cameras
from videobar.media.audio.devices.listing import SoundDevices, sound_devices
from videobar.settings.choices import EngineKind
from videobar.settings.table import Settings


class Presence:
    """Judges given settings by what this computer has; asks for its sound devices once, if they matter."""

    def __init__(self) -> None:
        self._sound: SoundDevices | None = None

    def __call__(self, settings: Settings, name: str) -> None:
        """Raises `ValueError` for a camera's file or device, and for a named sound device, that is not there."""
        has_sound = settings.engine is not EngineKind.SIMULATED
        match name:
            case "cameras":
                require_cameras(settings.cameras)
            case "microphone" if has_sound:
                self._require_sound(settings.microphone, "input")
            case "fence_microphones" if has_sound:
                for each in settings.fence_microphones:
                    self._require_sound(each, "input")
            case "speaker" if has_sound:
                self._require_sound(settings.speaker, "output")

    def _require_sound(self, value: str, direction: str) -> None:
        kind, _, device = value.partition(":")
        if kind != "device" or not device:
            return
        if self._sound is None:
            self._sound = sound_devices()
        try:
            self._sound.require(device, direction)
        except ValueError as error:
            raise ValueError(f"names no device: {error}") from None
