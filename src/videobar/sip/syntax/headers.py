"""The header fields of a SIP message (RFC 3261 section 7.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from videobar.sip.errors import MalformedMessage
from videobar.sip.syntax.grammar import is_token, split_outside

_COMPACT = {
    "a": "accept-contact",
    "b": "referred-by",
    "c": "content-type",
    "d": "request-disposition",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "j": "reject-contact",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
}
_SPELLING = {
    "call-id": "Call-ID",
    "cseq": "CSeq",
    "www-authenticate": "WWW-Authenticate",
    "mime-version": "MIME-Version",
}


class Headers:
    """Header fields in order. Names are matched in any case and in their compact forms."""

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields: list[tuple[str, str]] = []
        for name, value in fields:
            self.add(name, value)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Pairs of lower-case full name and value."""
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._fields == other._fields

    __hash__ = None  # type: ignore[assignment]

    def get(self, name: str) -> str | None:
        """The first value of a field, or None."""
        key = full_name(name)
        return next((value for field_name, value in self._fields if field_name == key), None)

    def all(self, name: str) -> list[str]:
        """All values of a field, in order."""
        key = full_name(name)
        return [value for field_name, value in self._fields if field_name == key]

    def items_of(self, name: str) -> list[str]:
        """The elements of a comma-separated field over all its lines; empty elements are left out."""
        return [item for value in self.all(name) for item in split_outside(value, ",") if item]

    def add(self, name: str, value: str) -> None:
        """Append one field.

        Raises:
            MalformedMessage: name or value could not be written on one line.
        """
        if not is_token(name) or any(c in value for c in "\r\n\x00"):
            raise MalformedMessage(f"header field {name[:40]!r} is malformed")
        self._fields.append((full_name(name), value))

    def set(self, name: str, value: str) -> None:
        """Replace all fields of this name by one, at the place of the first."""
        key = full_name(name)
        position = next((i for i, (n, _) in enumerate(self._fields) if n == key), len(self._fields))
        self.remove(key)
        self.add(key, value)
        self._fields.insert(position, self._fields.pop())

    def replace_top(self, name: str, value: str) -> None:
        """Replace the first field of this name, which must be there; the others stay."""
        key = full_name(name)
        position = next(i for i, (n, _) in enumerate(self._fields) if n == key)
        self.add(key, value)
        self._fields[position] = self._fields.pop()

    def prepend(self, name: str, value: str) -> None:
        """Put one field before all others."""
        self.add(name, value)
        self._fields.insert(0, self._fields.pop())

    def remove(self, name: str) -> None:
        """Remove all fields of this name."""
        key = full_name(name)
        self._fields = [pair for pair in self._fields if pair[0] != key]


def full_name(name: str) -> str:
    """A header name in lower case, its compact form written out."""
    lower = name.lower()
    return _COMPACT.get(lower, lower)


def spelled(name: str) -> str:
    """A lower-case header name as people write it."""
    return _SPELLING.get(name) or "-".join(part.capitalize() for part in name.split("-"))
