"""The Basic Encoding Rules, as far as LDAP uses them (RFC 4511, section 5.1): definite lengths, tags of one byte."""

from __future__ import annotations

from collections.abc import Iterator

from videobar.ldap.errors import NotLdap

BOOLEAN, INTEGER, OCTETS, ENUMERATED, SEQUENCE, SET = 0x01, 0x02, 0x04, 0x0A, 0x30, 0x31
LONG_FORM = 0x80


def element(tag: int, *contents: bytes) -> bytes:
    """A tag, the length of what follows, and that."""
    content = b"".join(contents)
    size = len(content)
    if size < LONG_FORM:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, LONG_FORM | len(length))) + length + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    """A number, as an integer or an enumerated value."""
    return element(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octets(value: bytes | str, tag: int = OCTETS) -> bytes:
    """A string; text is UTF-8."""
    return element(tag, value.encode() if isinstance(value, str) else value)


def boolean(value: bool) -> bytes:
    """True or false."""
    return element(BOOLEAN, b"\xff" if value else b"\0")


class Reader:
    """Reads elements one after the other. Raises `NotLdap` where they are not what they must be."""

    def __init__(self, content: bytes | memoryview) -> None:
        self._content = memoryview(content)
        self._at = 0

    @property
    def more(self) -> bool:
        """True if anything is left."""
        return self._at < len(self._content)

    def any(self) -> tuple[int, memoryview]:
        """The next element, whatever it is: its tag and content."""
        try:
            tag, size = self._content[self._at], self._content[self._at + 1]
        except IndexError:
            raise NotLdap("an element is cut off") from None
        begin = self._at + 2
        if size >= LONG_FORM:
            digits = size - LONG_FORM
            if not 0 < digits <= 4:
                raise NotLdap("a length of an unknown form")
            size = int.from_bytes(self._content[begin : begin + digits], "big")
            begin += digits
        end = begin + size
        if end > len(self._content):
            raise NotLdap("an element is longer than what holds it")
        self._at = end
        return tag, self._content[begin:end]

    def content(self, wanted: int) -> memoryview:
        """The content of the next element, which must have this tag."""
        tag, content = self.any()
        if tag != wanted:
            raise NotLdap(f"an element with tag {tag:#x} instead of {wanted:#x}")
        return content

    def inside(self, wanted: int) -> Reader:
        """A reader of what is in the next element."""
        return Reader(self.content(wanted))

    def each(self, wanted: int) -> Iterator[memoryview]:
        """The contents of all that is left."""
        while self.more:
            yield self.content(wanted)

    def integer(self, tag: int = INTEGER) -> int:
        """A number."""
        return int.from_bytes(self.content(tag), "big", signed=True)

    def octets(self) -> bytes:
        """A string of bytes."""
        return bytes(self.content(OCTETS))

    def text(self) -> str:
        """A string of text."""
        return str(self.content(OCTETS), "utf-8", "replace")
