"""`/rest/directory`."""

from __future__ import annotations

import asyncio

from msgspec import UNSET

from videobar.contract import directory as contract
from videobar.contract.directory import (
    DirectoryServer,
    Entry,
    EntryChange,
    EntryContent,
    EntryRequest,
    FavoriteRequest,
    ImportResult,
    MembersRequest,
    Page,
    QueryIdentity,
    QueryRequest,
    ReorderRequest,
)
from videobar.contract.model import Download, Link, Upload
from videobar.errors import InvalidRequest
from videobar.handlers.multipart import file_of
from videobar.room.directory.dialling import dial
from videobar.room.directory.entry import GLOBAL, LOCAL, TEXTS, EntryDevice, EntryFields
from videobar.room.directory.entry import Entry as RoomEntry
from videobar.room.directory.port import DirectoryChange
from videobar.room.directory.queries import EntryPage
from videobar.room.directory.search import DirectorySearch, search_words, typed_words
from videobar.room.directory.service import MEMBERS_AT_ONCE
from videobar.room.room import Room
from videobar.vocabulary import EntryType, MembersAction, SubsystemState


class DirectoryHandler(contract.Directory):
    """The room's directory, in the wire's words."""

    def __init__(self, room: Room) -> None:
        self._directory = room.directory
        self._calls = room.calls

    async def favorites(self, start: int = 1, limit: int = 100) -> Page:
        """A page of the favourites."""
        return _page(await self._directory.favorites(start, limit), "/rest/directory/favorites", limit)

    async def global_server(self) -> DirectoryServer:
        """State of the global directory."""
        report = self._directory.report()
        return DirectoryServer(
            id=GLOBAL,
            type=report.kind,
            protocol="LDAP",
            state=report.state,
            address=report.address,
            reason=report.reason,
        )

    async def default_group(self) -> Entry:
        """The group to show first."""
        return _entry(await self._directory.default_group())

    async def local_server(self) -> DirectoryServer:
        """The room's own directory is there whenever the room is."""
        return DirectoryServer(id=LOCAL, type=LOCAL.upper(), protocol=LOCAL.upper(), state=SubsystemState.UP)

    async def add(self, entry: EntryContent) -> Entry:
        """Add an entry."""
        content = EntryFields(
            type=entry.type,
            devices=_devices(entry.devices),
            **{name: getattr(entry, name) for name in TEXTS},
        )
        return _entry(await self._directory.add(content, favorite=entry.favorite))

    async def local_entry(self, entry_id: str) -> Entry:
        """One local entry."""
        return await self.entry(LOCAL, entry_id)

    async def remove(self, entry_id: str) -> None:
        """Delete an entry."""
        await self._directory.remove(entry_id)

    async def update(self, entry_id: str, entry: EntryChange) -> None:
        """Change an entry."""
        given = {name: getattr(entry, name) for name in TEXTS if getattr(entry, name) is not None}
        devices = None if entry.devices is None else _devices(entry.devices)
        await self._directory.change(entry_id, DirectoryChange(given, entry.type, entry.favorite, devices))

    async def act_on_local_entry(self, entry_id: str, request: EntryRequest) -> list[Link]:
        """Dial a local entry."""
        return await self.act_on_entry(LOCAL, entry_id, request)

    async def set_local_favorite(self, entry_id: str, request: FavoriteRequest) -> None:
        """Make a local entry a favourite, or none."""
        await self.set_favorite(LOCAL, entry_id, request)

    async def reorder_local_favorite(self, entry_id: str, request: ReorderRequest) -> None:
        """Move a local favourite."""
        await self.reorder_favorite(LOCAL, entry_id, request)

    async def local_members(self, entry_id: str, request: MembersRequest) -> Page | None:
        """Members of a local group."""
        return await self.members(LOCAL, entry_id, request)

    async def start_query(self, request: QueryRequest) -> QueryIdentity:
        """Begin a search."""
        question = DirectorySearch(
            words=search_words(request.search_string),
            servers=request.server_scope,
            entries=request.entry_scope,
            groups=request.group_scope,
            order=request.order,
            group_id=request.group_id or None,
            typed=typed_words(request.search_string),
        )
        return QueryIdentity(id=await self._directory.begin_query(question))

    async def initial_query(self) -> QueryIdentity:
        """Begin the search that finds everything."""
        return QueryIdentity(id=await self._directory.begin_query(DirectorySearch()))

    async def query(self, query_id: str, start: int = 1, limit: int = 100) -> Page:
        """A page of what was found."""
        return _page(await self._directory.query(query_id, start, limit), _query_path(query_id), limit)

    async def delete_query(self, query_id: str) -> None:
        """Forget a search."""
        self._directory.delete_query(query_id)

    async def entry(self, server_id: str, entry_id: str) -> Entry:
        """One entry of any server."""
        return _entry(await self._directory.entry(server_id, entry_id))

    async def act_on_entry(self, server_id: str, entry_id: str, request: EntryRequest) -> list[Link]:
        """Dial an entry of any server."""
        entry = await self._directory.entry(server_id, entry_id)
        connection = dial(self._calls, entry, request.device_id or None)
        conference = self._calls.conference_id(connection)
        return [Link(href=f"/rest/conferences/{conference}/connections/{connection.id}")]

    async def set_favorite(self, server_id: str, entry_id: str, request: FavoriteRequest) -> None:
        """Make an entry of any server a favourite, or none."""
        await self._directory.set_favorite(server_id, entry_id, favorite=request.favorite)

    async def reorder_favorite(self, server_id: str, entry_id: str, request: ReorderRequest) -> None:
        """Move a favourite of any server."""
        await self._directory.move_favorite(server_id, entry_id, request.index)

    async def members(self, server_id: str, entry_id: str, request: MembersRequest) -> Page | None:
        """Members of a group of any server."""
        if request.action is MembersAction.QUERY:
            entries, query_id = await self._directory.members(server_id, entry_id)
            page = EntryPage(entries, None if query_id is None else len(entries) + 1)
            return _page(page, _query_path(query_id or ""), MEMBERS_AT_ONCE)
        if not request.entry_id:
            raise InvalidRequest("entryId: is missing")
        if request.action is MembersAction.ADD:
            await self._directory.add_member(server_id, entry_id, request.entry_id)
        else:
            await self._directory.remove_member(server_id, entry_id, request.entry_id)
        return None

    async def import_entries(self, file: Upload, partial: bool = False) -> ImportResult:
        """Import a file."""
        content = (await asyncio.to_thread(file_of, file)).content
        read, counts = await self._directory.take_in(content, partial=partial)
        left_out = read.left_out + counts.left_out
        groups = sum(1 for entry in read.entries if entry.content.type is EntryType.GROUP)
        return ImportResult(
            success=True,
            reason="",
            format=read.format,
            entries=len(read.entries) - groups,
            groups=groups,
            added=counts.added,
            updated=counts.updated,
            skipped=counts.skipped,
            left_out=left_out.count if partial else UNSET,
            complaints=list(left_out.complaints) if partial else UNSET,
        )

    async def export_entries(self) -> Download:
        """All entries as a file."""
        export = await self._directory.export()
        return Download("application/xml", "directory.xml", export.chunks, export.length)


