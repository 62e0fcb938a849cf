"""Errors of SIP and SDP; none of them escapes a receive path."""

from __future__ import annotations


class SipError(Exception):
    """Root of the errors of this package."""


class MalformedUri(SipError, ValueError):
    """A text is not a URI, or not a SIP URI where one is needed."""


class MalformedMessage(SipError, ValueError):
    """Bytes are not a SIP message, or a header that is needed is missing or unreadable.

    `status` is the response that such a request deserves, if it can be answered at all.
    """

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


class MalformedDescription(SipError, ValueError):
    """Bytes are not a session description (RFC 8866)."""


class UnsupportedTransport(SipError):
    """A URI asks for a transport that this agent does not have."""


class DestinationUnreachable(SipError):
    """A host name cannot be resolved, or a connection cannot be opened."""


class InvalidState(SipError):
    """The session's state or direction does not allow what was asked."""


class OfferRefused(SipError):
    """Raised by a listener: the far end's offer is refused with `status`, and the session goes on as it was."""

    def __init__(self, status: int = 488, reason: str | None = None) -> None:
        super().__init__(reason or f"offer refused with {status}")
        self.status = status
        self.reason = reason
