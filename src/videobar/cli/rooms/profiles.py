"""Selection of rooms: hosts, saved profiles and patterns of profile names.

Profiles are kept in `~/.config/videobar/rooms.toml`, a table for each room::

    [lobby]
    host = "10.0.0.5"
    port = 8443   # 443 where it is left out
    user = "admin"
    trust_first_use = true   # trust the certificate that it shows first, and only that from then on
    timeout = 20   # seconds

`fingerprint` (the SHA-256 of its certificate), `ca_file` (the authorities that may have signed it, PEM) and `insecure`
stand in the place of `trust_first_use`. `password_command` (a command that prints the password) and `password_file`
(a file of mode 0600 that has it) say where a password is; the password itself does not belong here.
`session_cache = true` keeps the session for the next command.
"""

from __future__ import annotations

import difflib
import fnmatch
import shlex
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from videobar.cli.command.arguments import UsageError
from videobar.client.address import HTTPS_PORT, Address, agreed, parse_address
from videobar.client.trust import parse_fingerprint
from videobar.contract.mismatch import mismatch

TRUSTING = ("insecure", "trust_first_use", "ca_file", "fingerprint")
"""The ways to trust a room's certificate besides the authorities of the system."""
SECRETS = ("password_command", "password_file")
"""The ways to say where a password is."""
PATTERN_CHARACTERS = frozenset("*?[")


class Profile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A profile as it is in the file."""

    host: str
    port: int | None = None
    user: str | None = None
    insecure: bool | None = None
    trust_first_use: bool | None = None
    ca_file: str | None = None
    fingerprint: str | None = None
    timeout: float | None = None
    password_command: str | list[str] | None = None
    password_file: str | None = None
    session_cache: bool | None = None


@dataclass(frozen=True)
class Target:
    """One room to talk to. `name` is how people know it; `timeout` is in seconds for each request.

    At most one of `insecure`, `trust_first_use`, `ca_file` and `fingerprint` says whose certificate is trusted.
    """

    name: str
    host: str
    port: int
    user: str
    insecure: bool
    trust_first_use: bool
    timeout: float
    ca_file: Path | None = None
    fingerprint: str | None = None
    password_command: tuple[str, ...] = ()
    """The words of a command that prints the password; none without one."""
    password_file: Path | None = None
    session_cache: bool = False
    """The session is kept for the next command."""
    hint: str = ""
    """A hint for a host that does not exist."""


@dataclass(frozen=True)
class Overrides:
    """Flags that count for all rooms; `None` leaves it to the profile, then to the default."""

    user: str | None = None
    insecure: bool | None = None
    trust_first_use: bool | None = None
    timeout: float | None = None
    ca_file: str | None = None
    fingerprint: str | None = None
    session_cache: bool | None = None

    def check(self) -> None:
        """Raise `UsageError` for flags that make no sense."""
        _check_trust(self, lambda name: f"--{name.replace('_', '-')}")

    def target(self, name: str, profile: Profile, hint: str = "") -> Target:
        """The room that this profile describes; a way of trusting named by a flag replaces that of the profile."""
        only = any(getattr(self, way) for way in TRUSTING)
        chosen = {
            way: getattr(profile, way) if getattr(self, way) is None and not only else getattr(self, way)
            for way in TRUSTING
        }
        ca_file = Path(chosen["ca_file"]).expanduser() if chosen["ca_file"] else None
        if ca_file is not None and not ca_file.is_file():
            raise UsageError(f"{name}: the authorities in {ca_file}: no such file")
        return Target(
            name=name,
            host=profile.host,
            port=profile.port or HTTPS_PORT,
            user=self.user or profile.user or "admin",
            insecure=bool(chosen["insecure"]),
            trust_first_use=bool(chosen["trust_first_use"]),
            timeout=next(value for value in (self.timeout, profile.timeout, 10.0) if value is not None),
            ca_file=ca_file,
            fingerprint=chosen["fingerprint"] or None,
            password_command=_words(profile.password_command),
            password_file=Path(profile.password_file) if profile.password_file else None,
            session_cache=bool(profile.session_cache if self.session_cache is None else self.session_cache),
            hint=hint,
        )


def _words(command: str | list[str] | None) -> tuple[str, ...]:
    """The words of a command, cut as a shell does. Raises `ValueError` for a quote that is not closed."""
    return tuple(shlex.split(command) if isinstance(command, str) else command or ())


def _check_trust(said: Profile | Overrides, spelled: Callable[[str], str]) -> None:
    """Raise `UsageError` for two ways of trusting, and for a fingerprint or a file of authorities that is none."""
    ways = [spelled(name) for name in TRUSTING if getattr(said, name)]
    if len(ways) > 1:
        raise UsageError(f"{' and '.join(ways)} contradict each other")
    if said.fingerprint is not None:
        try:
            parse_fingerprint(said.fingerprint)
        except ValueError as error:
            raise UsageError(f"{spelled('fingerprint')}: {error}") from None


def file_of_profiles(environment: Mapping[str, str], home: Path) -> Path:
    """The folder of the profiles: below `$XDG_CONFIG_HOME`, or `~/.config`."""
    configured = environment.get("XDG_CONFIG_HOME")
    return (Path(configured) if configured else home / ".config") / "videobar" / "rooms.toml"


def names(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The names of all profiles; none where their file makes no sense."""
    try:
        return tuple(load(file_of_profiles(environment, Path.home())))
    except UsageError:
        return ()


