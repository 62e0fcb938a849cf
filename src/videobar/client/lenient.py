"""Reads the answers of real devices, which leave out, add, rename and misspell.

The contract's types are tried first, as they are. Only an answer that does not fit, or has an optional field under
another name, is taken apart and put together
again field by field:

* Names are compared without case, hyphens and underscores (`Status`, `context-id`), and by a list of other names.
* What is missing becomes the field's default, else its type's zero: `0`, `""`, `False`, `[]`, `None`.
* A value that an enum does not know stays the text that it is.
* Numbers and truths may come as texts or as each other; an object may stand for its only field, or the reverse.

The result is of the contract's type, apart from those texts in the place of enum members.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import inspect

from videobar.errors import AnswerNotUnderstood

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
KEY = re.compile(rb'"([A-Za-z0-9_-]{1,60})"\s*:')
"""The name of a field in JSON."""
MOST_REPAIRS = 50
"""Maximum number of repairs of one answer that are reported; the rest are made silently."""

MOST_VALUES = 100_000
"""Values of one answer that are put together by hand: some seconds of work."""

OTHER_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "langtag": ("languageTag",),
        "stateList": ("state",),
        "state": ("sessionState",),
        "id": ("sessionId",),
        "result": ("muted", "mute", "enabled"),
    }
)
"""Wire names of the contract, and what other firmware calls the same thing; a field's own name always wins."""

WORDS = MappingProxyType({"true": True, "false": False, "on": True, "off": False, "yes": True, "no": False})
VERDICTS = frozenset({"success", "reason", "error"})
"""Fields, folded, that say how it went: never the value that was asked for."""
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True)
class Reading:
    """A value, and what had to be repaired to get it: `$.muted: missing`. No repairs means it fitted."""

    value: Any
    repairs: tuple[str, ...] = ()


class _Unusable(Exception):
    """A value cannot be made into the type that is wanted."""


def read(content: bytes, kind: Any) -> Reading:
    """The value of type `kind` in an answer's body. Raises `AnswerNotUnderstood`."""
    content = content.removeprefix(BYTE_ORDER_MARK)
    try:
        value = _decoder(kind).decode(content)
    except UNREADABLE:
        return _read_by_hand(content, kind)
    # What is missing and optional may be there under another name.
    return _read_by_hand(content, kind) if _vocabulary(kind).is_odd(content) else Reading(value)


def loose_json(content: bytes) -> Any:
    """The JSON value in `content`, or its text without surrounding space when it is no JSON."""
    content = content.removeprefix(BYTE_ORDER_MARK)
    try:
        return msgspec.json.decode(content)
    except UNREADABLE:
        pass
    text = content.decode("utf-8", errors="replace").strip()
    try:
        return msgspec.json.decode(text)
    except (*UNREADABLE, UnicodeEncodeError):
        return text


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


@cache
def _type_info(kind: Any) -> inspect.Type:
    return inspect.type_info(kind)


@dataclass(frozen=True)
class _Vocabulary:
    """The names of a type's fields at every depth."""

    exact: frozenset[bytes]
    optional: frozenset[str]
    """Fields that may be left out, and their other names, folded."""

    def is_odd(self, content: bytes) -> bool:
        """True where an optional field may be spelled in another way; rarely also where only a text looks so."""
        if not self.optional:
            return False
        strange = frozenset(KEY.findall(content)) - self.exact
        return any(_fold(name.decode()) in self.optional for name in strange)


@cache
def _vocabulary(kind: Any) -> _Vocabulary:
    exact: set[bytes] = set()
    optional: set[str] = set()
    waiting, seen = [_type_info(kind)], set()
    while waiting:
        wanted = _bare(waiting.pop())
        if isinstance(wanted, inspect.UnionType):
            waiting += wanted.types
        elif isinstance(wanted, inspect.ListType):
            waiting.append(wanted.item_type)
        elif isinstance(wanted, inspect.StructType) and wanted.cls not in seen:
            seen.add(wanted.cls)
            for item in wanted.fields:
                waiting.append(item.type)
                exact.add(item.encode_name.encode())
                if not item.required:
                    optional |= {
                        _fold(name) for name in (item.encode_name, *OTHER_NAMES.get(item.encode_name, ()))
                    }
    return _Vocabulary(frozenset(exact), frozenset(optional))


