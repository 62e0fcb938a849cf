"""`videobar backup` and `videobar restore`: a room of this host in one file, and back."""

from __future__ import annotations

import sys
from pathlib import Path

from videobar.cli.command.arguments import Argument, Kind, LocalCommand, Options
from videobar.cli.command.catalog import summary_of
from videobar.cli.command.exits import Exit
from videobar.cli.host.settings import load_settings

DATA = Argument("data", "data directory of the room", ("--data",), "DIR", is_file=True)
CONFIG = Argument("config", "TOML file with the room's settings", ("--config",), "FILE", is_file=True)
FILE = Argument("file", "the file", (), "FILE", required=True, is_file=True)
YES = Argument("yes", "do not ask", ("--yes", "-y"), kind=Kind.SWITCH)


def commands() -> tuple[LocalCommand, ...]:
    """Both of them."""
    return (
        LocalCommand(
            "backup",
            summary_of("backup"),
            "Save everything that makes a room to a file: settings, passwords, certificate, directory, call log, "
            "presets and content. The room may run meanwhile. It holds the room's keys and passwords: keep it safe.",
            (FILE, DATA, CONFIG),
            _back_up,
        ),
        LocalCommand(
            "restore",
            summary_of("restore"),
            "Put back what backup saved. The room must not run; what it has now is set aside in its data directory. "
            "Asks first, unless --yes is given.",
            (FILE, DATA, CONFIG, YES),
            _restore,
        ),
    )


def _back_up(options: Options) -> int:
    return _run(options, restoring=False)


def _restore(options: Options) -> int:
    return _run(options, restoring=True)


def _run(options: Options, *, restoring: bool) -> int:
    """Do what was asked. Raises `UsageError`."""
    from videobar.adapters.store.backup import BackupInvalid, back_up, restore
    from videobar.assembly.preflight import locked
    from videobar.errors import StartError, StoreUnavailable

    data = load_settings({"data": options.data}, options.config).data
    file = Path(options.file)
    try:
        if not restoring:
            back_up(data, file)
            print(f"saved {data} to {file}")
            return Exit.DONE
        if not options.yes and not _agreed(f"Put {file} in the place of the room in {data}?"):
            return Exit.USAGE
        with locked(data):
            restore(data, file)
        print(f"restored {data} from {file}; what was there is set aside in it")
    except (BackupInvalid, StartError, StoreUnavailable) as error:
        print(f"videobar: {getattr(error, 'detail', '') or error}", file=sys.stderr)
        return Exit.REFUSED
    except OSError as error:
        print(f"videobar: {error.filename or file}: {error.strerror or error}", file=sys.stderr)
        return Exit.REFUSED
    return Exit.DONE


def _agreed(question: str) -> bool:
    """Ask on the terminal; without one the answer is no."""
    if not sys.stdin.isatty():
        print("videobar: needs a terminal to ask on, or --yes", file=sys.stderr)
        return False
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
