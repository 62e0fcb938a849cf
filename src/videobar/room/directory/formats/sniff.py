"""What kind of file it is, told from its first characters."""

from __future__ import annotations

import codecs

from videobar.errors import ImportRefused
from videobar.folding import with_whole_letters
from videobar.room.directory.formats import own, phone, table, vcard
from videobar.room.directory.formats.xml import root_of
from videobar.room.directory.transfer import EntryFile

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read(content: bytes) -> EntryFile:
    """All entries of a file of any known format. Raises `ImportRefused`, which names the line that is wrong."""
    mark, encoding = next((m for m in BYTE_ORDER_MARKS if content.startswith(m[0])), (b"", "utf-8"))
    beginning = content[len(mark) : len(mark) + 4096].decode(encoding, "replace").lstrip().casefold()
    if not beginning:
        raise ImportRefused("line 1: the file is empty")
    if beginning.startswith("<"):
        return own.read(content) if "version" in root_of(content).attributes else phone.read(content)
    content = content[len(mark) :]
    if not beginning.startswith("begin:vcard"):
        return table.read(_text(content, encoding))
    if encoding == "utf-8":
        content = with_whole_letters(content)
    return vcard.read(_text(content, encoding))


def _text(content: bytes, encoding: str) -> str:
    """The text; a file that is not UTF-8 is what office programs of the western world wrote."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            line = content[: error.start].count(b"\n") + 1
            raise ImportRefused(f"line {line}: not {encoding.upper()}") from None
    return content.decode("cp1252", "replace")
