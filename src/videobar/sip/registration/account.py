"""Accounts: an address of record, its servers and its credentials."""

from __future__ import annotations

from dataclasses import dataclass, field

from videobar.sip.session.digest import Credentials
from videobar.sip.syntax.uri import SipUri


@dataclass(frozen=True)
class RegistrationIntervals:
    """Intervals and timeouts of a registration, in seconds."""

    expires: int = 300
    """Requested duration of a registration; the server may grant another."""
    response_timeout: float = 10.0
    """Timeout of a request to a server."""
    retry_initial: float = 5.0
    """First pause before a server that failed is tried again; it doubles each time, up to `retry_max`."""
    retry_max: float = 60.0
    keep_alive: float = 30.0
    """Interval of keep-alives over UDP (OPTIONS); connections have their own."""


@dataclass(frozen=True)
class Account:
    """Account: an address of record, and the registrars for it, the preferred one first.

    `address` is what others call. `proxy` stands before all servers, as a loose route (RFC 3261 section 16.12).
    """

    address: SipUri
    servers: tuple[SipUri, ...]
    credentials: Credentials | None = None
    proxy: SipUri | None = None
    display_name: str = ""
    intervals: RegistrationIntervals = field(default_factory=RegistrationIntervals)
