"""Writes the results of a command: the output, the errors, the progress."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from videobar.cli.output.columns import chosen, rows_of
from videobar.cli.output.painting import Painter
from videobar.cli.output.views import (
    NOTHING,
    Answer,
    Table,
    View,
    cell,
    plain,
    printable,
    raw,
    records,
    to_json,
)
from videobar.cli.rooms.visits import Outcome

PROGRAM = "videobar"
CLEAR_LINE = "\r\x1b[K"


class Progress:
    """One line on a terminal that is overwritten again and again; nothing where there is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = False
        self._wanted = stream.isatty()

    def tell(self, room: str, text: str) -> None:
        """Show how far it is in a room."""
        if self._wanted:
            self._shown = True
            self._write(f"{CLEAR_LINE}{printable(room)}: {printable(text)}")

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._shown = False
            self._write(CLEAR_LINE)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


class Records:
    """Prints records one by one, each a line: for people, as JSON, or as CSV under one line of headings."""

    def __init__(self, wanted: str, columns: Sequence[str] = ()) -> None:
        self._wanted = wanted
        self._columns = columns
        self._begun = False

    def print(self, fields: dict[str, Any], line: str) -> None:
        """Print one at once: its `fields`, or after its time and room the `line`. Raises `UsageError` as `chosen`."""
        table = Table(tuple(fields), (tuple(fields.values()),))
        if self._columns:
            table = chosen(table, self._columns)
            line = "  ".join(cell(value) for value in table.rows[0])
        else:
            line = "  ".join((cell(fields["time"]), cell(fields["room"]), printable(line)))
        match self._wanted:
            case "json":
                _write_json({name: plain(value) for name, value in records(table)[0].items()})
            case "csv":
                _write_csv_table(table, headed=not self._begun)
            case _:
                sys.stdout.write(f"{line}\n")
        self._begun = True
        sys.stdout.flush()


def print_outcomes(outcomes: Sequence[Outcome], wanted: str, columns: Sequence[str] = ()) -> None:
    """Write the answers to standard output in the format `wanted`: of one room as it is, of several together.

    With `columns`, these alone, as rows. Raises `UsageError` for a column that no answer has.
    """
    several = len(outcomes) > 1
    answers = [(one.target.name, one.answer) for one in outcomes if one.answer is not None]
    if columns:
        _write_rows([(room if several else None, answer) for room, answer in answers], wanted, columns)
        return
    match wanted:
        case "json":
            good = [one.answer.wire for one in outcomes if one.answer is not None and one.error is None]
            _write_json(_by_room(outcomes) if several else good[0] if good else NOTHING)
        case "csv":
            _write_csv([(room if several else None, answer) for room, answer in answers])
        case _:
            _write_lines([(room, answer.shown) for room, answer in answers], several=several)


def print_answer(answer: Answer, wanted: str, columns: Sequence[str] = ()) -> None:
    """Write what was found out without any room. Raises `UsageError` for a column that it lacks."""
    if columns:
        _write_rows([(None, answer)], wanted, columns)
        return
    match wanted:
        case "json":
            _write_json(answer.wire)
        case "csv":
            _write_csv([(None, answer)])
        case _:
            _write_lines([("", answer.shown)], several=False)


def _write_lines(views: Sequence[tuple[str, View]], *, several: bool) -> None:
    painter = Painter.of(sys.stdout)
    lines = (
        painter.side_by_side(views) if several else [line for _, one in views for line in painter.lines(one)]
    )
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _write_json(value: Any) -> None:
    text = to_json(value)
    if text:
        sys.stdout.write(text + "\n")


def _write_csv(answers: Sequence[tuple[str | None, Answer]]) -> None:
    """Rows under one line of headings (RFC 4180); those of several rooms have the room first."""
    _write_csv_table(rows_of([(room, answer.shown) for room, answer in answers]))


def _write_csv_table(table: Table, *, headed: bool = True) -> None:
    if table.headings:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        if headed:
            writer.writerow(table.headings)
        writer.writerows([raw(value) for value in row] for row in table.rows)


def _write_rows(answers: Sequence[tuple[str | None, Answer]], wanted: str, columns: Sequence[str]) -> None:
    """Chosen columns of all rows; as JSON a list of objects."""
    if not answers:
        return
    table = chosen(rows_of([(room, answer.shown) for room, answer in answers]), columns)
    match wanted:
        case "json":
            _write_json([{name: plain(value) for name, value in row.items()} for row in records(table)])
        case "csv":
            _write_csv_table(table)
        case _:
            _write_lines([("", table)], several=False)


def _by_room(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {one.target.name: _entry(one) for one in outcomes}


def _entry(outcome: Outcome) -> dict[str, Any]:
    if outcome.answer is None or outcome.error is not None:
        return {"ok": False, "reason": outcome.reason}
    return {"ok": True, "answer": None if outcome.answer.wire is NOTHING else outcome.answer.wire}


def print_complaints(outcomes: Sequence[Outcome]) -> None:
    """Write a line to standard error for every room where it failed."""
    several = len(outcomes) > 1
    for one in outcomes:
        if one.explanation:
            room = f"{one.target.name}: " if several else ""
            complain(f"{room}{one.explanation}")


def complain(text: str) -> None:
    """Write one line of complaint."""
    line = Painter.of(sys.stderr).bad(printable(" ".join(text.split())))
    sys.stderr.write(f"{PROGRAM}: {line}\n")
    sys.stderr.flush()
