"""Session setup: the INVITE that establishes a session, seen from the side that sends it or the side that gets it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from videobar.sip.errors import InvalidState
from videobar.sip.session.states import Ended, SessionDirection
from videobar.sip.syntax.message import Request
from videobar.sip.transaction.layer import IncomingRequest


class Setup(ABC):
    """Session setup, as `Session` uses it; the UAC's is `InviteClient`, the UAS's `InviteServer`."""

    direction: ClassVar[SessionDirection]

    def ring(self) -> None:
        """See `Session.ring`."""
        raise InvalidState("only an incoming session can ring")

    def accept(self, description: bytes) -> None:
        """See `Session.accept`."""
        raise InvalidState("only an incoming session can be accepted")

    def reject(self, status: int, reason: str | None) -> None:
        """See `Session.reject`."""
        raise InvalidState("only an incoming session can be rejected")

    @abstractmethod
    def abort(self) -> Ended:
        """Give the session up before it is established; returns how it ended."""

    @abstractmethod
    def stop(self) -> None:
        """Stop the timers: the session is established or over."""

    def receive(self, incoming: IncomingRequest) -> bool:
        """Handle a request with the session's tags; False leaves it to the session."""
        return False

    def on_cancel(self, cancel: Request) -> None:
        """A CANCEL of an INVITE that came (section 9.2)."""
        raise InvalidState("only an incoming session can be cancelled")

    def on_bye(self) -> None:
        """A BYE while an INVITE that came is unanswered (section 15.1.2)."""
        raise InvalidState("only an incoming session can be unanswered")

    def is_early_with(self, remote_tag: str) -> bool:
        """True if there is an early dialog with a far end of that tag."""
        return False

    def answers(self, invite: Request) -> bool:
        """True if `invite` is the INVITE that the session came with."""
        return False
