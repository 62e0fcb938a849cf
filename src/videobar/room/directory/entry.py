"""Directory entry: a person, a room or a group."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

from videobar.errors import InvalidRequest
from videobar.room.directory.text import digits_of, sort_key, words_of
from videobar.vocabulary import DialType, EntryOrder, EntryType, Presence

LOCAL = "local"
"""Id and, in capitals, protocol of the room's own directory."""
GLOBAL = "global"
"""Id of the global directory."""

LONGEST_TEXT = 256
LONGEST_LOCATION = 2048
LONGEST_ADDRESS = 512
MOST_DEVICES = 32
HIGHEST_RATE_KBPS = 9_999_999

UNWRITABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Characters that no XML file can hold, so that they could not be exported (XML 1.0, section 2.2); and DEL."""


@dataclass(frozen=True, slots=True)
class EntryDevice:
    """One way to reach an entry. `rate_kbps` 0 means the room's default; `kind` is `VIDEO` or `AUDIO`."""

    id: str
    address: str
    dial_type: DialType = DialType.AUTO
    rate_kbps: int = 0
    kind: str = "VIDEO"


@dataclass(frozen=True, slots=True)
class EntryFields:
    """Written fields of an entry. Names are texts as they were written, empty where there is none."""

    type: EntryType = EntryType.SINGLE
    display_name: str = ""
    first_name: str = ""
    last_name: str = ""
    full_name: str = ""
    email: str = ""
    home_phone: str = ""
    work_phone: str = ""
    mobile_phone: str = ""
    image_location: str = ""
    devices: tuple[EntryDevice, ...] = ()

    @property
    def tier(self) -> int:
        """0 for groups, 1 for all others: groups stand first where both are listed apart."""
        return 0 if self.type is EntryType.GROUP else 1

    def sort_key(self, order: EntryOrder) -> str:
        """Sort key. An entry without the name of the order is sorted by its display name."""
        match order:
            case EntryOrder.FIRST_NAME if self.first_name:
                return sort_key(f"{self.first_name} {self.last_name}".rstrip())
            case EntryOrder.LAST_NAME if self.last_name:
                return sort_key(f"{self.last_name} {self.first_name}".rstrip())
            case _:
                return sort_key(self.display_name)

    @property
    def words(self) -> str:
        """Everything that a search looks into."""
        phones = (self.home_phone, self.work_phone, self.mobile_phone)
        addresses = [device.address for device in self.devices]
        return words_of(
            (
                self.display_name,
                self.first_name,
                self.last_name,
                self.full_name,
                self.email,
                *phones,
                *addresses,
                *map(digits_of, phones),
            )
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of some directory. `id` is unique within its server."""

    id: str
    server_id: str
    content: EntryFields
    protocol: str = LOCAL.upper()
    favorite: bool = False
    presence: Presence = Presence.UNKNOWN

    @property
    def local(self) -> bool:
        """True if the entry was made in this room, and can be changed here."""
        return self.server_id == LOCAL


TEXTS = tuple(item.name for item in fields(EntryFields) if item.name not in ("type", "devices"))
"""The fields of `EntryFields` that are texts."""


def checked(content: EntryFields) -> EntryFields:
    """`content` complete: with a name to show, and ids for all devices. Raises `InvalidRequest`, naming the field."""
    for name in TEXTS:
        text = getattr(content, name)
        longest = LONGEST_LOCATION if name == "image_location" else LONGEST_TEXT
        if len(text) > longest or UNWRITABLE.search(text):
            _check_text(wire_name(name), text, longest)
    full = content.full_name.strip() or f"{content.first_name} {content.last_name}".strip()
    display = content.display_name if content.display_name.strip() else full[:LONGEST_TEXT]
    if not display:
        raise InvalidRequest("displayName: an entry needs a name")
    if len(content.devices) > MOST_DEVICES:
        raise InvalidRequest(f"devices: more than {MOST_DEVICES}")
    devices = tuple(_identified(content.devices))
    if display == content.display_name and devices == content.devices:
        return content
    return replace(content, display_name=display, devices=devices)


def wire_name(name: str) -> str:
    """A field as clients write it: `display_name` is `displayName`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _identified(devices: Sequence[EntryDevice]) -> Iterator[EntryDevice]:
    """The devices, checked; one without id gets the lowest number that is free."""
    taken = {device.id for device in devices if device.id}
    if len(taken) < sum(1 for device in devices if device.id):
        raise InvalidRequest("devices: two have the same id")
    free = (str(number) for number in range(1, len(devices) + 1) if str(number) not in taken)
    for place, device in enumerate(devices):
        field = f"devices[{place}]"
        if not device.address.strip():
            raise InvalidRequest(f"{field}.address: is missing")
        _check_text(f"{field}.address", device.address, LONGEST_ADDRESS)
        _check_text(f"{field}.id", device.id, 64)
        _check_text(f"{field}.type", device.kind, 32)
        if not 0 <= device.rate_kbps <= HIGHEST_RATE_KBPS:
            raise InvalidRequest(f"{field}.rate: must be from 0 to {HIGHEST_RATE_KBPS}")
        yield device if device.id else replace(device, id=next(free))


def _check_text(field: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise InvalidRequest(f"{field}: longer than {longest} characters")
    bad = UNWRITABLE.search(text)
    if bad:
        raise InvalidRequest(f"{field}: has the character U+{ord(bad[0]):04X}, which cannot be kept")
