"""The body of a message: the session description in it, and whether what is beside that can be passed over."""

from __future__ import annotations

from videobar.multipart import Part, is_multipart, parts_of
from videobar.sip.syntax.message import Message

SDP = "application/sdp"
"""The only kind of body of an INVITE that is understood."""
ACCEPT = f"{SDP}, multipart/mixed"
"""What we say that a body may be."""
ACCEPTED = (("accept", ACCEPT), ("accept-encoding", "identity"))
"""What a 415 says would be taken (section 21.4.13)."""
MAX_DEPTH = 3
"""How deep in parts of parts a description is looked for."""
MAX_PARTS = 20
"""Of how many parts of one body it is looked for."""


def attach_body(message: Message, content_type: str, body: bytes) -> None:
    """Put a body into a message; an empty one is none."""
    if body:
        message.headers.set("content-type", content_type)
        message.body = body


def description_of(message: Message) -> bytes | None:
    """The session description in a message, alone or as a part (RFC 5621); None where it has none."""
    return next((leaf.content for leaf in _leaves(message) if _is_description(leaf)), None)


def accepts_media_type(message: Message) -> bool:
    """Whether the body is one that we can read or pass over, if there is one.

    Over is passed what says `handling=optional` (RFC 3261 section 20.11), and beside a description all that does not
    say `handling=required`: what gateways add, such as a location, often says nothing.
    """
    leaves = _leaves(message)
    others = [leaf for leaf in leaves if not _is_description(leaf)]
    if len(others) < len(leaves):
        return not any(_handling(leaf) == "required" for leaf in others)
    return all(_handling(leaf) == "optional" for leaf in others)


def _leaves(message: Message) -> list[Part]:
    """The parts of a body that have no parts themselves; a body without parts is the only one."""
    if not message.body:
        return []
    names = ("content-type", "content-disposition", "content-encoding")
    head = "\r\n".join(f"{name}: {message.headers.get(name) or ''}" for name in names)
    return _taken_apart(Part(head, message.body), MAX_DEPTH)


def _taken_apart(part: Part, depth: int) -> list[Part]:
    kind = part.header("content-type")
    if not is_multipart(kind) or not depth:
        return [part]
    try:
        inner = parts_of(kind, part.content)[:MAX_PARTS]
    except ValueError:
        return [part]
    return [leaf for each in inner for leaf in _taken_apart(each, depth - 1)]


def _is_description(part: Part) -> bool:
    plain = (part.header("content-encoding") or "identity").lower() == "identity"
    return plain and part.header("content-type").partition(";")[0].strip().lower() in ("", SDP)


def _handling(part: Part) -> str:
    parameters = part.header("content-disposition").lower().split(";")[1:]
    pairs = (parameter.partition("=") for parameter in parameters)
    return next((value.strip().strip('"') for key, _, value in pairs if key.strip() == "handling"), "")
