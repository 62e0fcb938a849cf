"""What a command is: its words, its arguments and what it does, apart from any parser.

The parser, the completion scripts and the reference page are all made from these objects.
"""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from videobar.cli.output import Answer
from videobar.clock import Clock
from videobar.contract.index import Areas
from videobar.contract.operation import Danger


class UsageError(Exception):
    """What was typed makes no sense; the text is one line for people. Ends with status 2."""


class Kind(Enum):
    """How an argument is given."""

    VALUE = auto()
    """A flag and its value, or a positional."""
    REPEATED = auto()
    """A flag that can be given several times, for a list."""
    SEVERAL = auto()
    """A flag and one or more values, for a list."""
    SWITCH = auto()
    """A flag without value."""
    YES_NO = auto()
    """A flag without value and its opposite: `--mute`, `--no-mute`."""


@dataclass(frozen=True)
class Argument:
    """One flag or positional of a command. An argument that is not given is `None` or absent in the options."""

    dest: str
    """Its name in the parsed options."""
    meaning: str
    flags: tuple[str, ...] = ()
    """Its spellings; none for a positional."""
    metavar: str = ""
    parse: Callable[[str], Any] = str
    """From text to value; raises `argparse.ArgumentTypeError` with a message for people."""
    choices: tuple[str, ...] = ()
    """The texts that make sense, where they can be listed."""
    kind: Kind = Kind.VALUE
    required: bool = False
    is_file: bool = False
    """Whether a shell should offer file names."""

    @property
    def spellings(self) -> tuple[str, ...]:
        """All flags as they can be typed."""
        if self.kind is Kind.YES_NO:
            return (*self.flags, *(f"--no-{flag.removeprefix('--')}" for flag in self.flags))
        return self.flags

    @property
    def takes_value(self) -> bool:
        """Whether a value follows the flag."""
        return self.kind in (Kind.VALUE, Kind.REPEATED, Kind.SEVERAL)

    def add_to(self, parser: argparse._ActionsContainer, *, keep_earlier: bool = False) -> None:
        """Tell `parser` of this argument; with `keep_earlier` an absent one leaves what an outer parser read."""
        options: dict[str, Any] = {"help": self.meaning.replace("%", "%%")}
        if keep_earlier:
            options["default"] = argparse.SUPPRESS
        match self.kind:
            case Kind.SWITCH:
                options |= {"action": "store_true", "default": options.get("default")}
            case Kind.YES_NO:
                options["action"] = argparse.BooleanOptionalAction
            case _:
                options |= {"type": self.parse, "metavar": self.metavar or None}
                if self.kind is Kind.REPEATED:
                    options["action"] = "append"
                elif self.kind is Kind.SEVERAL:
                    options["nargs"] = "+"
        if self.flags:
            parser.add_argument(*self.flags, dest=self.dest, required=self.required, **options)
        else:
            parser.add_argument(self.dest, nargs=None if self.required else "?", **options)


@dataclass(frozen=True)
class Surroundings:
    """What an act has around it besides the room."""

    room: str
    """The room's name, as it was asked for."""
    several: bool
    """Whether the same is done in other rooms too."""
    clock: Clock
    tell: Callable[[str], None]
    """Shows progress to people: one line, never part of the output."""


Options = argparse.Namespace
Act = Callable[[Areas, Surroundings], Awaitable[Answer]]


@dataclass(frozen=True)
class Command:
    """One command: `path` is what is typed after `videobar`, `prepare` makes from the options what is to be done.

    `prepare` touches no room, and raises `UsageError` for options that make no sense.
    """

    path: tuple[str, ...]
    summary: str
    arguments: tuple[Argument, ...]
    prepare: Callable[[Options], Act]
    description: str = ""
    danger: Danger = Danger.NONE
    needs_login: bool = True
    here: Callable[[Options], Answer | None] = lambda _: None
    """Does it without any room where the options say so; nothing where rooms are needed."""
    danger_of: Callable[[Options], Danger] | None = None
    """The danger that depends on the options."""

    @property
    def name(self) -> str:
        """The words, as they are typed."""
        return " ".join(self.path)


def chosen(values: Iterable[str]) -> Callable[[str], str]:
    """A parser of one of `values`, whatever the case of its letters."""
    by_folded = {value.casefold(): value for value in values}

    def parse(text: str) -> str:
        try:
            return by_folded[text.casefold()]
        except KeyError:
            raise argparse.ArgumentTypeError(f"must be one of {', '.join(by_folded.values())}") from None

    return parse


def whole_number(text: str) -> int:
    """A parser of whole numbers; how large they may be is for the contract to say."""
    try:
        return int(text) if len(text) <= 20 else int("")
    except ValueError:
        raise argparse.ArgumentTypeError("must be a whole number") from None


def decimal_number(text: str) -> float:
    """A parser of numbers."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a number") from None


TRUTHS = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}


def truth(text: str) -> bool:
    """A parser of true and false, and of the words that mean them."""
    try:
        return TRUTHS[text.casefold()]
    except KeyError:
        raise argparse.ArgumentTypeError("must be true or false") from None
