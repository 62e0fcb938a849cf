"""Whether a program printed what a page shows: the same words, whatever the numbers, ids and widths are."""

from __future__ import annotations

import re

COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
VARYING = (
    re.compile(r"\b8L[0-9A-Z]{10,}\b"),  # serial numbers
    re.compile(r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{12,}\b"),  # ids
    re.compile(r"\d+(?:[.,]\d+)*"),
)
ANYTHING = "…"


def lines_of(printed: str) -> list[str]:
    """What stands on a terminal after `printed`, without colours and with the last of what overwrote a line."""
    plain = COLOUR.sub("", printed).replace("\r\n", "\n")
    return [line.rsplit("\r", 1)[-1].rstrip() for line in plain.split("\n")]


def shape(line: str) -> str:
    """A line with `#` for every number and id, and one space for many."""
    for varying in VARYING:
        line = varying.sub("#", line)
    return " ".join(line.split())


def matches(shown: list[str], printed: list[str]) -> bool:
    """Whether `printed` has the shape of `shown`, where `…` stands for any text and alone for any lines."""
    pattern = "".join(
        r"(?:[^\n]*\n)*?" if line.strip() == ANYTHING else _pattern(line) + r"\n" for line in _trimmed(shown)
    )
    return re.fullmatch(pattern, "".join(f"{shape(line)}\n" for line in _trimmed(printed))) is not None


def _pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in shape(line).split(ANYTHING))


def _trimmed(lines: list[str]) -> list[str]:
    text = "\n".join(lines).strip("\n")
    return text.split("\n") if text else []
