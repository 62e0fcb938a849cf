"""The `videobar` command."""

from __future__ import annotations

import difflib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from videobar.cli.command.arguments import Command, Options, UsageError
from videobar.cli.command.exits import Exit
from videobar.cli.command.parser import PROGRAM, build

if TYPE_CHECKING:
    from videobar.cli.rooms.visits import Connect

PREFIX = "VIDEOBAR_"
KNOWN_VARIABLES = frozenset(PREFIX + name for name in ("ROOM", "PASSWORD", "CONFIG", "LISTENING"))
"""Variables that are no settings; the last is how a room hands its socket to the next one."""


def main(arguments: Sequence[str] | None = None, connect: Connect | None = None) -> int:
    """Run the command line; returns the exit status. `connect` opens rooms, over HTTPS when it is left out."""
    typed = sys.argv[1:] if arguments is None else list(arguments)
    _let_all_text_be_printed()
    try:
        status = _main(typed, connect)
        sys.stdout.flush()
    except UsageError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        _let_go_of_stdout()
        return Exit.BROKEN_PIPE
    except OSError as error:  # a full disk behind the redirection, for one
        _let_go_of_stdout()
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return Exit.REFUSED
    return status


def _main(typed: list[str], connect: Connect | None) -> int:
    def run(command: Command, options: Options) -> int:
        from videobar.cli.rooms.run import run_in_rooms

        return run_in_rooms(command, options, connect or _over_https())

    root = build(run)
    if os.environ.get("_VIDEOBAR_COMPLETE"):
        from videobar.cli.command import completion

        completion.answer(root)
        return Exit.DONE
    if not typed:
        print(root.get_help(click.Context(root, info_name=PROGRAM)))
        return Exit.USAGE
    _warn_of_unknown_variables(os.environ)
    try:
        with root.make_context(PROGRAM, typed) as context:
            return int(root.invoke(context))
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return Exit.USAGE
    except click.UsageError as error:
        usage = error.ctx.get_usage() if error.ctx is not None else ""
        print(usage, file=sys.stderr)
        return _complain(error.format_message())


def _complain(text: str) -> int:
    print(f"{PROGRAM}: {text}", file=sys.stderr)
    return Exit.USAGE


def _over_https() -> Connect:
    from videobar.cli.rooms.connect import (
        OverHttps,  # the client is only loaded to talk to a room, not for --help
    )

    return OverHttps()


def _warn_of_unknown_variables(environment: Mapping[str, str]) -> None:
    """Say which variables look like settings and are none."""
    others = sorted(name for name in environment if name.startswith(PREFIX) and name not in KNOWN_VARIABLES)
    if not others:
        return
    from videobar import settings

    known = {settings.environment_name(item.name) for item in settings.table()}
    if any(name.startswith(f"{PREFIX}PASSWORD_") for name in others):
        from videobar.cli.rooms import passwords, profiles

        known |= {passwords.variable_of(room) for room in profiles.names(environment)}
    for name in others:
        if name not in known:
            alike = difflib.get_close_matches(name, [*known, *KNOWN_VARIABLES], 1)
            hint = f"; did you mean {alike[0]}?" if alike else ""
            print(f"{PROGRAM}: {name}: there is no such setting{hint}", file=sys.stderr)


def _let_all_text_be_printed() -> None:
    """Text that the terminal's encoding lacks is printed as escapes, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _let_go_of_stdout() -> None:
    """Let what is still buffered go nowhere, so that the interpreter does not complain at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
