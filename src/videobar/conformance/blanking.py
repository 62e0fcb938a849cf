"""Replaces what must not leave the room: sessions, passwords, serial numbers, addresses, people.

Replacements keep the kind and, where it is fixed, the length of what they replace, so that a blanked answer still has
the shape that it had. The same value is always replaced by the same, so that what belongs together stays together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
ADDRESS = re.compile(rf"(?<![\d.])(?:{OCTET}\.){{3}}{OCTET}(?![\d.])")
IPV6 = re.compile(r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![0-9A-Fa-f:])")
HARDWARE = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f])")
BARE_HARDWARE = re.compile(r"[0-9A-Fa-f]{12}")
PERSON = re.compile(r"[^\s@:;,<>\"'/]+@[^\s@:;,<>\"'/?]+")
TOKEN = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
SESSION = re.compile(r"PS[A-Za-z0-9+/]{48}")
SHORTEST_SECRET = 4
"""Known secrets that are shorter are only blanked where their field says what they are."""

EVERYWHERE = frozenset({"session", "serial", "token", "secret"})
"""Kinds that are blanked in all other places too, once they were seen."""

Replace = Callable[[str, int], str]


def _same_length(text: str, number: int) -> str:
    """Letters and digits of the same kind in the same places."""
    return "".join("0" if c.isdigit() else ("X" if c.isupper() else "x") if c.isalpha() else c for c in text)


def _session(text: str, number: int) -> str:
    return f"PS{'x' * max(0, len(text) - 2 - len(str(number)))}{number}"


def _address(text: str, number: int) -> str:
    return f"192.0.2.{number % 255}"


def _hardware(text: str, number: int) -> str:
    digits = f"00005e0053{number % 256:02x}"
    return digits if len(text) == 12 else text[2].join(digits[i : i + 2] for i in range(0, 12, 2))


KINDS: Mapping[str, Replace] = MappingProxyType(
    {
        "session": _session,
        "secret": lambda text, number: "*" * 8,
        "token": lambda text, number: f"00000000-0000-4000-8000-{number:012d}",
        "serial": _same_length,
        "address": _address,
        "hardware": _hardware,
        "host": lambda text, number: f"host{number}.example.org",
        "person": lambda text, number: f"person{number}@example.org",
        "name": lambda text, number: f"Name {number}",
        "phone": lambda text, number: f"+1555{number:07d}",
        "text": lambda text, number: f"text {number}",
    }
)

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "sessionid": "session",
        "password": "secret",
        "newpassword": "secret",
        "oldpassword": "secret",
        "pin": "secret",
        "token": "token",
        "serialnumber": "serial",
        "uid": "serial",
        "macaddress": "hardware",
        "ip": "address",
        "lastloginclient": "address",
        "username": "name",
        "userid": "name",
        "user": "name",
        "systemname": "name",
        "displayname": "name",
        "firstname": "name",
        "lastname": "name",
        "fullname": "name",
        "callerid": "name",
        "groupname": "name",
        "organizer": "name",
        "requiredattendees": "name",
        "optionalattendees": "name",
        "email": "person",
        "homephone": "phone",
        "workphone": "phone",
        "mobilephone": "phone",
        "imagelocation": "text",
        "subject": "text",
        "domain": "host",
        "userdomain": "host",
    }
)
"""Fields by their names in any case, and what is in them."""

PRIVATE_IN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "calendar": MappingProxyType({"body": "text", "location": "text"}),
        "conferences": MappingProxyType({"name": "name", "address": "person", "referredby": "person"}),
        "directory": MappingProxyType({"address": "person"}),
        "calllog": MappingProxyType({"name": "name", "address": "person"}),
        "config": MappingProxyType({"value": "text", "requestedvalue": "text"}),
        "system": MappingProxyType({"destination": "host"}),
        "stage": MappingProxyType({"name": "name", "address": "person"}),
    }
)
"""Fields that are private only in some areas: a camera's name is its model's."""

VERSIONS = frozenset({"softwareversion", "swversion", "hwversion", "version", "build", "versioninfo"})
"""Fields that are kept as they are: versions may look like addresses."""

KEPT = frozenset({"admin"})
"""Values that say nothing about anybody."""


class Blanking:
    """Blanks the answers of one room. `secrets` are values that are blanked everywhere."""

    def __init__(self, secrets: Iterable[tuple[str, str]] = ()) -> None:
        self._known: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        self._secrets: dict[str, str] = {}
        for kind, secret in secrets:
            self.learn(kind, secret)

    def learn(self, kind: str, secret: str) -> None:
        """From now on, blank that value also where its field does not tell."""
        if len(secret) >= SHORTEST_SECRET and secret not in KEPT:
            self._secrets[secret] = kind

    def blank(self, value: Any, area: str) -> Any:
        """The JSON value without secrets; the area decides what its fields mean."""
        self._learn_all(value, area)
        return self._blank(value, area, None)

    def text(self, text: str) -> str:
        """A text, such as a path, without what can be recognised in it."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            if secret in text:
                text = text.replace(secret, self._replaced(self._secrets[secret], secret))
        for kind, pattern in (
            ("session", SESSION),
            ("token", TOKEN),
            ("person", PERSON),
            ("hardware", HARDWARE),
            ("address", ADDRESS),
        ):
            text = pattern.sub(lambda match, kind=kind: self._replaced(kind, match[0]), text)  # type: ignore[misc]
        return IPV6.sub(lambda match: "2001:db8::1" if _is_ipv6(match[0]) else match[0], text)

    def _learn_all(self, value: Any, area: str) -> None:
        """Sessions and serial numbers may stand again in other fields, before their own."""
        if isinstance(value, dict):
            for name, inner in value.items():
                kind = self._kind_of(name, area)
                if isinstance(inner, str) and (kind in EVERYWHERE or _fold(name) == "systemname"):
                    self.learn(str(kind), inner)
                self._learn_all(inner, area)
        elif isinstance(value, list):
            for inner in value:
                self._learn_all(inner, area)

    def _blank(self, value: Any, area: str, kind: str | None) -> Any:
        if isinstance(value, dict):
            return {
                self.text(name): inner
                if _fold(name) in VERSIONS
                else self._blank(inner, area, self._kind_of(name, area) or _inherited(kind))
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self._blank(inner, area, kind) for inner in value]
        if not isinstance(value, str) or not value:
            return value
        if kind is None or value in KEPT:
            return self.text(value)
        if kind == "person" and "@" not in value:
            kind = "address" if ADDRESS.fullmatch(value) else "name"
        if kind == "hardware" and not (HARDWARE.fullmatch(value) or BARE_HARDWARE.fullmatch(value)):
            kind = "secret"
        return self._replaced(kind, value)

    def _kind_of(self, name: str, area: str) -> str | None:
        folded = _fold(name)
        return PRIVATE_IN.get(area, {}).get(folded) or FIELDS.get(folded)

    def _replaced(self, kind: str, text: str) -> str:
        if text in self._known.values() and (kind, text) not in self._known:
            return text  # it was replaced already
        if (kind, text) not in self._known:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._known[kind, text] = KINDS[kind](text, self._counts[kind])
        return self._known[kind, text]


def _fold(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()


def _inherited(kind: str | None) -> str | None:
    """The kinds of fields in a private object that do not name their kind: attendees have names."""
    return kind if kind in ("name", "secret") else None


def _is_ipv6(text: str) -> bool:
    """True for an address, false for a time or a word with colons."""
    return ("::" in text or text.count(":") == 7) and any(c.isalnum() for c in text)
