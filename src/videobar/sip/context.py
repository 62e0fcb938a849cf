"""What all sessions of one agent share."""

from __future__ import annotations

import random
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from videobar.sip.exchange import Exchange
from videobar.sip.flow import Flow
from videobar.sip.grammar import quote
from videobar.sip.message import Message, Request, Response
from videobar.sip.reliable import RELIABLY
from videobar.sip.session_timer import TIMER
from videobar.sip.uri import SipUri

if TYPE_CHECKING:
    from videobar.sip.dialog_session import DialogSession

ALLOW = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "PRACK")
"""The methods that are understood."""
SUPPORTED = (RELIABLY, TIMER)
"""The extensions that are understood."""
SDP = "application/sdp"
"""The only kind of body that an INVITE may have."""


@dataclass(frozen=True)
class Context:
    """The agent's side of a session: how it sends, what it calls itself, and where it says that it is done."""

    exchange: Exchange
    product: str
    rng: random.Random
    released: Callable[[DialogSession], None]

    def response(
        self, request: Request, status: int, reason: str | None = None, *, tag: str = ""
    ) -> Response:
        """A response with our Server header."""
        response = Response.to_request(request, status, reason, tag=tag)
        response.headers.add("server", self.product)
        return response

    def contact(self, flow: Flow, user: str, *, secure: bool = False) -> SipUri:
        """Where the peer of a flow reaches us; a `sips:` URI where the whole way must be `secure`."""
        host, port = self.exchange.local_address(flow)
        if secure:
            return SipUri(host, user, port, scheme="sips")
        return SipUri(host, user, port, (("transport", flow.protocol.lower()),) if flow.reliable else ())

    def introduce(self, message: Message, flow: Flow, user: str, *, secure: bool = False) -> None:
        """Add what a message that makes or changes a dialog says of us: Contact, what we understand, and our name."""
        message.headers.set("contact", f"<{self.contact(flow, user, secure=secure)}>")
        message.headers.set("allow", ", ".join(ALLOW))
        message.headers.set("supported", ", ".join(SUPPORTED))
        message.headers.set("accept", SDP)
        message.headers.set("user-agent" if isinstance(message, Request) else "server", self.product)


def new_tag() -> str:
    """A random tag or Call-ID, which says nothing of this host."""
    return secrets.token_hex(8)


def attach_body(message: Message, content_type: str, body: bytes) -> None:
    """Put a body into a message; an empty one is none."""
    if body:
        message.headers.set("content-type", content_type)
        message.body = body


def description_of(message: Message) -> bytes | None:
    """The session description in a message; None where it has no body, or one of another kind."""
    return message.body if message.body and message.content_type in ("", SDP) else None


def reason_header(status: int, text: str) -> str:
    """A Reason header (RFC 3326) that says why a call is given up."""
    return f"SIP;cause={status};text={quote(text)}"


def reason_text(message: Message) -> str:
    """The text of a Reason header (RFC 3326), at most 200 characters; empty where there is none."""
    found = re.search(r';\s*text="((?:[^"\\]|\\.)*)"', message.headers.get("reason") or "")
    return _presentable(re.sub(r"\\(.)", r"\1", found[1])) if found else ""


def reason_phrase(response: Response) -> str:
    """The phrase beside a response's status, at most 200 characters."""
    return _presentable(response.reason)


def agent_of(message: Message) -> str:
    """The product that sent a message, at most 200 characters; empty where it does not say."""
    return _presentable(message.headers.get("user-agent") or message.headers.get("server") or "")


def accepts_media_type(message: Message) -> bool:
    """Whether the body is one that we can read, if there is one."""
    plain = (message.headers.get("content-encoding") or "identity").strip().lower() == "identity"
    return not message.body or (plain and message.content_type in ("", SDP))


def _presentable(text: str) -> str:
    """A far end's text without the bytes that are no UTF-8, at most 200 characters."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")[:200]
