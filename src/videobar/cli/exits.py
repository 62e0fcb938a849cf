"""How a command ends."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit statuses; of several rooms' the largest counts."""

    DONE = 0
    REFUSED = 1
    """The room refused, or the file could not be written."""
    USAGE = 2
    """What was typed makes no sense, or nobody confirmed it."""
    NOT_REACHED = 3
    """No answer that could be used: no connection, no answer in time, an unknown certificate."""
    LOGIN_REFUSED = 4
    INTERRUPTED = 130
    """Ctrl-C."""
    BROKEN_PIPE = 141
    """Nobody reads the output any more."""
