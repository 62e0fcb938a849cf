"""Views as lines for people, laid out by rich; loaded only when something is shown."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.segment import Segment
from rich.style import Style as RichStyle
from rich.table import Table as Grid
from rich.text import Text

from videobar.cli.output.columns import rows_of
from videobar.cli.output.views import NO_ROWS, Blocks, Properties, Table, View, cell, printable

GAP = 2
NARROWEST = 12
"""Columns down to which a table's column is folded."""
FEW = 4
"""Rooms that may stand side by side; more are below each other, a row for each."""
UNLIMITED = 1_000_000
"""Columns where the output is no terminal: nothing is folded."""
HEADING, NAME, BAD = RichStyle(bold=True), RichStyle(color="cyan"), RichStyle(color="red")


class Painter:
    """Turns views into lines of at most `width` columns where that is possible, in colour if wanted."""

    def __init__(self, width: int, *, colour: bool) -> None:
        self._width = width
        self._colour = colour
        self._console = Console(width=width, color_system=None, emoji=False, markup=False, highlight=False)

    @classmethod
    def of(cls, stream: TextIO) -> Painter:
        """One for what is written to `stream`."""
        is_terminal = stream.isatty()
        width = shutil.get_terminal_size((80, 24)).columns if is_terminal else UNLIMITED
        return cls(width, colour=wants_colour(os.environ, lambda: is_terminal))

    def bad(self, text: str) -> str:
        """A complaint."""
        return self._styled(text, BAD)

    def lines(self, view: View) -> list[str]:
        """The lines of one view."""
        if isinstance(view, str):
            return [printable(line) for line in view.split("\n")] if view else []
        return self._lines(self._renderable(view, self._width))

    def side_by_side(self, views: Sequence[tuple[str, View]]) -> list[str]:
        """The lines of the views of several rooms.

        Tables become one with a column for the room; properties one with a column for each room or, where that does
        not fit or there are many rooms, a row for each. Of many rooms, columns that do not fit are left out, and named
        at the end. What is neither, or does not fit, are lines with the room in front.
        """
        if not views:
            return []
        many = len(views) > FEW
        joined = _joined(views)
        if joined is not None and self._fits(joined, self._width, folded=True):
            return self.lines(joined)
        for table in (None if many else _beside(views), _below(views)):
            folded = not many and table is not None and table.headings[0] == "room"
            if table is not None and self._fits(table, self._width, folded=folded):
                return self.lines(table)
        if many and not any(isinstance(view, str) for _, view in views):
            return self.lines(self._narrowed(_counted(rows_of(views))))
        widest = max(cell_len(printable(room)) for room, _ in views)
        narrower = Painter(max(self._width - widest - GAP - 1, 20), colour=self._colour)
        return [
            f"{self._styled(_padded(printable(room) + ':', widest + 1), NAME)} {line}"
            for room, view in views
            for line in narrower.lines(view)
        ]

    def _narrowed(self, table: Table) -> View:
        """The first columns, as many as fit with a line for each room, and the names of the others."""
        count = len(table.headings)
        while count > 2 and not self._fits(_first_columns(table, count), self._width, folded=False):
            count -= 1
        if count == len(table.headings):
            return table
        others = ", ".join(table.headings[count:])
        told = f"Too wide for this terminal: {others}. Choose with --columns, or take --format csv."
        return Blocks((("", _first_columns(table, count)), ("", told)))

    def _renderable(self, view: View, width: int) -> RenderableType:
        match view:
            case Table():
                return self._table(view, width)
            case Properties():
                return _properties(view)
            case Blocks():
                return self._blocks(view, width)
            case _:
                return Group(*(Text(printable(line), overflow="fold") for line in view.split("\n")))

    def _fits(self, table: Table, width: int, *, folded: bool) -> bool:
        widths = _widths(table)
        if folded:
            least = [max(NARROWEST, cell_len(heading)) for heading in table.headings]
            widths = list(map(min, widths, least))
        return sum(widths) + GAP * (len(widths) - 1) <= width

    def _table(self, table: Table, width: int) -> RenderableType:
        if not table.rows:
            return Text(NO_ROWS)
        if not self._fits(table, width, folded=True):
            return _one_by_one(table)
        grid = _grid(headed=True)
        for heading in table.headings:
            grid.add_column(Text(printable(heading)), header_style=HEADING, overflow="fold")
        for row in table.rows:
            grid.add_row(*(Text(cell(value)) for value in row))
        return grid

    def _blocks(self, blocks: Blocks, width: int) -> RenderableType:
        parts: list[RenderableType] = []
        for title, view in blocks.parts:
            if parts:
                parts.append(Text(""))
            if title:
                inner = self._renderable(view, width - GAP)
                parts += [Text(printable(title), style=HEADING), Padding(inner, (0, 0, 0, GAP), expand=False)]
            else:
                parts.append(self._renderable(view, width))
        return Group(*parts)

    def _lines(self, renderable: RenderableType) -> list[str]:
        return [self._line(line) for line in self._console.render_lines(renderable, pad=False)]

    def _line(self, segments: Sequence[Segment]) -> str:
        """One line without space at its end."""
        kept = list(segments)
        while kept and not kept[-1].text.strip(" "):
            kept.pop()
        if kept:
            kept[-1] = Segment(kept[-1].text.rstrip(" "), kept[-1].style)
        return "".join(self._styled(segment.text, segment.style) for segment in kept)

    def _styled(self, text: str, style: RichStyle | None) -> str:
        if not self._colour or style is None or not text:
            return text
        return style.render(text, color_system=ColorSystem.STANDARD)


