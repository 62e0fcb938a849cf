"""Grammar of SIP headers (RFC 3261 section 25): tokens, quoted strings, lists, parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable

Parameters = tuple[tuple[str, str | None], ...]

TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def is_token(text: str) -> bool:
    """True if `text` is a non-empty RFC 3261 token."""
    return TOKEN.match(text) is not None


def split_outside(text: str, separator: str) -> list[str]:
    """Split at `separator`, but neither inside a quoted string nor inside angle brackets; parts are stripped.

    An unclosed quote or bracket reaches to the end of the text.
    """
    if separator not in text:
        return [text.strip()]
    parts: list[str] = []
    start = 0
    quoted = bracketed = escaped = False
    for index, char in enumerate(text):
        if escaped:
            escaped = False
        elif quoted:
            escaped = char == "\\"
            quoted = char != '"'
        elif char == '"':
            quoted = True
        elif bracketed:
            bracketed = char != ">"
        elif char == "<":
            bracketed = True
        elif char == separator:
            parts.append(text[start:index].strip())
            start = index + 1
    parts.append(text[start:].strip())
    return parts


def quote(text: str) -> str:
    """`text` as a quoted string; control characters, which no quoted string may hold, become spaces."""
    clean = _CONTROL.sub(" ", text)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquote(text: str) -> str:
    """The content of a quoted string; a text that is not quoted is returned as it is."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def parse_parameters(parts: Iterable[str]) -> Parameters:
    """Parameters from `name` and `name=value` parts: names in lower case, values as they were written.

    Empty parts are skipped, and of a repeated name the first counts.
    """
    found: dict[str, str | None] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        key = name.strip().lower()
        if key:
            found.setdefault(key, value.strip() if equals else None)
    return tuple(found.items())


def parameter_of(parameters: Parameters, name: str) -> str | None:
    """The value of a parameter; empty for one without a value, None where it is absent."""
    for key, value in parameters:
        if key == name:
            return value or ""
    return None


def write_parameters(parameters: Parameters) -> str:
    """`;name=value;name` as it follows a URI or a header value."""
    return "".join(f";{name}" if value is None else f";{name}={value}" for name, value in parameters)
