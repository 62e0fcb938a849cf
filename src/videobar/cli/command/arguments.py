"""Commands: their words, arguments and functions, apart from any parser.

The parser, completion and the reference page are all made from these objects.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from videobar.cli.output.views import Answer
    from videobar.clock import Clock
    from videobar.contract.index import Areas
    from videobar.contract.operation import Danger


class UsageError(Exception):
    """A usage error; the text is one line for people. Ends with status 2."""


class ValueInvalid(ValueError):
    """A text is no value of an argument; says what it must be."""


class Kind(Enum):
    """The ways in which an argument is given."""

    VALUE = auto()
    """A flag and its value, or a positional."""
    OPTIONAL = auto()
    """A flag whose value may be left out and is `true` then."""
    REPEATED = auto()
    """A flag that can be given several times, for a list, or positionals of any number."""
    SWITCH = auto()
    """A flag without value."""
    YES_NO = auto()
    """A flag without value and its opposite: `--mute`, `--no-mute`."""


@dataclass(frozen=True)
class Argument:
    """One flag or positional of a command. An argument that is not given is `None` in the options."""

    dest: str
    """Its name in the parsed options."""
    meaning: str
    flags: tuple[str, ...] = ()
    """Its spellings; none for a positional."""
    metavar: str = ""
    parse: Callable[[str], Any] = str
    """Function from text to value; raises `ValueInvalid`."""
    choices: tuple[str, ...] = ()
    """The texts that make sense, where they can be listed."""
    kind: Kind = Kind.VALUE
    required: bool = False
    is_file: bool = False
    """Completion offers file names."""
    complete: Callable[[str], Sequence[str]] | None = None
    """The texts that begin as what was typed, where they are only known when the program runs."""
    theme: str = ""
    """The heading of help under which it stands."""

    @property
    def spellings(self) -> tuple[str, ...]:
        """All flags as they can be typed."""
        if self.kind is Kind.YES_NO:
            return (*self.flags, *(f"--no-{flag.removeprefix('--')}" for flag in self.flags))
        return self.flags

    @property
    def takes_value(self) -> bool:
        """True where a value follows the flag."""
        return self.kind in (Kind.VALUE, Kind.OPTIONAL, Kind.REPEATED)

    @property
    def shown(self) -> str:
        """The placeholder of its value in help."""
        return self.metavar or self.dest.upper()


@dataclass(frozen=True)
class Surroundings:
    """The context of an act, besides the room."""

    room: str
    """The room's name, as it was asked for."""
    several: bool
    """The same is done in other rooms too."""
    clock: Clock
    tell: Callable[[str], None]
    """Shows progress to people: one line, never part of the output."""
    address: str = ""
    """Host and port of the room."""
    emit: Callable[[dict[str, Any], str], None] = lambda _fields, _line: None
    """Prints a record at once: its fields for programs, which all have the same names, or a line for people."""


Options = SimpleNamespace
Act: TypeAlias = "Callable[[Areas, Surroundings], Awaitable[Answer]]"


@dataclass(frozen=True)
class Command:
    """A command that talks to rooms: `path` is what is typed, `prepare` makes from the options what is to be done.

    `prepare` touches no room, and raises `UsageError` for options that make no sense.
    """

    path: tuple[str, ...]
    summary: str
    arguments: tuple[Argument, ...]
    prepare: Callable[[Options], Act]
    description: str = ""
    danger: Danger | None = None
    needs_login: bool = True
    here: Callable[[Options], Answer | None] = lambda _: None
    """Does it without any room where the options say so; nothing where rooms are needed."""
    danger_of: Callable[[Options], Danger] | None = None
    """The danger that depends on the options."""
    emits: bool = False
    """Prints records as they come, and nothing at its end."""
    default_rooms: str = ""
    """The rooms that are meant when nobody says any."""
    otherwise: Callable[[Exception, str], Answer] | None = None
    """The view of a room where it failed, by the error and the address; nothing when left out."""

    @property
    def name(self) -> str:
        """The words, as they are typed."""
        return " ".join(self.path)


@dataclass(frozen=True)
class LocalCommand:
    """A command that runs on this host; `run` returns the exit status, and raises `UsageError`."""

    word: str
    summary: str
    description: str
    arguments: tuple[Argument, ...]
    run: Callable[[Options], int]
    epilog: str = ""


def chosen(values: Iterable[str]) -> Callable[[str], str]:
    """A parser of one of `values`, in any case of letters."""
    by_folded = {value.casefold(): value for value in values}

    def parse(text: str) -> str:
        try:
            return by_folded[text.casefold()]
        except KeyError:
            raise ValueInvalid(f"must be one of {', '.join(by_folded.values())}") from None

    return parse


def whole_number(text: str) -> int:
    """A parser of whole numbers; how large they may be is for the contract to say."""
    try:
        return int(text) if len(text) <= 20 else int("")
    except ValueError:
        raise ValueInvalid("must be a whole number") from None


def decimal_number(text: str) -> float:
    """A parser of numbers."""
    try:
        return float(text)
    except ValueError:
        raise ValueInvalid("must be a number") from None


TRUTHS = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}


def truth(text: str) -> bool:
    """A parser of true and false, and of the words that mean them."""
    try:
        return TRUTHS[text.casefold()]
    except KeyError:
        raise ValueInvalid("must be true or false") from None
