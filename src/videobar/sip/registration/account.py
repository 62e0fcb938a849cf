"""Who the room is at a SIP server, and where that server is."""

from __future__ import annotations

from dataclasses import dataclass, field

from videobar.sip.session.digest import Credentials
from videobar.sip.syntax.uri import SipUri


@dataclass(frozen=True)
class RegistrationIntervals:
    """How often things happen, in seconds."""

    expires: int = 300
    """How long a registration shall last; a server may say otherwise."""
    response_timeout: float = 10.0
    """How long a server may take to answer."""
    retry_initial: float = 5.0
    """After how long a server that failed is tried again; each time twice as long, up to `retry_max`."""
    retry_max: float = 60.0
    keep_alive: float = 30.0
    """How often a server is asked whether it is there, over UDP; connections look after themselves."""


@dataclass(frozen=True)
class Account:
    """An address of record, and the servers that shall know where it is, the preferred one first.

    `address` is what others call. `proxy` stands before all servers, as a loose route (RFC 3261 section 16.12).
    """

    address: SipUri
    servers: tuple[SipUri, ...]
    credentials: Credentials | None = None
    proxy: SipUri | None = None
    display_name: str = ""
    intervals: RegistrationIntervals = field(default_factory=RegistrationIntervals)
