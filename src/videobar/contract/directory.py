"""`/rest/directory`: whom the room knows."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from msgspec import UNSET, Meta, UnsetType, field

from videobar.contract.model import LONGEST_ID, Download, Id, Line, Link, Text, Upload, WireModel, doc
from videobar.contract.operation import Certainty, Danger, InPath, InQuery, delete, get, post, put
from videobar.vocabulary import (
    DialType,
    EntryOrder,
    EntryScope,
    EntryType,
    GroupScope,
    MembersAction,
    Presence,
    ServerScope,
    SubsystemState,
)

LONGEST_TEXT = 256
LONGEST_LOCATION = 2048
LONGEST_ADDRESS = 512
MOST_DEVICES = 32

EntryId = Annotated[str, InPath("entryId"), doc("Id of an entry.", max_length=LONGEST_ID)]
ServerId = Annotated[str, InPath("serverId"), doc("Id of a directory server.", max_length=LONGEST_ID)]
QueryId = Annotated[str, InPath("queryId"), doc("Id of a query.", max_length=LONGEST_ID)]
Start = Annotated[
    int, InQuery("start"), Meta(ge=1, description="First entry of the page, from 1 (observed).")
]
Limit = Annotated[int, InQuery("limit"), Meta(ge=1, le=1000, description="At most so many entries.")]


class Device(WireModel, kw_only=True):
    """One way to reach an entry. Decided here: this shape."""

    id: Annotated[
        str, doc("Its id within the entry; made up when it is left out.", max_length=LONGEST_TEXT)
    ] = ""
    address: Annotated[str, doc("Address to dial.", max_length=LONGEST_ADDRESS)]
    dial_type: Annotated[DialType, doc("Manner of dialling.")] = DialType.AUTO
    rate: Annotated[int, doc("Call rate in kbit/s, 0 for the room's default.")] = 0
    type: Annotated[str, doc("`VIDEO` or `AUDIO`.", max_length=64)] = "VIDEO"


Devices = Annotated[list[Device], Meta(max_length=MOST_DEVICES)]


class EntryContent(WireModel, kw_only=True):
    """Fields of an entry that an administrator can write."""

    type: Annotated[EntryType, doc("A person or room, or a group of entries.")] = EntryType.SINGLE
    display_name: Annotated[str, doc("Name to show.", max_length=LONGEST_TEXT)] = ""
    first_name: Annotated[str, doc("First name.", max_length=LONGEST_TEXT)] = ""
    last_name: Annotated[str, doc("Last name.", max_length=LONGEST_TEXT)] = ""
    full_name: Annotated[str, doc("Whole name.", max_length=LONGEST_TEXT)] = ""
    email: Annotated[str, doc("E-mail address.", max_length=LONGEST_TEXT)] = ""
    home_phone: Annotated[str, doc("Telephone number at home.", max_length=LONGEST_TEXT)] = ""
    work_phone: Annotated[str, doc("Telephone number at work.", max_length=LONGEST_TEXT)] = ""
    mobile_phone: Annotated[str, doc("Mobile telephone number.", max_length=LONGEST_TEXT)] = ""
    image_location: Annotated[str, doc("Location of a picture.", max_length=LONGEST_LOCATION)] = ""
    favorite: Annotated[bool, doc("Whether it is a favourite.")] = False
    devices: Annotated[list[Device], doc("Devices at which it can be reached.", max_length=MOST_DEVICES)] = (
        field(default_factory=list)
    )


class EntryChange(WireModel, kw_only=True):
    """Change of an entry; what is left out or null stays as it is."""

    type: Annotated[EntryType | None, doc("Must be what it is; a person cannot become a group.")] = None
    display_name: Annotated[Line | None, doc("Name to show.")] = None
    first_name: Annotated[Line | None, doc("First name.")] = None
    last_name: Annotated[Line | None, doc("Last name.")] = None
    full_name: Annotated[Line | None, doc("Whole name.")] = None
    email: Annotated[Line | None, doc("E-mail address.")] = None
    home_phone: Annotated[Line | None, doc("Telephone number at home.")] = None
    work_phone: Annotated[Line | None, doc("Telephone number at work.")] = None
    mobile_phone: Annotated[Line | None, doc("Mobile telephone number.")] = None
    image_location: Annotated[Text | None, doc("Location of a picture.")] = None
    favorite: Annotated[bool | None, doc("Whether it is a favourite.")] = None
    devices: Annotated[
        Devices | None, doc("Devices at which it can be reached; replaces all its devices.")
    ] = None


class Entry(EntryContent, kw_only=True):
    """One entry of a directory."""

    id: Annotated[str, doc("Its id; absent from the guide's list, but clients read it.")]
    server_id: Annotated[str, doc("The server that it is from.")]
    server_protocol: Annotated[str, doc("Protocol of that server.")]
    presence: Annotated[Presence, doc("Presence, as far as it is known.")]
    read_only: Annotated[bool, doc("Whether it cannot be changed here.")]
    added_locally: Annotated[bool, doc("Whether it was made in this room.")]


class Page(WireModel, kw_only=True):
    """A page of entries."""

    entries: Annotated[list[Entry], doc("The entries.")]
    next: Annotated[str | None, doc("Path of the next page; null on the last one.")]


class DirectoryServer(WireModel, kw_only=True):
    """A directory server. Decided here: this shape."""

    id: Annotated[str, doc("Its id, as in the path of its entries.")]
    type: Annotated[
        str, doc("`LOCAL`; for the global one `LDAP`, `Microsoft`, or `Off` where there is none.")
    ]
    protocol: Annotated[str, doc("`LOCAL` or `LDAP`.")]
    state: Annotated[SubsystemState, doc("`up`, `down`, `off`, or `unknown` before it was first asked.")]
    address: Annotated[str, doc("The server in use, or asked last; empty for the local directory.")] = ""
    reason: Annotated[str, doc("Reason why it is down; else empty.")] = ""


class QueryIdentity(WireModel, kw_only=True):
    """A query that was begun."""

    id: Annotated[str, doc("Its id.")]


class QueryRequest(WireModel, kw_only=True):
    """Search criteria."""

    search_string: Annotated[str, doc("Words or digits; empty finds everything.", max_length=2048)] = ""
    server_scope: Annotated[ServerScope, doc("Servers to search.")] = ServerScope.ALL
    entry_scope: Annotated[EntryScope, doc("Entries to search for.")] = EntryScope.ANY
    group_scope: Annotated[GroupScope, doc("Depth of the search in a group.")] = GroupScope.RECURSIVE
    order: Annotated[EntryOrder, doc("In which order.")] = EntryOrder.DISPLAY_NAME
    group_id: Annotated[
        Id | None,
        doc("Only within this group; when left out, all entries, whatever `groupScope` says."),
    ] = field(name="groupID", default=None)


class EntryRequest(WireModel, kw_only=True):
    """Action on an entry."""

    action: Annotated[Literal["dial"], doc("Only dial.")]
    device_id: Annotated[
        Line | None,
        doc("Device to dial; the first that can be dialled when it is left out."),
    ] = None


class FavoriteRequest(WireModel, kw_only=True):
    """Mark of a favourite."""

    favorite: Annotated[bool, doc("Whether it is.")]


class ReorderRequest(WireModel, kw_only=True):
    """Place of a favourite."""

    index: Annotated[int, Meta(ge=0, description="Place among the favourites, from 0.")]


class MembersRequest(WireModel, kw_only=True):
    """Action on the members of a group."""

    action: Annotated[MembersAction, doc("List, add or remove.")]
    entry_id: Annotated[Id | None, doc("For add and remove: the member.")] = None


class ImportResult(WireModel, kw_only=True):
    """Result of an import. Decided here: this shape."""

    success: Annotated[bool, doc("Always true; where it is not, there is an error and nothing was imported.")]
    reason: Annotated[str, doc("Always empty.")]
    format: Annotated[
        str,
        doc(
            "Format of the file: `videobar`, `phone`, `vcard`, `csv`, `cisco`, `fanvil`, `fritzbox`, `grandstream`, "
            "`snom` or `yealink`."
        ),
    ] = ""
    entries: Annotated[int, doc("Number of persons and rooms in the file.")] = 0
    groups: Annotated[int, doc("Number of groups in the file.")] = 0
    added: Annotated[int, doc("Number of new ones.")] = 0
    updated: Annotated[int, doc("Number of those that existed, and were changed to what the file says.")] = 0
    skipped: Annotated[int, doc("Number of those that existed unchanged.")] = 0
    left_out: Annotated[int | UnsetType, doc("With `partial`: how many things could not be read.")] = UNSET
    complaints: Annotated[
        list[str] | UnsetType, doc("With `partial`: what was wrong with the first hundred, by line.")
    ] = UNSET


class Directory(Protocol):
    """Actions on the directory."""

    @get(
        "directory_favorites_get",
        "/directory/favorites",
        certainty=Certainty.INFERRED,
        decided="a page, as of queries.",
    )
    async def favorites(self, start: Start = 1, limit: Limit = 100) -> Page:
        """The favourites in their order."""
        ...

    @get("directory_global_server_get", "/directory/global/server", certainty=Certainty.INFERRED)
    async def global_server(self) -> DirectoryServer:
        """The global directory server."""
        ...

    @get(
        "directory_global_mtddefaultgroupentry_get",
        "/directory/global/mtddefaultgroupentry",
        certainty=Certainty.INFERRED,
        decided="one group entry, refused as not there without one.",
    )
    async def default_group(self) -> Entry:
        """The group that is shown first."""
        ...

    @get("directory_local_server_get", "/directory/local/server", certainty=Certainty.INFERRED)
    async def local_server(self) -> DirectoryServer:
        """The local directory, as a server."""
        ...

    @post(
        "directory_local_entries_add",
        "/directory/local/entries",
        decided="the answer is the entry with its id.",
    )
    async def add(self, entry: EntryContent) -> Entry:
        """Add an entry."""
        ...

    @get("directory_local_entries_get", "/directory/local/entries/{entryId}")
    async def local_entry(self, entry_id: EntryId) -> Entry:
        """One local entry."""
        ...

    @delete("directory_local_entries_delete", "/directory/local/entries/{entryId}", danger=Danger.DELETES)
    async def remove(self, entry_id: EntryId) -> None:
        """Delete a local entry."""
        ...

    @put(
        "directory_local_entries_update",
        "/directory/local/entries/{entryId}",
        decided="what the body leaves out stays as it is.",
    )
    async def update(self, entry_id: EntryId, entry: EntryChange) -> None:
        """Change a local entry."""
        ...

    @post(
        "directory_local_entries_action",
        "/directory/local/entries/{entryId}",
        certainty=Certainty.CLIENT,
        decided="the answer is that of dialling.",
    )
    async def act_on_local_entry(self, entry_id: EntryId, request: EntryRequest) -> list[Link]:
        """Dial a local entry."""
        ...

    @put("directory_local_entries_favorite_set", "/directory/local/entries/{entryId}/favorite")
    async def set_local_favorite(self, entry_id: EntryId, request: FavoriteRequest) -> None:
        """Make a local entry a favourite, or no longer."""
        ...

    @post("directory_local_entries_favorite_reorder", "/directory/local/entries/{entryId}/favorite")
    async def reorder_local_favorite(self, entry_id: EntryId, request: ReorderRequest) -> None:
        """Move a local entry among the favourites."""
        ...

    @post(
        "directory_local_entries_members",
        "/directory/local/entries/{entryId}/members",
        decided="a page for query, else empty.",
    )
    async def local_members(self, entry_id: EntryId, request: MembersRequest) -> Page | None:
        """List, add or remove members of a local group."""
        ...

    @post("directory_queries_start", "/directory/queries")
    async def start_query(self, request: QueryRequest) -> QueryIdentity:
        """Begin a search."""
        ...

    @get("directory_queries_initial_get", "/directory/queries/initial", certainty=Certainty.CLIENT)
    async def initial_query(self) -> QueryIdentity:
        """Begin the search that finds everything."""
        ...

    @get("directory_queries_get", "/directory/queries/{queryId}", certainty=Certainty.CLIENT)
    async def query(self, query_id: QueryId, start: Start = 1, limit: Limit = 100) -> Page:
        """A page of what a search found."""
        ...

    @delete("directory_queries_delete", "/directory/queries/{queryId}")
    async def delete_query(self, query_id: QueryId) -> None:
        """Forget a search."""
        ...

    @get("directory_server_entry_get", "/directory/{serverId}/entries/{entryId}")
    async def entry(self, server_id: ServerId, entry_id: EntryId) -> Entry:
        """One entry of any server."""
        ...

    @post("directory_server_entry_action", "/directory/{serverId}/entries/{entryId}")
    async def act_on_entry(self, server_id: ServerId, entry_id: EntryId, request: EntryRequest) -> list[Link]:
        """Dial an entry of any server."""
        ...

    @put("directory_server_entry_favorite_set", "/directory/{serverId}/entries/{entryId}/favorite")
    async def set_favorite(self, server_id: ServerId, entry_id: EntryId, request: FavoriteRequest) -> None:
        """Make an entry of any server a favourite, or no longer."""
        ...

    @post("directory_server_entry_favorite_reorder", "/directory/{serverId}/entries/{entryId}/favorite")
    async def reorder_favorite(self, server_id: ServerId, entry_id: EntryId, request: ReorderRequest) -> None:
        """Move an entry of any server among the favourites."""
        ...

    @post("directory_server_entry_members", "/directory/{serverId}/entries/{entryId}/members")
    async def members(self, server_id: ServerId, entry_id: EntryId, request: MembersRequest) -> Page | None:
        """List, add or remove members of a group of any server."""
        ...

    @put(
        "directory_import",
        "/directory/import",
        certainty=Certainty.INFERRED,
        danger=Danger.DELETES,
        largest_body=64 * 1024 * 1024,
        decided=(
            "raw or as a part of a multipart body; our own XML, the XML of phones' contact files, vCard "
            "or CSV, whichever it is; 64 MiB and 200000 entries at most. An entry whose id the room has "
            "is replaced, others are added, and what is there already just so is skipped."
        ),
    )
    async def import_entries(
        self,
        file: Upload,
        partial: Annotated[
            bool, InQuery("partial"), doc("Whether what can be read goes in where something else cannot.")
        ] = False,
    ) -> ImportResult:
        """Import entries from a file, all of it or nothing."""
        ...

    @get(
        "directory_export",
        "/directory/export",
        certainty=Certainty.INFERRED,
        decided="a format that the import reads back.",
    )
    async def export_entries(self) -> Download:
        """All local entries as an XML file."""
        ...
