"""Validation messages: where and how a value does not fit a type of the contract, in our own words.

msgspec decides whether a value fits. Why it does not is found out here, by walking the value beside the type,
so that the errors for clients depend neither on msgspec's wording nor on the classes of its exceptions.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import inspect

LONGEST_VALUE = 60
"""Most characters of a client's own value that a message repeats."""

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
"""A number of JSON (RFC 8259 section 6)."""

INT64 = range(-(2**63), 2**63)
TRUTH = frozenset({"0", "1", "true", "false"})
NOTHING = frozenset({"null"})


class Mismatch(NamedTuple):
    """A place in a value, such as `.bulbList[1].address` (empty for the whole), and what is wrong there."""

    path: str
    problem: str

    def field(self) -> str:
        """The place as clients write it; the whole value is called `body`."""
        return field_name(self.path)


def field_name(path: str) -> str:
    """A path such as `.bulbList[1]` as a field; the whole value is called `body`."""
    return path[1:] if path.startswith(".") else "body" + path


def mismatch(value: Any, kind: Any, *, strict: bool = True) -> Mismatch | None:
    """First mismatch of `value` (plain JSON types) with the type `kind`; `None` where it fits.

    Not strict is for texts of a path or a query, where `5` is a number too.
    """
    return next(_departures(value, inspect.type_info(kind), "", strict), None)


def _departures(value: Any, kind: inspect.Type, path: str, strict: bool) -> Iterator[Mismatch]:
    kind = _bare(kind)
    if isinstance(kind, inspect.UnionType):
        yield from _of_union(value, kind, path, strict)
    elif not _takes(value, kind, strict):
        yield Mismatch(path, f"expected {_name(kind)}, got {_name_of_value(value)}")
    elif isinstance(kind, inspect.EnumType | inspect.LiteralType):
        allowed = _values(kind)
        if value not in allowed:
            words = ", ".join(str(word) for word in allowed)
            yield Mismatch(path, f"must be one of {words}, not {_shown(value)}")
    elif isinstance(kind, inspect.StructType):
        yield from _of_struct(value, kind, path, strict)
    elif isinstance(kind, inspect.DictType):
        yield from _of_length(len(value), kind, "object", path)
        for key, element in value.items():
            yield from _departures(key, kind.key_type, f"{path}[...]", strict)
            yield from _departures(element, kind.value_type, f"{path}[...]", strict)
    elif isinstance(kind, inspect.ListType | inspect.VarTupleType | inspect.SetType | inspect.FrozenSetType):
        yield from _of_length(len(value), kind, "array", path)
        for index, element in enumerate(value):
            yield from _departures(element, kind.item_type, f"{path}[{index}]", strict)
    elif isinstance(kind, inspect.StrType):
        yield from _of_length(len(value), kind, "str", path)
        if kind.pattern is not None and not re.search(kind.pattern, value):
            yield Mismatch(path, f"expected str matching regex {kind.pattern!r}")
    elif isinstance(kind, inspect.IntType | inspect.FloatType):
        yield from _of_number(value, kind, path)


def _of_union(value: Any, kind: inspect.UnionType, path: str, strict: bool) -> Iterator[Mismatch]:
    if (
        strict is False
        and isinstance(value, str)
        and any(isinstance(one, inspect.StrType) for one in kind.types)
    ):
        kinds: tuple[inspect.Type, ...] = tuple(one for one in kind.types if isinstance(one, inspect.StrType))
    else:
        kinds = kind.types
    of_its_kind = [one for one in kinds if _takes(value, one, strict)]
    first = None
    for one in of_its_kind:
        found = next(_departures(value, one, path, strict), None)
        if found is None:
            return
        first = first or found
    if first is not None:
        yield first
    else:
        yield Mismatch(path, f"expected {_name(kind)}, got {_name_of_value(value)}")


def _of_struct(
    value: dict[str, Any], kind: inspect.StructType, path: str, strict: bool
) -> Iterator[Mismatch]:
    fields = {each.encode_name: each for each in kind.fields}
    for name, element in value.items():
        if name in fields:
            yield from _departures(element, fields[name].type, f"{path}.{name}", strict)
        elif kind.forbid_unknown_fields:
            yield Mismatch(f"{path}.{name}", "is no field of this")
    for name, each in fields.items():
        if each.required and name not in value:
            yield Mismatch(f"{path}.{name}", "is missing")


