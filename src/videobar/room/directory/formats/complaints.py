"""What is wrong with a file, by line."""

from __future__ import annotations

from videobar.errors import ImportRefused, InvalidRequest
from videobar.room.directory.entry import checked
from videobar.room.directory.transfer import MOST_COMPLAINTS, MOST_ENTRIES, FileEntry


class Complaints:
    """Collects complaints, so that a file with several mistakes is told of all of them at once."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._count = 0

    def add(self, line: int, what: str) -> None:
        """Something is wrong in this line."""
        self._count += 1
        if len(self._first) < MOST_COMPLAINTS:
            self._first.append(f"line {line}: {what}")

    def raise_if_any(self) -> None:
        """Raise `ImportRefused` if anything was wrong."""
        if self._count:
            more = self._count - len(self._first)
            self._first += [f"and {more} more"] if more else []
            raise ImportRefused("; ".join(self._first))


def refuse(line: int, what: str) -> ImportRefused:
    """The error for something after which the rest of a file cannot be read."""
    return ImportRefused(f"line {line}: {what}")


class Collected:
    """The entries of a file as they are read, each checked."""

    def __init__(self) -> None:
        self.entries: list[FileEntry] = []
        self.complaints = Complaints()

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
