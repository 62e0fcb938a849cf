"""Where a password comes from: a flag, a variable, the keyring, or a prompt; the first that has one wins."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Protocol, cast

from videobar.cli.arguments import UsageError
from videobar.cli.profiles import Target

VARIABLE = "VIDEOBAR_PASSWORD"
KEYRING_SERVICE = "videobar"


class Keyring(Protocol):
    """What is used of the package `keyring`."""

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


class Passwords:
    """Finds the password of each room, and asks people at most once a room."""

    def __init__(
        self,
        flag: str | None,
        environment: Mapping[str, str],
        keyring: Callable[[], Keyring | None],
        prompt: Callable[[str], str] | None,
    ) -> None:
        """`prompt` asks without echo; `None` where nobody can be asked."""
        self._fixed = flag if flag is not None else environment.get(VARIABLE)
        self._keyring = keyring
        self._prompt = prompt

    def of(self, target: Target) -> str:
        """The password of a room. Raises `UsageError` where there is none and nobody to ask."""
        if self._fixed is not None:
            return self._fixed
        kept = self._kept(target)
        if kept is not None:
            return kept
        if self._prompt is None:
            raise UsageError(f"no password for {target.name}: set {VARIABLE}, or use a keyring")
        try:
            return self._prompt(f"Password of {target.user} at {target.name}: ")
        except EOFError:
            raise UsageError(f"no password for {target.name}") from None

    def _kept(self, target: Target) -> str | None:
        keyring = self._keyring()
        if keyring is None:
            return None
        try:
            return keyring.get_password(KEYRING_SERVICE, keyring_name(target))
        except Exception:
            # Back ends raise errors of their own kinds when they are locked or absent; a prompt still helps.
            return None
