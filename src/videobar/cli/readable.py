"""Wire values as people and scripts read them: numbers that stand for times and causes, by what the contract says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import inspect as kinds

from videobar.contract.model import UNIT, Unit
from videobar.vocabulary import cause_in_words

Write = Callable[[int], Any]


def for_people(value: Any) -> Any:
    """Plain data, with times as `2026-12-01 14:12:05` in the local time zone and causes in words."""
    return _plain(value, FOR_PEOPLE)


def for_scripts(value: Any) -> Any:
    """Plain data, with times as ISO 8601 in UTC: `2026-12-01T13:12:05Z`; null where there is none."""
    return _plain(value, FOR_SCRIPTS)


def _plain(value: Any, writing: Mapping[Unit, Write]) -> Any:
    return _written(value, msgspec.to_builtins(value), writing)


def _written(value: Any, plain: Any, writing: Mapping[Unit, Write]) -> Any:
    """What `plain` was made of is `value`, which knows the types."""
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


def local_time(number: int, per_second: int) -> Any:
    """A time of the epoch in the local time zone, to the second; nothing for 0, the number where it is no time."""
    at = _at(number, per_second)
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}" if isinstance(at, datetime) else at


def iso_time(number: int, per_second: int) -> Any:
    """A time of the epoch by ISO 8601 in UTC, with milliseconds where there are any; else as `local_time`."""
    at = _at(number, per_second)
    if not isinstance(at, datetime):
        return at
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds").replace("+00:00", "Z")


def _at(number: int, per_second: int) -> datetime | int | None:
    try:
        return datetime.fromtimestamp(number / per_second, UTC) if number else None
    except (OverflowError, ValueError, OSError):
        return number


FOR_PEOPLE: Mapping[Unit, Write] = MappingProxyType(
    {
        Unit.EPOCH_MS: lambda ms: local_time(ms, 1000),
        Unit.EPOCH_S: lambda seconds: local_time(seconds, 1),
        Unit.CAUSE: lambda cause: cause_in_words(cause) if cause else None,
    }
)
FOR_SCRIPTS: Mapping[Unit, Write] = MappingProxyType(
    {Unit.EPOCH_MS: lambda ms: iso_time(ms, 1000), Unit.EPOCH_S: lambda seconds: iso_time(seconds, 1)}
)
