"""The room's directory: its own entries, those of a global directory, and the favourites among both."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing

from videobar.errors import (
    DirectoryUnavailable,
    NoDefaultGroup,
    NoSuchDirectoryServer,
    NoSuchEntry,
    NotAFavorite,
    NotAGroup,
    ReadOnlyEntry,
)
from videobar.room.directory.entry import GLOBAL, LOCAL, Entry, EntryFields, checked
from videobar.room.directory.formats import sniff
from videobar.room.directory.port import (
    DirectoryChange,
    EntrySearch,
    EntryStore,
    FavoriteStore,
    GlobalDirectory,
    GlobalReport,
    TransferStore,
)
from videobar.room.directory.queries import EntryPage, Fetch, Queries
from videobar.room.directory.search import DirectorySearch
from videobar.room.directory.transfer import EntryFile, ImportCounts, OpenedExport
from videobar.vocabulary import EntryType, GroupScope, ServerScope, SubsystemState

log = logging.getLogger("videobar.directory")

GLOBAL_DEADLINE_S = 2.0
"""Deadline of the global directory: results of the room's own entries wait no longer for it."""

MEMBERS_AT_ONCE = 1000
"""Maximum number of group members in one answer."""

MOST_NESTING = 8
"""Maximum depth to which groups of the global directory are followed."""


