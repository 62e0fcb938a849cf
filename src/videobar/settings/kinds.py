"""Kinds of setting that any program has: numbers, words, files, addresses; and `Kind`, which all settings have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from videobar.files import is_regular

T = TypeVar("T")
Word = TypeVar("Word", bound=StrEnum)

SHORTEST_TOKEN = 16


@dataclass(frozen=True)
class Kind(Generic[T]):
    """The kind of a setting: how its value is read from text, written as text, and called in help.

    `parse` raises `ValueError` with words that go on after the value: "must be …". `show` is asked neither for `None`
    nor for an empty tuple: those are shown as `empty`.
    """

    parse: Callable[[str], T]
    show: Callable[[Any], str] = str
    metavar: str = ""
    empty: str = ""


def joined(values: Iterable[object]) -> str:
    """Values with commas between them, as kinds of list are written."""
    return ",".join(map(str, values))


def choice(*enums: type[Word]) -> Kind[Word]:
    """One of the words of these enumerations, in any case of letters."""
    words = {str(word): word for enum in enums for word in enum}

    def parse(value: str) -> Word:
        if value.lower() not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return words[value.lower()]

    return Kind(parse)


def whole(lowest: int, highest: int) -> Kind[int]:
    """A whole number within bounds, which are allowed themselves."""

    def parse(value: str) -> int:
        if not value.isdecimal() or not lowest <= int(value) <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return int(value)

    return Kind(parse)


def whole_or_off(lowest: int, highest: int) -> Kind[int | None]:
    """A whole number within bounds, or `off`, which is `None`."""
    number = whole(lowest, highest)

    def parse(value: str) -> int | None:
        try:
            return None if value.lower() == "off" else number.parse(value)
        except ValueError:
            raise ValueError(f"must be off, or a whole number from {lowest} to {highest}") from None

    return Kind(parse, empty="off")


@dataclass(frozen=True)
class PortRange:
    """UDP ports from `first` to `last`, both included; written `FIRST-LAST`."""

    first: int
    last: int

    @classmethod
    def parse(cls, value: str) -> PortRange:
        """Read it. Raises `ValueError`."""
        first, dash, last = value.partition("-")
        if (
            not dash
            or not first.isdecimal()
            or not last.isdecimal()
            or not 1024 <= int(first) < int(last) <= 65535
        ):
            raise ValueError("must be two ports such as 20000-29999")
        return cls(int(first), int(last))

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


def path_of(value: str) -> Path:
    """The path; `~` is the home directory. Raises `ValueError`."""
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise ValueError("must be a path, and names the home of a user that does not exist") from None


def _boolean(value: str) -> bool:
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


def _token(value: str) -> str:
    if len(value) < SHORTEST_TOKEN or not (value.isascii() and value.isprintable()) or " " in value:
        raise ValueError(f"must be at least {SHORTEST_TOKEN} characters of printable ASCII without spaces")
    return value


def _file(value: str) -> Path | None:
    if not value:
        return None
    found = path_of(value)
    if not is_regular(found):
        raise ValueError("must be a file that exists")
    return found.resolve()


def _addresses(value: str) -> tuple[str, ...]:
    found = tuple(each.strip().removeprefix("[").removesuffix("]") for each in value.split(","))
    if not all(found) or len(set(found)) != len(found):
        raise ValueError("must be addresses of this host, such as 192.0.2.7,2001:db8::7")
    return found


def _hosts(value: str) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in value.split(",") if name.strip())
    if any("/" in name or "@" in name or " " in name for name in names):
        raise ValueError("must be host names such as mail.example.org, or .example.org for all in a domain")
    return names


def _http_proxy(value: str) -> str:
    try:
        parts = urlsplit(value.strip())
        good = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        good = False
    if not good or not value.isascii() or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("must be an address such as http://proxy.example.org:3128")
    return value.strip()


def _networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    if value.strip().lower() == "none":
        return ()
    try:
        return tuple(ip_network(each.strip()) for each in value.split(","))
    except ValueError:
        raise ValueError("must be networks such as 10.0.0.0/8,fd00::/8, or none") from None


def _timezone(value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone such as Europe/Zurich") from None


TEXT: Final = Kind(str)
BOOLEAN: Final = Kind(_boolean, lambda value: "true" if value else "false")
"""`true` or `false`, and the words that mean them."""
TOKEN: Final = Kind(_token, metavar="TOKEN")
"""A secret of printable ASCII, long enough not to be guessed."""
DIRECTORY: Final = Kind(path_of, metavar="DIR")
"""A path, of a directory that need not exist yet."""
OPTIONAL_DIRECTORY: Final[Kind[Path | None]] = Kind(
    lambda value: path_of(value) if value else None, metavar="DIR"
)
"""The same; empty for none."""
FILE: Final = Kind(_file, metavar="FILE")
"""A file that exists; empty for none."""
LATER_FILE: Final[Kind[Path | None]] = Kind(lambda value: path_of(value) if value else None, metavar="FILE")
"""A file, which is looked for when it is used; empty for none."""
ADDRESSES: Final = Kind(_addresses, joined, "LIST")
"""Addresses or names of this host; IPv6 without brackets, or in them."""
PORTS: Final = Kind(PortRange.parse, metavar="FIRST-LAST")
HOSTS: Final = Kind(_hosts, joined, "LIST")
"""Host names; a domain with all that is in it begins with a dot."""
HTTP_PROXY: Final = Kind(_http_proxy, metavar="URL")
"""Address of an HTTP proxy that asks for no password."""
NETWORKS: Final = Kind(_networks, joined, "NETWORKS", empty="none")
"""Networks such as 169.254.0.0/16; `none` for no network."""
TIMEZONE: Final = Kind(_timezone, metavar="ZONE")
"""A time zone of the IANA database."""