def _grid(*, headed: bool) -> Grid:
    return Grid(box=None, padding=(0, GAP, 0, 0), pad_edge=False, show_header=headed, show_edge=False)


def _properties(properties: Properties) -> RenderableType:
    grid = _grid(headed=False)
    grid.add_column(style=NAME, no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in properties.pairs:
        grid.add_row(Text(printable(name)), Text(cell(value)))
    return grid


def _one_by_one(table: Table) -> RenderableType:
    rows: list[RenderableType] = []
    for row in table.rows:
        rows += [Text("")] if rows else []
        rows.append(_properties(Properties(tuple(zip(table.headings, row, strict=True)))))
    return Group(*rows)


def _widths(table: Table) -> list[int]:
    cells = [list(map(printable, table.headings)), *([cell(value) for value in row] for row in table.rows)]
    return [max(map(cell_len, column)) for column in zip(*cells, strict=True)]


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


def _below(views: Sequence[tuple[str, View]]) -> Table | None:
    """The same as one table with a row for each room."""
    beside = _beside(views)
    if beside is None:
        return None
    _, *columns = zip(*beside.rows, strict=True)
    names = tuple(str(row[0]) for row in beside.rows)
    return Table(("room", *names), tuple(zip(beside.headings[1:], *zip(*columns, strict=True), strict=True)))


def _first_columns(table: Table, count: int) -> Table:
    return Table(table.headings[:count], tuple(row[:count] for row in table.rows))


def _counted(table: Table) -> Table:
    """With lists of objects as how many there are, and headings without what is before the dot where that suffices."""
    last = Counter(heading.rpartition(".")[2] for heading in table.headings)
    short = (heading.rpartition(".")[2] for heading in table.headings)
    headings = tuple(
        name if last[name] == 1 else heading for name, heading in zip(short, table.headings, strict=True)
    )
    return Table(headings, tuple(tuple(map(_count_of, row)) for row in table.rows))


def _count_of(value: Any) -> Any:
    is_rows = isinstance(value, list) and all(isinstance(item, dict) for item in value)
    return len(value) if is_rows else value


def _by_heading(table: Table) -> list[dict[str, Any]]:
    if not table.rows:
        return [dict.fromkeys(table.headings)]
    return [dict(zip(table.headings, row, strict=True)) for row in table.rows]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def wants_colour(environment: Mapping[str, str], is_terminal: Callable[[], bool]) -> bool:
    """True where colour is used: on a terminal that can, unless `NO_COLOR` is set (no-color.org)."""
    return not environment.get("NO_COLOR") and environment.get("TERM") != "dumb" and is_terminal()
