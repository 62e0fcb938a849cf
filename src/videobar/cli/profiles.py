"""Which room is meant: hosts, saved profiles and patterns of profile names.

Profiles are kept in `~/.config/videobar/rooms.toml`, a table for each room::

    [lobby]
    host = "10.0.0.5"
    port = 8443   # 443 where it is left out
    user = "admin"
    trust_first_use = true   # trust the certificate that it shows first, and only that from then on
    timeout = 20   # seconds
"""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from videobar.cli.arguments import UsageError

DEFAULT_PORT = 443
PATTERN_CHARACTERS = frozenset("*?[")


class Profile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What the file can say of a room."""

    host: str
    port: int = DEFAULT_PORT
    user: str | None = None
    insecure: bool | None = None
    trust_first_use: bool | None = None
    timeout: float | None = None


@dataclass(frozen=True)
class Target:
    """One room to talk to. `name` is how people know it; `timeout` is in seconds for each request."""

    name: str
    host: str
    port: int
    user: str
    insecure: bool
    trust_first_use: bool
    timeout: float


@dataclass(frozen=True)
class Overrides:
    """What flags say of all rooms; what is `None` is left to the profile, then to the default."""

    user: str | None = None
    insecure: bool | None = None
    trust_first_use: bool | None = None
    timeout: float | None = None

    def target(self, name: str, profile: Profile) -> Target:
        """The room that this profile describes, with these changes."""
        insecure = bool(profile.insecure if self.insecure is None else self.insecure)
        timeout = next(value for value in (self.timeout, profile.timeout, 10.0) if value is not None)
        return Target(
            name=name,
            host=profile.host,
            port=profile.port,
            user=self.user or profile.user or "admin",
            insecure=insecure,
            trust_first_use=bool(
                profile.trust_first_use if self.trust_first_use is None else self.trust_first_use
            ),
            timeout=timeout,
        )


def file_of_profiles(environment: Mapping[str, str], home: Path) -> Path:
    """Where the profiles are: below `$XDG_CONFIG_HOME`, or `~/.config`."""
    configured = environment.get("XDG_CONFIG_HOME")
    return (Path(configured) if configured else home / ".config") / "videobar" / "rooms.toml"


def load(file: Path) -> dict[str, Profile]:
    """The profiles by name; none without a file. Raises `UsageError` for a file that makes no sense."""
    try:
        with file.open("rb") as stream:
            tables = tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: {error}") from None
    return {name: _profile(f"{file}: {name}", table) for name, table in tables.items()}


def _profile(origin: str, table: Any) -> Profile:
    if isinstance(table, dict) and "password" in table:
        raise UsageError(f"{origin}: passwords do not belong here; use a keyring, or VIDEOBAR_PASSWORD")
    try:
        profile = msgspec.convert(table, Profile)
    except msgspec.ValidationError as error:
        raise UsageError(f"{origin}: {error}") from None
    if not profile.host or not 0 < profile.port < 65536:
        raise UsageError(f"{origin}: host must not be empty, and port from 1 to 65535")
    if profile.timeout is not None and not profile.timeout > 0:
        raise UsageError(f"{origin}: timeout must be more than 0 seconds")
    return profile


def resolve(wanted: str, profiles: Mapping[str, Profile], overrides: Overrides) -> tuple[Target, ...]:
    """The rooms that a list such as `lobby,board-*,10.0.0.7:8443` means, each once, in its order.

    Raises `UsageError` for an empty list, a pattern that fits no profile and a host that cannot be one.
    """
    targets: dict[str, Target] = {}
    for word in filter(None, (part.strip() for part in wanted.split(","))):
        for name, profile in _meant(word, profiles).items():
            targets.setdefault(name, overrides.target(name, profile))
    if not targets:
        raise UsageError("--room: names no room")
    return tuple(targets.values())


def _meant(word: str, profiles: Mapping[str, Profile]) -> dict[str, Profile]:
    if word in profiles:
        return {word: profiles[word]}
    if PATTERN_CHARACTERS & set(word) and not word.startswith("["):
        found = {name: profiles[name] for name in sorted(profiles) if fnmatch.fnmatchcase(name, word)}
        if not found:
            raise UsageError(f"--room: no profile is named like {word!r}")
        return found
    host, port = _host_and_port(word)
    return {word: Profile(host=host, port=port)}


def _host_and_port(word: str) -> tuple[str, int]:
    """Split `HOST`, `HOST:PORT`, an IPv6 address, or one in brackets with a port."""
    host, port = word, ""
    if word.startswith("["):
        host, bracket, rest = word[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise UsageError(f"--room: {word!r} is neither a host nor a profile")
        port = rest[1:]
    elif word.count(":") == 1:
        host, _, port = word.partition(":")
    if not host or set(host) & set("/@?#\\") or not host.isprintable() or " " in host:
        raise UsageError(f"--room: {word!r} is neither a host nor a profile")
    if not port and not word.endswith(":"):
        return host, DEFAULT_PORT
    if not (port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536):
        raise UsageError(f"--room: {word!r}: a port is a number from 1 to 65535")
    return host, int(port)
