"""Sessions kept in files between programs, for those who ask for it: a device is not logged in to each time.

A file holds what lets its reader into the room as long as the session lives, so nobody else may read it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from videobar.files import open_regular, write_private
from videobar.net import host_port

LONGEST = 256 * 1024
"""Bytes of a file."""


@dataclass(frozen=True)
class KeptSession:
    """The state of a session with a room: cookies, XSRF token, and the number of the dialect."""

    cookies: Mapping[str, str]
    token: str | None
    dialect: int

    def is_same(self, other: KeptSession | None, cookie: str) -> bool:
        """True where the other one is a later or earlier state of this session, recognised by its `cookie`."""
        return other is not None and self.cookies.get(cookie) == other.cookies.get(cookie)


class SessionKeeper(Protocol):
    """Keeps the session with one room as one user. All methods may block, and none fails."""

    def load(self) -> KeptSession | None:
        """The session, if there is one."""
        ...

    def save(self, session: KeptSession) -> bool:
        """Keep this one in place of any other. Returns whether that worked."""
        ...

    def drop(self) -> None:
        """Keep none."""
        ...


class SessionFile:
    """A session in a file below `folder`, by room and user."""

    def __init__(self, folder: Path, host: str, port: int, user: str) -> None:
        name = f"{user}@{host_port(host.lower(), port)}"
        self.path = folder / f"{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:40]}.json"

    def load(self) -> KeptSession | None:
        """The session; none from a file that others may read, or that makes no sense."""
        try:
            with open_regular(self.path) as file:
                mode = os.fstat(file.fileno()).st_mode
                if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                    return None
                return msgspec.json.decode(file.read(LONGEST), type=KeptSession)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def save(self, session: KeptSession) -> bool:
        """Write it. Returns whether that worked."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(self.path, msgspec.json.encode(session))
        except OSError:
            return False
        return True

    def drop(self) -> None:
        """Remove the file."""
        with contextlib.suppress(OSError):
            self.path.unlink()


def default_folder() -> Path:
    """`videobar/sessions` in the user's folder of caches."""
    folder = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(folder) / "videobar" / "sessions"


def is_kept(host: str, port: int, user: str) -> bool:
    """True where a session with the room is kept in the default folder."""
    return SessionFile(default_folder(), host, port, user).load() is not None
