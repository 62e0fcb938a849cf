"""vCards (RFC 6350 and RFC 2426, and what older programs write): several in one file.

`N`, `FN`, `ORG` where both are missing, `EMAIL`, `TEL` but no fax, `IMPP` and other SIP addresses, `PHOTO` by
reference, `UID`, `KIND:group` and `MEMBER` are read, everything else is passed over.
"""

from __future__ import annotations

import hashlib
import quopri
import re
from collections.abc import Iterator
from typing import NamedTuple

from videobar.room.directory.entry import MOST_DEVICES, Content, Device
from videobar.room.directory.formats.complaints import Collected, refuse
from videobar.room.directory.formats.contacts import named, phone_field
from videobar.room.directory.transfer import EntryFile, FileEntry
from videobar.vocabulary import DialType, EntryType

PROPERTY = re.compile(
    r"(?:[A-Za-z0-9-]+\.)?(?P<name>[A-Za-z0-9-]+)(?P<parameters>(?:;(?:\"[^\"]*\"|[^\":])*)?):(?P<value>.*)",
    re.S,
)
PARAMETER = re.compile(r";(?:(?P<key>[A-Za-z0-9-]+)=)?(?P<value>(?:\"[^\"]*\"|[^;\"])*)")
ESCAPED = re.compile(r"\\(.)", re.S)
PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
LINE_END = re.compile("\r\n|\n|\r")
LONGEST_LINE = 16 * 1024 * 1024
TEL_URI = re.compile(r"tel:([^;]*).*", re.IGNORECASE)
"""A telephone number as a URI (RFC 3966), whose parameters are for exchanges."""
SIP = re.compile(r"sips?:", re.IGNORECASE)
SIP_PROPERTIES = frozenset({"IMPP", "X-SIP", "X-SIP-ADDRESS", "SIP", "URL"})


class Property(NamedTuple):
    """One property: its name in capitals, its types in lower case, its value still escaped."""

    line: int
    name: str
    types: frozenset[str]
    value: str


def read(text: str) -> EntryFile:
    """All cards of a file. Raises `ImportRefused`."""
    collected = Collected()
    card: list[Property] | None = None
    begin = 1
    last = 1
    for found in _properties(text):
        last = found.line
        match found.name, found.value.strip().upper():
            case "BEGIN", "VCARD":
                if card is not None:
                    raise refuse(found.line, f"a card begins within the card of line {begin}")
                card, begin = [], found.line
            case "END", "VCARD":
                if card is None:
                    raise refuse(found.line, "a card ends that has not begun")
                collected.add(_entry(begin, card))
                card = None
            case _:
                if card is None:
                    raise refuse(found.line, "only cards can stand here")
                card.append(found)
    if card is not None:
        raise refuse(last, f"the card of line {begin} does not end")
    collected.complaints.raise_if_any()
    return EntryFile("vcard", collected.entries)


def _properties(text: str) -> Iterator[Property]:
    for line, content in _unfolded(text):
        if not content.strip():
            continue
        match = PROPERTY.fullmatch(content)
        if match is None:
            raise refuse(line, "not a line of a vCard")
        types: set[str] = set()
        encoding = charset = ""
        for parameter in PARAMETER.finditer(match["parameters"]):
            value = parameter["value"].replace('"', "")
            match (parameter["key"] or "TYPE").upper():
                case "TYPE":
                    types.update(value.lower().split(","))
                case "ENCODING":
                    encoding = value.lower()
                case "CHARSET":
                    charset = value
        value = match["value"]
        if encoding == "quoted-printable" or "quoted-printable" in types:
            value = _unquoted(line, value, charset or "utf-8")
        yield Property(line, match["name"].upper(), frozenset(types), value)


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Lines with what continues them (RFC 6350, section 3.2), and soft line breaks of old programs."""
    parts: list[str] = []
    begin = 1
    length = 0
    soft = False
    for number, line in enumerate(LINE_END.split(text), 1):
        if parts and (line[:1] in (" ", "\t") or soft):
            parts.append(line if soft else line[1:])
            length += len(line)
            if length > LONGEST_LINE:
                raise refuse(begin, f"longer than {LONGEST_LINE} characters")
        else:
            if parts:
                yield begin, "".join(parts)
            parts, begin, length = [line], number, len(line)
        soft = line.endswith("=") and "QUOTED-PRINTABLE" in parts[0].upper()
        if soft:
            parts[-1] = parts[-1][:-1]
    if parts:
        yield begin, "".join(parts)


def _unquoted(line: int, value: str, charset: str) -> str:
    try:
        return quopri.decodestring(value.encode("utf-8")).decode(charset, "replace")
    except LookupError:
        raise refuse(line, f"the character set {charset[:40]!r} is not known") from None


def _entry(line: int, card: list[Property]) -> FileEntry:
    texts: dict[str, str] = {}
    devices: list[Device] = []
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
                devices.append(Device("", value, DialType.SIP))
            case "TEL" if number := TEL_URI.sub(r"\1", value):
                if field := phone_field(found.types):
                    texts.setdefault(field, number)
            case "ORG":
                organization = organization or _plain(_split(found.value)[0])
            case name if name in SIP_PROPERTIES:
                if SIP.match(value) or name in ("X-SIP", "SIP", "X-SIP-ADDRESS"):
                    devices.append(Device("", value, DialType.SIP))
            case "PHOTO" if value.lower().startswith(("http:", "https:")):
                texts.setdefault("image_location", value)
            case "UID":
                entry_id = _id(value)
            case "KIND" | "X-ADDRESSBOOKSERVER-KIND" if value.strip().lower() == "group":
                kind = EntryType.GROUP
            case "MEMBER" | "X-ADDRESSBOOKSERVER-MEMBER":
                members.append(_id(value))
    content = Content(kind, full, full_name=full, devices=tuple(devices[:MOST_DEVICES]), **texts)
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
