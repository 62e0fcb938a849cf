"""Shapes: the differences of a JSON value from a type of the contract, and the shape of a JSON value.

The client reads leniently; here every leniency is a reported difference: what is missing, what is there besides,
what is spelled differently, what is of another type. Elements of lists share one place, `$[].mute`, so that a list of
twelve does not say everything twelve times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import inspect

MOST_TEXT = 40
WORDS = {bool: "truth", int: "whole number", float: "number", str: "text", list: "list", dict: "object"}

Shape = Mapping[str, frozenset[str]]
"""The types that were seen at each place of a value."""


def differences(value: Any, kind: Any) -> list[str]:
    """The differences of `value` from `kind`, each once: `$.muted: missing`."""
    return list(dict.fromkeys(_differences(value, _type_info(kind), "$")))


def shape_of(value: Any) -> Shape:
    """The types at each place of a JSON value."""
    seen: dict[str, set[str]] = {}
    for place, word in _walk(value, "$"):
        seen.setdefault(place, set()).add(word)
    return {place: frozenset(words) for place, words in seen.items()}


def word_for(value: Any) -> str:
    """The type of a JSON value, in a word."""
    return "null" if value is None else WORDS[type(value)]


@cache
def _type_info(kind: Any) -> inspect.Type:
    return inspect.type_info(kind)


def _walk(value: Any, at: str) -> Iterator[tuple[str, str]]:
    yield at, word_for(value)
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, f"{at}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, f"{at}[]")


def _differences(value: Any, wanted: inspect.Type, at: str) -> Iterator[str]:
    match wanted:
        case inspect.Metadata():
            yield from _differences(value, wanted.type, at)
        case inspect.UnionType():
            yield from min((list(_differences(value, one, at)) for one in wanted.types), key=len)
        case inspect.StructType():
            yield from _of_object(value, wanted, at)
        case inspect.ListType():
            if not isinstance(value, list):
                yield _another(value, "list", at)
            else:
                for element in value:
                    yield from _differences(element, wanted.item_type, f"{at}[]")
        case inspect.EnumType():
            words = [member.value for member in wanted.cls]
            if not isinstance(value, str):
                yield _another(value, "text", at)
            elif value not in words:
                yield f"{at}: unknown word {shown(value)}"
        case inspect.LiteralType():
            if value not in wanted.values:
                yield f"{at}: {shown(value)} instead of {' or '.join(map(repr, wanted.values))}"
        case inspect.NoneType():
            if value is not None:
                yield _another(value, "null", at)
        case inspect.BoolType():
            if not isinstance(value, bool):
                yield _another(value, "truth", at)
        case inspect.IntType() | inspect.FloatType():
            yield from _of_number(value, wanted, at)
        case inspect.StrType():
            if not isinstance(value, str):
                yield _another(value, "text", at)
            elif wanted.pattern and not re.search(wanted.pattern, value):
                yield f"{at}: {shown(value)} does not look as it should"
        case _:
            return


def _of_object(value: Any, wanted: inspect.StructType, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _another(value, "object", at)
        return
    known = {item.encode_name: item for item in wanted.fields}
    folded = {_fold(name): name for name in value if name not in known}
    spelled: set[str] = set()
    for name, item in known.items():
        if name in value:
            yield from _differences(value[name], item.type, f"{at}.{name}")
        elif _fold(name) in folded:
            other = folded[_fold(name)]
            spelled.add(other)
            yield f"{at}.{name}: spelled {shown(other)}"
            yield from _differences(value[other], item.type, f"{at}.{name}")
        elif item.required:
            yield f"{at}.{name}: missing"
    for name in value:
        if name not in known and name not in spelled:
            yield f"{at}.{name}: not in the contract ({word_for(value[name])})"


def _of_number(value: Any, wanted: inspect.IntType | inspect.FloatType, at: str) -> Iterator[str]:
    whole = isinstance(wanted, inspect.IntType)
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        yield _another(value, "whole number" if whole else "number", at)
    elif (wanted.ge is not None and value < wanted.ge) or (wanted.le is not None and value > wanted.le):
        yield f"{at}: {value} is out of range"


def _another(value: Any, wanted: str, at: str) -> str:
    return f"{at}: {word_for(value)} instead of {wanted}"


def _fold(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()


def shown(value: Any) -> str:
    """A value for people, in few characters."""
    text = repr(value)
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"
