"""XML from strangers, as a stream of elements with their lines.

Document type declarations are refused, and with them every entity that a document could define; nesting and the
length of texts are bounded. Nothing outside the document is ever looked at.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.parsers import expat

from videobar.errors import ImportRefused
from videobar.room.directory.formats.charsets import WESTERN, codec_of, fits
from videobar.room.directory.formats.import_errors import refuse

DEEPEST = 16
LONGEST_TEXT = 64 * 1024
PIECE = 1024 * 1024
LONGEST_REFERENCE = 16
DECLARED = re.compile(rb"\s*<\?xml[^>]{1,150}?encoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9._-]{1,40})")
BARE_AMPERSAND = re.compile(rb"&(?!#?[A-Za-z0-9_]{1,12};)")
"""Ampersand that begins no reference: a program wrote a name as it is."""


class Start(NamedTuple):
    """An element begins."""

    line: int
    depth: int
    """1 for the root."""
    name: str
    attributes: dict[str, str]


class End(NamedTuple):
    """An element ends; `text` is what stood directly in it."""

    line: int
    depth: int
    name: str
    text: str


def elements(content: bytes) -> Iterator[Start | End]:
    """All elements of a document, in order. Raises `ImportRefused` with the line where it stops being one."""
    document = _Document(content)
    reader = _Reader(document)
    for piece, last in document.pieces():
        refused: ImportRefused | None = None
        try:
            reader.feed(piece, last=last)
        except ImportRefused as error:  # what stands before it has been read
            refused = error
        yield from reader.events
        reader.events.clear()
        if refused is not None:
            raise refused


class _Document:
    """The bytes of a document as the parser takes them, and the line where they begin.

    Programs write blank lines before the declaration, other character sets than they declare, or `&` as it is.
    """

    def __init__(self, content: bytes) -> None:
        beginning = content[:PIECE]
        start = len(beginning) - len(beginning.lstrip())
        self.first_line = content.count(b"\n", 0, start)
        self._content, self._start = content, start
        head = content[start : start + 200].removeprefix(codecs.BOM_UTF8)
        self._wide = head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or b"\0" in head[:4]
        declared = DECLARED.match(head)
        named = codec_of(declared[1].decode()) if declared else "utf-8"
        self.codec = "" if self._wide or named is None else named
        if self.codec == "utf-8" and not fits(content, "utf-8"):
            self.codec = WESTERN
        self._escape = not self._wide and b"<![CDATA[" not in content

    @property
    def encoding(self) -> str | None:
        """Encoding given to the parser, whatever is declared; `None` where the parser detects it."""
        return "utf-8" if self.codec else None

    def pieces(self) -> Iterator[tuple[bytes, bool]]:
        """All of it, each with whether it is the last one."""
        decoder = (
            codecs.getincrementaldecoder(self.codec)("replace") if self.codec not in ("", "utf-8") else None
        )
        at, length, rest = self._start, len(self._content), b""
        while True:
            piece = self._content[at : at + PIECE]
            at += PIECE
            last = at >= length
            if decoder is not None:
                piece = decoder.decode(piece, last).encode()
            piece, rest = rest + piece, b""
            if self._escape:
                cut = piece.rfind(b"&", max(0, len(piece) - LONGEST_REFERENCE))
                if cut >= 0 and not last:
                    piece, rest = piece[:cut], piece[cut:]
                piece = BARE_AMPERSAND.sub(b"&amp;", piece)
            yield piece, last
            if last:
                return


class _Reader:
    def __init__(self, document: _Document) -> None:
        self.events: list[Start | End] = []
        self._texts: list[list[str]] = []
        self._length = 0
        self._before = document.first_line
        self._parser = parser = expat.ParserCreate(document.encoding)
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype

    @property
    def _line(self) -> int:
        return self._parser.CurrentLineNumber + self._before

    def feed(self, piece: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(piece, last)
        except expat.ExpatError as error:
            raise refuse(
                error.lineno + self._before, f"not well-formed XML ({expat.ErrorString(error.code)})"
            ) from None
        except (LookupError, ValueError) as error:
            raise refuse(self._line, f"cannot be read ({error})") from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._line
        self._texts.append([])
        self._length = 0
        if len(self._texts) > DEEPEST:
            raise refuse(line, f"nested deeper than {DEEPEST} elements")
        self.events.append(Start(line, len(self._texts), name.rpartition(":")[2], attributes))

    def _end(self, name: str) -> None:
        text = "".join(self._texts[-1])
        self.events.append(End(self._line, len(self._texts), name.rpartition(":")[2], text))
        self._texts.pop()
        self._length = 0

    def _text(self, text: str) -> None:
        self._length += len(text)
        if self._length > LONGEST_TEXT:
            raise refuse(self._line, f"a text longer than {LONGEST_TEXT} characters")
        self._texts[-1].append(text)

    def _doctype(self, *_: object) -> None:
        raise refuse(self._line, "a document type declaration, which is not read here")


def root_of(content: bytes) -> Start:
    """The root element, without a prefix. Raises `ImportRefused`."""
    document = _Document(content)
    reader = _Reader(document)
    for piece, last in document.pieces():
        try:
            reader.feed(piece, last=last)
        except ImportRefused:
            if not reader.events:
                raise
        if reader.events:
            break
    root = reader.events[0]
    assert isinstance(root, Start)  # noqa: S101 (for the type checker; a document begins with an element)
    return root