class Directory:
    """All that the API can do with entries. Without `elsewhere` there is no global directory.

    `default_group` is the id of the group to show first, of this room or of the global directory.
    """

    def __init__(
        self,
        *,
        entries: EntryStore,
        favorites: FavoriteStore,
        search: EntrySearch,
        transfer: TransferStore,
        elsewhere: GlobalDirectory | None,
        queries: Queries,
        new_id: Callable[[], str],
        default_group: str | None = None,
    ) -> None:
        self._entries = entries
        self._favorites = favorites
        self._search = search
        self._transfer = transfer
        self._elsewhere = elsewhere
        self._queries = queries
        self._new_id = new_id
        self._default_group = default_group

    # One entry

    async def entry(self, server_id: str, entry_id: str) -> Entry:
        """One entry. Raises `NoSuchDirectoryServer`, `NoSuchEntry` or `DirectoryUnavailable`.

        A favourite of a global directory that cannot be asked is as it was when it became one.
        """
        if self._is_local(server_id):
            return await self._entries.entry(entry_id)
        kept = next((one for one in await self._favorites.global_ones() if one.id == entry_id), None)
        try:
            entry = await self._global.entry(entry_id)
        except DirectoryUnavailable:
            if kept is None:
                raise
            return kept
        if kept is None:
            return entry
        entry = _as_favorite(entry)
        if entry != kept:
            await self._favorites.add(entry)  # what is kept of it is renewed
        return entry

    async def add(self, content: EntryFields, *, favorite: bool = False) -> Entry:
        """Add an entry. Raises `InvalidRequest`."""
        return await self._entries.add(self._new_id(), checked(content), favorite=favorite)

    async def change(self, entry_id: str, change: DirectoryChange) -> Entry:
        """Change an entry of this room. Raises `NoSuchEntry` or `InvalidRequest`."""
        return await self._entries.change(entry_id, change)

    async def remove(self, entry_id: str) -> None:
        """Delete an entry of this room. Raises `NoSuchEntry`."""
        await self._entries.remove(entry_id)

    async def default_group(self) -> Entry:
        """The group to show first. Raises `NoDefaultGroup`."""
        if self._default_group is None:
            raise NoDefaultGroup("none is configured")
        for server_id in (LOCAL, GLOBAL) if self._elsewhere else (LOCAL,):
            try:
                entry = await self.entry(server_id, self._default_group)
            except NoSuchEntry:
                continue
            if entry.content.type is EntryType.GROUP:
                return entry
        raise NoDefaultGroup(f"there is no group {self._default_group!r}")

    # Groups

    async def add_member(self, server_id: str, group_id: str, entry_id: str) -> None:
        """Put an entry into a group. Raises `NoSuchEntry`, `NotAGroup`, `GroupCycle` or `ReadOnlyEntry`."""
        self._check_writable(server_id)
        await self._entries.add_member(group_id, entry_id)

    async def remove_member(self, server_id: str, group_id: str, entry_id: str) -> None:
        """Take an entry out of a group. Raises `NoSuchEntry`, `NotAGroup` or `ReadOnlyEntry`."""
        self._check_writable(server_id)
        await self._entries.remove_member(group_id, entry_id)

    async def members(self, server_id: str, group_id: str) -> tuple[list[Entry], str | None]:
        """The first members of a group in order; when there are more, also the id of a query that has them all."""
        question = DirectorySearch(groups=GroupScope.ONE_LEVEL, group_id=group_id)
        if not self._is_local(server_id):
            found = await self._global.members(group_id)
            return sorted(found, key=lambda one: question.place(one.content, 0)), None
        await self._search.check_group(group_id, "entryId")
        query_id = await self.begin_query(question)
        page = await self._queries.page(query_id, 1, MEMBERS_AT_ONCE)
        if page.next_start is None:
            self._queries.delete(query_id)
            return page.entries, None
        return page.entries, query_id

    # Favourites

    async def favorites(self, start: int, limit: int) -> EntryPage:
        """A page of the favourites in their order."""
        entries = await self._favorites.page(start - 1, limit + 1)
        return EntryPage(entries[:limit], start + limit if len(entries) > limit else None)

    async def set_favorite(self, server_id: str, entry_id: str, *, favorite: bool) -> None:
        """Make an entry the last favourite, or none. Raises what `entry` does."""
        if favorite:
            await self._favorites.add(await self.entry(server_id, entry_id))
            return
        if self._is_local(server_id):
            await self._entries.entry(entry_id)
        await self._favorites.remove(server_id, entry_id)

    async def move_favorite(self, server_id: str, entry_id: str, index: int) -> None:
        """Put a favourite at a place, from 0. Raises `NotAFavorite`, `NoSuchEntry` or `InvalidRequest`."""
        local = self._is_local(server_id)
        try:
            await self._favorites.move(server_id, entry_id, index)
        except NotAFavorite:
            if local:
                await self._entries.entry(entry_id)
            raise

    # Queries

    async def begin_query(self, question: DirectorySearch) -> str:
        """Begin a search, and return its id. Raises `NoSuchEntry` or `NotAGroup` about the group."""
        fetch, asks_local = self._fetch(question), question.servers is not ServerScope.GLOBAL
        if question.group_id is not None:
            try:
                await self._search.check_group(question.group_id, "groupID")
                fetch = None
            except NoSuchEntry:
                if self._elsewhere is None:
                    raise
                group = await self.entry(GLOBAL, question.group_id)
                if group.content.type is not EntryType.GROUP:
                    raise NotAGroup(f"groupID: {question.group_id!r} is no group") from None
                asks_local = False
        return await self._queries.begin(question, fetch, asks_local=asks_local)

    async def query(self, query_id: str, start: int, limit: int) -> EntryPage:
        """A page of what was found. Raises `NoSuchQuery`."""
        return await self._queries.page(query_id, start, limit)

    def delete_query(self, query_id: str) -> None:
        """Forget a search. Raises `NoSuchQuery`."""
        self._queries.delete(query_id)

    # All of it

    async def take_in(self, content: bytes, *, partial: bool = False) -> tuple[EntryFile, ImportCounts]:
        """Import all entries of a file of any known format, or none. Raises `ImportRefused`.

        With `partial`, all that can be read; the file and the counts say what was left out.
        """
        file = await asyncio.to_thread(sniff.read, content, partial=partial)
        counts = await self._transfer.merge(file.entries, file.global_favorites, partial=partial)
        log.info("imported %d entries: %d added, %d updated", len(file.entries), counts.added, counts.updated)
        return file, counts

    async def export(self) -> OpenedExport:
        """All entries and favourites as a file."""
        return await self._transfer.export()

    def report(self) -> GlobalReport:
        """State of the global directory; never waits."""
        if self._elsewhere is None:
            return GlobalReport("Off", SubsystemState.OFF)
        return self._elsewhere.report()

    async def close(self) -> None:
        """Forget all queries, and let go of the global directory."""
        self._queries.close()
        if self._elsewhere is not None:
            await self._elsewhere.close()

    # How

    @property
    def _global(self) -> GlobalDirectory:
        if self._elsewhere is None:
            raise NoSuchDirectoryServer("serverId: there is no global directory here")
        return self._elsewhere

    def _is_local(self, server_id: str) -> bool:
        if server_id not in (LOCAL, GLOBAL):
            raise NoSuchDirectoryServer(f"serverId: {server_id!r} is neither {LOCAL} nor {GLOBAL}")
        return server_id == LOCAL

    def _check_writable(self, server_id: str) -> None:
        if not self._is_local(server_id):
            raise ReadOnlyEntry("groups of the global directory are kept there")

    def _fetch(self, question: DirectorySearch) -> Fetch | None:
        """Function that fetches the entries that are not this room's; `None` where the question is not for them."""
        if question.servers is ServerScope.LOCAL:
            return None
        if question.servers is ServerScope.FAVORITES:
            return lambda: self._global_favorites(question)
        return None if self._elsewhere is None else lambda: self._found_elsewhere(question)

    async def _global_favorites(self, question: DirectorySearch) -> list[Entry]:
        kept = await self._favorites.global_ones()
        if question.group_id is not None:
            members = {one.id for one in await self._global_members(question)}
            kept = [one for one in kept if one.id in members]
        return [one for one in kept if question.allows(one.content)]

    async def _found_elsewhere(self, question: DirectorySearch) -> list[Entry]:
        """Entries that the global directory finds until the deadline; none when it is down."""
        found: list[Entry] = []
        try:
            async with asyncio.timeout(GLOBAL_DEADLINE_S):
                if question.group_id is not None:
                    members = await self._global_members(question)
                    found += [one for one in members if question.allows(one.content)]
                else:
                    async with aclosing(self._global.search(question)) as batches:
                        async for batch in batches:
                            found += batch
        except TimeoutError:
            log.warning("the global directory missed the deadline: %d entries so far", len(found))
        except (DirectoryUnavailable, NoSuchEntry) as error:
            log.warning("a search skips the global directory: %s", error.detail)
        favorites = {one.id for one in await self._favorites.global_ones()}
        return [_as_favorite(one) if one.id in favorites else one for one in found]

    async def _global_members(self, question: DirectorySearch) -> list[Entry]:
        """Members of the group that the question names, and of its groups where the search is recursive."""
        assert question.group_id is not None  # noqa: S101 (for the type checker; callers have looked)
        found: dict[str, Entry] = {}
        level = [question.group_id]
        for _ in range(MOST_NESTING if question.groups is GroupScope.RECURSIVE else 1):
            new: list[Entry] = []
            for group_id in level:
                new += [one for one in await self._global.members(group_id) if one.id not in found]
                found |= {one.id: one for one in new}
            level = [one.id for one in new if one.content.type is EntryType.GROUP]
        return list(found.values())


def _as_favorite(entry: Entry) -> Entry:
    return Entry(entry.id, entry.server_id, entry.content, entry.protocol, True, entry.presence)
