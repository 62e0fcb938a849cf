"""The pages of the documentation, and what a reader would type of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<language>\S*)")
HEREDOC = re.compile(r"<<-?\s*['\"]?(\w+)")


def all_pages() -> list[Path]:
    """README, CONTRIBUTING, and all pages below docs and examples."""
    return [
        ROOT / "README.md",
        *sorted(ROOT.glob("CONTRIBUTING.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted((ROOT / "examples").glob("*.md")),
    ]


def name_of(page: Path) -> str:
    """A page's path below the checkout."""
    return page.relative_to(ROOT).as_posix()


@dataclass(frozen=True)
class Block:
    """A block of code: its language (empty where none is said), text, and the line of the page it begins on."""

    language: str
    text: str
    line: int


@dataclass(frozen=True)
class Command:
    """A command of a console block, with the output that the page shows."""

    text: str
    shown: tuple[str, ...]
    line: int


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page; an indented one comes with the language `indented`."""
    lines = text.splitlines()
    number, previous = 0, ""
    while number < len(lines):
        line = lines[number]
        fence = FENCE.match(line)
        if fence:
            end = next(
                later
                for later in range(number + 1, len(lines))
                if lines[later].strip() == fence["fence"] and FENCE.match(lines[later])
            )
            yield Block(fence["language"], "\n".join(lines[number + 1 : end]) + "\n", number + 1)
            number = end
        elif line.startswith("    ") and not previous.strip() and line.strip():
            yield Block("indented", line, number + 1)
        previous = lines[number]
        number += 1


def commands(block: Block) -> list[Command]:
    """The commands of a console block. Raises `ValueError` where there is none, or output before the first."""
    found: list[Command] = []
    lines = block.text.splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        if not line.startswith("$ "):
            raise ValueError(f"line {block.line + 1 + number}: not a command: {line!r}")
        typed, start = [line[2:]], number
        number += 1
        ends = HEREDOC.search(line)
        while number < len(lines) and (typed[-1].endswith("\\") or (ends and typed[-1] != ends[1])):
            typed.append(lines[number])
            number += 1
        shown = []
        while number < len(lines) and not lines[number].startswith("$ "):
            shown.append(lines[number])
            number += 1
        found.append(Command("\n".join(typed), tuple(shown), block.line + 1 + start))
    if not found:
        raise ValueError(f"line {block.line}: a console block without a command")
    return found


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^( *)(`{3,}|~{3,})\S*\n.*?^\1\2$", "", text, flags=re.DOTALL | re.MULTILINE)
