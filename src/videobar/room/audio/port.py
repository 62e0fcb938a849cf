"""The port to whatever carries the room's sound."""

from __future__ import annotations

from typing import Protocol


class AudioPath(Protocol):
    """Applies the room's audio state to its microphones and speakers. Told, not awaited."""

    def set_microphones_muted(self, muted: bool) -> None:
        """Silence the microphones for every far end, or let them be heard again."""
        ...

    def set_speaker_volume(self, volume: int) -> None:
        """Set how loud the room plays far ends: 0 (silent) to 100."""
        ...
