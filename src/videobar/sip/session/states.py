"""States and ends of a session.

CALLING ──1xx──> EARLY ──2xx──> ESTABLISHED          outgoing
INCOMING ──accept──> ACCEPTED ──ACK──> ESTABLISHED   incoming
any ──> ENDED                                        reported once by `on_ended`
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class SessionDirection(Enum):
    """Direction of a call: from this side or to it."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"


class SessionState(Enum):
    """State of a session, as in the drawing above."""

    CALLING = "calling"
    EARLY = "early"
    INCOMING = "incoming"
    ACCEPTED = "accepted"
    ESTABLISHED = "established"
    ENDED = "ended"


class EndedBy(Enum):
    """Cause of an end: one of the two sides, the network, or silence."""

    LOCAL = "local"
    REMOTE = "remote"
    NETWORK = "network"
    TIMEOUT = "timeout"


@dataclass(frozen=True)
class Ended:
    """End of a session: the SIP status where there was one, and a reason for people."""

    status: int | None
    reason: str
    by: EndedBy
