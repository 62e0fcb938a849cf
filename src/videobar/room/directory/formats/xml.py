"""XML from strangers, as a stream of elements with their lines.

Document type declarations are refused, and with them every entity that a document could define; nesting and the
length of texts are bounded. Nothing outside the document is ever looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from xml.parsers import expat

from videobar.errors import ImportRefused
from videobar.room.directory.formats.import_errors import refuse

DEEPEST = 16
LONGEST_TEXT = 64 * 1024
PIECE = 1024 * 1024


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
    reader = _Reader()
    at = 0
    while True:
        piece = content[at : at + PIECE]
        at += PIECE
        last = at >= len(content)
        refused: ImportRefused | None = None
        try:
            reader.feed(piece, last=last)
        except ImportRefused as error:  # what stands before it has been read
            refused = error
        yield from reader.events
        reader.events.clear()
        if refused is not None:
            raise refused
        if last:
            return


class _Reader:
    def __init__(self) -> None:
        self.events: list[Start | End] = []
        self._texts: list[list[str]] = []
        self._length = 0
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, piece: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(piece, last)
        except expat.ExpatError as error:
            raise refuse(error.lineno, f"not well-formed XML ({expat.ErrorString(error.code)})") from None
        except (LookupError, ValueError) as error:
            raise refuse(self._parser.CurrentLineNumber, f"cannot be read ({error})") from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        self._texts.append([])
        self._length = 0
        if len(self._texts) > DEEPEST:
            raise refuse(line, f"nested deeper than {DEEPEST} elements")
        self.events.append(Start(line, len(self._texts), name, attributes))

    def _end(self, name: str) -> None:
        text = "".join(self._texts[-1])
        self.events.append(End(self._parser.CurrentLineNumber, len(self._texts), name, text))
        self._texts.pop()
        self._length = 0

    def _text(self, text: str) -> None:
        self._length += len(text)
        if self._length > LONGEST_TEXT:
            raise refuse(self._parser.CurrentLineNumber, f"a text longer than {LONGEST_TEXT} characters")
        self._texts[-1].append(text)

    def _doctype(self, *_: object) -> None:
        raise refuse(self._parser.CurrentLineNumber, "a document type declaration, which is not read here")


def root_of(content: bytes) -> Start:
    """The root element. Raises `ImportRefused`."""
    reader = _Reader()
    for at in range(0, len(content), PIECE):
        try:
            reader.feed(content[at : at + PIECE], last=at + PIECE >= len(content))
        except ImportRefused:
            if not reader.events:
                raise
        if reader.events:
            break
    root = reader.events[0]
    assert isinstance(root, Start)  # noqa: S101 (for the type checker; a document begins with an element)
    return root
