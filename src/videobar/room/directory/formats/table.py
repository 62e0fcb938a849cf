"""Tables with comma, semicolon or tab between columns (RFC 4180), as office programs and mail programs export them.

The first line names the columns: our own names (`displayName`), or those of common address books.
"""

from __future__ import annotations

import csv
import io

from videobar.room.directory.entry import TEXTS, Content, Device, wire_name
from videobar.room.directory.formats.complaints import Collected, refuse
from videobar.room.directory.text import fold
from videobar.room.directory.transfer import EntryFile, FileEntry
from videobar.vocabulary import DialType, EntryType

OTHER_NAMES = {
    "name": "display_name",
    "given name": "first_name",
    "family name": "last_name",
    "surname": "last_name",
    "e mail": "email",
    "e mail address": "email",
    "email address": "email",
    "e mail 1 value": "email",
    "mail": "email",
    "phone": "work_phone",
    "telephone": "work_phone",
    "business phone": "work_phone",
    "office phone": "work_phone",
    "mobile": "mobile_phone",
    "cell": "mobile_phone",
    "cell phone": "mobile_phone",
    "photo": "image_location",
    "sip": "address",
    "sip address": "address",
    "sip uri": "address",
    "number": "address",
    "dial string": "address",
    "dial type": "dial_type",
}
FIELDS = {*TEXTS, "address", "dial_type", "rate", "type", "favorite"}
OURS = {fold(wire_name(name)): name for name in FIELDS}
SPACED = {name.replace("_", " "): name for name in FIELDS}
COLUMNS = OTHER_NAMES | OURS | SPACED
NAMES = {"display_name", "first_name", "last_name", "full_name"}
TRUE = frozenset({"1", "true", "yes", "x"})
FALSE = frozenset({"", "0", "false", "no"})


def read(text: str) -> EntryFile:
    """All rows of a table. Raises `ImportRefused`."""
    heading = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    collected = Collected()
    columns: dict[int, str] | None = None
    line = 1
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                pass
            elif columns is None:
                columns = _columns(row, line)
            else:
                _add(
                    collected, line, {columns[n]: cell.strip() for n, cell in enumerate(row) if n in columns}
                )
            line = rows.line_num + 1
    except csv.Error as error:
        raise refuse(rows.line_num, f"not a table ({error})") from None
    if columns is None:
        raise refuse(1, "the file is empty")
    collected.complaints.raise_if_any()
    return EntryFile("csv", collected.entries)


def _columns(row: list[str], line: int) -> dict[int, str]:
    """Which column is which field; of several that mean the same the first counts."""
    columns: dict[int, str] = {}
    for number, cell in enumerate(row):
        name = COLUMNS.get(fold(cell))
        if name is not None and name not in columns.values():
            columns[number] = name
    if not NAMES & set(columns.values()):
        raise refuse(
            line, "no format that is known here: neither XML nor vCard, nor a table with a column of names"
        )
    return columns


def _add(collected: Collected, line: int, given: dict[str, str]) -> None:
    kind = given.pop("type", "").upper() or EntryType.SINGLE.value
    dial_type = given.pop("dial_type", "").upper() or DialType.AUTO.value
    address, rate = given.pop("address", ""), given.pop("rate", "") or "0"
    favorite = given.pop("favorite", "").casefold()
    if kind not in EntryType.__members__:
        collected.complaints.add(line, "type: must be SINGLE or GROUP")
    elif dial_type not in DialType.__members__:
        collected.complaints.add(line, f"dialType: there is no {dial_type[:40]!r}")
    elif not (rate.isascii() and rate.isdigit() and len(rate) < 10):
        collected.complaints.add(line, "rate: must be a whole number")
    elif favorite not in TRUE | FALSE:
        collected.complaints.add(line, "favorite: must be true or false")
    else:
        devices = (Device("1", address, DialType(dial_type), int(rate)),) if address else ()
        content = Content(type=EntryType(kind), devices=devices, **given)
        collected.add(FileEntry(line, content, favorite=line if favorite in TRUE else None))
