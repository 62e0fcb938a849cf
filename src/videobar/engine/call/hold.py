"""Hold from here, within one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from videobar.sip.sdp.rtp_line import RtpLine


class Hold:
    """Hold: what the lines of a call shall say of it, and what the far end has agreed to.

    `lines` are the call's at the moment. `agreed` gets whether this room holds, each time that changes.
    """

    def __init__(self, lines: Callable[[], Iterable[RtpLine]], agreed: Callable[[bool], None]) -> None:
        self._lines = lines
        self._agreed = agreed
        self._holding = False

    @property
    def wanted(self) -> bool:
        """True if the next offer holds the call."""
        return any(line.held for line in self._lines())

    def want(self, held: bool) -> None:
        """Let all lines say so in the next offer."""
        for line in self._lines():
            line.held = held

    def include_new_lines(self) -> None:
        """Lines that were added shall say what the others say."""
        self.want(self.wanted)

    def on_answered(self, taken: bool) -> None:
        """Our last offer was answered: tell whether we hold, or go back to what was."""
        if not taken:
            self.want(self._holding)
        elif self._holding is not self.wanted:
            self._holding = self.wanted
            self._agreed(self._holding)
