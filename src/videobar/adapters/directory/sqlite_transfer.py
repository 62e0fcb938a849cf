"""Import into and export from the room's database."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from videobar.adapters.store.database import Database
from videobar.errors import NotBuiltYet
from videobar.room.directory.transfer import FileEntry, ImportCounts, LostFavorite, OpenedExport


class SqliteTransfer:
    """Implements `TransferStore`."""

    def __init__(self, database: Database, new_id: Callable[[], str]) -> None:
        self._database = database
        self._new_id = new_id

    async def merge(self, entries: Sequence[FileEntry], lost: Sequence[LostFavorite]) -> ImportCounts:
        """Take in all of `entries`, or nothing."""
        raise NotBuiltYet

    async def export(self) -> OpenedExport:
        """Everything as it is at one moment."""
        raise NotBuiltYet
