"""Lines of long texts, one after the other: to split all of a text at once would hold up everybody else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import AnyStr


def lines_of(text: AnyStr, newline: AnyStr, carriage_return: AnyStr) -> Iterator[AnyStr]:
    """The lines with their ends: CRLF, LF or CR."""
    at, length = 0, len(text)
    next_newline = next_return = -1
    while at < length:
        if next_newline < at:
            next_newline = _found(text.find(newline, at), length)
        if next_return < at:
            next_return = _found(text.find(carriage_return, at), length)
        end = min(next_newline, next_return)
        if end == next_return and next_newline == end + 1:
            end += 1
        yield text[at : end + 1]
        at = end + 1


def lines_of_pieces(pieces: Iterable[str], longest: int) -> Iterator[str]:
    """The same for a text that comes piece by piece. A line of more than `longest` characters is the last one, cut."""
    rest = ""
    for piece in pieces:
        lines = lines_of(rest + piece, "\n", "\r")
        rest = next(lines, "")
        for line in lines:
            if len(rest) > longest:
                break
            yield rest
            rest = line  # the last one may go on in the next piece, and behind CR there may be LF
        if len(rest) > longest:
            break
    if rest:
        yield rest[: longest + 1]


def _found(place: int, length: int) -> int:
    return length if place < 0 else place
