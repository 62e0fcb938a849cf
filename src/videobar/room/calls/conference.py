"""A conference as it is at one moment, its ids, and a digit that came in."""

from __future__ import annotations

from dataclasses import dataclass

from videobar.room.calls.connection import Connection

CONFERENCE = "0"
"""Id of the one conference (observed: the first is "0", also after many calls)."""
PENDING = "PENDING"
"""Id of the pseudo-conference of unanswered calls (observed)."""
ACTIVE = "active"
"""Alias that clients may write for the id of the conference that is on (observed)."""


@dataclass(frozen=True)
class Conference:
    """A conference as it is at one moment; `pending` is the pseudo-conference of unanswered calls."""

    id: str
    pending: bool
    connections: tuple[Connection, ...]
    start_ms: int | None
    """Time at which its first connection was connected; `None` until then."""
    duration_s: int
    active: bool
    """True if somebody is connected."""


@dataclass(frozen=True)
class Digit:
    """A DTMF digit that came in."""

    connection_id: str
    digit: str
    time_ms: int
