"""Exit statuses of the command."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit statuses; of several rooms' the largest counts."""

    DONE = 0
    REFUSED = 1
    """The room refused, or the file could not be written."""
    USAGE = 2
    """A usage error, or something dangerous that was not confirmed."""
    NOT_REACHED = 3
    """No answer that could be used: no connection, no answer in time, an unknown certificate."""
    LOGIN_REFUSED = 4
    INTERRUPTED = 130
    """Ctrl-C."""
    BROKEN_PIPE = 141
    """Broken pipe: the output is not read any more."""
