"""`videobar completion SHELL`: a short script that asks this program what can follow what was typed."""

from __future__ import annotations

import os

import click
from click.shell_completion import (
    BashComplete,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    shell_complete,
)

from videobar.cli.command.arguments import Argument, LocalCommand, Options, chosen
from videobar.cli.command.catalog import summary_of
from videobar.cli.command.exits import Exit

PROGRAM = "videobar"
VARIABLE = "_VIDEOBAR_COMPLETE"


class CompleteFish(FishComplete):
    """Fish, told to cut an answer at its first comma only: lists of rooms and meanings have commas too."""

    name = "fish"
    source_template = FishComplete.source_template.replace('string split ","', 'string split -m 1 ","')


SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": CompleteFish}


def commands() -> tuple[LocalCommand, ...]:
    """The one command."""
    summary = summary_of("completion")
    shell = Argument("shell", "which shell", (), "SHELL", chosen(SHELLS), tuple(SHELLS), required=True)
    return (LocalCommand("completion", summary, f"{summary}.", (shell,), _print),)


def answer(root: click.Command) -> None:
    """Answer a shell that asks what can follow."""
    add_completion_class(CompleteFish)
    shell_complete(root, {}, PROGRAM, VARIABLE, os.environ[VARIABLE])


def _print(options: Options) -> int:
    script = SHELLS[options.shell](click.Command(PROGRAM), {}, PROGRAM, VARIABLE)
    click.echo(script.source())
    return Exit.DONE
