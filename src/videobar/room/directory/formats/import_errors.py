"""Import errors: the faults of a file, by line."""

from __future__ import annotations

from videobar.errors import ImportRefused, InvalidRequest
from videobar.room.directory.entry import checked
from videobar.room.directory.transfer import (
    MOST_COMPLAINTS,
    MOST_ENTRIES,
    MOST_TOLD,
    EntryFile,
    FileEntry,
    LostFavorite,
    NotImported,
)


class ImportErrors:
    """Collects errors, so that all mistakes of a file are reported at once."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._count = 0

    @property
    def left_out(self) -> NotImported:
        """All errors, where their lines are left out and the rest is imported."""
        return NotImported(self._count, tuple(self._first))

    def add(self, line: int, what: str) -> None:
        """Record an error in this line."""
        self.tell(f"line {line}: {what}")

    def tell(self, complaint: str) -> None:
        """Record an error whose text names its place."""
        self._count += 1
        if len(self._first) < MOST_TOLD:
            self._first.append(complaint)

    def raise_if_any(self) -> None:
        """Raise `ImportRefused` if anything was wrong."""
        if self._count:
            told = self._first[:MOST_COMPLAINTS]
            more = self._count - len(told)
            raise ImportRefused("; ".join([*told, *([f"and {more} more"] if more else [])]))


def refuse(line: int, what: str) -> ImportRefused:
    """The error for something after which the rest of a file cannot be read."""
    return ImportRefused(f"line {line}: {what}")


class Collected:
    """The entries of a file as they are read, each checked."""

    def __init__(self) -> None:
        self.entries: list[FileEntry] = []
        self.global_favorites: list[LostFavorite] = []
        self.complaints = ImportErrors()

    def add(self, entry: FileEntry) -> None:
        """Take one entry. Raises `ImportRefused` when there are too many."""
        if len(self.entries) >= MOST_ENTRIES:
            raise refuse(entry.line, f"more than {MOST_ENTRIES} entries")
        try:
            content = checked(entry.content)
        except InvalidRequest as error:
            self.complaints.add(entry.line, error.detail)
            return
        self.entries.append(FileEntry(entry.line, content, entry.id, entry.members, entry.favorite))

    def file(self, file_format: str) -> EntryFile:
        """All that was collected."""
        return EntryFile(file_format, self.entries, self.global_favorites, self.complaints.left_out)
