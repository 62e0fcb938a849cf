"""`videobar backup` and `videobar restore`: a room of this host in one file, and back."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from videobar import settings
from videobar.cli.arguments import Argument, Kind
from videobar.cli.rooms import Exit

BACKUP_SUMMARY = "save a room of this host to a file"
RESTORE_SUMMARY = "put a room of this host back from such a file"
DATA = Argument("data", "data directory of the room", ("--data",), "DIR", is_file=True)
CONFIG = Argument("config", "TOML file with the room's settings", ("--config",), "FILE", is_file=True)
FILE = Argument("file", "the file", (), "FILE", required=True, is_file=True)
YES = Argument("yes", "do not ask", ("--yes", "-y"), kind=Kind.SWITCH)
BACKUP_ARGUMENTS = (FILE, DATA, CONFIG)
RESTORE_ARGUMENTS = (FILE, DATA, CONFIG, YES)


def add(commands: Any) -> None:
    """Add both to the parser's commands."""
    backup = commands.add_parser(
        "backup",
        help=BACKUP_SUMMARY,
        description="Save everything that makes a room to a file: settings, passwords, certificate, directory, call "
        "log, presets and content. The room may run meanwhile. Whoever has the file can be the room: keep it safe.",
        allow_abbrev=False,
    )
    restore = commands.add_parser(
        "restore",
        help=RESTORE_SUMMARY,
        description="Put back what backup saved. The room must not run; what it has now is set aside in its data "
        "directory. Asks first, unless --yes is given.",
        allow_abbrev=False,
    )
    for parser, arguments in ((backup, BACKUP_ARGUMENTS), (restore, RESTORE_ARGUMENTS)):
        for argument in arguments:
            argument.add_to(parser)


def run(options: argparse.Namespace) -> int:
    """Do what was asked. Raises `SettingError`."""
    from videobar.adapters.store.backup import BackupInvalid, back_up, restore
    from videobar.assembly.starting import CannotStart, locked
    from videobar.errors import StoreUnavailable

    data = settings.load({"data": options.data}, os.environ, options.config and Path(options.config)).data
    file = Path(options.file)
    try:
        if options.command == "backup":
            back_up(data, file)
            print(f"saved {data} to {file}")
            return Exit.DONE
        if not options.yes and not _agreed(f"Put {file} in the place of the room in {data}?"):
            return Exit.USAGE
        with locked(data):
            restore(data, file)
        print(f"restored {data} from {file}; what was there is set aside in it")
    except (BackupInvalid, CannotStart, StoreUnavailable) as error:
        print(f"videobar: {getattr(error, 'detail', '') or error}", file=sys.stderr)
        return Exit.REFUSED
    except OSError as error:
        print(f"videobar: {error.filename or file}: {error.strerror or error}", file=sys.stderr)
        return Exit.REFUSED
    return Exit.DONE


def _agreed(question: str) -> bool:
    """Ask a person; where nobody can answer, nobody has agreed."""
    if not sys.stdin.isatty():
        print("videobar: asks first; add --yes where nobody can answer", file=sys.stderr)
        return False
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
