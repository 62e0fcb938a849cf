"""The `videobar` command."""

from __future__ import annotations

import argparse
import asyncio
import gc
import io
import os
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from videobar import settings
from videobar.cli import backup, completion, demo
from videobar.cli.arguments import Argument, UsageError
from videobar.cli.completion import SHELLS, Node
from videobar.cli.parser import AREA_SUMMARIES, COMMAND, EVERYWHERE, add_room_commands, room_commands
from videobar.cli.rooms import Connect, Exit
from videobar.cli.run import run_in_rooms
from videobar.settings import SettingError, Settings, table

EPILOG = (
    "exit status: 0 done, 1 refused by the room, 2 what was typed makes no sense, 3 not reached, "
    "4 login refused, 130 Ctrl-C, 141 nobody reads the output; of several rooms' the largest"
)
SERVE_SUMMARY = "run a room"
COMPLETION_SUMMARY = "print a script that completes commands in a shell"


def main(arguments: Sequence[str] | None = None, connect: Connect | None = None) -> int:
    """Run the command line; returns the exit status. `connect` opens rooms, over HTTPS when it is left out."""
    typed = sys.argv[1:] if arguments is None else list(arguments)
    _let_all_text_be_printed()
    try:
        status = _main(typed, connect)
        sys.stdout.flush()
    except (UsageError, SettingError) as error:
        print(f"videobar: {error}", file=sys.stderr)
        return Exit.USAGE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        _let_go_of_stdout()
        return Exit.BROKEN_PIPE
    except OSError as error:  # a full disk behind the redirection, for one
        _let_go_of_stdout()
        print(f"videobar: {error}", file=sys.stderr)
        return Exit.REFUSED
    return status


def _main(typed: list[str], connect: Connect | None) -> int:
    parser = build_parser(typed)
    options = parser.parse_args(typed)
    match options.command:
        case None:
            parser.print_help()
            return Exit.USAGE
        case "serve":
            flags = {item.name: getattr(options, item.name) for item in table()}
            return _serve(settings.load(flags, os.environ, options.config))
        case "backup" | "restore":
            return backup.run(options)
        case "demo":
            return demo.run(options)
        case "completion":
            sys.stdout.write(SHELLS[options.shell](completion_nodes()))
            return Exit.DONE
        case _:
            return run_in_rooms(getattr(options, COMMAND), options, connect or _over_https())


def _over_https() -> Connect:
    from videobar.cli.connect import (
        open_target,
    )  # the client is only loaded to talk to a room, not for --help

    return open_target


def _serve(room_settings: Settings) -> int:
    gc.disable()  # nothing that is loaded is garbage; `serving.settle` turns it on again
    from videobar import many, serving  # the whole room is only loaded to run it, not for --help
    from videobar.assembly.starting import CannotStart

    serve = serving.serve if room_settings.rooms == 1 else many.serve
    try:
        with asyncio.Runner(loop_factory=serving.loop_factory()) as runner:
            succession = runner.run(serve(room_settings))
        if succession is not None:
            succession.take_over()
    except CannotStart as error:
        print(f"videobar: {error}", file=sys.stderr)
        return Exit.REFUSED
    return Exit.DONE


def build_parser(typed: Collection[str] | None = None) -> argparse.ArgumentParser:
    """The parser of everything; of what was not `typed` it may only know the names. `None` knows all."""
    parser = argparse.ArgumentParser(
        prog="videobar",
        description="An open video room system, and a client for such rooms and for real devices.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"videobar {version('videobar')}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_serve(commands)
    backup.add(commands)
    demo.add(commands)
    add_room_commands(parser, commands, typed)
    summary = COMPLETION_SUMMARY
    shells = commands.add_parser("completion", help=summary, description=summary.capitalize() + ".")
    shells.add_argument("shell", choices=tuple(SHELLS), help="which shell")
    return parser


def _add_serve(commands: Any) -> None:
    serve = commands.add_parser(
        "serve",
        help=SERVE_SUMMARY,
        description="Run a room until Ctrl-C or SIGTERM.",
        epilog=f"Every option can also be set in a TOML file (sip_port = 5060) or by a variable "
        f"({settings.environment_name('sip_port')}=5060). A flag wins over a variable, and that over the file.",
    )
    serve.add_argument("--config", type=Path, metavar="FILE", help="TOML file with settings")
    for item in table():
        default = settings.default_text(item.name)
        meaning = item.metadata["help"].replace("%", "%%")
        options: dict[str, Any] = {
            "metavar": item.metadata["metavar"] or item.name.rpartition("_")[2].upper(),
            "help": f"{meaning} (default: {default})" if default else meaning,
        }
        if item.metadata["parse"] is settings.boolean:
            options |= {"nargs": "?", "const": "true"}
        serve.add_argument(settings.flag_name(item.name), **options)


def completion_nodes() -> list[Node]:
    """All that can be completed."""
    of_serve = [Argument("config", "TOML file with settings", ("--config",), "FILE", is_file=True)]
    of_serve += [
        Argument(item.name, item.metadata["help"], (settings.flag_name(item.name),)) for item in table()
    ]
    others = {
        SERVE_SUMMARY: Node(("serve",), (), tuple(of_serve)),
        backup.BACKUP_SUMMARY: Node(("backup",), (), backup.BACKUP_ARGUMENTS),
        backup.RESTORE_SUMMARY: Node(("restore",), (), backup.RESTORE_ARGUMENTS),
        demo.SUMMARY: Node(("demo",), (), demo.ARGUMENTS),
        COMPLETION_SUMMARY: Node(("completion",), tuple((shell, "") for shell in SHELLS)),
    }
    return completion.tree(room_commands(), EVERYWHERE, AREA_SUMMARIES, others)


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
