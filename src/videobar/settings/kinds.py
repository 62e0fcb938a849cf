"""Kinds of values that any program has: numbers, files, addresses. Each reads a text, and says what is expected.

All raise `ValueError` with words that go on after the value: "must be …".
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from videobar.files import is_regular
from videobar.logs import Style

SHORTEST_TOKEN = 16


def text(value: str) -> str:
    """Any text."""
    return value


def token(value: str) -> str:
    """A secret of printable ASCII, long enough not to be guessed."""
    if len(value) < SHORTEST_TOKEN or not (value.isascii() and value.isprintable()) or " " in value:
        raise ValueError(f"must be at least {SHORTEST_TOKEN} characters of printable ASCII without spaces")
    return value


def path(value: str) -> Path:
    """A path; `~` is the home directory."""
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise ValueError("must be a path, and names the home of a user that does not exist") from None


def file(value: str) -> Path | None:
    """The path of a file that exists; empty for none."""
    if not value:
        return None
    found = path(value)
    if not is_regular(found):
        raise ValueError("must be a file that exists")
    return found.resolve()


def path_or_none(value: str) -> Path | None:
    """A path at which there may be something later; empty for none."""
    return path(value) if value else None


def addresses(value: str) -> tuple[str, ...]:
    """Addresses or names of this host, separated by commas; IPv6 without brackets, or in them."""
    found = tuple(each.strip().removeprefix("[").removesuffix("]") for each in value.split(","))
    if not all(found) or len(set(found)) != len(found):
        raise ValueError("must be addresses of this host, such as 192.0.2.7,2001:db8::7")
    return found


def boolean(value: str) -> bool:
    """`true` or `false`, and the words that mean them."""
    words = {
        "true": True,
        "yes": True,
        "on": True,
        "1": True,
        "false": False,
        "no": False,
        "off": False,
        "0": False,
    }
    if value.lower() not in words:
        raise ValueError("must be true or false")
    return words[value.lower()]


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def parse(value: str) -> int:
        if not value.isdecimal() or not lowest <= int(value) <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return int(value)

    return parse


def whole_or_off(lowest: int, highest: int) -> Callable[[str], int | None]:
    """A whole number within bounds, or `off`."""
    number = whole(lowest, highest)

    def parse(value: str) -> int | None:
        try:
            return None if value.lower() == "off" else number(value)
        except ValueError:
            raise ValueError(f"must be off, or a whole number from {lowest} to {highest}") from None

    return parse


def port_range(value: str) -> tuple[int, int]:
    """`FIRST-LAST`, UDP ports."""
    first, dash, last = value.partition("-")
    if (
        not dash
        or not first.isdecimal()
        or not last.isdecimal()
        or not 1024 <= int(first) < int(last) <= 65535
    ):
        raise ValueError("must be two ports such as 20000-29999")
    return int(first), int(last)


def hosts(value: str) -> tuple[str, ...]:
    """Host names, separated by commas; a domain with all that is in it begins with a dot."""
    names = tuple(name.strip().lower() for name in value.split(",") if name.strip())
    if any("/" in name or "@" in name or " " in name for name in names):
        raise ValueError("must be host names such as mail.example.org, or .example.org for all in a domain")
    return names


def http_proxy(value: str) -> str:
    """Address of an HTTP proxy that asks for no password."""
    try:
        parts = urlsplit(value.strip())
        good = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        good = False
    if not good or not value.isascii() or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("must be an address such as http://proxy.example.org:3128")
    return value.strip()


def networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks such as 169.254.0.0/16, separated by commas; `none` for no network."""
    if value.strip().lower() == "none":
        return ()
    try:
        return tuple(ip_network(each.strip()) for each in value.split(","))
    except ValueError:
        raise ValueError("must be networks such as 10.0.0.0/8,fd00::/8, or none") from None


def timezone(value: str) -> ZoneInfo:
    """A time zone of the IANA database."""
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone such as Europe/Zurich") from None


def log_format(value: str) -> Style:
    """What a line of the log looks like."""
    try:
        return Style(value.lower())
    except ValueError:
        raise ValueError("must be text or json") from None


def log_level(value: str) -> str:
    """A level of Python's logging."""
    if value.lower() not in ("debug", "info", "warning", "error"):
        raise ValueError("must be debug, info, warning or error")
    return value.upper()
