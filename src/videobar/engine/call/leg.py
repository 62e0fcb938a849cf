"""A leg as the endpoint sees it, whatever carries it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from videobar.room.calls.port import Cause, Ended, LegEvent, LegId, Refusal, StreamStatistics
from videobar.room.far_cameras import Motion
from videobar.text import one_line


class Leg:
    """A leg, whatever carries it: here one that is gone. Commands that make no sense in its state do nothing."""

    connected = False
    """True while media flow."""

    def answer(self) -> None:
        """Take it, if it waits for that."""

    def refuse(self, refusal: Refusal) -> None:
        """Do not take it."""

    def hang_up(self) -> None:
        """End it."""

    def send_digits(self, digits: str) -> None:
        """Send DTMF."""

    def hold(self, held: bool) -> None:
        """Put it on hold, or take it back."""

    def add_video(self) -> None:
        """Offer video, if there is none."""

    def move_far_camera(self, motion: Motion) -> None:
        """Move the far end's camera until the next order."""

    def select_far_source(self, number: int) -> None:
        """Ask the far end to show another source."""

    def watch(self) -> None:
        """Tell the room when what the far end signals of its picture has changed."""

    def check(self) -> None:
        """Make sure that the far end is still there, if there is reason to doubt it."""

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """Its streams: audio sent, audio received."""
        return ()


NO_LEG: Final = Leg()
"""Takes the commands for a leg that is gone."""


class Dialling(Leg):
    """A leg whose address is looked up: it can only be given up."""

    def __init__(self, leg: LegId, report: Callable[[LegEvent], None]) -> None:
        self._leg = leg
        self._report = report
        self.over = False

    def hang_up(self) -> None:
        """Give up."""
        self.on_ended(Cause.NORMAL, "given up")

    def on_ended(self, cause: int, detail: str) -> None:
        """Report it once."""
        if not self.over:
            self.over = True
            self._report(Ended(self._leg, cause, one_line(detail)))
