"""Import and export of entries: the contents of a file, whatever its format."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from videobar.room.directory.entry import Entry, EntryFields

MOST_ENTRIES = 200_000
MOST_COMPLAINTS = 5
"""Maximum number of wrong lines reported when nothing is imported."""
MOST_TOLD = 100
"""Maximum number of omissions reported when the rest is imported."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One entry of a file. `members` are ids of entries, of the same file or of the room."""

    line: int
    content: EntryFields
    id: str = ""
    """Empty where the format has no ids, or none that mean anything to a room."""
    members: tuple[str, ...] = ()
    favorite: int | None = None
    """Place among the file's favourites; `None` for an entry that is none."""


@dataclass(frozen=True, slots=True)
class LostFavorite:
    """A favourite of another server, with what the exporting room knew of it."""

    place: int
    entry: Entry


@dataclass(frozen=True)
class NotImported:
    """Rest of a file that was not imported: the number of faults, and the first ones with their lines."""

    count: int = 0
    complaints: tuple[str, ...] = ()

    def __add__(self, other: NotImported) -> NotImported:
        """Both of them."""
        return NotImported(self.count + other.count, (*self.complaints, *other.complaints)[:MOST_TOLD])


@dataclass(frozen=True)
class EntryFile:
    """A file that was read: `format` is `videobar`, `phone`, `vcard`, `csv` or the name of a maker of telephones."""

    format: str
    entries: list[FileEntry] = field(default_factory=list)
    global_favorites: list[LostFavorite] = field(default_factory=list)
    left_out: NotImported = NotImported()


@dataclass(frozen=True)
class ImportCounts:
    """Result of an import."""

    added: int = 0
    updated: int = 0
    skipped: int = 0
    left_out: NotImported = NotImported()


@dataclass(frozen=True)
class OpenedExport:
    """An export that is ready to be read: `chunks` can be closed early, and `length` is in bytes."""

    chunks: AsyncIterator[bytes]
    length: int
