"""Sources of a password: a flag, the room's own sources, a variable, the keyring, or a prompt; the first wins."""

from __future__ import annotations

import importlib
import os
import re
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, cast

from videobar.cli.command.arguments import UsageError
from videobar.cli.rooms.profiles import Target
from videobar.files import open_regular

VARIABLE = "VIDEOBAR_PASSWORD"
KEYRING_SERVICE = "videobar"
LONGEST_WAIT_S = 60.0
"""For a command that prints a password; it may have to ask somebody."""
LONGEST = 4096
"""Bytes of a password."""
FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Keyring(Protocol):
    """The part of the package `keyring` that is used."""

    def get_password(self, service_name: str, username: str) -> str | None:
        """The password kept under these names, or `None`."""
        ...


def installed_keyring() -> Keyring | None:
    """The package `keyring`, if it is installed."""
    try:
        return cast("Keyring", importlib.import_module("keyring"))
    except ImportError:
        return None


def keyring_name(target: Target) -> str:
    """The user name under which the keyring has a room's password: `admin@10.0.0.5:443`."""
    return f"{target.user}@{target.host}:{target.port}"


def variable_of(room: str) -> str:
    """The variable that has the password of one room: `VIDEOBAR_PASSWORD_BOARD_1` of `board-1`."""
    return f"{VARIABLE}_{re.sub(r'[^A-Z0-9]', '_', room.upper())}"


class Passwords:
    """Finds the password of each room; people are asked at most once a room, and may say that one is for all."""

    def __init__(
        self,
        flag: str | None,
        environment: Mapping[str, str],
        keyring: Callable[[], Keyring | None],
        prompt: Callable[[str], str] | None,
    ) -> None:
        """`prompt` asks without echo; `None` without a terminal."""
        self._flag = flag
        self._environment = environment
        self._keyring = keyring
        self._prompt = prompt
        self._printed: dict[tuple[str, ...], str] = {}
        self._typed: str | None = None
        self._same_for_all = False

    def of(self, target: Target, *, several: bool = False) -> str:
        """The password of a room; `several` offers the same one for the rest. Raises `UsageError` where there is none.

        What the command of a profile printed is kept, for other rooms with the same command.
        """
        found = self._found(target)
        if found is not None:
            return found
        if self._prompt is None:
            raise UsageError(
                f"no password for {target.name}: set {variable_of(target.name)} or {VARIABLE}, use a keyring, or "
                "password_command or password_file in its profile"
            )
        return self._asked(target, self._prompt, several=several)

    def forget(self) -> None:
        """Run the commands of profiles again the next time."""
        self._printed.clear()

    def _found(self, target: Target) -> str | None:
        if self._flag is not None:
            return self._flag
        own = self._environment.get(variable_of(target.name))
        if own is not None:
            return own
        if target.password_file is not None:
            return _in_file(target.name, target.password_file)
        if target.password_command:
            return self._of_command(target)
        for_all = self._environment.get(VARIABLE)
        return for_all if for_all is not None else self._kept(target)

    def _of_command(self, target: Target) -> str:
        words = tuple(_filled(word, target) for word in target.password_command)
        if words not in self._printed:
            self._printed[words] = _printed_by(target.name, words)
        return self._printed[words]

    def _asked(self, target: Target, prompt: Callable[[str], str], *, several: bool) -> str:
        if self._same_for_all and self._typed is not None:
            return self._typed
        question = f"Password of {target.user} at {target.name}"
        offered = several and self._typed is not None
        if offered:
            question += " (Enter: the same, for the rest too)"
        try:
            typed = prompt(f"{question}: ")
        except EOFError:
            raise UsageError(f"no password for {target.name}") from None
        if offered and not typed and self._typed is not None:
            self._same_for_all = True
            return self._typed
        self._typed = typed
        return typed

    def _kept(self, target: Target) -> str | None:
        keyring = self._keyring()
        if keyring is None:
            return None
        try:
            return keyring.get_password(KEYRING_SERVICE, keyring_name(target))
        except Exception:
            # Back ends raise errors of their own kinds when they are locked or absent; a prompt still helps.
            return None


def _filled(word: str, target: Target) -> str:
    """A word of a command, with what it stands for in place of `{name}`, `{host}`, `{port}` and `{user}`."""
    known = {
        "{name}": target.name,
        "{host}": target.host,
        "{port}": str(target.port),
        "{user}": target.user,
    }
    return re.sub(r"\{(?:name|host|port|user)\}", lambda found: known[found[0]], word)


def _printed_by(room: str, words: tuple[str, ...]) -> str:
    """The first line that a command prints. Raises `UsageError`."""
    origin = f"{room}: password_command: {words[0]}"
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, timeout=LONGEST_WAIT_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise UsageError(f"{origin} did not end within {LONGEST_WAIT_S:g} s") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{origin}: {getattr(error, 'strerror', None) or error}") from None
    if done.returncode:
        raise UsageError(f"{origin} ended with status {done.returncode}")
    return _first_line(done.stdout, f"{origin} printed")


def _in_file(room: str, path: Path) -> str:
    """The first line of a file that nobody else may read. Raises `UsageError`."""
    origin = f"{room}: password_file: {path}"
    try:
        with open_regular(path) as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & FOR_OTHERS:
                raise UsageError(f"{origin} can be read by others: chmod 600 {path}")
            content = file.read(LONGEST + 2)
    except (OSError, ValueError) as error:
        raise UsageError(f"{origin}: {getattr(error, 'strerror', None) or error}") from None
    return _first_line(content, f"{origin} has")


def _first_line(content: bytes, origin: str) -> str:
    line = content.split(b"\n", 1)[0].removesuffix(b"\r")
    if not line or len(line) > LONGEST:
        raise UsageError(f"{origin} no password in its first line")
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise UsageError(f"{origin} a first line that is not UTF-8") from None
