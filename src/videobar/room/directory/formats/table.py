"""Tables with comma, semicolon, tab or bar between columns (RFC 4180), as office and mail programs export them.

The first line names the columns: our own names (`displayName`), or those of common address books.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from videobar.room.directory.entry import TEXTS, EntryDevice, EntryFields, wire_name
from videobar.room.directory.formats.contacts import named, phone_field
from videobar.room.directory.formats.headings import LOCALIZED, guessed
from videobar.room.directory.formats.import_errors import Collected, refuse
from videobar.room.directory.formats.lines import lines_of_pieces
from videobar.room.directory.text import fold
from videobar.room.directory.transfer import FileEntry
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
    "primary email": "email",
    "mail": "email",
    "phone": "work_phone",
    "telephone": "work_phone",
    "business phone": "work_phone",
    "office phone": "work_phone",
    "mobile": "mobile_phone",
    "mobile number": "mobile_phone",
    "cell": "mobile_phone",
    "cell phone": "mobile_phone",
    "photo": "image_location",
    "sip": "address",
    "sip address": "address",
    "sip uri": "address",
    "number": "address",
    "office number": "work_phone",
    "other number": "address",
    "dial string": "address",
    "dial type": "dial_type",
    "company": "organization",
    "organization name": "organization",
    "organization 1 name": "organization",
}
LABELLED = re.compile(r"(phone \d{1,2}) (type|label|value)")
"""Columns of Google's: a telephone's label in one, its number in the other; folded."""
SEVERAL = " ::: "
"""Between several values in one cell of Google's."""
FIELDS = {*TEXTS, "address", "dial_type", "rate", "type", "favorite"}
OURS = {fold(wire_name(name)): name for name in FIELDS}
OF_TELEPHONES = frozenset(
    {"work", "home", "mobile", "cell", "office", "business", "private", "fixed", "sip", "other"}
)
"""Types of numbers, which other programs have in a column of that name."""
SPACED = {name.replace("_", " "): name for name in FIELDS}
COLUMNS = dict(LOCALIZED) | OTHER_NAMES | OURS | SPACED
LONGEST_HEADING = 64 * 1024
"""Characters in which the delimiter is looked for."""
LONGEST_LINE = 1024 * 1024
"""Characters of a line of the file."""
SAID_DELIMITER = re.compile(r"sep=([,;\t|])\r?\n", re.IGNORECASE)
"""The line before the heading that gives Excel the separator of columns."""
NAMES = {"display_name", "first_name", "last_name", "full_name"}
TRUE = frozenset({"1", "true", "yes", "x"})
FALSE = frozenset({"", "0", "false", "no"})


def read(pieces: Iterable[str], collected: Collected) -> None:
    """All rows of a table, whose text comes piece by piece. Raises `ImportRefused` where the rest cannot be read."""
    columns: dict[int, str] | None = None
    line = 1
    lines = lines_of_pieces(pieces, LONGEST_LINE)
    first = next(lines, "")
    said = SAID_DELIMITER.fullmatch(first)
    if said is not None:
        first, line = next(lines, ""), 2
    beginning = [first]
    while not beginning[-1].strip() and (more := next(lines, "")):
        beginning.append(more)
    heading = beginning[-1][:LONGEST_HEADING]
    delimiter = said[1] if said is not None else max(",;\t|", key=heading.count)
    rows = csv.reader(_bounded(chain(beginning, lines), line), delimiter=delimiter, strict=True)
    before = line - 1
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                pass
            elif columns is None:
                columns = _columns(row, line)
            else:
                _add(collected, line, _fields(row, columns))
            line = before + rows.line_num + 1
    except csv.Error as error:
        raise refuse(before + rows.line_num, f"not a table ({error})") from None
    if columns is None:
        raise refuse(1, "the file is empty")


def _bounded(lines: Iterable[str], first: int) -> Iterator[str]:
    """The lines. Raises `ImportRefused` at one that is too long to be read without holding up everybody else."""
    for number, line in enumerate(lines, first):
        if len(line) > LONGEST_LINE:
            raise refuse(number, f"longer than {LONGEST_LINE} characters")
        yield line


def _columns(row: list[str], line: int) -> dict[int, str]:
    """Field of each column; of several columns for the same field the first counts."""
    columns: dict[int, str] = {}
    for meaning in (_known, guessed):
        for number, cell in enumerate(row):
            name = meaning(fold(cell))
            if name and number not in columns and name not in columns.values():
                columns[number] = name
    if not NAMES & set(columns.values()):
        raise refuse(
            line, "no format that is known here: neither XML nor vCard, nor a table with a column of names"
        )
    return dict(sorted(columns.items()))


def _known(folded: str) -> str | None:
    return folded if LABELLED.fullmatch(folded) else COLUMNS.get(folded)


def known_columns(heading: str) -> int:
    """Number of known columns in a heading, whatever stands between them."""
    return sum(1 for cell in re.split(r"[,;\t|]", heading) if _known(fold(cell.strip().strip('"'))))


def _fields(row: list[str], columns: dict[int, str]) -> dict[str, str]:
    """A row's cells by the names of their fields."""
    given: dict[str, str] = {}
    labelled: dict[str, dict[str, str]] = {}
    for place, cell in enumerate(row):
        name = columns.get(place)
        part = LABELLED.fullmatch(name) if name else None
        if part is not None:
            labelled.setdefault(part[1], {})["number" if part[2] == "value" else "label"] = cell
        elif name is not None:
            given[name] = cell.partition(SEVERAL)[0].strip()
    for phone in labelled.values():
        number = phone.get("number", "").partition(SEVERAL)[0].strip()
        field = phone_field(fold(phone.get("label", "")).split())
        if number and field:
            given[field] = given.get(field) or number
    return given


def _add(collected: Collected, line: int, given: dict[str, str]) -> None:
    kind = given.pop("type", "").upper() or EntryType.SINGLE.value
    if kind.casefold() in OF_TELEPHONES:
        kind = EntryType.SINGLE.value
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
        devices = (EntryDevice("1", address, DialType(dial_type), int(rate)),) if address else ()
        organization = given.pop("organization", "")
        content = named(EntryFields(type=EntryType(kind), devices=devices, **given), organization)
        collected.add(FileEntry(line, content, favorite=line if favorite in TRUE else None))
