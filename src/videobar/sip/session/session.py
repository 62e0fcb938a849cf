"""A session that an INVITE makes (RFC 3261 section 13), as its owner sees it, and what it tells its owner.

CALLING ──1xx──> EARLY ──2xx──> ESTABLISHED          outgoing
INCOMING ──accept──> ACCEPTED ──ACK──> ESTABLISHED   incoming
any ──> ENDED                                        told once by `on_ended`
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from videobar.sip.errors import InvalidState
from videobar.sip.syntax.uri import NameAddr


class SessionDirection(Enum):
    """Who called."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"


class SessionState(Enum):
    """Where a session is."""

    CALLING = "calling"
    EARLY = "early"
    INCOMING = "incoming"
    ACCEPTED = "accepted"
    ESTABLISHED = "established"
    ENDED = "ended"


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


class Session(ABC):
    """One call. Made by `UserAgent.invite`, or handed to its `on_invite`.

    Attributes:
        direction: who called.
        state: where it is.
        call_id: the Call-ID.
        local_tag: our tag, which no other session of this agent has.
        remote: the far end's address and display name.
        remote_agent: its product from User-Agent or Server; empty until known.
        remote_is_focus: whether it says that it is a conference.
        transport_name: `UDP` or `TCP`.
        signalling_host: numeric address that its messages come from and go to; empty until the way there is known.
        offer: the description in an incoming INVITE, if there was one.
        listener: hears of what happens; set it within `on_invite` for incoming sessions.
    """

    direction: SessionDirection
    state: SessionState
    call_id: str
    local_tag: str
    remote: NameAddr
    remote_agent: str
    remote_is_focus: bool
    transport_name: str
    offer: bytes | None
    listener: SessionListener | None

    def ring(self) -> None:
        """Incoming: tell the caller that it rings (180).

        Raises:
            InvalidState: it is not an incoming session that waits.
        """
        raise InvalidState("only an incoming session can ring")

    def accept(self, description: bytes) -> None:
        """Incoming: answer with 200 and our description.

        It is the answer to `offer`, or our offer where the INVITE had none; then the far end's answer comes with
        `on_established`.

        Raises:
            InvalidState: it is not an incoming session that waits.
        """
        raise InvalidState("only an incoming session can be accepted")

    def reject(self, status: int, reason: str | None = None) -> None:
        """Incoming: refuse with a status from 300 to 699; without effect once the session has ended.

        Raises:
            InvalidState: it is not an incoming session that waits.
            ValueError: the status is not a refusal's.
        """
        raise InvalidState("only an incoming session can be rejected")

    @property
    @abstractmethod
    def signalling_host(self) -> str:
        """See the attributes above."""

    @abstractmethod
    def hang_up(self) -> None:
        """End the session, whatever it takes: CANCEL, BYE, or a refusal (480) of an incoming one.

        `on_ended` is called before this returns. Doing it twice does no harm.
        """

    @abstractmethod
    def reinvite(self, offer: bytes) -> None:
        """Offer a change of an established session; the result comes by `on_answer` or `on_reinvite_refused`.

        One offer is under way at a time; of those that wait meanwhile only the last is sent, and only it has a
        result. When both ends offer at once (491) it is repeated after the random delay of section 14.1.

        Raises:
            InvalidState: the session is not established.
        """

    @abstractmethod
    def probe(self) -> None:
        """Ask the far end whether it still knows the call (OPTIONS, RFC 3261 section 12.2).

        If it does not, or does not answer, the session ends; otherwise nothing is told. Only an established session
        asks, and only one question is under way at a time.
        """

    @abstractmethod
    def send_info(
        self, content_type: str, body: bytes, on_answer: Callable[[int], None] | None = None
    ) -> None:
        """Send an INFO (RFC 6086). `on_answer` gets the status of the answer, 408 where none comes.

        Raises:
            InvalidState: the session is not established.
        """


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
