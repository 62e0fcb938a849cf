"""Addresses of rooms, as people write them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import unquote

HTTPS_PORT = 443
SCHEME = "https://"
NOT_IN_A_HOST = frozenset("/@?#\\[]%,;<>\"'`|^{} ")


@dataclass(frozen=True)
class Address:
    """Address of a room: a host name or IP address without brackets; port and user where they were written."""

    host: str
    port: int | None = None
    user: str | None = None


def parse_address(text: str) -> Address:
    """The parts of `10.0.0.5`, `lobby.example.com:8443`, `[::1]:8443`, `https://admin@lobby.example.com:8443/`.

    Raises `ValueError` that says what is wrong with it.
    """
    rest = text.strip()
    scheme, separator, after = rest.partition("://")
    if separator:
        if scheme.lower() != "https":
            raise ValueError(f"{text!r}: rooms are reached by https://, not by {scheme}://")
        rest = after.removesuffix("/")
    credentials, at, place = rest.rpartition("@")
    if ":" in credentials:
        raise ValueError("a password does not belong into an address")
    if at and not credentials:
        raise ValueError(f"{text!r}: there is no user before the @")
    host, port = _host_and_port(text, place)
    return Address(host, port, unquote(credentials) or None)


def _host_and_port(text: str, place: str) -> tuple[str, int | None]:
    if place.startswith("["):
        host, bracket, rest = place[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r}: an IPv6 address is written [::1] or [::1]:8443")
        _check_ipv6(text, host)
        return host, _port(text, rest[1:]) if rest else None
    if place.count(":") > 1:
        _check_ipv6(text, place)
        return place, None
    host, colon, port = place.partition(":")
    if not host:
        raise ValueError(f"{text!r}: there is no host" if text.strip() else "the host is empty")
    wrong = next((letter for letter in host if letter in NOT_IN_A_HOST or not letter.isprintable()), None)
    if wrong is not None:
        raise ValueError(f"{text!r} is neither a host nor HOST:PORT: there is {wrong!r} in it")
    return host, _port(text, port) if colon else None


def _check_ipv6(text: str, host: str) -> None:
    try:
        IPv6Address(host)
    except ValueError:
        raise ValueError(f"{text!r}: {host!r} is not an IPv6 address") from None


def _port(text: str, port: str) -> int:
    if not (port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536):
        raise ValueError(f"{text!r}: a port is a number from 1 to 65535")
    return int(port)


def agreed(name: str, given: object, written: object, address: str) -> None:
    """Raise `ValueError` where an argument and the address say different things."""
    if given is not None and written is not None and given != written:
        raise ValueError(f"{name}={given!r} contradicts the address {address!r}")
