"""Message bodies: the session description in one, and the media types that can be ignored beside it (RFC 5621)."""

from __future__ import annotations

from videobar.multipart import Part, is_multipart, parts_of
from videobar.sip.syntax.message import Message

SDP = "application/sdp"
"""The only kind of body of an INVITE that is understood."""
ACCEPT = f"{SDP}, multipart/mixed"
"""Accept header: media types of bodies that are understood."""
ACCEPTED = (("accept", ACCEPT), ("accept-encoding", "identity"))
"""Headers of a 415 response (section 21.4.13)."""
MAX_DEPTH = 3
"""Depth of nested multiparts in which a description is searched."""
MAX_PARTS = 20
"""Most parts of one body that are searched."""


def attach_body(message: Message, content_type: str, body: bytes) -> None:
    """Put a body into a message; an empty one is none."""
    if body:
        message.headers.set("content-type", content_type)
        message.body = body


def description_of(message: Message) -> bytes | None:
    """The session description in a message, alone or as a part (RFC 5621); None where it has none."""
    return next((leaf.content for leaf in _leaf_parts(message) if _is_description(leaf)), None)


def accepts_media_type(message: Message) -> bool:
    """True if there is no body, or one that we can read or ignore.

    Ignored is a part with `handling=optional` (RFC 3261 section 20.11), and beside a description every part without
    `handling=required`: those that gateways add, such as a location, often have no handling parameter.
    """
    leaves = _leaf_parts(message)
    others = [leaf for leaf in leaves if not _is_description(leaf)]
    if len(others) < len(leaves):
        return not any(_handling(leaf) == "required" for leaf in others)
    return all(_handling(leaf) == "optional" for leaf in others)


def _leaf_parts(message: Message) -> list[Part]:
    """The parts of a body that have no parts themselves; a body without parts is the only one."""
    if not message.body:
        return []
    names = ("content-type", "content-disposition", "content-encoding")
    head = "\r\n".join(f"{name}: {message.headers.get(name) or ''}" for name in names)
    return _flatten(Part(head, message.body), MAX_DEPTH)


def _flatten(part: Part, depth: int) -> list[Part]:
    kind = part.header("content-type")
    if not is_multipart(kind) or not depth:
        return [part]
    try:
        inner = parts_of(kind, part.content)[:MAX_PARTS]
    except ValueError:
        return [part]
    return [leaf for each in inner for leaf in _flatten(each, depth - 1)]


def _is_description(part: Part) -> bool:
    plain = (part.header("content-encoding") or "identity").lower() == "identity"
    return plain and part.header("content-type").partition(";")[0].strip().lower() in ("", SDP)


def _handling(part: Part) -> str:
    parameters = part.header("content-disposition").lower().split(";")[1:]
    pairs = (parameter.partition("=") for parameter in parameters)
    return next((value.strip().strip('"') for key, _, value in pairs if key.strip() == "handling"), "")
