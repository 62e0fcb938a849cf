"""From the contract's types to flags, and from what was typed back to values of those types.

A value is first collected as plain JSON, and then made into its type by msgspec, so that the bounds of the
contract are checked in one place whichever way the value came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect as kinds

from videobar.cli.command.arguments import (
    Argument,
    Kind,
    UsageError,
    ValueInvalid,
    chosen,
    decimal_number,
    truth,
    whole_number,
)
from videobar.contract.mismatch import mismatch

CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Value:
    """The typed form of a value: its parser, the words that it can be, and bounds in words."""

    parse: Callable[[str], Any]
    metavar: str
    choices: tuple[str, ...] = ()
    bounds: str = ""


def core_of(kind: kinds.Type) -> tuple[kinds.Type, str]:
    """A type without its annotations and without `None`, and the description that it carried.

    Of a union that has an object in it, that is the object: the other forms are for old clients.
    """
    if isinstance(kind, kinds.Metadata):
        core, inner = core_of(kind.type)
        described = (kind.extra_json_schema or {}).get("description", "")
        return core, str(described) or inner
    if isinstance(kind, kinds.UnionType):
        members = [member for member in kind.types if not isinstance(member, kinds.NoneType)]
        objects = [member for member in members if isinstance(member, kinds.StructType)]
        if len(members) == 1 or objects:
            return core_of((objects or members)[0])
    return kind, ""


def struct_arguments(
    struct: kinds.StructType, dest: str, taken: frozenset[str], prefix: str, path: tuple[str, ...] = ()
) -> Iterator[Argument]:
    """A flag for every field, those of objects within it with dots; `taken` flags get `prefix` before them.

    The name in the options is `dest` and the path of wire names: `body.camPosition.pan`.
    """
    for field in struct.fields:
        core, meaning = core_of(field.type)
        wire_path = (*path, field.encode_name)
        if isinstance(core, kinds.StructType):
            yield from struct_arguments(core, dest, taken, prefix, wire_path)
            continue
        flag = "--" + ".".join(map(dashed, wire_path))
        if flag in taken:
            flag = f"--{prefix}.{flag.removeprefix('--')}"
        needed = "" if not field.required or fixed_value(core) else "needed"
        yield _argument(".".join((dest, *wire_path)), flag, core, meaning, needed)


def _argument(dest: str, flag: str, core: kinds.Type, meaning: str, needed: str) -> Argument:
    if isinstance(core, kinds.BoolType):
        return Argument(dest, _help(meaning, needed), (flag,), kind=Kind.YES_NO)
    kind = Kind.VALUE
    repeated = ""
    if isinstance(core, kinds.ListType):
        core, _ = core_of_item(core)
        kind, repeated = Kind.REPEATED, "may be repeated"
    value = value_of(core)
    words = ", ".join(value.choices)
    return Argument(
        dest,
        _help(meaning, needed, words or value.bounds, repeated),
        (flag,),
        value.metavar,
        value.parse,
        value.choices,
        kind,
    )


def core_of_item(items: kinds.ListType) -> tuple[kinds.Type, str]:
    """The type of a list's items; a union stays whole, since an item can be any of it."""
    item = items.item_type
    return (item, "") if isinstance(item, kinds.UnionType) else core_of(item)


def parameter_argument(dest: str, flag: str, kind: Any, *, required: bool, default: Any) -> Argument:
    """The flag of a parameter of the path or the query."""
    core, meaning = core_of(kinds.type_info(kind))
    value = value_of(core)
    unset = "" if default is None else f"default: {msgspec.to_builtins(default)}"
    words = ", ".join(value.choices)
    meaning = _help(meaning, "needed" if required else "", words or value.bounds, unset)
    return Argument(
        dest, meaning, (flag,), value.metavar, value.parse, value.choices, Kind.VALUE, required=required
    )


def bare_argument(dest: str, name: str, core: kinds.Type, meaning: str) -> Argument:
    """The positional of a body that is no object."""
    value = value_of(core)
    words = ", ".join(value.choices) or value.bounds
    return Argument(dest, _help(meaning, words), (), name.upper(), value.parse, value.choices)


def value_of(core: kinds.Type) -> Value:
    """The typed form of a value of that type."""
    match core:
        case kinds.BoolType():
            return Value(truth, "BOOL", ("true", "false"))
        case kinds.IntType():
            return Value(whole_number, "N", bounds=_bounds(core.ge, core.le))
        case kinds.FloatType():
            return Value(decimal_number, "N", bounds=_bounds(core.ge, core.le))
        case kinds.EnumType():
            words = tuple(str(member.value) for member in core.cls)
            return Value(chosen(words), "WORD", words)
        case kinds.LiteralType():
            words = tuple(map(str, core.values))
            return Value(chosen(words), "WORD", words)
        case kinds.UnionType() if any(isinstance(core_of(one)[0], kinds.IntType) for one in core.types):
            return Value(whole_number, "N")
        case kinds.UnionType():
            return Value(text_or_object, "TEXT|JSON")
        case kinds.StructType():
            return Value(json_object, "JSON")
        case _:
            return Value(str, "TEXT")


def fixed_value(core: kinds.Type) -> str | None:
    """The only word that a field can be, which is not typed."""
    if isinstance(core, kinds.LiteralType) and len(core.values) == 1:
        return str(core.values[0])
    return None


def collect(options: Mapping[str, Any], dest: str) -> dict[str, Any]:
    """The values of the flags under `dest`, as a JSON object."""
    found: dict[str, Any] = {}
    for name, value in options.items():
        path = name.split(".")
        if value is None or path[0] != dest or len(path) == 1:
            continue
        inner = found
        for step in path[1:-1]:
            inner = inner.setdefault(step, {})
        inner[path[-1]] = value
    return found


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two JSON objects as one; what both have is taken from `over`."""
    result = dict(under)
    for name, value in over.items():
        below = result.get(name)
        result[name] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def with_fixed_values(struct: kinds.StructType, content: dict[str, Any]) -> dict[str, Any]:
    """The object with the fields that can be but one word."""
    fixed = {field.encode_name: fixed_value(core_of(field.type)[0]) for field in struct.fields}
    return {name: word for name, word in fixed.items() if word is not None} | content


def converted(value: Any, kind: Any, name: str, spellings: Mapping[str, str]) -> Any:
    """The value as its type. Raises `UsageError` that names the flag, from `spellings` by path, or else `name`."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        found = mismatch(value, kind)
        path, complaint = ("", str(error)) if found is None else (found.path.removeprefix("."), found.problem)
        if complaint == "is missing":
            complaint = "is needed"
        raise UsageError(f"{spellings.get(path) or path or name}: {complaint}") from None


def dashed(name: str) -> str:
    """A wire or Python name as a flag is spelled: `dialType` and `dial_type` are `dial-type`."""
    return CAPITAL.sub("-", name).replace("_", "-").lower()


def json_object(text: str) -> Any:
    """A parser of a JSON object."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise ValueInvalid("must be JSON") from None
    if not isinstance(value, dict):
        raise ValueInvalid("must be a JSON object")
    return value


def text_or_object(text: str) -> Any:
    """A parser of a text; one that begins with a brace is a JSON object."""
    return json_object(text) if text.lstrip().startswith("{") else text


def _bounds(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"{low} to {high}"
    return "" if low is None else f"{low} or more"


def _help(meaning: str, *notes: str) -> str:
    notes = tuple(note for note in notes if note and note not in meaning)
    said = meaning.replace("`", "'").rstrip(".")
    if not said or not notes:
        return said or "; ".join(notes)
    return f"{said} ({'; '.join(notes)})"
