"""Searching the directory of any room with the contract's interface, page by page."""

from __future__ import annotations

import contextlib

from videobar.contract.directory import Entry, QueryRequest
from videobar.contract.index import Areas
from videobar.errors import VideobarError

PAGE = 100
MOST_PAGES = 100
"""Pages to read before giving up on a room that always has a next one."""


async def search(room: Areas, text: str, *, limit: int = PAGE * MOST_PAGES) -> list[Entry]:
    """The first `limit` entries that the room finds for `text`, through as many pages as that takes.

    The query is given back at the end; a room that does not know how has nothing to give back. Raises what the room
    raises, and `ValueError` for a limit below 1.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    query = await room.directory.start_query(QueryRequest(search_string=text))
    try:
        return await _read(room, query.id, limit)
    finally:
        with contextlib.suppress(VideobarError):
            await room.directory.delete_query(query.id)


async def _read(room: Areas, query: str, limit: int) -> list[Entry]:
    """The entries of a query. The same page twice comes from a room that has only one."""
    entries: list[Entry] = []
    before: list[Entry] = []
    while len(entries) < min(limit, PAGE * MOST_PAGES):
        page = await room.directory.query(
            query, start=len(entries) + 1, limit=min(PAGE, limit - len(entries))
        )
        if page.entries == before:
            break
        before = page.entries
        entries += page.entries
        if page.next is None:
            break
    return entries[:limit]
