"""The body of a message, and whether it is one that we can read."""

from __future__ import annotations

from videobar.sip.message import Message

SDP = "application/sdp"
"""The only kind of body that an INVITE may have."""


def attach_body(message: Message, content_type: str, body: bytes) -> None:
    """Put a body into a message; an empty one is none."""
    if body:
        message.headers.set("content-type", content_type)
        message.body = body


def description_of(message: Message) -> bytes | None:
    """The session description in a message; None where it has no body, or one of another kind."""
    return message.body if message.body and message.content_type in ("", SDP) else None


def accepts_media_type(message: Message) -> bool:
    """Whether the body is one that we can read, if there is one."""
    plain = (message.headers.get("content-encoding") or "identity").strip().lower() == "identity"
    return not message.body or (plain and message.content_type in ("", SDP))
