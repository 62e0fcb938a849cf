"""Files that a room sends: to a file or to standard output, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from videobar.cli.command.arguments import Surroundings, UsageError
from videobar.cli.output.views import NOTHING, Answer, printable
from videobar.contract.model import Download

OUTPUT = "output"
"""In the options of every command that saves a file: where to; no file may be named otherwise."""
STANDARD_OUTPUT = "-"
ROOM = "{room}"
REPORT_EVERY = 256 * 1024
"""Bytes between two reports of progress."""


class CannotWrite(Exception):
    """The file could not be written; the text is for people."""


def check_destination(wanted: str | None, *, several: bool) -> None:
    """Raise `UsageError` where the files of several rooms would land in one."""
    if several and wanted is not None and ROOM not in wanted:
        raise UsageError(f"several rooms: put {ROOM} into the file's name")


def file_name(wanted: str | None, offered: str, around: Surroundings) -> str:
    """The path to write to: the one that was given, else the last part of the name that the room offers."""
    room = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in around.room)
    if wanted is not None:
        return wanted.replace(ROOM, room)
    last = offered.replace("\\", "/").rpartition("/")[2].lstrip(".")
    name = last if last and last.isprintable() else "download"
    return f"{room}-{name}" if around.several else name


async def save(download: Download, wanted: str | None, around: Surroundings) -> Answer:
    """Write the file where it was asked for, and tell how far it is. Raises `CannotWrite`.

    A file appears under its name only when it is whole. Without a name that was asked for, one that
    exists already is not replaced.
    """
    if wanted == STANDARD_OUTPUT:
        await _copy(download, sys.stdout.buffer, around)
        sys.stdout.buffer.flush()
        return Answer(NOTHING, "")
    name = file_name(wanted, download.filename, around)
    try:
        with whole_file(name, replace=wanted is not None) as target:
            size = await _copy(download, target, around)
    except FileExistsError:
        raise CannotWrite(f"{name} exists already; name a file with --output") from None
    except OSError as error:
        raise CannotWrite(f"{name}: {error.strerror or error}") from None
    wire = {"file": name, "bytes": size, "mediaType": download.media_type}
    return Answer(wire, f"wrote {printable(name)}, {in_words(size)}")


@contextlib.contextmanager
def whole_file(name: str, *, replace: bool) -> Iterator[BinaryIO]:
    """A file to write that appears under `name` when the block ends, and not at all when it fails.

    Raises `OSError`; `FileExistsError` where there is one that must not be replaced.
    """
    file = Path(name).expanduser()
    if file.exists() and not replace:
        raise FileExistsError(name)
    if file.exists() and not file.is_file():
        with file.open("wb") as target:  # a device such as /dev/null, which cannot be replaced
            yield target
        return
    handle, path = tempfile.mkstemp(prefix=f".{file.name[:60]}.", dir=file.parent)
    temporary = Path(path)
    try:
        with os.fdopen(handle, "wb") as target:
            yield target
        temporary.chmod(0o666 & ~_mask())
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


async def _copy(download: Download, target: BinaryIO, around: Surroundings) -> int:
    size, told = 0, 0
    async for chunk in download.chunks:
        target.write(chunk)
        size += len(chunk)
        if size - told >= REPORT_EVERY:
            told = size
            around.tell(f"{in_words(size)}{_of(download.length)}")
    return size


def _of(length: int | None) -> str:
    return f" of {in_words(length)}" if length is not None else ""


def _mask() -> int:
    """The process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def in_words(size: int) -> str:
    """A number of bytes for people."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
