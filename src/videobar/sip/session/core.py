"""What all sessions of one agent share."""

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
"""The methods that are understood."""
SUPPORTED = (RELIABLY, TIMER)
"""The extensions that are understood."""


@dataclass(frozen=True)
class UserAgentCore:
    """The agent's side of a session: how it sends, what it calls itself, and where it says that it is done."""

    transactions: TransactionLayer
    product: str
    rng: random.Random
    on_released: Callable[[str], None]
    """Called with the local tag of a session that has nothing left to do."""

    def response(
        self, request: Request, status: int, reason: str | None = None, *, tag: str = ""
    ) -> Response:
        """A response with our Server header."""
        response = Response.to_request(request, status, reason, tag=tag)
        response.headers.add("server", self.product)
        return response

    def contact(self, flow: Flow, user: str, *, secure: bool = False) -> SipUri:
        """Where the peer of a flow reaches us; a `sips:` URI where the whole way must be `secure`."""
        host, port = self.transactions.local_address(flow)
        if secure:
            return SipUri(host, user, port, scheme="sips")
        return SipUri(host, user, port, (("transport", flow.protocol.lower()),) if flow.reliable else ())

    def introduce(self, message: Message, flow: Flow, user: str, *, secure: bool = False) -> None:
        """Add what a message that makes or changes a dialog says of us: Contact, what we understand, and our name."""
        message.headers.set("contact", f"<{self.contact(flow, user, secure=secure)}>")
        message.headers.set("allow", ", ".join(ALLOW))
        message.headers.set("supported", ", ".join(SUPPORTED))
        message.headers.set("accept", ACCEPT)
        message.headers.set("user-agent" if isinstance(message, Request) else "server", self.product)


def new_tag() -> str:
    """A random tag or Call-ID, which says nothing of this host."""
    return secrets.token_hex(8)
