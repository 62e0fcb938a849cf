"""Writes what came of a command: the output, the complaints, the progress."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from videobar.cli.output import NOTHING, Answer, View, printable, raw, records, to_json
from videobar.cli.painting import Painter
from videobar.cli.rooms import Outcome

PROGRAM = "videobar"
CLEAR_LINE = "\r\x1b[K"
ROOM = "room"


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


def print_outcomes(outcomes: Sequence[Outcome], wanted: str) -> None:
    """Write the answers to standard output in the format `wanted`: of one room as it is, of several together."""
    several = len(outcomes) > 1
    answers = [(one.target.name, one.answer) for one in outcomes if one.answer is not None]
    match wanted:
        case "json":
            _write_json(_by_room(outcomes) if several else answers[0][1].wire if answers else NOTHING)
        case "csv":
            _write_csv([(room if several else None, answer) for room, answer in answers])
        case _:
            _write_lines([(room, answer.shown) for room, answer in answers], several=several)


def print_answer(answer: Answer, wanted: str) -> None:
    """Write what was found out without any room."""
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
    rows = [
        ({} if room is None else {ROOM: room}) | row
        for room, answer in answers
        for row in records(answer.shown)
    ]
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    if headings:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(headings)
        writer.writerows([raw(row.get(heading)) for heading in headings] for row in rows)


def _by_room(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {one.target.name: _entry(one) for one in outcomes}


def _entry(outcome: Outcome) -> dict[str, Any]:
    if outcome.answer is None:
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
