"""The tree of commands, and its parser."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from videobar.cli import actions, config, directory_import, verbs
from videobar.cli.arguments import Argument, Command, Kind
from videobar.contract.index import AREAS

COMMAND = "videobar command"
"""In the options: the `Command` that was typed. No flag has such a name."""
WIDTH = 78


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError("must be a number of seconds, more than 0 and at most 3600")
    return seconds


EVERYWHERE: tuple[Argument, ...] = (
    Argument(
        "room",
        "host, host:port or saved profile; several with commas, patterns for profiles: lobby,board-* "
        "(default: $VIDEOBAR_ROOM)",
        ("--room", "-r"),
        "ROOM",
    ),
    Argument("user", "user name (default: that of the profile, else admin)", ("--user",), "NAME"),
    Argument(
        "password",
        "DANGEROUS: other users of this machine can read it, and shells remember it. Better: $VIDEOBAR_PASSWORD, "
        "a keyring, or the prompt",
        ("--password",),
        "PASSWORD",
    ),
    Argument("insecure", "do not check the room's certificate", ("--insecure",), kind=Kind.YES_NO),
    Argument(
        "trust_first_use",
        "trust the certificate that the room shows first, and only that from then on",
        ("--trust-first-use",),
        kind=Kind.YES_NO,
    ),
    Argument(
        "ca_file",
        "trust the certificates that the authorities in this file signed (PEM)",
        ("--ca-file",),
        "FILE",
        is_file=True,
    ),
    Argument(
        "fingerprint",
        "trust the certificate with this SHA-256 fingerprint, and no other",
        ("--fingerprint",),
        "SHA256",
    ),
    Argument("timeout", "wait so long for each answer (default: 10)", ("--timeout",), "SECONDS", _seconds),
    Argument(
        "json",
        "print the answer as the JSON that is on the wire, with times by ISO 8601",
        ("--json",),
        kind=Kind.SWITCH,
    ),
    Argument("yes", "do not ask before what is dangerous", ("--yes", "-y"), kind=Kind.SWITCH),
)
"""What every command that talks to a room understands, before or after its name."""

TAKEN = frozenset(spelling for argument in EVERYWHERE for spelling in argument.spellings)

AREA_SUMMARIES: Mapping[str, str] = MappingProxyType(
    {area: (protocol.__doc__ or "").partition("\n")[0].rstrip(".") for area, protocol in AREAS.items()}
)


def room_commands(typed: Collection[str] | None = None) -> tuple[Command, ...]:
    """The commands that talk to a room: the verbs, then the actions by area, but only of areas that were `typed`.

    To make all of them takes longer than most commands; `None` makes all.
    """
    areas = AREAS if typed is None else AREAS.keys() & set(typed)
    of_config = config.commands() if config.AREA in areas else ()
    imports = directory_import.commands() if directory_import.AREA in areas else ()
    return (*verbs.commands(), *of_config, *imports, *actions.commands(TAKEN, areas))


if TYPE_CHECKING:
    Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 (has no public name)


def add_room_commands(
    parser: argparse.ArgumentParser, subparsers: Subparsers, typed: Collection[str] | None
) -> None:
    """Add the commands to a parser that has `subparsers`.

    Only those whose words are among the `typed` get their arguments, for the same reason.
    """
    _add_everywhere(parser, keep_earlier=False)
    commands = room_commands(typed)
    for command in commands:
        if len(command.path) == 1:
            _add_command(subparsers, command, typed)
    for area, summary in AREA_SUMMARIES.items():
        inner = subparsers.add_parser(area, help=summary, description=f"{summary}.", allow_abbrev=False)
        of_area = [command for command in commands if command.path[0] == area]
        if of_area:
            _add_everywhere(inner, keep_earlier=True)
            actions_of_area = inner.add_subparsers(
                title="actions", dest="action", metavar="ACTION", required=True
            )
            for command in of_area:
                _add_command(actions_of_area, command, typed)


def _add_command(subparsers: Subparsers, command: Command, typed: Collection[str] | None) -> None:
    summary = _escaped(command.summary.replace("`", "'").rstrip("."))
    if typed is not None and not set(command.path) <= set(typed):
        subparsers.add_parser(command.path[-1], help=summary, allow_abbrev=False)
        return
    parser = subparsers.add_parser(
        command.path[-1],
        help=summary,
        description=_escaped(description(command)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for argument in command.arguments:
        argument.add_to(parser)
    _add_everywhere(parser, keep_earlier=True)
    parser.set_defaults(**{COMMAND: command})


def _add_everywhere(parser: argparse.ArgumentParser, *, keep_earlier: bool) -> None:
    group = parser.add_argument_group("rooms and output")
    for argument in EVERYWHERE:
        argument.add_to(group, keep_earlier=keep_earlier)


def description(command: Command) -> str:
    """What help says of a command, in lines of a terminal's width."""
    text = (
        command.description if len(command.path) > 1 else _paragraphs((command.summary, command.description))
    )
    return "\n\n".join(textwrap.fill(paragraph, WIDTH) for paragraph in text.split("\n\n"))


def _paragraphs(parts: Iterable[str]) -> str:
    return "\n\n".join(f"{part.rstrip('.')}." for part in parts if part)


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
