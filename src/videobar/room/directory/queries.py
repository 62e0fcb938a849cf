"""Searches that are under way.

A query is a question, not a copy of its answer. Of the room's own entries it keeps only how many there were when it
began, and behind which entry each page ended, so that pages go together whatever is added or removed between them:
an entry that is there all the time is listed exactly once, and one that is new is not listed. What a global directory
found is kept with the query, since that one cannot be asked for a page in the room's order; it is bounded.
"""

from __future__ import annotations

import asyncio
import bisect
import heapq
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from videobar.clock import Clock
from videobar.errors import NoSuchQuery
from videobar.room.directory.entry import Entry
from videobar.room.directory.port import EntrySearch
from videobar.room.directory.search import DirectorySearch, SortKey

log = logging.getLogger("videobar.directory")

MOST_QUERIES = 64
IDLE_S = 300.0
MOST_PAGE_ENDS = 2048
"""Pages of a query whose ends are remembered, at most; those of others are found by counting."""

Fetch = Callable[[], Coroutine[Any, Any, list[Entry]]]


@dataclass(frozen=True)
class EntryPage:
    """Some entries, and where the next page begins, from 1; `None` on the last one."""

    entries: list[Entry]
    next_start: int | None


@dataclass(frozen=True)
class _End:
    """Cursor behind the end of a page: behind which local entry, and after how many others."""

    after: SortKey | None = None
    others: int = 0


@dataclass
class _Query:
    question: DirectorySearch
    latest: int
    others: asyncio.Task[list[tuple[SortKey, Entry]]]
    used: float
    asks_local: bool
    ends: OrderedDict[int, _End] = field(default_factory=OrderedDict)

    def before(self, start: int) -> tuple[int, _End]:
        """The nearest known start at or before `start`, and the end of what is before it."""
        if start in self.ends:
            return start, self.ends[start]
        known = max((begin for begin in self.ends if begin < start), default=1)
        return known, self.ends.get(known, _End())

    def remember(self, start: int, end: _End) -> None:
        self.ends[start] = end
        self.ends.move_to_end(start)
        if len(self.ends) > MOST_PAGE_ENDS:
            self.ends.popitem(last=False)


class Queries:
    """The queries under way, bounded in number: the one that was not used for the longest gives way."""

    def __init__(self, *, search: EntrySearch, clock: Clock, new_id: Callable[[], str]) -> None:
        self._search = search
        self._clock = clock
        self._new_id = new_id
        self._queries: OrderedDict[str, _Query] = OrderedDict()

    async def begin(self, question: DirectorySearch, others: Fetch | None, *, asks_local: bool) -> str:
        """Begin a query, and return its id. `others` fetches what comes from elsewhere, meanwhile."""
        latest = await self._search.latest()
        self._forget_idle()
        while len(self._queries) >= MOST_QUERIES:
            self._drop(next(iter(self._queries)))
        query_id = self._new_id()
        task = asyncio.ensure_future(_sorted(question, others))
        self._queries[query_id] = _Query(question, latest, task, self._clock.monotonic(), asks_local)
        return query_id

    async def page(self, query_id: str, start: int, limit: int) -> EntryPage:
        """`limit` entries from number `start` on, from 1. Raises `NoSuchQuery`."""
        query = self._find(query_id)
        try:
            others = await asyncio.shield(query.others)
        except asyncio.CancelledError:
            if query.others.cancelled():  # it was deleted while this page waited
                raise NoSuchQuery(f"there is no query {query_id!r} any more") from None
            raise
        begin, end = query.before(start)
        while others and begin < start:  # count to it, since both kinds lie between
            step = min(1000, start - begin)
            found, end, _ = await self._take(query, others, end, 0, step)
            begin += step
            if len(found) < step:
                return EntryPage([], None)
        entries, end, more = await self._take(query, others, end, start - begin, limit)
        if not more:
            return EntryPage(entries, None)
        query.remember(start + len(entries), end)
        return EntryPage(entries, start + len(entries))

    def delete(self, query_id: str) -> None:
        """Forget a query. Raises `NoSuchQuery`."""
        self._find(query_id)
        self._drop(query_id)

    def close(self) -> None:
        """Forget all queries."""
        for query_id in list(self._queries):
            self._drop(query_id)

    async def _take(
        self, query: _Query, others: list[tuple[SortKey, Entry]], end: _End, skip: int, limit: int
    ) -> tuple[list[Entry], _End, bool]:
        """The next `limit` entries behind `end`, where they end, and whether more follow."""
        local = (
            await self._search.page(query.question, query.latest, end.after, skip, limit + 1)
            if query.asks_local
            else []
        )
        if not query.asks_local:
            end = _End(None, end.others + skip)
        foreign = others[end.others : end.others + limit + 1]
        merged = list(heapq.merge(local, foreign, key=lambda row: row[0]))
        taken = merged[:limit]
        ours = bisect.bisect_right(local, taken[-1][0], key=lambda row: row[0]) if taken else 0
        after = local[ours - 1][0] if ours else end.after
        return [entry for _, entry in taken], _End(after, end.others + len(taken) - ours), len(merged) > limit

    def _find(self, query_id: str) -> _Query:
        self._forget_idle()
        query = self._queries.get(query_id)
        if query is None:
            raise NoSuchQuery(f"there is no query {query_id!r}")
        query.used = self._clock.monotonic()
        self._queries.move_to_end(query_id)
        return query

    def _forget_idle(self) -> None:
        long_ago = self._clock.monotonic() - IDLE_S
        while self._queries:
            query_id, oldest = next(iter(self._queries.items()))
            if oldest.used > long_ago:
                break
            self._drop(query_id)

    def _drop(self, query_id: str) -> None:
        self._queries.pop(query_id).others.cancel()


async def _sorted(question: DirectorySearch, fetch: Fetch | None) -> list[tuple[SortKey, Entry]]:
    """Entries from elsewhere, in order; behind local entries of the same name, as if they were made later."""
    if fetch is None:
        return []
    found = await fetch()
    placed = [(question.place(entry.content, _FIRST_FOREIGN + n), entry) for n, entry in enumerate(found)]
    return sorted(placed, key=lambda row: row[0])


_FIRST_FOREIGN = 2**62
"""Numbers of entries from elsewhere, beyond all that local ones can have."""