def _read_by_hand(content: bytes, kind: Any) -> Reading:
    value = loose_json(content)
    wanted = _type_info(kind)
    builder = _Builder()
    try:
        built = builder.build(value, wanted, "$")
    except _Unusable as error:
        raise AnswerNotUnderstood(str(error)) from None
    return Reading(built, tuple(builder.repairs))


def _bare(wanted: inspect.Type) -> inspect.Type:
    while isinstance(wanted, inspect.Metadata):
        wanted = wanted.type
    return wanted


class _Names:
    """The fields of an object by name, however that is written."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._exact = fields
        self._folded = {_fold(name): value for name, value in reversed(list(fields.items()))}

    def has(self, name: str) -> bool:
        return self.find(name) is not self

    def find(self, name: str) -> Any:
        """The value of the field; this object itself where there is none."""
        if name in self._exact:
            return self._exact[name]
        for known in (name, *OTHER_NAMES.get(name, ())):
            if (folded := _fold(known)) in self._folded:
                return self._folded[folded]
        return self


def _fold(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()


@dataclass
class _Builder:
    """Builds one value, and writes down what it repaired."""

    repairs: list[str] = field(default_factory=list)
    values: int = 0

    def build(self, value: Any, wanted: inspect.Type, at: str) -> Any:
        """A value of the wanted type out of `value`. Raises `_Unusable`, and `AnswerNotUnderstood` beyond the bound."""
        self.values += 1
        if self.values > MOST_VALUES:
            raise AnswerNotUnderstood(f"{at}: more than {MOST_VALUES} values that do not fit the contract")
        wanted = _bare(wanted)
        if isinstance(wanted, inspect.UnionType):
            return self._one_of(value, wanted, at)
        if isinstance(wanted, inspect.StructType):
            return self._struct(value, wanted, at)
        if isinstance(wanted, inspect.ListType):
            return self._list(value, wanted, at)
        if isinstance(wanted, inspect.EnumType):
            return self._member(_unwrap(value), wanted, at)
        if isinstance(wanted, inspect.NoneType):
            if value is None:
                return None
            raise _Unusable(f"{at}: not null")
        return self._plain(value, wanted, at)

    def note(self, at: str, what: str) -> None:
        """Remember a repair."""
        if len(self.repairs) < MOST_REPAIRS:
            self.repairs.append(f"{at}: {what}")

    def _one_of(self, value: Any, wanted: inspect.UnionType, at: str) -> Any:
        if value is None and wanted.includes_none:
            return None
        choices = [one for one in wanted.types if not isinstance(_bare(one), inspect.NoneType)]
        for choice in choices:
            try:
                return self.build(value, choice, at)
            except _Unusable:
                continue
        if wanted.includes_none:
            self.note(at, "unusable")
            return None
        raise _Unusable(f"{at}: {_shown(value)}")

    def _struct(self, value: Any, wanted: inspect.StructType, at: str) -> Any:
        required = [item for item in wanted.fields if item.required]
        if not isinstance(value, dict):
            if value is None or len(required) != 1 or isinstance(value, list) != _is_list(required[0]):
                raise _Unusable(f"{at}: {_shown(value)} where an object belongs")
            self.note(at, "a bare value where an object belongs")
            value = {required[0].encode_name: value}
        names = _Names(value)
        if required and not any(names.has(item.encode_name) for item in wanted.fields):
            # It is another thing's answer: zeros in the place of all that is missing would be a lie.
            raise _Unusable(f"{at}: an object without any field of {wanted.cls.__name__}")
        fields: dict[str, Any] = {}
        for item in wanted.fields:
            found = names.find(item.encode_name)
            place = f"{at}.{item.encode_name}"
            if found is names:
                if item.required:
                    self.note(place, "missing")
                    fields[item.name] = _zero(item.type)
                continue
            try:
                fields[item.name] = self.build(found, item.type, place)
            except _Unusable:
                self.note(place, f"{_shown(found)} cannot be used")
                if item.required:
                    fields[item.name] = _zero(item.type)
        return wanted.cls(**fields)

    def _list(self, value: Any, wanted: inspect.ListType, at: str) -> Any:
        if value is None or value == "":
            self.note(at, "nothing where a list belongs")
            return []
        if isinstance(value, dict) and len(value) == 1 and isinstance(inner := _unwrap(value), list):
            self.note(at, "a list in an object")
            value = inner
        if not isinstance(value, list):
            self.note(at, "one value where a list belongs")
            return [self.build(value, wanted.item_type, f"{at}[0]")]
        built = []
        for index, element in enumerate(value):
            try:
                built.append(self.build(element, wanted.item_type, f"{at}[{index}]"))
            except _Unusable as error:
                self.note(f"{at}[{index}]", f"left out, {error}")
        return built

    def _member(self, value: Any, wanted: inspect.EnumType, at: str) -> Any:
        if not isinstance(value, str):
            raise _Unusable(f"{at}: {_shown(value)} where a word belongs")
        member = _members(wanted.cls).get(value.casefold())
        if member is None:
            self.note(at, f"unknown value {_shown(value)}")
            return value
        return member

    def _plain(self, value: Any, wanted: inspect.Type, at: str) -> Any:
        """A text, a number or a truth."""
        value = _unwrap(value)
        made: Any = None
        if isinstance(wanted, inspect.BoolType):
            made = _truth(value)
        elif isinstance(wanted, inspect.IntType):
            made = _integer(value)
        elif isinstance(wanted, inspect.FloatType):
            made = _number(value)
        elif isinstance(wanted, inspect.StrType):
            made = _text(value)
        else:
            return value
        if made is None:
            raise _Unusable(f"{at}: {_shown(value)}")
        if type(made) is not type(value):
            self.note(at, f"{_shown(value)} taken as {made!r}")
        return made


def _is_list(item: inspect.Field) -> bool:
    return isinstance(_bare(item.type), inspect.ListType)


def _unwrap(value: Any) -> Any:
    """The value of an object with a single field, or the target of a link: `{"result": true}` stands for `true`."""
    if isinstance(value, dict):
        if len(value) == 1 and not VERDICTS & {_fold(name) for name in value}:
            return next(iter(value.values()))
        return value.get("href", value)
    return value


@cache
def _members(kind: type[Enum]) -> Mapping[str, Enum]:
    return MappingProxyType({str(member.value).casefold(): member for member in kind})


def _truth(value: Any) -> bool | None:
    if isinstance(value, str):
        return WORDS.get(value.strip().casefold())
    if isinstance(value, bool):
        return value
    return bool(value) if value in (0, 1) else None


def _integer(value: Any) -> int | None:
    if isinstance(value, int):
        return int(value)
    number = _number(value)
    return None if number is None else int(number)


def _number(value: Any) -> float | None:
    """A finite number, also out of a text."""
    if isinstance(value, str):
        match = NUMBER.fullmatch(value.strip())
        return float(match[0]) if match else None
    if isinstance(value, float | int) and abs(value) < 1e18:
        return float(value)
    return None


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) and abs(value) < 1e18 else None


def _zero(wanted: inspect.Type) -> Any:
    """The placeholder of a value that is not there."""
    wanted = _bare(wanted)
    if isinstance(wanted, inspect.UnionType):
        return None if wanted.includes_none else _zero(wanted.types[0])
    if isinstance(wanted, inspect.StructType):
        return wanted.cls(**{item.name: _zero(item.type) for item in wanted.fields if item.required})
    if isinstance(wanted, inspect.ListType):
        return []
    if isinstance(wanted, inspect.BoolType):
        return False
    if isinstance(wanted, inspect.IntType):
        return 0
    if isinstance(wanted, inspect.FloatType):
        return 0.0
    return "" if isinstance(wanted, inspect.StrType | inspect.EnumType) else None


def _shown(value: Any) -> str:
    """The value for people, in few characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
