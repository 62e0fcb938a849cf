"""The messages of LDAP that are needed to search (RFC 4511, section 4), and the control for pages (RFC 2696)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from videobar.ldap import ber
from videobar.ldap.errors import LdapRefused
from videobar.ldap.filters import Filter

VERSION = 3
PAGES = "1.2.840.113556.1.4.319"
START_TLS = "1.3.6.1.4.1.1466.20037"

BIND, BIND_DONE = 0x60, 0x61
UNBIND = 0x42
SEARCH, FOUND, SEARCH_DONE, REFERENCE = 0x63, 0x64, 0x65, 0x73
EXTENDED, EXTENDED_DONE = 0x77, 0x78
CONTROLS = 0xA0


class Scope(IntEnum):
    """Search scope (RFC 4511 section 4.5.1.2)."""

    BASE = 0
    ONE_LEVEL = 1
    SUBTREE = 2


@dataclass(frozen=True)
class SearchRequest:
    """Search request (RFC 4511 section 4.5.1). `size_limit` 0 is none."""

    base: str
    scope: Scope
    filter: Filter
    attributes: Sequence[str]
    size_limit: int = 0


@dataclass(frozen=True)
class Found:
    """One entry: its name and its attributes by lower-case name, in the order they came."""

    dn: str
    attributes: Mapping[str, list[bytes]] = field(default_factory=dict)

    def texts(self, attribute: str) -> list[str]:
        """The values as texts."""
        return [value.decode("utf-8", "replace") for value in self.attributes.get(attribute.lower(), ())]

    def text(self, attribute: str) -> str:
        """The first value as a text; empty without one."""
        return next(iter(self.texts(attribute)), "")


@dataclass(frozen=True)
class LdapMessage:
    """A message as it was read: what kind of operation, its content, and the cookie for the next page."""

    number: int
    kind: int
    content: memoryview
    cookie: bytes = b""


def bind(number: int, name: str, password: str) -> bytes:
    """A simple bind; with two empty texts an anonymous one."""
    content = (ber.integer(VERSION), ber.octets(name), ber.octets(password, 0x80))
    return _message(number, ber.element(BIND, *content))


def unbind(number: int) -> bytes:
    """The good-bye."""
    return _message(number, ber.element(UNBIND))


def start_tls(number: int) -> bytes:
    """Asks for TLS on this connection."""
    return _message(number, ber.element(EXTENDED, ber.octets(START_TLS, 0x80)))


def search(number: int, wanted: SearchRequest, page_size: int = 0, cookie: bytes = b"") -> bytes:
    """A search, or its next page where `page_size` is given."""
    operation = ber.element(
        SEARCH,
        ber.octets(wanted.base),
        ber.integer(wanted.scope, ber.ENUMERATED),
        ber.integer(0, ber.ENUMERATED),  # aliases are not followed
        ber.integer(wanted.size_limit),
        ber.integer(0),
        ber.boolean(False),
        wanted.filter,
        ber.element(ber.SEQUENCE, *map(ber.octets, wanted.attributes)),
    )
    if not page_size:
        return _message(number, operation)
    value = ber.element(ber.SEQUENCE, ber.integer(page_size), ber.octets(cookie))
    control = ber.element(ber.SEQUENCE, ber.octets(PAGES), ber.octets(value))
    return _message(number, operation, ber.element(CONTROLS, control))


def read(content: bytes) -> LdapMessage:
    """The inside of a message. Raises `NotLdap`."""
    reader = ber.Reader(content)
    number = reader.integer()
    kind, operation = reader.any()
    cookie = b""
    if reader.more:
        for control in reader.inside(CONTROLS).each(ber.SEQUENCE):
            cookie = _cookie(ber.Reader(control)) or cookie
    return LdapMessage(number, kind, operation, cookie)


def found(content: memoryview) -> Found:
    """An entry that a search found.

    Of an attribute with many values, such as a large group's `member`, Active Directory sends the first range, as
    `member;range=0-1499` beside an empty `member`: these are the values then.
    """
    reader = ber.Reader(content)
    dn = reader.text()
    attributes: dict[str, list[bytes]] = {}
    for one in reader.inside(ber.SEQUENCE).each(ber.SEQUENCE):
        attribute = ber.Reader(one)
        name = attribute.text().lower().partition(";range=")[0]
        values = attributes.setdefault(name, [])
        values.extend(bytes(value) for value in attribute.inside(ber.SET).each(ber.OCTETS))
    return Found(dn, attributes)


def check(content: memoryview) -> None:
    """Raise `LdapRefused` when a result is no success."""
    reader = ber.Reader(content)
    code = reader.integer(ber.ENUMERATED)
    reader.octets()
    if code:
        raise LdapRefused(code, reader.text())


def _message(number: int, *parts: bytes) -> bytes:
    return ber.element(ber.SEQUENCE, ber.integer(number), *parts)


def _cookie(control: ber.Reader) -> bytes:
    """The cookie of a pages control, else nothing."""
    if control.text() != PAGES:
        return b""
    tag, value = control.any()
    if tag == ber.BOOLEAN:
        value = control.content(ber.OCTETS)
    reader = ber.Reader(value).inside(ber.SEQUENCE)
    reader.integer()
    return reader.octets()