def load(file: Path) -> dict[str, Profile]:
    """The profiles by name; none without a file. Raises `UsageError` for a file that makes no sense."""
    try:
        with file.open("rb") as stream:
            tables = tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: {error}") from None
    return {name: profile_of(f"{file}: {name}", table, file.parent) for name, table in tables.items()}


def profile_of(origin: str, table: Any, folder: Path) -> Profile:
    """A profile; its files are below the `folder` of the file of profiles, unless they begin with / or ~."""
    if isinstance(table, dict) and "password" in table:
        raise UsageError(
            f"{origin}: passwords do not belong here; say password_file or password_command, use a keyring, or set "
            "VIDEOBAR_PASSWORD"
        )
    try:
        profile = msgspec.convert(table, Profile)
    except msgspec.ValidationError as error:
        found = mismatch(table, Profile)
        why = f"{found.path.removeprefix('.')}: {found.problem}".removeprefix(": ") if found else str(error)
        raise UsageError(f"{origin}: {why}") from None
    if profile.port is not None and not 0 < profile.port < 65536:
        raise UsageError(f"{origin}: port must be from 1 to 65535")
    if profile.timeout is not None and not profile.timeout > 0:
        raise UsageError(f"{origin}: timeout must be more than 0 seconds")
    try:
        address = parse_address(profile.host)
        agreed("port", profile.port, address.port, profile.host)
        agreed("user", profile.user, address.user, profile.host)
    except ValueError as error:
        raise UsageError(f"{origin}: host: {error}") from None
    _check_trust(profile, f"{origin}: {{}}".format)
    _check_secrets(origin, profile)
    return msgspec.structs.replace(
        profile,
        host=address.host,
        port=profile.port or address.port,
        user=profile.user or address.user,
        ca_file=profile.ca_file and str(folder / Path(profile.ca_file).expanduser()),
        password_file=profile.password_file and str(folder / Path(profile.password_file).expanduser()),
    )


def _check_secrets(origin: str, profile: Profile) -> None:
    """Raise `UsageError` for two places of the password, and for a command without words."""
    if profile.password_command is not None and profile.password_file is not None:
        raise UsageError(f"{origin}: {' and '.join(SECRETS)} contradict each other")
    if profile.password_file == "":
        raise UsageError(f"{origin}: password_file: names no file")
    if profile.password_command is not None:
        try:
            words = _words(profile.password_command)
        except ValueError as error:
            raise UsageError(f"{origin}: password_command: {error}") from None
        if not words or not words[0]:
            raise UsageError(f"{origin}: password_command: names no command")


def resolve(wanted: str, profiles: Mapping[str, Profile], overrides: Overrides) -> tuple[Target, ...]:
    """The rooms that a list such as `lobby,board-*,10.0.0.7:8443` means, each once, in its order.

    Raises `UsageError` for an empty list, a pattern that fits no profile and a host that cannot be one.
    """
    overrides.check()
    targets: dict[str, Target] = {}
    for word in filter(None, (part.strip() for part in wanted.split(","))):
        for name, profile in _meant(word, profiles).items():
            hint = "" if name in profiles else _no_profile(name, profile, profiles)
            targets.setdefault(name, overrides.target(name, profile, hint))
    if not targets:
        raise UsageError("--room: names no room")
    if overrides.fingerprint and len(targets) > 1:
        raise UsageError("--fingerprint: belongs to one room; keep those of several in their profiles")
    return tuple(targets.values())


def _no_profile(name: str, profile: Profile, profiles: Mapping[str, Profile]) -> str:
    """A hint for a name that is neither a profile nor a host; none for addresses."""
    if profile.port is not None or ":" in profile.host or profile.host.replace(".", "").isdecimal():
        return ""
    alike = difflib.get_close_matches(name, profiles, 1)
    return (
        f"and no profile has that name; did you mean {alike[0]}?" if alike else "and no profile has that name"
    )


def _meant(word: str, profiles: Mapping[str, Profile]) -> dict[str, Profile]:
    if word in profiles:
        return {word: profiles[word]}
    if PATTERN_CHARACTERS & set(word) and not word.startswith("["):
        found = {name: profiles[name] for name in sorted(profiles) if fnmatch.fnmatchcase(name, word)}
        if not found:
            raise UsageError(f"--room: no profile is named like {word!r}")
        return found
    address = _address(word)
    return {word: Profile(host=address.host, port=address.port)}


def _address(word: str) -> Address:
    """The address of a room that is no profile. Raises `UsageError`."""
    try:
        address = parse_address(word)
    except ValueError as error:
        raise UsageError(f"--room: {error}") from None
    if address.user is not None:
        raise UsageError(f"--room: {word!r}: say the user with --user")
    return address
