"""What is printed: tables and lines for people, JSON for scripts.

Everything shown to people may come from a stranger's device, so characters that a terminal would obey are
shown as escapes instead.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec

from videobar.cli.readable import for_people, for_scripts

NO_ROWS = "(none)"
GAP = "  "
NARROWEST = 12
"""Columns that a column that is cut has at least."""


class Style(Enum):
    """How a text stands out on a terminal, as an SGR parameter (ECMA-48, 8.3.117)."""

    HEADING = "1"
    BAD = "31"
    NAME = "36"


@dataclass(frozen=True)
class Table:
    """Rows under headings; a cell is any value."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    may_cut_last: bool = False
    """Whether the last column may be cut to make the table fit."""


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
    """What a command got: for scripts as it is on the wire, for people as a view."""

    wire: Any
    shown: View
    good: bool = True
    """Whether it is what was hoped for: a status of 0 and not 1."""
    complaint: str = ""
    """What was not as it was hoped for, for people."""


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
    """Whether a table shows this better than a cell: objects, and not links alone."""
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
            return printable(msgspec.json.encode(value).decode(errors="backslashreplace"))
        case _:
            return printable(str(value))


def printable(text: str) -> str:
    """The text with escapes in place of control characters, direction marks and the like."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )


def width_of(text: str) -> int:
    """Columns that a terminal needs for `text` (Unicode Standard Annex 11)."""
    return sum(
        0
        if unicodedata.category(character) in ("Mn", "Me")
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )


def to_json(value: Any) -> str:
    """The JSON of an answer as on the wire, but with times by ISO 8601; empty for an empty body."""
    return "" if value is NOTHING else msgspec.json.encode(for_scripts(value)).decode()


class Painter:
    """Turns views into lines of at most `width` columns where that is possible, in colour if wanted."""

    def __init__(self, width: int, *, colour: bool) -> None:
        self._width = width
        self._colour = colour

    def paint(self, text: str, style: Style) -> str:
        """The text in that style, or as it is without colour."""
        return f"\x1b[{style.value}m{text}\x1b[0m" if self._colour and text else text

    def lines(self, view: View) -> list[str]:
        """The lines of one view."""
        match view:
            case Table():
                return self._table(view)
            case Properties():
                return self._properties(view)
            case Blocks():
                return self._blocks(view)
            case _:
                return [printable(line) for line in view.split("\n")] if view else []

    def side_by_side(self, views: Sequence[tuple[str, View]]) -> list[str]:
        """The lines of the views of several rooms.

        Tables become one with a column for the room, properties one with a column for each room, and what is neither,
        or does not fit, lines with the room in front.
        """
        if not views:
            return []
        joined = _joined(views) or _beside(views)
        if joined is not None and self._fits(joined):
            return self._table(joined)
        widest = max((width_of(printable(room)) for room, _ in views), default=0)
        narrower = Painter(max(self._width - widest - len(GAP) - 1, 20), colour=self._colour)
        return [
            f"{self.paint(_padded(printable(room) + ':', widest + 1), Style.NAME)} {line}"
            for room, view in views
            for line in narrower.lines(view)
        ]

    def _fits(self, table: Table) -> bool:
        return sum(_widths(_cells(table))) + len(GAP) * (len(table.headings) - 1) <= self._width

    def _table(self, table: Table) -> list[str]:
        if not table.rows:
            return [NO_ROWS]
        cells = _cells(table)
        if not self._fits(table):
            rest = self._width - sum(width + len(GAP) for width in _widths(cells)[:-1])
            if not table.may_cut_last or rest < NARROWEST:
                return self._rows_one_by_one(table)
            cells = [[*row[:-1], _cut(row[-1], rest)] for row in cells]
        widths = _widths(cells)
        lines = [GAP.join(map(_padded, row, widths)).rstrip() for row in cells]
        return [self.paint(lines[0], Style.HEADING), *lines[1:]]

    def _rows_one_by_one(self, table: Table) -> list[str]:
        lines: list[str] = []
        for row in table.rows:
            lines += [""] if lines else []
            lines += self._properties(Properties(tuple(zip(table.headings, row, strict=True))))
        return lines

    def _properties(self, properties: Properties) -> list[str]:
        names = [printable(name) for name, _ in properties.pairs]
        widest = max(map(width_of, names), default=0)
        return [
            f"{self.paint(_padded(name, widest), Style.NAME)}{GAP}{cell(value)}"
            for name, (_, value) in zip(names, properties.pairs, strict=True)
        ]

    def _blocks(self, blocks: Blocks) -> list[str]:
        lines: list[str] = []
        inner = Painter(self._width - len(GAP), colour=self._colour)
        for title, view in blocks.parts:
            lines += [""] if lines else []
            if title:
                lines += [self.paint(title, Style.HEADING), *(f"{GAP}{line}" for line in inner.lines(view))]
            else:
                lines += self.lines(view)
        return lines


def _joined(views: Sequence[tuple[str, View]]) -> Table | None:
    """The tables of all rooms as one with a column for the room, or `None` where something is not a table."""
    headings: dict[str, None] = {}
    for _, view in views:
        if not isinstance(view, Table):
            return None
        headings |= dict.fromkeys(view.headings)
    rows = [
        (room, *(by_heading.get(heading) for heading in headings))
        for room, view in views
        if isinstance(view, Table)
        for by_heading in _by_heading(view)
    ]
    return Table(("room", *headings), tuple(rows))


def _beside(views: Sequence[tuple[str, View]]) -> Table | None:
    """The properties of all rooms as one table with a column for each, or `None` where something is none."""
    names: dict[str, None] = {}
    columns: list[dict[str, Any]] = []
    for _, view in views:
        if not isinstance(view, Properties):
            return None
        columns.append(dict(view.pairs))
        names |= dict.fromkeys(columns[-1])
    rows = tuple((name, *(column.get(name) for column in columns)) for name in names)
    return Table(("", *(room for room, _ in views)), rows)


def _by_heading(table: Table) -> list[dict[str, Any]]:
    if not table.rows:
        return [dict.fromkeys(table.headings)]
    return [dict(zip(table.headings, row, strict=True)) for row in table.rows]


def _cells(table: Table) -> list[list[str]]:
    return [list(map(printable, table.headings)), *([cell(value) for value in row] for row in table.rows)]


def _widths(cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(width_of, column)) for column in zip(*cells, strict=True)]


def _cut(text: str, width: int) -> str:
    """The text in at most so many columns, with an ellipsis where something is left out."""
    if width_of(text) <= width:
        return text
    while width_of(text) >= width:
        text = text[:-1]
    return f"{text}…"


def _padded(text: str, width: int) -> str:
    return text + " " * (width - width_of(text))


def wants_colour(environment: Mapping[str, str], is_terminal: Callable[[], bool]) -> bool:
    """Whether to use colour: on a terminal that can, unless `NO_COLOR` is set (no-color.org)."""
    return not environment.get("NO_COLOR") and environment.get("TERM") != "dumb" and is_terminal()
