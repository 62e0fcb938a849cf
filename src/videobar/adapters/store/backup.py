"""A room in one file: everything that makes it this room, taken while it runs, and put back while it does not."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from videobar.adapters.store import data_directory
from videobar.adapters.store.data_directory import DATABASE
from videobar.adapters.store.database import Database
from videobar.adapters.store.migrations import MIGRATIONS
from videobar.errors import StoreUnavailable

MANIFEST = "backup.json"
FORMAT = 1
CHUNK = 1024 * 1024
MOST_MEMBERS = 200_000
MOST_BYTES = 64 * 1024**3
"""Maximum unpacked size of a backup."""


class BackupInvalid(Exception):
    """The file is no backup that this version can put back; the text says why, in one line."""


def back_up(data: Path, target: Path) -> None:
    """Write all contents of a data directory to `target`, a gzip-compressed tar that only its owner may read.

    The database is copied as it is at one moment, also while a room writes to it. `target` appears when it is complete.
    Raises `OSError`, or `StoreUnavailable` when there is no room or its database cannot be read.
    """
    if not (data / DATABASE).is_file():
        raise StoreUnavailable(f"there is no room in {data}")
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
        copy = Path(folder) / DATABASE
        _copy_database(data / DATABASE, copy)
        unfinished = Path(folder) / "unfinished"
        with open(unfinished, "xb", opener=_private) as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive:
                _add_bytes(archive, MANIFEST, json.dumps(_manifest()).encode())
                archive.add(copy, DATABASE, filter=_anonymous)
                for path, name in _files(data):
                    try:
                        archive.add(path, name, recursive=False, filter=_anonymous)
                    except FileNotFoundError:
                        continue  # it was removed meanwhile
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)


def restore(data: Path, source: Path) -> None:
    """Stage the contents of a backup in a data directory that no room uses, and put them in place.

    What was there is set aside in a folder `before-…`. Raises `BackupInvalid`, and changes nothing then, or `OSError`.
    """
    staging = data_directory.begin_staging(data)
    try:
        with tarfile.open(source, "r:gz") as archive:
            _unpack(archive, staging)
        _check_manifest(staging / MANIFEST)
        (staging / MANIFEST).unlink()
        Database(staging / DATABASE).close()
    except (tarfile.TarError, EOFError, StoreUnavailable, ValueError) as error:
        data_directory.settle(data)
        raise BackupInvalid(f"{source} is no backup that can be put back: {error}") from error
    data_directory.finish_staging(data, discard_old=False)
    data_directory.settle(data)


def _manifest() -> dict[str, object]:
    return {
        "format": FORMAT,
        "videobar": version("videobar"),
        "schema": len(MIGRATIONS),
        "made": int(time.time()),
    }


def _check_manifest(path: Path) -> None:
    if not path.is_file():
        raise ValueError("it has no manifest")
    manifest = json.loads(path.read_text())
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ValueError("its format is not known here")
    schema = manifest.get("schema")
    if not isinstance(schema, int) or schema > len(MIGRATIONS):
        raise ValueError(f"it was made by a newer videobar ({manifest.get('videobar')})")


def _unpack(archive: tarfile.TarFile, staging: Path) -> None:
    """Only plain files with names below the directory, within bounds, whatever the archive says of modes and owners."""
    left = MOST_BYTES
    for number, member in enumerate(archive):
        name = PurePosixPath(member.name)
        if member.isdir():
            continue
        if not member.isreg() or name.is_absolute() or ".." in name.parts or name.parts[0].startswith("."):
            raise ValueError(f"it has a member {member.name!r}, which no backup has")
        left -= member.size
        if number > MOST_MEMBERS or left < 0:
            raise ValueError("it is too large")
        content = archive.extractfile(member)
        target = staging.joinpath(*name.parts)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if content is not None:
            with content, open(target, "xb", opener=_private) as file:
                while chunk := content.read(CHUNK):
                    file.write(chunk)
    while archive.fileobj is not None and archive.fileobj.read(CHUNK):
        pass  # only at its very end does gzip tell whether all of it was there


def _files(data: Path) -> Iterator[tuple[Path, str]]:
    """Every file of the contents but the database, with its name in the archive."""
    for entry in data_directory.contents(data):
        if entry.name.startswith((DATABASE, ".")) or entry.is_symlink():
            continue
        inside = sorted(entry.rglob("*")) if entry.is_dir() else [entry]
        for path in inside:
            if path.is_file() and not path.is_symlink():
                yield path, path.relative_to(data).as_posix()


def _copy_database(source: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
            new.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise StoreUnavailable(f"cannot copy {source.name}: {error}") from error


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = len(content), int(time.time())
    archive.addfile(member, io.BytesIO(content))


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
