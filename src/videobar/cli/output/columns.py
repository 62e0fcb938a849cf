"""Answers of rooms as rows under the columns that were asked for."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import NoReturn

from videobar.cli.command.arguments import UsageError
from videobar.cli.output.views import Table, View, records

ROOM = "room"
PATTERN = frozenset("*?[")


def columns_named(text: str | None) -> tuple[str, ...]:
    """The columns of a list with commas. Raises `UsageError` for a list without any."""
    if text is None:
        return ()
    names = tuple(filter(None, (word.strip() for word in text.split(","))))
    if not names:
        raise UsageError("--columns: names no column")
    return names


def rows_of(views: Sequence[tuple[str | None, View]]) -> Table:
    """The rows of all views under one line of headings, with the room first where there is one."""
    rows = [({} if room is None else {ROOM: room}) | row for room, view in views for row in records(view)]
    headings = tuple(dict.fromkeys(heading for row in rows for heading in row))
    return Table(headings, tuple(tuple(row.get(heading) for heading in headings) for row in rows))


def chosen(table: Table, names: Sequence[str]) -> Table:
    """The columns that `names` mean, in that order, each once; the room comes first where nobody says otherwise.

    A name means the column that is called so, else those whose last part is, else those that begin so, else those that
    have it in them, whatever the case; a pattern means all that are like it. Raises `UsageError` for none.
    """
    picked: dict[str, None] = {}
    if ROOM in table.headings and ROOM not in names:
        picked[ROOM] = None
    for name in names:
        picked |= dict.fromkeys(_meant(name, table.headings))
    at = [table.headings.index(heading) for heading in picked]
    return Table(tuple(picked), tuple(tuple(row[number] for number in at) for row in table.rows))


def _meant(name: str, headings: Sequence[str]) -> list[str]:
    wanted = name.casefold()
    if PATTERN & set(name):
        return _found(lambda heading: fnmatchcase(heading, wanted), headings) or _unknown(name, headings)
    tests: tuple[Callable[[str], bool], ...] = (
        lambda heading: heading == wanted,
        lambda heading: heading.rpartition(".")[2] == wanted,
        lambda heading: heading.startswith(wanted),
        lambda heading: heading.rpartition(".")[2].startswith(wanted),
        lambda heading: wanted in heading,
    )
    return next(filter(None, (_found(test, headings) for test in tests)), None) or _unknown(name, headings)


def _found(test: Callable[[str], bool], headings: Sequence[str]) -> list[str]:
    return [heading for heading in headings if test(heading.casefold())]


def _unknown(name: str, headings: Sequence[str]) -> NoReturn:
    alike = difflib.get_close_matches(name, headings, 1)
    hint = f"did you mean {alike[0]}?" if alike else f"there are: {', '.join(headings)}"
    raise UsageError(f"--columns: there is no column {name!r}; {hint}")
