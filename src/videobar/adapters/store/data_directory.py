"""Data directory: its contents, and their exchange all at once, so that a crash leaves no mixture.

New contents are staged beside the old in `.staged`; the name alone says that they are complete. `settle`, which every
start begins with, moves the old out of the way and the staged in, and can be broken off and repeated anywhere.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

DATABASE = "room.sqlite"
SECRETS_KEY = "secrets.key"
LOCK = "lock"
LOGS = "logs"
BACKUPS = "backups"

STAGING = ".staging"
"""Directory of new contents that are not complete."""
STAGED = ".staged"
"""Directory of new contents that are complete."""
DISCARD = ".discard"
"""Mark in the new contents: the old are removed, and not set aside."""
MOVED = ".moved"
"""Mark in the new contents: the old are out of the way."""

STAYS = frozenset({LOCK, LOGS, BACKUPS, STAGING, STAGED})
"""Names that belong to no contents, and are never moved."""
ASIDE = "before-"
"""Prefix of old contents, which are never moved either."""


def contents(data: Path) -> list[Path]:
    """The files and directories that make up the room, by name."""
    if not data.is_dir():
        return []
    return sorted(
        entry for entry in data.iterdir() if entry.name not in STAYS and not entry.name.startswith(ASIDE)
    )


def begin_staging(data: Path) -> Path:
    """An empty directory for new contents. Raises `OSError`."""
    staging = data / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700, parents=True)
    return staging


def finish_staging(data: Path, *, discard_old: bool) -> None:
    """Mark the new contents as complete: they will be the room's, whatever happens. Raises `OSError`."""
    if discard_old:
        (data / STAGING / DISCARD).touch()
    os.sync()
    (data / STAGING).rename(data / STAGED)


def settle(data: Path) -> None:
    """Put staged contents in the place of the old, if there are any. Raises `OSError`."""
    shutil.rmtree(data / STAGING, ignore_errors=True)
    staged = data / STAGED
    if not staged.is_dir():
        return
    if not (staged / MOVED).exists():
        _move_old_away(data, discard=(staged / DISCARD).exists())
        (staged / MOVED).touch()
    for entry in sorted(staged.iterdir()):
        if entry.name not in (MOVED, DISCARD):
            entry.rename(data / entry.name)
    staged.rename(data / STAGING)  # at once no longer staged: what is in place must not be moved away again
    shutil.rmtree(data / STAGING)


def _move_old_away(data: Path, *, discard: bool) -> None:
    aside = data / f"{ASIDE}{int(time.time())}"
    if not discard:
        aside.mkdir(mode=0o700, exist_ok=True)
    for entry in contents(data):
        if not discard:
            entry.rename(aside / entry.name)
        elif entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
