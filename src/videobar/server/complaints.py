"""What is wrong with a request, said with the names that the client used.

The decoder tells Python types and a path such as `$.endPointList[1]`; a client's author wants
`endPointList[1].address: is missing`.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import inspect

LONGEST = 400
"""Longest complaint, since parts of it may come from the request."""

AT = re.compile(r"(?P<what>.*) - at (?:`key` in )?`\$(?P<path>[^`]*)`", re.DOTALL)
MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`")
ENUM = re.compile(r"Invalid enum value (?P<value>.*)", re.DOTALL)
STEP = re.compile(r"\.(?P<field>[^.\[\]]+)|\[(?:\d+|\.\.\.)\]")

Problem = msgspec.DecodeError | UnicodeDecodeError | RecursionError
PROBLEMS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""All that the decoder raises for bad input; `ValidationError` is a `DecodeError`."""


def complaint(error: Problem, kind: Any) -> str:
    """`<field>: <what is wrong>` for what decoding to the type `kind` raised."""
    if isinstance(error, UnicodeDecodeError):
        return "body: is not valid UTF-8"
    if isinstance(error, RecursionError):
        return "body: is nested too deeply"
    if not isinstance(error, msgspec.ValidationError):
        return shorten(f"body: {error}")
    text = str(error)
    located = AT.fullmatch(text)
    what, path = (located["what"], located["path"]) if located else (text, "")
    missing = MISSING.fullmatch(what)
    if missing:
        return f"{field_name(path + '.' + missing['name'])}: is missing"
    return shorten(f"{field_name(path)}: {_say(what, path, kind)}")


def field_name(path: str) -> str:
    """A decoder's path without its `$`, as a field; the whole body is called `body`."""
    if path.startswith("."):
        return path[1:]
    return "body" + path


def shorten(text: str) -> str:
    """At most `LONGEST` characters, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _say(what: str, path: str, kind: Any) -> str:
    invalid = ENUM.fullmatch(what)
    if invalid:
        allowed = _enum_values(inspect.type_info(kind), path)
        value = invalid["value"]
        shown = value if len(value) <= 60 else value[:59] + "…"
        return f"must be one of {', '.join(allowed)}, not {shown}"
    plain = what.replace("`", "").replace(" | null", "")
    return plain[:1].lower() + plain[1:]


def _enum_values(kind: inspect.Type, path: str) -> list[str]:
    """The values of the enum or literal that stands at `path` within `kind`; none when there is no such thing."""
    steps = [match["field"] for match in STEP.finditer(path)]
    for candidate in _descend(kind, steps):
        if isinstance(candidate, inspect.EnumType):
            return [str(member.value) for member in candidate.cls]
        if isinstance(candidate, inspect.LiteralType):
            return [str(value) for value in candidate.values]
    return []


def _descend(kind: inspect.Type, steps: list[str | None]) -> list[inspect.Type]:
    """All types that can stand at the end of `steps` (a field's wire name, or `None` for an element)."""
    if isinstance(kind, inspect.Metadata):
        return _descend(kind.type, steps)
    if isinstance(kind, inspect.UnionType):
        return [found for one in kind.types for found in _descend(one, steps)]
    if not steps:
        return [kind]
    step, rest = steps[0], steps[1:]
    if isinstance(kind, inspect.StructType) and step is not None:
        return [
            found for item in kind.fields if item.encode_name == step for found in _descend(item.type, rest)
        ]
    if isinstance(kind, inspect.ListType | inspect.VarTupleType) and step is None:
        return _descend(kind.item_type, rest)
    if isinstance(kind, inspect.DictType):
        return _descend(kind.value_type, rest)
    return []
