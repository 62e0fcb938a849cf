"""A leg as the endpoint sees it, whatever carries it."""

from __future__ import annotations

from typing import Final

from videobar.room.calls.port import StreamStatistics
from videobar.room.far_cameras import Motion


class Call:
    """A leg, whatever carries it: here one that is gone. Commands that make no sense in its state do nothing."""

    connected = False
    """Whether media flow."""

    def answer(self) -> None:
        """Take it, if it waits for that."""

    def refuse(self, status: int) -> None:
        """Do not take it, with a SIP status."""

    def hang_up(self) -> None:
        """End it."""

    def send_digits(self, digits: str) -> None:
        """Send DTMF."""

    def hold(self, held: bool) -> None:
        """Put it on hold, or take it back."""

    def add_video(self) -> None:
        """Offer video, if there is none."""

    def move_far_camera(self, motion: Motion) -> None:
        """Move the far end's camera until told otherwise."""

    def select_far_source(self, number: int) -> None:
        """Ask the far end to show another source."""

    def watch(self) -> None:
        """Tell the room when what the far end signals of its picture has changed."""

    def check(self) -> None:
        """Make sure that the far end is still there, if there is reason to doubt it."""

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """Its streams: audio sent, audio received."""
        return ()


NO_CALL: Final = Call()
"""Takes the commands for a leg that is gone."""
