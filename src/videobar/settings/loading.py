"""Sources of settings: flags, environment and TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from videobar.files import MIB, read_regular
from videobar.settings.choices import EngineKind
from videobar.settings.setting import ENVIRONMENT_PREFIX, Setting
from videobar.settings.table import Settings, default_data_directory, table

LARGEST_FILE = MIB
LARGEST_SECRET = 4096

Require = Callable[[Settings, str], None]
"""Gets the settings and the name of one that was given. Raises `ValueError` where what that names is not there."""


class SettingError(Exception):
    """A setting has no meaning; the text names the setting, where it came from and what is expected."""


def load(
    flags: Mapping[str, str | None],
    environment: Mapping[str, str],
    config: Path | None = None,
    *,
    require: Require = lambda settings, name: None,
) -> Settings:
    """Settings from flags (by field name, `None` where not given), environment and TOML file, in that order.

    Raises `SettingError` for a value without meaning, one that `require` refuses, a file that cannot be read and a
    name that does not exist.
    """
    if config is None and environment.get(ENVIRONMENT_PREFIX + "CONFIG"):
        config = Path(environment[ENVIRONMENT_PREFIX + "CONFIG"])
    file = _read_file(config) if config is not None else {}
    values: dict[str, Any] = {}
    origins: dict[str, tuple[Setting[Any], str, str]] = {}
    for item in table():
        for origin, value in (
            (item.flag, flags.get(item.name)),
            (item.variable, environment.get(item.variable)),
            (f"{config}: {item.name}", file.get(item.name)),
        ):
            if value is not None:
                try:
                    values[item.name] = item.read(value)
                except ValueError as error:
                    raise _wrong(item, origin, value, error) from None
                origins[item.name] = (item, origin, value)
                break
    if "admin_password_file" in values:
        if "admin_password" in values:
            raise SettingError("--admin-password-file: the password is given already")
        values["admin_password"] = _first_line(values["admin_password_file"])
    given = frozenset(values)
    if "data" not in values:
        values["data"] = default_data_directory(values.get("engine", EngineKind.SIP))
    settings = Settings(**values, given=given)
    if settings.rooms > 1 and settings.engine is not EngineKind.SIMULATED:
        raise SettingError("--rooms: several rooms in one process are simulated; add --engine simulated")
    if settings.ldap_servers and not settings.ldap_base:
        raise SettingError("--ldap-base: is needed for LDAP servers, such as dc=example,dc=org")
    if settings.port and settings.port + settings.rooms > 65536:
        raise SettingError(f"--rooms: there are no {settings.rooms} ports from {settings.port} on")
    for name, (item, origin, value) in origins.items():
        try:
            require(settings, name)
        except ValueError as error:
            raise _wrong(item, origin, value, error) from None
    return settings


def _first_line(path: Path) -> str:
    try:
        lines = read_regular(path, LARGEST_SECRET).decode().splitlines()
    except OSError as error:
        raise SettingError(f"--admin-password-file: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingError(f"--admin-password-file: {path}: is no text") from None
    if not lines or not lines[0]:
        raise SettingError(f"--admin-password-file: {path}: its first line is empty")
    return lines[0]


def _wrong(item: Setting[Any], origin: str, value: str, error: ValueError) -> SettingError:
    shown = "the given value" if item.secret else repr(value)
    return SettingError(f"{origin}: {shown} {error}")


def _read_file(config: Path) -> dict[str, str]:
    try:
        given = tomllib.loads(read_regular(config, LARGEST_FILE).decode())
    except OSError as error:
        raise SettingError(f"{config}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"{config}: {error}") from None
    known = {item.name for item in table()}
    unknown = sorted(set(given) - known)
    if unknown:
        raise SettingError(f"{config}: there is no setting {unknown[0]!r}")
    return {name: _as_text(f"{config}: {name}", value) for name, value in given.items()}


def _as_text(origin: str, value: object) -> str:
    """A TOML value as the text that a flag would have been given."""
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int():
            return str(value)
        case list() if all(isinstance(element, str) for element in value):
            return ",".join(value)
        case _:
            raise SettingError(f"{origin}: must be a text, a number, true or false")
