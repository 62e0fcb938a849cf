"""Writes what came of a command: the output, the complaints, the progress."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TextIO

from videobar.cli.output import NOTHING, Answer, Painter, Style, View, printable, to_json
from videobar.cli.rooms import Outcome

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


def print_outcomes(outcomes: Sequence[Outcome], painter: Painter, out: TextIO, *, as_json: bool) -> None:
    """Write the answers: of one room as they are, of several side by side."""
    if as_json:
        text = _json_of(outcomes)
        if text:
            out.write(text + "\n")
        return
    views = [(one.target.name, one.answer.shown) for one in outcomes if one.answer is not None]
    lines = painter.side_by_side(views) if len(outcomes) > 1 else _lines_of_one(views, painter)
    out.write("".join(f"{line}\n" for line in lines))


def print_answer(answer: Answer, painter: Painter, out: TextIO, *, as_json: bool) -> None:
    """Write what was found out without any room."""
    lines = [to_json(answer.wire)] if as_json else painter.lines(answer.shown)
    out.write("".join(f"{line}\n" for line in lines))


def _lines_of_one(views: Sequence[tuple[str, View]], painter: Painter) -> list[str]:
    return painter.lines(views[0][1]) if views else []


def _json_of(outcomes: Sequence[Outcome]) -> str:
    if len(outcomes) > 1:
        return to_json({one.target.name: _entry(one) for one in outcomes})
    (one,) = outcomes
    return "" if one.answer is None else to_json(one.answer.wire)


def _entry(outcome: Outcome) -> dict[str, Any]:
    if outcome.answer is None:
        return {"ok": False, "reason": outcome.reason}
    return {"ok": True, "answer": None if outcome.answer.wire is NOTHING else outcome.answer.wire}


def print_complaints(outcomes: Sequence[Outcome], painter: Painter, err: TextIO) -> None:
    """Write a line for every room where it failed."""
    for one in outcomes:
        if one.explanation:
            room = f"{one.target.name}: " if len(outcomes) > 1 else ""
            complain(f"{room}{one.explanation}", painter, err)


def complain(text: str, painter: Painter, err: TextIO) -> None:
    """Write one line of complaint."""
    err.write(f"{PROGRAM}: {painter.paint(printable(' '.join(text.split())), Style.BAD)}\n")
    err.flush()
