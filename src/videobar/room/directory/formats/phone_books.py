"""Phone books of several makers, in XML: contacts as elements with names and numbers.

* Cisco, Yealink, Snom and others that took it over: `…IPPhoneDirectory` with a `DirectoryEntry` for each contact, which
  has `Name` and one `Telephone` or several.
* Yealink: `YealinkIPPhoneBook` with `Unit` in a `Menu` (`Name`, `Phone1` to `Phone3`), and the contacts that a
  telephone saves, `vp_contact` or `root_contact` with `contact` (`display_name`, `office_number`, `mobile_number`,
  `other_number`).
* Snom: `tbook` with `item` (`first_name`, `last_name` or `name`, `number`, `number_type`), or with `contact` whose
  `number` has its digits in the attribute `no`.
* Grandstream: `AddressBook` with `Contact` (`FirstName`, `LastName`, `Phone` with `phonenumber`).
* FRITZ!Box: `phonebooks` with `contact` (`realName`, `number`, `email`).
* Fanvil: `PhoneBook` with `DirectoryEntry` (`Name`, `Telephone`, `Mobile`, `Other`).

Attributes and elements are read alike, whatever the case of their names. Every number but faxes becomes a device; those
with a label are a telephone at work, at home or a mobile one too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from videobar.room.directory.entry import MOST_DEVICES, EntryDevice, EntryFields
from videobar.room.directory.formats.contacts import named, phone_field
from videobar.room.directory.formats.import_errors import Collected
from videobar.room.directory.formats.xml import End, Start, elements
from videobar.room.directory.transfer import FileEntry
from videobar.vocabulary import DialType

MAKERS: Final = {
    "ciscoipphonedirectory": "cisco",
    "snomipphonedirectory": "snom",
    "tbook": "snom",
    "yealinkipphonebook": "yealink",
    "vp_contact": "yealink",
    "root_contact": "yealink",
    "addressbook": "grandstream",
    "phonebooks": "fritzbox",
    "phonebook": "fanvil",
}
"""By the name of the root element, in lower case."""
DIRECTORY: Final = "ipphonedirectory"
ITEMS: Final = frozenset({"directoryentry", "unit", "contact", "item"})
NAMES: Final = frozenset({"name", "realname", "display_name", "displayname"})
NUMBERS: Final = {
    "telephone": "",
    "number": "",
    "phonenumber": "",
    "phone1": "",
    "phone2": "",
    "phone3": "",
    "mobile": "mobile",
    "other": "",
    "office_number": "work",
    "mobile_number": "mobile",
    "other_number": "",
}
"""Elements that contain a number, and the label that follows from their name."""
NUMBER_ATTRIBUTES: Final = frozenset({"no", "number", "value"})
LABELS: Final = {"fixed": "work", "business": "work", "office": "work", "fax_work": "fax", "fax_home": "fax"}
SAID: Final = frozenset({"work", "home", "mobile", "cell"})
MOST_FIELDS: Final = 500
"""Fields of one contact, at most."""


def maker_of(root: str) -> str:
    """Maker of the telephones whose files have that root element; empty for unknown ones."""
    name = root.casefold()
    return MAKERS.get(name) or ("yealink" if name.endswith(DIRECTORY) else "")


@dataclass
class _Item:
    """A contact as far as it was read."""

    line: int
    depth: int
    fields: list[tuple[str, str, str]] = field(default_factory=list)
    """Names in lower case, texts, and labels."""
    labels: list[str] = field(default_factory=list)
    """Labels of the elements that are open within it."""

    def add(self, name: str, text: str, label: str) -> None:
        if len(self.fields) < MOST_FIELDS:
            self.fields.append((name, text.strip(), label))

    def first(self, *names: str) -> str:
        """The first field of one of these names that is not empty."""
        return next((text for name, text, _ in self.fields if name in names and text), "")


def read(content: bytes, collected: Collected) -> None:
    """All contacts of a file. Raises `ImportRefused` where the rest cannot be read."""
    item: _Item | None = None
    for event in elements(content):
        name = event.name.casefold()
        if isinstance(event, Start):
            if item is not None:
                item.labels.append(_label(event, item))
                _add_attributes(item, event, name)
            elif event.depth > 1 and name in ITEMS:
                item = _begin(event)
        elif item is not None:
            item = _end(item, event, name, collected)


def _begin(event: Start) -> _Item:
    item = _Item(event.line, event.depth)
    for key, text in event.attributes.items():
        item.add(key.casefold(), text, "")
    return item


def _add_attributes(item: _Item, event: Start, name: str) -> None:
    """Add numbers that stand in attributes of an element within an item, as in newer files of Snom."""
    if name in NUMBERS:
        for key, text in event.attributes.items():
            if key.casefold() in NUMBER_ATTRIBUTES:
                item.add(name, text, item.labels[-1])


def _label(event: Start, item: _Item) -> str:
    """Label of the number in an element: by its attributes, else by the element around it."""
    attributes = {key.casefold(): text for key, text in event.attributes.items()}
    return attributes.get("type") or attributes.get("label") or (item.labels[-1] if item.labels else "")


def _end(item: _Item, event: End, name: str, collected: Collected) -> _Item | None:
    """Item after the end of an element within it; `None` after its own end, when it is collected."""
    if event.depth > item.depth:
        item.add(name, event.text, item.labels.pop())
        return item
    collected.add(FileEntry(item.line, _content(item), favorite=item.line if _is_favorite(item) else None))
    return None


def _content(item: _Item) -> EntryFields:
    phones: dict[str, str] = {}
    devices: list[EntryDevice] = []
    number_type = item.first("number_type")
    for name, text, label in item.fields:
        if name not in NUMBERS or not text:
            continue
        said = (label or NUMBERS[name] or number_type).casefold()
        said = LABELS.get(said, said)
        if phone_field({said}) == "" or any(device.address == text for device in devices):
            continue
        if said in SAID and not text.lower().startswith(("sip:", "sips:")):
            phones.setdefault(phone_field({said}), text)
        if len(devices) < MOST_DEVICES:
            sip = said == "sip" or text.lower().startswith(("sip:", "sips:"))
            devices.append(EntryDevice("", text, DialType.SIP if sip else DialType.AUTO))
    picture = item.first("imageurl")
    content = EntryFields(
        display_name=item.first(*NAMES),
        first_name=item.first("firstname", "first_name"),
        last_name=item.first("lastname", "last_name"),
        email=item.first("email", "mail"),
        image_location=picture if picture.startswith(("http:", "https:")) else "",
        devices=tuple(devices),
        work_phone=phones.get("work_phone", ""),
        mobile_phone=phones.get("mobile_phone", ""),
        home_phone=phones.get("home_phone", ""),
    )
    return named(content, item.first("company", "organization"))


def _is_favorite(item: _Item) -> bool:
    """FRITZ!Box calls them important persons."""
    return item.first("fav", "frequent").casefold() in ("true", "1") or item.first("category") == "1"
