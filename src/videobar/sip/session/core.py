"""User agent core (RFC 3261 section 6): the headers and services that all requests of one agent share."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from videobar.sip.session.retransmission import RELIABLY
from videobar.sip.session.timer import TIMER
from videobar.sip.syntax.body import ACCEPT
from videobar.sip.syntax.message import Message, Request, Response
from videobar.sip.syntax.uri import SipUri
from videobar.sip.transaction.layer import TransactionLayer
from videobar.sip.transport.flow import Flow

ALLOW = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "PRACK")
"""Methods that are implemented."""
SUPPORTED = (RELIABLY, TIMER)
"""Option tags of the extensions that are implemented."""


@dataclass(frozen=True)
class UserAgentCore:
    """User agent core: the transaction layer, the product's name, and the headers that describe this agent."""

    transactions: TransactionLayer
    product: str
    rng: random.Random
    on_released: Callable[[str], None]
    """Called with the local tag of a session that has nothing left to do."""

    def response(
        self, request: Request, status: int, reason: str | None = None, *, tag: str = ""
    ) -> Response:
        """Response with our Server header."""
        response = Response.to_request(request, status, reason, tag=tag)
        response.headers.add("server", self.product)
        return response

    def contact(self, flow: Flow, user: str, *, secure: bool = False) -> SipUri:
        """Contact URI for the peer of a flow; `sips:` where all hops must be `secure`."""
        host, port = self.transactions.local_address(flow)
        if secure:
            return SipUri(host, user, port, scheme="sips")
        return SipUri(host, user, port, (("transport", flow.protocol.lower()),) if flow.reliable else ())

    def add_capabilities(self, message: Message, flow: Flow, user: str, *, secure: bool = False) -> None:
        """Add the headers of a message that makes or changes a dialog: Contact, capabilities, product."""
        message.headers.set("contact", f"<{self.contact(flow, user, secure=secure)}>")
        message.headers.set("allow", ", ".join(ALLOW))
        message.headers.set("supported", ", ".join(SUPPORTED))
        message.headers.set("accept", ACCEPT)
        message.headers.set("user-agent" if isinstance(message, Request) else "server", self.product)


def new_tag() -> str:
    """Random tag or Call-ID, without a trace of this host."""
    return secrets.token_hex(8)
