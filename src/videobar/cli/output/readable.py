"""Wire values as people and scripts read them: numbers that stand for times and causes, by what the contract says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import inspect as kinds

from videobar.contract.model import UNIT, Unit
from videobar.vocabulary import cause_in_words

Write = Callable[[int], Any]


@dataclass(frozen=True)
class Moment:
    """A time of the epoch in the unit in which the wire has it."""

    number: int
    per_second: int

    def __str__(self) -> str:
        """Local time, to the second; the bare number where it is no time."""
        at = _at(self.number, self.per_second)
        return str(self.number) if at is None else f"{at.astimezone():%Y-%m-%d %H:%M:%S}"

    @property
    def iso(self) -> str | int:
        """Time by ISO 8601 in UTC, with milliseconds where there are any; the bare number where it is no time."""
        at = _at(self.number, self.per_second)
        if at is None:
            return self.number
        return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Cause:
    """Cause of the end of a call, by ITU-T Q.850."""

    number: int

    def __str__(self) -> str:
        """The cause in words, with the number."""
        return cause_in_words(self.number)


@dataclass(frozen=True)
class Span:
    """A length of time, in seconds."""

    number: float

    def __str__(self) -> str:
        """Days, hours and minutes: `3d 04:05`."""
        minutes = int(self.number) // 60
        days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
        return f"{days}d {hours:02}:{minutes:02}" if days else f"{hours:02}:{minutes:02}"


def for_people(value: Any) -> Any:
    """Plain data, with a `Moment` for each time and a `Cause` for each cause; nothing for those that are 0."""
    return _plain(value, FOR_PEOPLE)


def for_scripts(value: Any) -> Any:
    """Plain data, with times as ISO 8601 in UTC: `2026-12-01T13:12:05Z`; null where there is none."""
    return _plain(value, FOR_SCRIPTS)


def _plain(value: Any, writing: Mapping[Unit, Write]) -> Any:
    return _written(value, msgspec.to_builtins(value), writing)


def _written(value: Any, plain: Any, writing: Mapping[Unit, Write]) -> Any:
    """`plain` was made of `value`, which knows the types."""
    match value:
        case msgspec.Struct():
            for name, wire_name, unit in _fields(type(value)):
                if wire_name in plain:
                    part = getattr(value, name)
                    write = writing.get(unit) if unit is not None else None
                    if write is not None and type(part) is int:
                        plain[wire_name] = write(part)
                    else:
                        plain[wire_name] = _written(part, plain[wire_name], writing)
        case list() | tuple():
            return [_written(*pair, writing) for pair in zip(value, plain, strict=True)]
        case dict():
            return {
                name: _written(part, inner, writing)
                for (name, inner), part in zip(plain.items(), value.values(), strict=True)
            }
    return plain


@cache
def _fields(struct: type[msgspec.Struct]) -> tuple[tuple[str, str, Unit | None], ...]:
    """Name, name on the wire and unit of every field."""
    info = kinds.type_info(struct)
    if not isinstance(info, kinds.StructType):
        return ()
    return tuple((field.name, field.encode_name, _unit_of(field.type)) for field in info.fields)


def _unit_of(kind: kinds.Type) -> Unit | None:
    match kind:
        case kinds.Metadata():
            return (kind.extra or {}).get(UNIT) or _unit_of(kind.type)
        case kinds.UnionType():
            return next(filter(None, map(_unit_of, kind.types)), None)
        case _:
            return None


def _at(number: int, per_second: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(number / per_second, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _moment(per_second: int) -> Write:
    return lambda number: Moment(number, per_second) if number else None


def _iso(per_second: int) -> Write:
    return lambda number: Moment(number, per_second).iso if number else None


FOR_PEOPLE: Mapping[Unit, Write] = MappingProxyType(
    {
        Unit.EPOCH_MS: _moment(1000),
        Unit.EPOCH_S: _moment(1),
        Unit.CAUSE: lambda number: Cause(number) if number else None,
    }
)
FOR_SCRIPTS: Mapping[Unit, Write] = MappingProxyType({Unit.EPOCH_MS: _iso(1000), Unit.EPOCH_S: _iso(1)})