def _query_path(query_id: str) -> str:
    return f"/rest/directory/queries/{query_id}"


def _page(page: EntryPage, path: str, limit: int) -> Page:
    following = None if page.next_start is None else f"{path}?start={page.next_start}&limit={limit}"
    return Page(entries=[_entry(entry) for entry in page.entries], next=following)


def _devices(devices: list[contract.Device]) -> tuple[EntryDevice, ...]:
    return tuple(
        EntryDevice(device.id, device.address, device.dial_type, device.rate, device.type)
        for device in devices
    )


def _entry(entry: RoomEntry) -> Entry:
    content = entry.content
    return Entry(
        id=entry.id,
        server_id=entry.server_id,
        server_protocol=entry.protocol,
        type=content.type,
        display_name=content.display_name,
        first_name=content.first_name,
        last_name=content.last_name,
        full_name=content.full_name,
        presence=entry.presence,
        email=content.email,
        home_phone=content.home_phone,
        work_phone=content.work_phone,
        mobile_phone=content.mobile_phone,
        image_location=content.image_location,
        devices=[
            contract.Device(
                id=device.id,
                address=device.address,
                dial_type=device.dial_type,
                rate=device.rate_kbps,
                type=device.kind,
            )
            for device in content.devices
        ],
        favorite=entry.favorite,
        read_only=not entry.local,
        added_locally=entry.local,
    )
