"""Validation messages: what is wrong with a request, with the names that the client used.

The decoder (msgspec) decides that a request is refused; what is said of it is found out by reading the request
again, so that neither its wording nor its exceptions reach clients: they read `endPointList[1].address: is missing`.
"""

from __future__ import annotations

import json
import re
from typing import Any, Never

import msgspec

from videobar.contract.mismatch import INT64, field_name, mismatch
from videobar.text import shorten

LONGEST = 400
"""Most characters of a message, since parts of it may come from the request."""

MOST_EXPLAINED = 512 * 1024
"""Largest body, in bytes, in which the mistake is looked for: reading it again takes some milliseconds."""

NUMBER_OR_TEXT = re.compile(
    rb'"[^"\\]*(?:\\.[^"\\]*)*"?|(?<![\d.])(?P<whole>-?\d{1,40})\.0{1,40}(?![\d.eE])', re.DOTALL
)
"""A text, or a number with a fraction of zeros. Each digit is looked at a bounded number of times."""

LONE_SURROGATE = re.compile("[\ud800-\udfff]")

PROBLEMS = (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError)
"""Exceptions of the decoder for bad input, by the widest classes, since versions differ in the narrower ones."""


class NotJson(ValueError):
    """A body is not JSON (RFC 8259); says why, and where that is known."""


def body_message(content: bytes, kind: Any) -> str:
    """`<field>: <what is wrong>` for a body that the decoder for the type `kind` refused."""
    if len(content) > MOST_EXPLAINED:
        return "body: is not what this action takes"
    try:
        value = parse(content)
    except NotJson as error:
        return shorten(f"body: {error}", LONGEST)
    return _message(value, kind, strict=True)


def parameters_message(given: dict[str, Any], kind: Any) -> str:
    """`<parameter>: <what is wrong>` for texts of path and query that could not be converted to `kind`."""
    return _message(given, kind, strict=False)


def parse(content: bytes) -> Any:
    """The JSON value in plain types. Raises `NotJson`; says the byte at which reading stopped."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise NotJson(f"is not valid UTF-8 (byte {error.start})") from None
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_int=_integer)
    except RecursionError:
        raise NotJson("is nested too deeply") from None
    except json.JSONDecodeError as error:
        if not text[error.pos :].strip():
            raise NotJson("is not JSON: it ends too early") from None
        raise NotJson(f"is not JSON (byte {len(text[: error.pos].encode())})") from None


def is_json(content: bytes) -> bool:
    """True if a body is JSON, and short enough to be explained."""
    if len(content) > MOST_EXPLAINED:
        return False
    try:
        parse(content)
    except NotJson:
        return False
    return True


def whole_numbers(content: bytes) -> bytes:
    """JSON with 43 for `43.0`: some languages have but one kind of number. Texts stay as they are."""
    return NUMBER_OR_TEXT.sub(lambda found: found["whole"] or found[0], content)


def _message(value: Any, kind: Any, *, strict: bool) -> str:
    try:
        found = mismatch(value, kind, strict=strict)
    except RecursionError:
        return "body: is nested too deeply"
    if found is not None:
        return shorten(f"{found.field()}: {found.problem}", LONGEST)
    path = _path_of_surrogate(value, "")
    if path is not None:
        return shorten(f"{field_name(path)}: has half of a surrogate pair", LONGEST)
    return "body: is not what this action takes"


def _path_of_surrogate(value: Any, path: str) -> str | None:
    """The place of the first text that UTF-8 cannot carry."""
    if isinstance(value, str):
        return path if LONE_SURROGATE.search(value) else None
    if isinstance(value, dict):
        parts = [(element, f"{path}.{key}") for key, element in value.items()]
        if any(LONE_SURROGATE.search(key) for key in value):
            return path
    elif isinstance(value, list):
        parts = [(element, f"{path}[{index}]") for index, element in enumerate(value)]
    else:
        return None
    return next((found for part in parts if (found := _path_of_surrogate(*part)) is not None), None)


def _refuse_constant(name: str) -> Never:
    raise NotJson(f"is not JSON: {name} is no number there")


def _integer(digits: str) -> int:
    """The number; any that is out of range for one that has more digits than Python reads."""
    return int(digits) if len(digits) < 30 else INT64.stop
