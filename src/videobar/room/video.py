"""The room's own picture: hidden from the far ends or shown."""

from __future__ import annotations


class Video:
    """Local video mute. It starts off and does not survive a restart, as on the device."""

    def __init__(self) -> None:
        self._muted = False

    @property
    def muted(self) -> bool:
        """Whether the room's own picture is hidden."""
        return self._muted

    def set_muted(self, muted: bool) -> None:
        """Hide or show the room's own picture."""
        self._muted = muted