def _of_length(length: int, kind: Any, name: str, path: str) -> Iterator[Mismatch]:
    if kind.min_length is not None and length < kind.min_length:
        yield Mismatch(path, f"expected {name} of length >= {kind.min_length}")
    if kind.max_length is not None and length > kind.max_length:
        yield Mismatch(path, f"expected {name} of length <= {kind.max_length}")


def _of_number(value: Any, kind: inspect.IntType | inspect.FloatType, path: str) -> Iterator[Mismatch]:
    name = _name(kind)
    if isinstance(value, str):
        value = _whole(value) if name == "int" else float(value)
    if isinstance(value, int) and value not in INT64:
        yield Mismatch(path, "integer value out of range")
        return
    if not math.isfinite(value):
        yield Mismatch(path, "number out of range")
        return
    limits = (
        (kind.ge, ">=", operator.ge),
        (kind.gt, ">", operator.gt),
        (kind.le, "<=", operator.le),
        (kind.lt, "<", operator.lt),
    )
    for limit, sign, holds in limits:
        if limit is not None and not holds(value, limit):
            yield Mismatch(path, f"expected {name} {sign} {limit}")
    if kind.multiple_of is not None and value % kind.multiple_of:
        yield Mismatch(path, f"expected {name} that's a multiple of {kind.multiple_of}")


def _takes(value: Any, kind: inspect.Type, strict: bool) -> bool:
    """True if values like this one are of the kind at all, before bounds and parts are checked."""
    kind = _bare(kind)
    match kind:
        case inspect.AnyType() | inspect.RawType():
            return True
        case inspect.UnionType():
            return any(_takes(value, one, strict) for one in kind.types)
        case inspect.NoneType():
            return value is None or (not strict and _text_in(value, NOTHING))
        case inspect.BoolType():
            return isinstance(value, bool) or (not strict and _text_in(value, TRUTH))
        case inspect.IntType():
            return (isinstance(value, int) and not isinstance(value, bool)) or (not strict and _is_int(value))
        case inspect.FloatType():
            return (isinstance(value, int | float) and not isinstance(value, bool)) or (
                not strict and _is_number(value)
            )
        case inspect.EnumType() | inspect.LiteralType():
            return any(isinstance(value, type(word)) for word in _values(kind))
        case inspect.StructType() | inspect.DictType():
            return isinstance(value, dict)
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            return isinstance(value, list | tuple)
        case _:
            return isinstance(value, str)


def _bare(kind: inspect.Type) -> inspect.Type:
    """The type without the annotations around it."""
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    return kind


def _text_in(value: Any, words: frozenset[str]) -> bool:
    return isinstance(value, str) and value.lower() in words


def _is_int(value: Any) -> bool:
    return _is_number(value) and (math.isinf(float(value)) or float(value).is_integer())


def _is_number(value: Any) -> bool:
    return isinstance(value, str) and NUMBER.fullmatch(value) is not None


def _whole(digits: str) -> int:
    """The number; any that is out of range for one that is."""
    exact = digits.removeprefix("-").isdigit()
    if len(digits) >= 30 or not math.isfinite(float(digits)):
        return INT64.stop
    return int(digits) if exact else round(float(digits))


def _values(kind: inspect.EnumType | inspect.LiteralType) -> list[Any]:
    return [each.value for each in kind.cls] if isinstance(kind, inspect.EnumType) else list(kind.values)


def _name(kind: inspect.Type) -> str:
    """A type by the name that JSON's readers know it by."""
    kind = _bare(kind)
    match kind:
        case inspect.UnionType():
            names = {_name(one) for one in kind.types if not isinstance(one, inspect.NoneType)}
            return " | ".join(sorted(names, key=lambda name: (name in ("object", "array"), name)))
        case inspect.EnumType() | inspect.LiteralType():
            return _name_of_value(next(iter(_values(kind)), ""))
        case inspect.StructType() | inspect.DictType():
            return "object"
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            return "array"
        case inspect.IntType():
            return "int"
        case inspect.FloatType():
            return "float"
        case inspect.BoolType():
            return "bool"
        case inspect.NoneType():
            return "null"
        case _:
            return "str"


def _name_of_value(value: Any) -> str:
    names = (
        (bool, "bool"),
        (int, "int"),
        (float, "float"),
        (str, "str"),
        (dict, "object"),
        (type(None), "null"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "array")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
