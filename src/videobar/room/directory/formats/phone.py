"""The contact file of the vendor's telephones (`000000000000-directory.xml`).

`item_list` has an `item` for each contact: `fn` and `ln` are names, `ct` is the number or address, `lb` a label, `sd`
the place among the speed dials, `pt` the protocol. What else there is concerns ringing, and is passed over.
"""

from __future__ import annotations

from videobar.room.directory.entry import EntryDevice, EntryFields
from videobar.room.directory.formats.contacts import named
from videobar.room.directory.formats.import_errors import Collected, refuse
from videobar.room.directory.formats.xml import Start, elements
from videobar.room.directory.transfer import FileEntry
from videobar.vocabulary import DialType

ITEM_DEPTH = 3
PROTOCOLS = {"": DialType.AUTO, "SIP": DialType.SIP, "H323": DialType.H323, "UNSPECIFIED": DialType.AUTO}


def read(content: bytes, collected: Collected) -> None:
    """All contacts of a file. Raises `ImportRefused` where the rest cannot be read."""
    fields: dict[str, str] = {}
    line = 1
    seen = False
    for event in elements(content):
        if isinstance(event, Start):
            seen = seen or (event.depth == 2 and event.name == "item_list")
            if event.depth == ITEM_DEPTH:
                fields, line = {}, event.line
        elif event.depth == ITEM_DEPTH and event.name == "item":
            _add(collected, line, fields)
        elif event.depth == ITEM_DEPTH + 1:
            fields[event.name] = event.text.strip()
    if not seen:
        raise refuse(
            line, "neither a version of our own format nor the contacts of a telephone that is known here"
        )


def _add(collected: Collected, line: int, fields: dict[str, str]) -> None:
    address, label = fields.get("ct", ""), fields.get("lb", "")
    first, last = fields.get("fn", ""), fields.get("ln", "")
    speed_dial = fields.get("sd", "")
    protocol = PROTOCOLS.get(fields.get("pt", "").upper())
    if not address:
        collected.complaints.add(line, "ct: is missing")
    elif speed_dial and not (speed_dial.isascii() and speed_dial.isdigit() and len(speed_dial) < 10):
        collected.complaints.add(line, "sd: must be a whole number")
    elif protocol is None:
        collected.complaints.add(line, f"pt: must be SIP or H323, not {fields['pt'][:40]!r}")
    else:
        content = EntryFields(
            display_name=label,
            first_name=first,
            last_name=last,
            devices=(EntryDevice("1", address, protocol),),
        )
        collected.add(FileEntry(line, named(content), favorite=int(speed_dial) if speed_dial else None))
