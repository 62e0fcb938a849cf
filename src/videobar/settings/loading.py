"""Where settings come from: flags, environment and TOML file; and how they are written as text again."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import Field
from pathlib import Path
from typing import Any

from videobar.files import MIB, read_regular
from videobar.settings.table import Settings, default_data_directory, table
from videobar.vocabulary import Model

ENVIRONMENT_PREFIX = "VIDEOBAR_"
LARGEST_FILE = MIB

Require = Callable[[Settings, str], None]
"""Gets the settings and the name of one that was given. Raises `ValueError` where what that names is not there."""


class SettingError(Exception):
    """A setting has no meaning; the text names the setting, where it came from and what is expected."""


def environment_name(name: str) -> str:
    """The variable that a setting is read from."""
    return ENVIRONMENT_PREFIX + name.upper()


def flag_name(name: str) -> str:
    """The flag that a setting is read from."""
    return "--" + name.replace("_", "-")


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
    origins: dict[str, tuple[Field[Any], str, str]] = {}
    for item in table():
        for origin, value in (
            (flag_name(item.name), flags.get(item.name)),
            (environment_name(item.name), environment.get(environment_name(item.name))),
            (f"{config}: {item.name}", file.get(item.name)),
        ):
            if value is not None:
                try:
                    values[item.name] = item.metadata["parse"](value)
                except ValueError as error:
                    raise _wrong(item, origin, value, error) from None
                origins[item.name] = (item, origin, value)
                break
    given = frozenset(values)
    if "data" not in values:
        values["data"] = default_data_directory(values.get("engine", "sip"))
    settings = Settings(**values, given=given)
    if settings.rooms > 1 and settings.engine != "simulated":
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


def _wrong(item: Field[Any], origin: str, value: str, error: ValueError) -> SettingError:
    shown = "the given value" if item.metadata["secret"] else repr(value)
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


def default_text(name: str) -> str:
    """A setting's default, as help shows it; empty where there is none."""
    return value_text(name, next(item.default for item in table() if item.name == name))


def value_text(name: str, value: object) -> str:
    """A setting's value as the text that it could be given as; empty for none."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Model():
            return value.name
        case tuple() if name == "cameras":
            return ",".join(each.url for each in value)
        case tuple() if name == "rtp_ports":
            return "-".join(map(str, value))
        case tuple() if name == "calendar_gateways":
            return ",".join(f"{link}={address}" for link, address in value)
        case tuple():
            return ",".join(map(str, value))
        case _:
            return str(value).lower() if name == "log_level" else str(value)
