"""Our own XML, which holds everything and reads back exactly.

    <directory version="1">
      <entry id="3f…" type="SINGLE" favorite="2">
        <displayName>Mira Holt</displayName>
        <device id="1" dialType="SIP" rate="0" type="VIDEO">mira@rooms.example.org</device>
      </entry>
      <entry id="77…" type="GROUP"><displayName>Board</displayName><member>3f…</member></entry>
      <globalFavorite favorite="1" id="…" type="SINGLE" protocol="LDAP">…</globalFavorite>
    </directory>

Fields that are empty are left out. `favorite` is the place among the favourites. A `globalFavorite` is a favourite that
is kept on a global directory's server, with what was last known of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from videobar.room.directory.entry import GLOBAL, TEXTS, Entry, EntryDevice, EntryFields, wire_name
from videobar.room.directory.formats.import_errors import Collected, refuse
from videobar.room.directory.formats.xml import Start, elements
from videobar.room.directory.transfer import FileEntry, LostFavorite
from videobar.vocabulary import DialType, EntryType

VERSION = "1"
HEAD = f'<?xml version="1.0" encoding="UTF-8"?>\n<directory version="{VERSION}">\n'
TAIL = "</directory>\n"

BY_WIRE_NAME = {wire_name(name): name for name in TEXTS}
WIRE_NAMES = [(wire_name(name), name) for name in TEXTS]
DIGITS = re.compile(r"[0-9]{1,9}")
LONGEST_ID = 64
TYPES = {kind.value: kind for kind in EntryType}
DIAL_TYPES = {kind.value: kind for kind in DialType}

SPECIAL = re.compile(r"[&<>\"\t\n\r]")
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
"""Also what readers of XML would make into spaces (XML 1.0, sections 2.11 and 3.3.3)."""


def write_entry(entry_id: str, content: EntryFields, members: Sequence[str], favorite: int | None) -> str:
    """One entry as an element."""
    place = "" if favorite is None else f' favorite="{favorite}"'
    return (
        f'  <entry id="{escaped(entry_id)}" type="{content.type.value}"{place}>\n{_inside(content)}'
        + "".join(f"    <member>{escaped(member)}</member>\n" for member in members)
        + "  </entry>\n"
    )


def write_global(entry: Entry, favorite: int) -> str:
    """A favourite of another server as an element."""
    return (
        f'  <globalFavorite favorite="{favorite}" id="{escaped(entry.id)}" type="{entry.content.type.value}" '
        f'protocol="{escaped(entry.protocol)}">\n{_inside(entry.content)}  </globalFavorite>\n'
    )


def escaped(text: str) -> str:
    """`text` as it may stand in an element or in quotes."""
    return SPECIAL.sub(lambda match: ESCAPES[match[0]], text) if SPECIAL.search(text) else text


def _inside(content: EntryFields) -> str:
    fields = "".join(
        f"    <{wire}>{escaped(text)}</{wire}>\n"
        for wire, name in WIRE_NAMES
        if (text := getattr(content, name))
    )
    devices = "".join(
        f'    <device id="{escaped(device.id)}" dialType="{device.dial_type.value}" rate="{device.rate_kbps}" '
        f'type="{escaped(device.kind)}">{escaped(device.address)}</device>\n'
        for device in content.devices
    )
    return fields + devices


def read(content: bytes, collected: Collected) -> None:
    """All entries of a document. Raises `ImportRefused` where the rest cannot be read."""
    current: _Element | None = None
    for event in elements(content):
        if isinstance(event, Start):
            if event.depth == 1:
                _check_root(event)
            elif event.depth == 2:
                current = _Element(event)
            elif current is not None:
                current.begin(event)
        elif event.depth == 2 and current is not None:
            _finish(current, collected)
            current = None
        elif event.depth == 3 and current is not None:
            current.end(event.name, event.text)


def _check_root(root: Start) -> None:
    if root.name != "directory":
        raise refuse(root.line, f"the root is {root.name!r}, not 'directory'")
    version = root.attributes.get("version")
    if version != VERSION:
        raise refuse(root.line, f"version {version!r} of the format; this room reads {VERSION!r}")


class _Element:
    """An `entry` or `globalFavorite` as far as it was read."""

    def __init__(self, start: Start) -> None:
        self.line = start.line
        self.name = start.name
        self.attributes = start.attributes
        self.texts: dict[str, str] = {}
        self.devices: list[EntryDevice] = []
        self.members: list[str] = []
        self.wrong: list[tuple[int, str]] = []
        self._attributes: dict[str, str] = {}
        self._line = start.line

    def begin(self, start: Start) -> None:
        if start.depth > 3:
            self.wrong.append((start.line, f"{start.name}: nothing can stand in a field"))
        self._attributes, self._line = start.attributes, start.line

    def end(self, name: str, text: str) -> None:
        if name in BY_WIRE_NAME:
            if BY_WIRE_NAME[name] in self.texts:
                self.wrong.append((self._line, f"{name}: stands there twice"))
            self.texts[BY_WIRE_NAME[name]] = text
        elif name == "member" and self.name == "entry":
            self.members.append(text)
        elif name == "device":
            self._device(text)
        else:
            self.wrong.append((self._line, f"{name}: is no field of an entry"))

    def number(self, name: str, text: str | None, default: int | None) -> int | None:
        """A number that is written in digits; what is wrong with it becomes a complaint."""
        if text is None:
            return default
        if not DIGITS.fullmatch(text):
            self.wrong.append((self._line, f"{name}: must be a whole number"))
            return default
        return int(text)

    def _device(self, address: str) -> None:
        given = self._attributes
        dial_type = DIAL_TYPES.get(given.get("dialType", "AUTO"))
        if dial_type is None:
            self.wrong.append((self._line, f"dialType: there is no {given['dialType'][:40]!r}"))
            return
        rate = self.number("rate", given.get("rate"), 0) or 0
        self.devices.append(
            EntryDevice(given.get("id", ""), address, dial_type, rate, given.get("type", "VIDEO"))
        )


def _finish(element: _Element, collected: Collected) -> None:
    attributes = element.attributes
    kind = TYPES.get(attributes.get("type", "SINGLE"))
    entry_id = attributes.get("id", "")
    favorite = element.number("favorite", attributes.get("favorite"), None)
    wrong = element.wrong
    if element.name not in ("entry", "globalFavorite"):
        wrong.append((element.line, f"{element.name}: only entry and globalFavorite can stand here"))
    if kind is None:
        wrong.append((element.line, "type: must be SINGLE or GROUP"))
    if len(entry_id) > LONGEST_ID:
        wrong.append((element.line, f"id: longer than {LONGEST_ID} characters"))
    if element.members and kind is EntryType.SINGLE:
        wrong.append((element.line, "member: only a group has members"))
    if element.name == "globalFavorite" and not entry_id:
        wrong.append((element.line, "id: is missing"))
    for line, what in wrong:
        collected.complaints.add(line, what)
    if wrong or kind is None:
        return
    content = EntryFields(type=kind, devices=tuple(element.devices), **element.texts)
    if element.name == "entry":
        collected.add(FileEntry(element.line, content, entry_id, tuple(element.members), favorite))
    else:
        entry = Entry(entry_id, GLOBAL, content, attributes.get("protocol", "LDAP"), favorite=True)
        collected.global_favorites.append(LostFavorite(favorite or 0, entry))


def document(parts: Iterable[str]) -> Iterator[str]:
    """A whole document around its elements."""
    yield HEAD
    yield from parts
    yield TAIL
