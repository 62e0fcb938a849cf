"""Ports of the directory: a store of entries, and perhaps a global directory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from videobar.room.directory.entry import Entry, EntryDevice, EntryFields
from videobar.room.directory.search import DirectorySearch, SortKey
from videobar.room.directory.transfer import FileEntry, ImportCounts, LostFavorite, OpenedExport
from videobar.vocabulary import EntryType, SubsystemState


@dataclass(frozen=True)
class DirectoryChange:
    """Change of an entry; `None` stays as it is."""

    texts: dict[str, str]
    """By the names of the fields of `EntryFields`."""
    type: EntryType | None = None
    """Can only be what it is."""
    favorite: bool | None = None
    devices: tuple[EntryDevice, ...] | None = None


class EntryStore(Protocol):
    """The room's own entries. What has returned is on disk; what raises has changed nothing.

    Every method may raise `StoreUnavailable`, and `NoSuchEntry` for an id that no local entry has.
    """

    async def add(self, entry_id: str, content: EntryFields, *, favorite: bool) -> Entry:
        """Keep a new entry, as the last of the favourites where it is one."""
        ...

    async def entry(self, entry_id: str) -> Entry:
        """One entry."""
        ...

    async def change(self, entry_id: str, change: DirectoryChange) -> Entry:
        """Change an entry, and return it as it is then. Raises `InvalidRequest`."""
        ...

    async def remove(self, entry_id: str) -> None:
        """Forget an entry, also as a member and as a favourite."""
        ...

    async def add_member(self, group_id: str, entry_id: str) -> None:
        """Put an entry into a group; nothing happens if it is there. Raises `NotAGroup` or `GroupCycle`."""
        ...

    async def remove_member(self, group_id: str, entry_id: str) -> None:
        """Take an entry out of a group. Raises `NotAGroup`, and `NoSuchEntry` for whom is not in it."""
        ...


class EntrySearch(Protocol):
    """Questions to the room's own entries. They never wait for a writer."""

    async def latest(self) -> int:
        """The number of the entry that was made last."""
        ...

    async def page(
        self, question: DirectorySearch, latest: int, after: SortKey | None, skip: int, limit: int
    ) -> list[tuple[SortKey, Entry]]:
        """The entries that answer `question`, in its order, up to number `latest`.

        Begins behind the place `after`, leaves out `skip` entries, and has at most `limit`.
        """
        ...

    async def check_group(self, group_id: str, field: str) -> None:
        """Return if there is a local group with this id. Raises `NoSuchEntry` or `NotAGroup`, naming `field`."""
        ...


class FavoriteStore(Protocol):
    """The favourites, of all servers, in their order."""

    async def page(self, skip: int, limit: int) -> list[Entry]:
        """Some of the favourites; of global ones what was kept of them."""
        ...

    async def global_ones(self) -> list[Entry]:
        """All favourites of the global directory, as they were kept."""
        ...

    async def add(self, entry: Entry) -> None:
        """Make an entry the last of the favourites; one that is a favourite keeps its place."""
        ...

    async def remove(self, server_id: str, entry_id: str) -> None:
        """Make an entry no favourite; nothing happens to one that is none."""
        ...

    async def move(self, server_id: str, entry_id: str, index: int) -> None:
        """Put a favourite at place `index`, from 0. Raises `NotAFavorite`, or `InvalidRequest` beyond the end."""
        ...


class TransferStore(Protocol):
    """All entries at once."""

    async def merge(
        self, entries: Sequence[FileEntry], lost: Sequence[LostFavorite], *, partial: bool = False
    ) -> ImportCounts:
        """Take in all of `entries` and the favourites of other servers, or nothing. Raises `ImportRefused`.

        With `partial`, what cannot be taken in is left out.
        """
        ...

    async def export(self) -> OpenedExport:
        """Everything as it is at one moment, as a file."""
        ...


@dataclass(frozen=True)
class GlobalReport:
    """State of the global directory: `kind` as the vendor names kinds of servers, `address` of the server in use."""

    kind: str
    state: SubsystemState
    address: str = ""
    reason: str = ""


class GlobalDirectory(Protocol):
    """A directory that is kept elsewhere and only read here.

    Every question may raise `DirectoryUnavailable`, and does so at once while the server is known to be away.
    """

    def report(self) -> GlobalReport:
        """State of the global directory; never waits."""
        ...

    def search(self, question: DirectorySearch) -> AsyncGenerator[list[Entry], None]:
        """Entries found, in no order, batch by batch, up to a bound."""
        ...

    async def entry(self, entry_id: str) -> Entry:
        """One entry. Raises `NoSuchEntry`."""
        ...

    async def members(self, group_id: str) -> list[Entry]:
        """The direct members of a group, up to a bound. Raises `NoSuchEntry` or `NotAGroup`."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
