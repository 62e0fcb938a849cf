"""Regular files, opened so that nothing else is: no FIFO that waits for a writer, no device without an end."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import BinaryIO, Final, cast

MIB: Final = 1024 * 1024
VIDEO4LINUX: Final = 81
"""Major number of video devices (Linux, `Documentation/admin-guide/devices.txt`)."""


def open_regular(path: str | PathLike[str]) -> BinaryIO:
    """A regular file, to read. Raises `OSError` for whatever else has that name, without waiting for it."""
    return cast("BinaryIO", open(path, "rb", opener=_open_to_read))


def read_regular(path: str | PathLike[str], most: int) -> bytes:
    """All of a regular file of at most `most` bytes. Raises `OSError`."""
    with open_regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"is longer than {most} bytes", os.fspath(path))
    return content


def open_to_overwrite(path: str | PathLike[str], mode: int = 0o644) -> int:
    """A descriptor of a regular file to write and read, made or emptied. Raises `OSError`."""
    _refuse_others(path)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY, mode)
    try:
        _check(descriptor, path)
        os.ftruncate(descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def write_private(path: Path, data: bytes) -> None:
    """Write a file that nobody else can read, whole or not at all, and durably. Raises `OSError`."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def is_regular(path: str | PathLike[str]) -> bool:
    """True if there is a regular file of that name; also for names that no file can have."""
    try:
        return stat.S_ISREG(_status(path).st_mode)
    except OSError:
        return False


def is_directory(path: str | PathLike[str]) -> bool:
    """True if there is a directory of that name."""
    try:
        return stat.S_ISDIR(_status(path).st_mode)
    except OSError:
        return False


def is_free(path: str | PathLike[str]) -> bool:
    """True if a file of that name could be made, because nothing else has the name."""
    try:
        _status(path)
    except OSError as error:
        return error.errno == errno.ENOENT
    return False


def require_video_device(path: str) -> None:
    """Raises `OSError` for all but devices of Video4Linux: merely to open another can do something."""
    status = _status(path)
    if not stat.S_ISCHR(status.st_mode) or os.major(status.st_rdev) != VIDEO4LINUX:
        raise OSError(errno.ENODEV, "is not a video device", path)


def _open_to_read(path: str, flags: int) -> int:
    _refuse_others(path)
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        _check(descriptor, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_others(path: str | PathLike[str]) -> None:
    """Before it is opened, since that alone does something to some devices: it winds a tape, it arms a watchdog."""
    with suppress(FileNotFoundError):
        _require_regular(_status(path).st_mode, path)


def _status(path: str | PathLike[str]) -> os.stat_result:
    try:
        return Path(path).stat()
    except ValueError:  # a NUL in the name
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), os.fspath(path)) from None


def _check(descriptor: int, path: str | PathLike[str]) -> None:
    _require_regular(os.fstat(descriptor).st_mode, path)


def _require_regular(kind: int, path: str | PathLike[str]) -> None:
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not stat.S_ISREG(kind):
        raise OSError(errno.EINVAL, "is not a regular file", os.fspath(path))
