"""Preflight: the lock on the data directory and the port, before anything of the room is made."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from pathlib import Path
from typing import BinaryIO

from videobar.adapters.store.data_directory import LOCK
from videobar.errors import StartError
from videobar.net import host_port
from videobar.server.listener import bind


def locked(directory: Path) -> BinaryIO:
    """Make sure that no other room works on the same data; until the lock is closed. Raises `StartError`."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (directory / LOCK).open("a+b", buffering=0)
    except OSError as error:
        raise StartError("data", f"cannot use the data directory {directory}: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        pid = _pid_in(lock)
        lock.close()
        raise StartError(
            "data",
            f"another room (process {pid}) uses the data directory {directory}; "
            f"give this one its own with --data",
        ) from None
    # The number only helps those who meet the lock: a full disk is for the store to complain about.
    with contextlib.suppress(OSError):
        lock.truncate(0)
        lock.write(str(os.getpid()).encode())
    return lock


def refusing(kept: socket.socket) -> socket.socket:
    """The same port, on a socket that refuses connections until it listens. Raises `StartError`."""
    host, port = kept.getsockname()[:2]
    kept.close()
    return bind(host, port, listening=False)


def advertised_host(host: str) -> str:
    """A host as it stands in a URL; this machine's name where it is bound to all addresses."""
    if host in ("0.0.0.0", "::", ""):
        return socket.gethostname()
    return host_port(host)


def _pid_in(lock: BinaryIO) -> str:
    pid = lock.read(20)
    return pid.decode() if pid.isdigit() else "unknown"
