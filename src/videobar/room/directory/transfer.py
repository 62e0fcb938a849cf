"""What a file of entries holds, whatever its format."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from videobar.room.directory.entry import Content, Entry

MOST_ENTRIES = 200_000
MOST_COMPLAINTS = 5
"""How many wrong lines of a file are told of at once."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One entry of a file. `members` are ids of entries, of the same file or of the room."""

    line: int
    content: Content
    id: str = ""
    """Empty where the format has no ids, or none that mean anything to a room."""
    members: tuple[str, ...] = ()
    favorite: int | None = None
    """Its place among the file's favourites; `None` for what is none."""


@dataclass(frozen=True, slots=True)
class LostFavorite:
    """A favourite of another server, with what the exporting room knew of it."""

    place: int
    entry: Entry


@dataclass(frozen=True)
class EntryFile:
    """A file that was read: `format` is `videobar`, `phone`, `vcard` or `csv`."""

    format: str
    entries: list[FileEntry] = field(default_factory=list)
    global_favorites: list[LostFavorite] = field(default_factory=list)


@dataclass(frozen=True)
class ImportCounts:
    """What became of the entries of a file."""

    added: int = 0
    updated: int = 0
    skipped: int = 0


@dataclass(frozen=True)
class OpenedExport:
    """An export that is ready to be read: `chunks` can be closed early, and `length` is in bytes."""

    chunks: AsyncIterator[bytes]
    length: int
