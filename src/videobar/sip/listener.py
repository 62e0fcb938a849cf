"""What a session tells its owner."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from videobar.sip.session import Session


class EndedBy(Enum):
    """Who or what ended a session."""

    LOCAL = "local"
    REMOTE = "remote"
    NETWORK = "network"
    TIMEOUT = "timeout"


@dataclass(frozen=True)
class Ended:
    """How a session ended: the SIP status where there was one, and a reason for people."""

    status: int | None
    reason: str
    by: EndedBy


class SessionListener(Protocol):
    """Hears of one session's events, on the event loop and one at a time; what it raises is logged.

    Descriptions are bodies of `application/sdp`, as they came.
    """

    def on_progress(self, session: Session, status: int, description: bytes | None) -> None:
        """A provisional response (100 to 199) came to our INVITE, perhaps with an answer for early media."""
        ...

    def on_established(self, session: Session, description: bytes | None) -> None:
        """The session stands.

        Outgoing: `description` is the answer in the 2xx. Incoming: the ACK has come; None, or the answer to the
        offer that `accept` made because the INVITE had none.
        """
        ...

    def on_offer(self, session: Session, offer: bytes | None) -> bytes | None:
        """The far end changes the session: return the answer, or our offer where there is no offer in it.

        Raises:
            OfferRefused: refuse with its status; the session goes on as it was.
        """
        ...

    def on_answer(self, session: Session, answer: bytes) -> None:
        """The far end has answered our `reinvite`, or the offer that `on_offer` returned."""
        ...

    def on_reinvite_refused(self, session: Session, status: int, reason: str) -> None:
        """The far end refused our `reinvite`; the session goes on as it was."""
        ...

    def on_info(self, session: Session, content_type: str, body: bytes) -> None:
        """An INFO came; `content_type` is in lower case without parameters, and empty where there was none."""
        ...

    def on_ended(self, session: Session, ended: Ended) -> None:
        """The session is over. Called exactly once, and nothing after it."""
        ...
