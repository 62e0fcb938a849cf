"""The `videobar` command."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from videobar import settings
from videobar.settings import SettingError, Settings

EXIT_FAILED = 1
EXIT_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return EXIT_USAGE
    flags = {item.name: getattr(options, item.name) for item in fields(Settings)}
    try:
        return _serve(settings.load(flags, os.environ, options.config))
    except SettingError as error:
        print(f"videobar: {error}", file=sys.stderr)
        return EXIT_USAGE


def _serve(room_settings: Settings) -> int:
    from videobar import app  # the whole room is only loaded to run it, not for --help

    try:
        with asyncio.Runner(loop_factory=app.loop_factory()) as runner:
            runner.run(app.serve(room_settings))
    except app.CannotStart as error:
        print(f"videobar: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="videobar", description="An open video room system.")
    parser.add_argument("--version", action="version", version=f"videobar {version('videobar')}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    serve = commands.add_parser(
        "serve",
        help="run a room",
        description="Run a room until Ctrl-C or SIGTERM.",
        epilog=f"Every option can also be set in a TOML file (sip_port = 5060) or by a variable "
        f"({settings.environment_name('sip_port')}=5060). A flag wins over a variable, and that over the file.",
    )
    serve.add_argument("--config", type=Path, metavar="FILE", help="TOML file with settings")
    for item in fields(Settings):
        default = settings.default_text(item.name)
        meaning = item.metadata["help"].replace("%", "%%")
        options: dict[str, Any] = {
            "metavar": item.metadata["metavar"] or item.name.rpartition("_")[2].upper(),
            "help": f"{meaning} (default: {default})" if default else meaning,
        }
        if item.metadata["parse"] is settings.boolean:
            options |= {"nargs": "?", "const": "true"}
        serve.add_argument(settings.flag_name(item.name), **options)
    return parser


if __name__ == "__main__":
    sys.exit(main())
