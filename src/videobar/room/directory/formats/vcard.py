"""vCards (RFC 6350 and RFC 2426, and what older programs write): several in one file.

`N`, `FN`, `ORG` where both are missing, `EMAIL`, `TEL` but no fax, `IMPP` and other SIP addresses, `PHOTO` by
reference, `UID`, `KIND:group` and `MEMBER` are read, everything else is passed over.

What old programs write and no RFC allows is read too: base64 whose lines are not folded (vCard 2.1 ends it by an empty
line), line breaks within a `NOTE`, bytes in the character set that `CHARSET` names, and the card of an `AGENT` within
another card (vCard 2.1).
"""

from __future__ import annotations

import hashlib
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from videobar.room.directory.entry import MOST_DEVICES, EntryDevice, EntryFields
from videobar.room.directory.formats.charsets import PIECE, WESTERN, codec_of
from videobar.room.directory.formats.contacts import named, phone_field
from videobar.room.directory.formats.import_errors import Collected
from videobar.room.directory.formats.lines import lines_of
from videobar.room.directory.transfer import FileEntry
from videobar.vocabulary import DialType, EntryType

START: Final = re.compile(rb"(?:[A-Za-z0-9-]+\.)?(?P<name>[A-Za-z0-9-]+)[;:]")
PROPERTY: Final = re.compile(
    rb"(?:[A-Za-z0-9-]+\.)?(?P<name>[A-Za-z0-9-]+)(?P<parameters>(?:;(?:\"[^\"]*\"|[^\":])*)?):(?P<value>.*)",
    re.S,
)
PARAMETER: Final = re.compile(r";(?:(?P<key>[A-Za-z0-9-]+)=)?(?P<value>(?:\"[^\"]*\"|[^;\"])*)")
IN_BASE64: Final = re.compile(rb"[^:]*;(?:ENCODING=)?(?:BASE64|B)[;:]", re.IGNORECASE)
BASE64: Final = re.compile(rb"[A-Za-z0-9+/=]+\s*")
QUOTED_PRINTABLE: Final = re.compile(rb"[^:]*;(?:ENCODING=)?QUOTED-PRINTABLE[;:]", re.IGNORECASE)
LONGEST_CHARSET: Final = 64
NAMED_CHARSET: Final = re.compile(rb";CHARSET=\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
ESCAPED: Final = re.compile(r"\\(.)", re.S)
PLAIN_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
LONGEST_HEAD: Final = 2048
"""Bytes of a line in which its encoding is looked for."""
LONGEST_LINE: Final = 1024 * 1024
"""Bytes of a property that is read, with what continues it."""
TEL_URI: Final = re.compile(r"tel:([^;]*).*", re.IGNORECASE)
"""A telephone number as a URI (RFC 3966), whose parameters are for exchanges."""
SIP: Final = re.compile(r"sips?:", re.IGNORECASE)
SIP_PROPERTIES: Final = frozenset({"IMPP", "X-SIP", "X-SIP-ADDRESS", "SIP", "URL"})
READ: Final = SIP_PROPERTIES | {
    *("BEGIN", "END", "AGENT", "FN", "N", "EMAIL", "TEL", "ORG", "PHOTO", "UID", "KIND", "MEMBER"),
    *("X-ADDRESSBOOKSERVER-KIND", "X-ADDRESSBOOKSERVER-MEMBER"),
}
OTHERS: Final = frozenset(
    {
        *("ADR", "ANNIVERSARY", "BDAY", "CALADRURI", "CALURI", "CATEGORIES", "CLASS", "CLIENTPIDMAP"),
        *("FBURL", "GENDER", "GEO", "KEY", "LABEL", "LANG", "LOGO", "MAILER"),
        *("NAME", "NICKNAME", "NOTE", "PRODID", "PROFILE", "RELATED", "REV", "ROLE"),
        *("SORT-STRING", "SOUND", "SOURCE", "TITLE", "TZ", "VERSION", "XML"),
    }
)
"""The names that vCards have besides those that are read and those that begin with `X-`."""
FREE_TEXTS: Final = frozenset({"NOTE", "LABEL", "ADR", "TITLE", "ROLE", "CATEGORIES"})
"""Properties whose value some programs break without folding it."""


class Property(NamedTuple):
    """One property: its name in capitals, its types in lower case, its value still escaped."""

    line: int
    name: str
    types: frozenset[str]
    value: str


@dataclass
class _Line:
    """A content line as far as it was read."""

    number: int
    name: str
    parts: list[bytes] = field(default_factory=list)
    length: int = 0
    base64: bool = False
    quoted: bool = False

    @property
    def soft(self) -> bool:
        """True at a soft line break: the value goes on in the next line (quoted-printable, RFC 2045 section 6.7)."""
        return self.quoted and self.parts[-1].endswith(b"=")

    def add(self, part: bytes) -> None:
        """Add a further line; nothing is kept of properties that are not read."""
        self.length += len(part)
        if self.length > LONGEST_LINE or self.name not in READ or self.base64:
            self.parts[-1:] = [part[-1:]] if self.quoted else self.parts[-1:]
            return
        if self.soft:
            self.parts[-1] = self.parts[-1][:-1]
        self.parts.append(part)


@dataclass
class _Card:
    """A card as far as it was read."""

    line: int
    properties: list[Property] = field(default_factory=list)
    wrong: list[tuple[int, str]] = field(default_factory=list)


def read(content: bytes, collected: Collected) -> None:
    """All cards of a file in UTF-8 or in the character sets that it names."""
    reader = _Reader(collected, _usual_codec(content))
    for line in _content_lines(content, reader):
        reader.take(line)
    reader.finish()


class _Reader:
    """Takes the content lines of a file one after the other."""

    def __init__(self, collected: Collected, usual: str) -> None:
        self._collected = collected
        self._usual = usual
        self._card: _Card | None = None
        self._within = 0
        """Nesting depth within the cards of agents."""
        self._agent = False
        """True if the last property was an agent without a value, whose card comes now."""
        self._last = 1

    def complain(self, line: int, what: str) -> None:
        """Record an error: the card in which it is will be left out."""
        if self._card is None:
            self._collected.complaints.add(line, what)
        elif not self._within:
            self._card.wrong.append((line, what))

    def take(self, line: _Line) -> None:
        """Take one content line, unfolded."""
        self._last = line.number
        agent, self._agent = self._agent, False
        if self._card is None and line.name not in ("BEGIN", "END"):
            self.complain(line.number, "only cards can stand here")
            return
        if line.name not in READ or line.base64:
            return
        if line.length > LONGEST_LINE:
            self.complain(line.number, f"longer than {LONGEST_LINE} bytes")
            return
        match = PROPERTY.fullmatch(b"".join(line.parts))
        if match is None:
            self.complain(line.number, "not a line of a vCard")
            return
        value = match["value"].strip().upper()
        if line.name in ("BEGIN", "END") and value == b"VCARD":
            self._turn(line, agent)
        elif self._within:
            return
        elif self._card is None:
            self.complain(line.number, "only cards can stand here")
        elif line.name == "AGENT":
            self._agent = not value
            self._within = int(value.startswith(b"BEGIN:VCARD") and b"END:VCARD" not in value)
        elif (found := self._property(line, match)) is not None:
            self._card.properties.append(found)

    def finish(self) -> None:
        """End of the lines."""
        if self._card is not None:
            self._within = 0
            self.complain(self._last, f"the card of line {self._card.line} does not end")
            self._end()

    def _turn(self, line: _Line, agent: bool) -> None:
        """A card begins or ends."""
        if line.name == "BEGIN":
            if self._within or agent:
                self._within += 1
                return
            if self._card is not None:
                self.complain(line.number, f"a card begins within the card of line {self._card.line}")
                self._end()
            self._card = _Card(line.number)
        elif self._within:
            self._within -= 1
        elif self._card is None:
            self.complain(line.number, "a card ends that has not begun")
        else:
            self._end()

    def _end(self) -> None:
        card, self._card = self._card, None
        if card is None:
            return
        if card.wrong:
            for line, what in card.wrong:
                self._collected.complaints.add(line, what)
        else:
            self._collected.add(_entry(card.line, card.properties))

    def _property(self, line: _Line, match: re.Match[bytes]) -> Property | None:
        types: set[str] = set()
        encoding = charset = ""
        for parameter in PARAMETER.finditer(match["parameters"].decode("latin-1")):
            value = parameter["value"].replace('"', "")
            match (parameter["key"] or "TYPE").upper():
                case "TYPE":
                    types.update(value.lower().split(","))
                case "ENCODING":
                    encoding = value.lower()
                case "CHARSET":
                    charset = value
        raw = match["value"]
        if encoding == "quoted-printable" or "quoted-printable" in types:
            raw = quopri.decodestring(raw)
        codec = codec_of(charset) if charset else None
        if charset and codec is None:
            self.complain(line.number, f"the character set {charset[:40]!r} is not known")
            return None
        return Property(line.number, line.name, frozenset(types), _text(raw, codec, self._usual))


def _content_lines(content: bytes, reader: _Reader) -> Iterator[_Line]:
    """Lines with what continues them (RFC 6350, section 3.2), also as old programs continue them."""
    line: _Line | None = None
    for number, physical in enumerate(lines_of(content, b"\n", b"\r"), 1):
        text = physical.rstrip(b"\r\n")
        if line is not None:
            if text[:1] in (b" ", b"\t") and text.strip():
                line.add(text if line.soft else text[1:])
                continue
            if line.soft or (line.base64 and BASE64.fullmatch(text)):
                line.add(text)
                continue
        if not text.strip():
            if line is not None and line.base64:
                yield line
                line = None
            continue
        start = START.match(text)
        if start is not None and line is not None and line.name in FREE_TEXTS and _is_prose(text, line):
            continue
        if start is None:
            if line is None or line.name not in FREE_TEXTS:
                if line is not None:
                    yield line
                    line = None
                reader.complain(number, "not a line of a vCard")
            continue
        if line is not None:
            yield line
        line = _Line(number, start["name"].decode().upper())
        line.base64 = IN_BASE64.match(text, 0, LONGEST_HEAD) is not None
        line.quoted = QUOTED_PRINTABLE.match(text, 0, LONGEST_HEAD) is not None
        line.parts, line.length = [text], len(text)
    if line is not None:
        yield line


def _is_prose(text: bytes, free: _Line) -> bool:
    """True if a line that looks like a property continues a free text: nobody writes `Tel: 1` as a property.

    A program that writes a blank behind each colon writes one in the free text's own line too.
    """
    name, _, value = text.partition(b":")
    own = free.parts[0].partition(b":")[2] if free.parts else b""
    if value[:1].isspace() and not own[:1].isspace():
        return True
    known = name.partition(b";")[0].rpartition(b".")[2].decode("latin-1").upper()
    return known not in READ | OTHERS and not known.startswith("X-")


def _usual_codec(content: bytes) -> str:
    """For bytes that are not UTF-8 where nothing is said: what is said elsewhere in the file, else what is usual."""
    for at in range(0, len(content), PIECE):
        for match in NAMED_CHARSET.finditer(content, at, at + PIECE + LONGEST_CHARSET):
            codec = codec_of(match[1].decode())
            if codec is not None and codec != "utf-8":
                return codec
    return WESTERN


def _text(raw: bytes, codec: str | None, usual: str) -> str:
    """A value as text. What is not in the character set that is named is taken for what is usual."""
    for each in (codec, "utf-8"):
        if each is not None:
            try:
                return raw.decode(each)
            except UnicodeError:
                pass
    return raw.decode(codec or usual, "replace")


def _entry(line: int, card: list[Property]) -> FileEntry:
    texts: dict[str, str] = {}
    devices: list[EntryDevice] = []
    members: list[str] = []
    kind, entry_id, full, organization = EntryType.SINGLE, "", "", ""
    for found in card:
        value = _plain(found.value)
        match found.name:
            case "FN":
                full = full or value
            case "N":
                last, first, *_ = [*map(_plain, _split(found.value)), "", ""]
                texts.setdefault("first_name", first)
                texts.setdefault("last_name", last)
            case "EMAIL" if value:
                texts.setdefault("email", value)
            case "TEL" if SIP.match(value):
                devices.append(EntryDevice("", value, DialType.SIP))
            case "TEL" if number := TEL_URI.sub(r"\1", value):
                if field := phone_field(found.types):
                    texts.setdefault(field, number)
            case "ORG":
                organization = organization or _plain(_split(found.value)[0])
            case name if name in SIP_PROPERTIES:
                if SIP.match(value) or name in ("X-SIP", "SIP", "X-SIP-ADDRESS"):
                    devices.append(EntryDevice("", value, DialType.SIP))
            case "PHOTO" if value.lower().startswith(("http:", "https:")):
                texts.setdefault("image_location", value)
            case "UID":
                entry_id = _id(value)
            case "KIND" | "X-ADDRESSBOOKSERVER-KIND" if value.strip().lower() == "group":
                kind = EntryType.GROUP
            case "MEMBER" | "X-ADDRESSBOOKSERVER-MEMBER":
                members.append(_id(value))
    content = EntryFields(kind, full, full_name=full, devices=tuple(devices[:MOST_DEVICES]), **texts)
    return FileEntry(
        line, named(content, organization), entry_id, tuple(members) if kind is EntryType.GROUP else ()
    )


def _id(uid: str) -> str:
    """An id made of a card's: itself where it can stand in a path, else a digest of it."""
    plain = uid.strip().removeprefix("urn:uuid:")
    return plain if PLAIN_ID.fullmatch(plain) else hashlib.sha256(plain.encode()).hexdigest()[:32]


def _split(value: str) -> list[str]:
    """The parts of a structured value."""
    return re.split(r"(?<!\\);", value)


def _plain(value: str) -> str:
    """A value without escapes (RFC 6350, section 3.4), in one line."""
    text = ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
    return " ".join(text.split())
