"""From a room's refusal to the error that the room raised."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from videobar.client.lenient import loose_json
from videobar.errors import (
    BY_STATUS,
    AccessDenied,
    AnswerNotUnderstood,
    InvalidRequest,
    NotReached,
    Unavailable,
    VideobarError,
    subclasses,
)

LONGEST_REASON = 1000


def refusal(status: int, content: bytes) -> VideobarError:
    """The error for an answer of that status; without a `reason`, a 403 means that there is no session."""
    reason = reason_of(loose_json(content))
    if reason is None:
        kind = AccessDenied if status == 403 else _kind_of(status)
        return kind(f"HTTP status {status}", heard=f"HTTP status {status}")
    return from_reason(reason, _kind_of(status))


def from_reason(reason: str, otherwise: type[VideobarError]) -> VideobarError:
    """The error that `reason` names with its first word, or one of class `otherwise` that says `reason`."""
    code, _, detail = reason.partition(":")
    kind = known_errors().get(code.strip(), otherwise)
    said = detail.strip() if kind.__name__ == code.strip() else reason
    return kind(said, heard=reason)


def reason_of(answer: Any) -> str | None:
    """The `reason` of an error object, in one line; nothing when there is none or it is empty."""
    if not isinstance(answer, dict):
        return None
    fields = {str(name).casefold(): value for name, value in answer.items()}
    reason = fields.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        return None
    return " ".join(reason.split())[:LONGEST_REASON]


def is_failure(answer: Any) -> bool:
    """True where an object that came with a good status says `"success": false` all the same."""
    if not isinstance(answer, dict):
        return False
    fields = {str(name).casefold(): value for name, value in answer.items()}
    return str(fields.get("success")).casefold() == "false"


@cache
def known_errors() -> Mapping[str, type[VideobarError]]:
    """The errors that a room can raise, by their names on the wire."""
    return MappingProxyType({kind.code: kind for kind in subclasses() if not issubclass(kind, NotReached)})


def _kind_of(status: int) -> type[VideobarError]:
    if 400 <= status < 500:
        return BY_STATUS.get(status, InvalidRequest)
    if 500 <= status < 600:
        return BY_STATUS.get(status, Unavailable)
    return AnswerNotUnderstood
