"""What kind of file it is, told from its first characters."""

from __future__ import annotations

import codecs

from videobar.errors import ImportRefused
from videobar.room.directory.formats import own, phone, phone_books, table, vcard
from videobar.room.directory.formats.charsets import WESTERN, pieces
from videobar.room.directory.formats.import_errors import Collected
from videobar.room.directory.formats.xml import root_of
from videobar.room.directory.transfer import EntryFile

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read(content: bytes, *, partial: bool = False) -> EntryFile:
    """All entries of a file of any known format. Raises `ImportRefused`, which names the line that is wrong.

    With `partial`, what cannot be read is left out and told of, and it is raised only where nothing can be read.
    """
    collected = Collected()
    try:
        file_format = _read(content, collected)
    except ImportRefused as error:
        if not partial or not collected.entries:
            raise
        collected.complaints.tell(f"{error.detail}: what follows was not read")
        file_format = _format_of(content)
    if not partial or not (collected.entries or collected.global_favorites):
        collected.complaints.raise_if_any()
    return collected.file(file_format)


def _read(content: bytes, collected: Collected) -> str:
    """Read all of a file; what format it has."""
    file_format = _format_of(content)
    match file_format:
        case "videobar":
            own.read(content, collected)
        case "phone":
            phone.read(content, collected)
        case "vcard":
            vcard.read(_as_utf8(content), collected)
        case "csv":
            table.read(_as_text(content), collected)
        case _:
            phone_books.read(content, collected)
    return file_format


def _format_of(content: bytes) -> str:
    mark, encoding = _mark_of(content)
    beginning = content[len(mark) : len(mark) + 4096].decode(encoding, "replace").lstrip().casefold()
    if not beginning:
        raise ImportRefused("line 1: the file is empty")
    if beginning.startswith("<"):
        root = root_of(content)
        return phone_books.maker_of(root.name) or ("videobar" if "version" in root.attributes else "phone")
    return "vcard" if beginning.startswith("begin:vcard") else "csv"


def _mark_of(content: bytes) -> tuple[bytes, str]:
    return next((mark for mark in BYTE_ORDER_MARKS if content.startswith(mark[0])), (b"", "utf-8"))


def _as_utf8(content: bytes) -> bytes:
    """A file in UTF-16 as UTF-8; any other as it is, since its character set may change from line to line."""
    mark, encoding = _mark_of(content)
    content = content[len(mark) :]
    return content if encoding == "utf-8" else _decoded(content, encoding).encode("utf-8", "replace")


def _as_text(content: bytes) -> str:
    """The text; a file that is not UTF-8 is what office programs of the western world wrote."""
    mark, encoding = _mark_of(content)
    content = content[len(mark) :]
    try:
        return "".join(pieces(content, encoding))
    except UnicodeDecodeError:
        return _decoded(content, WESTERN) if encoding == "utf-8" else _decoded(content, encoding)


def _decoded(content: bytes, encoding: str) -> str:
    """The text. Raises `ImportRefused` for what is none in this encoding."""
    try:
        return "".join(pieces(content, encoding, "replace" if encoding == WESTERN else "strict"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ImportRefused(f"line {line}: not {encoding.upper()}") from None
