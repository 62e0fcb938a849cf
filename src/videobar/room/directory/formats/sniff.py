"""File format detection, by the first characters."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from videobar.errors import ImportRefused
from videobar.room.directory.formats import own, phone, phone_books, table, vcard
from videobar.room.directory.formats.charsets import WESTERN, fits, pieces
from videobar.room.directory.formats.import_errors import Collected
from videobar.room.directory.formats.xml import root_of
from videobar.room.directory.transfer import EntryFile

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


CODEPAGES = (
    *(WESTERN, "cp1250", "cp1251", "cp1253", "cp1254", "cp932", "gb18030", "big5", "cp949", "cp1257"),
    *("mac_roman", "cp850", "koi8-r", "euc-jp"),
)
"""In which office programs of the world's parts write tables; of equal ones the first is taken."""


def read(content: bytes, *, partial: bool = False) -> EntryFile:
    """All entries of a file of any known format. Raises `ImportRefused`, which names the line that is wrong.

    With `partial`, what cannot be read is left out and reported, and it is raised only where nothing can be read.
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
    """The mark at the beginning and the encoding; UTF-16 without a mark is recognised by its zeros."""
    for mark in BYTE_ORDER_MARKS:
        if content.startswith(mark[0]):
            return mark
    first = content[:64]
    for encoding, zeros, letters in (
        ("utf-16-le", first[1::2], first[::2]),
        ("utf-16-be", first[::2], first[1::2]),
    ):
        if zeros and not any(zeros) and all(letters):
            return b"", encoding
    return b"", "utf-8"


def _as_utf8(content: bytes) -> bytes:
    """A file in UTF-16 as UTF-8; any other as it is, since its character set may change from line to line."""
    mark, encoding = _mark_of(content)
    content = content[len(mark) :]
    return content if encoding == "utf-8" else _decoded(content, encoding).encode("utf-8", "replace")


def _as_text(content: bytes) -> Iterator[str]:
    """The text, piece by piece; one that is not UTF-8 is what office programs wrote. Raises `ImportRefused`."""
    mark, encoding = _mark_of(content)
    content = content[len(mark) :]
    if encoding == "utf-8" and not fits(content, encoding):
        encoding = _codepage(content)
    return _pieces(content, encoding)


def _codepage(content: bytes) -> str:
    """In which character set of old the heading makes most sense."""
    heading = content[:4096].lstrip().partition(b"\n")[0].partition(b"\r")[0]
    return max(CODEPAGES, key=lambda each: table.known_columns(heading.decode(each, "replace")))


def _decoded(content: bytes, encoding: str) -> str:
    return "".join(_pieces(content, encoding))


def _pieces(content: bytes, encoding: str) -> Iterator[str]:
    """The text. Raises `ImportRefused` for what is none in this encoding."""
    try:
        yield from pieces(content, encoding, "replace" if encoding in CODEPAGES else "strict")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ImportRefused(f"line {line}: not {encoding.upper()}") from None
