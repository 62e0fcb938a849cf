"""Lines of long texts, one after the other: to split all of a text at once would hold up everybody else."""

from __future__ import annotations

from collections.abc import Iterator
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


def _found(place: int, length: int) -> int:
    return length if place < 0 else place
