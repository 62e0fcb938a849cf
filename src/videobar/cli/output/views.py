"""Output: tables and lines for people, JSON for scripts.

Everything shown to people may come from a stranger's device, so characters that a terminal would obey are
shown as escapes instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec

from videobar.cli.output.readable import Cause, Moment, Span, for_people, for_scripts

NO_ROWS = "(none)"
JOINERS = frozenset("\u200c\u200d")
"""They only say how the letters beside them look, and compose emoji."""


@dataclass(frozen=True)
class Table:
    """Rows under headings; a cell is any value."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Properties:
    """Names and their values, one a line."""

    pairs: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Blocks:
    """Several views under each other, each with a title, or none where that is empty."""

    parts: tuple[tuple[str, View], ...]


View = str | Table | Properties | Blocks


class _Nothing(Enum):
    NOTHING = "nothing"


NOTHING = _Nothing.NOTHING
"""The wire value of an answer with an empty body."""


@dataclass(frozen=True)
class Answer:
    """The result of a command: for scripts as it is on the wire, for people as a view."""

    wire: Any
    shown: View
    good: bool = True
    """Success: status 0 and not 1."""
    complaint: str = ""
    """The reason why it is no success, for people."""


def answer_of(value: Any, *, has_body: bool = True) -> Answer:
    """The answer of an action, shown in the way that its shape suggests."""
    if not has_body:
        return Answer(NOTHING, "done")
    return Answer(value, view_of(value))


def view_of(value: Any) -> View:
    """A view of any wire value: objects as properties, lists of objects as tables, the rest as text."""
    builtins = for_people(value)
    match builtins:
        case {}:
            return _view_of_object(dict(_flat(builtins)))
        case [] | [{}, *_] if all(isinstance(row, dict) for row in builtins):
            return _table_of(builtins)
        case [*items]:
            return "\n".join(cell(item) for item in items)
        case _:
            return cell(builtins)


def _view_of_object(fields: Mapping[str, Any]) -> View:
    """Properties, and below them a table for each list of objects among the fields."""
    tables = {name: _table_of(value) for name, value in fields.items() if _are_rows(value)}
    plain = Properties(tuple((name, value) for name, value in fields.items() if name not in tables))
    if not tables:
        return plain
    if len(tables) == 1 and not plain.pairs:
        return next(iter(tables.values()))
    return Blocks((*((("", plain),) if plain.pairs else ()), *tables.items()))


def _are_rows(value: Any) -> bool:
    """True for what a table shows better than a cell: objects, and not links alone."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(row, dict) and "href" not in row for row in value)
    )


def _table_of(objects: Sequence[Mapping[str, Any]]) -> Table:
    rows = [dict(_flat(row)) for row in objects]
    headings = tuple(dict.fromkeys(name for row in rows for name in row))
    return Table(headings, tuple(tuple(row.get(name) for name in headings) for row in rows))


def _flat(fields: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """The fields of an object, those of objects within it under dotted names."""
    for name, value in fields.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def cell(value: Any) -> str:
    """A value in one line, without anything that a terminal obeys."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case str():
            return printable(value)
        case list() | dict() if not value:
            return "-"
        case [*items] if all(isinstance(item, str | int | float) for item in items):
            return ", ".join(cell(item) for item in items)
        case [*items] if all(isinstance(item, dict) and "href" in item for item in items):
            return ", ".join(cell(item["href"]) for item in items)
        case dict() | list():
            return printable(msgspec.json.encode(value, enc_hook=str).decode(errors="backslashreplace"))
        case _:
            return printable(str(value))


def printable(text: str) -> str:
    """The text with escapes in place of control characters, direction marks and the like."""
    return "".join(
        character
        if character.isprintable() or character in JOINERS
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )


def to_json(value: Any) -> str:
    """The JSON of an answer as on the wire, but with times by ISO 8601; empty for an empty body."""
    return "" if value is NOTHING else msgspec.json.encode(for_scripts(value)).decode()


def raw(value: Any) -> str:
    """A value for programs that read CSV: truths as in JSON, times by ISO 8601, lists and objects as JSON."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Moment():
            return str(value.iso)
        case Cause() | Span():
            return str(value.number)
        case list() | tuple() | dict():
            return msgspec.json.encode(value, enc_hook=raw).decode(errors="backslashreplace")
        case _:
            return str(value)


def plain(value: Any) -> Any:
    """A value for programs that read JSON: as it is, but times by ISO 8601."""
    match value:
        case Moment():
            return value.iso
        case Cause() | Span():
            return value.number
        case list() | tuple():
            return [plain(item) for item in value]
        case dict():
            return {name: plain(item) for name, item in value.items()}
        case _:
            return value


def records(view: View) -> list[dict[str, Any]]:
    """The rows of a view, each a value by heading: of properties one row, of parts one with titles before the names."""
    match view:
        case Table():
            return [dict(zip(view.headings, row, strict=True)) for row in view.rows]
        case Properties():
            return [dict(view.pairs)]
        case Blocks():
            row: dict[str, Any] = {}
            for title, part in view.parts:
                if isinstance(part, Properties):
                    row |= {f"{title}.{name}" if title else name: value for name, value in part.pairs}
                else:
                    row[title or "answer"] = part if isinstance(part, str) else records(part)
            return [row]
        case _:
            return [{"answer": view}]
