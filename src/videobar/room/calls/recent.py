"""Recent calls: the part of the call log that is shown as such."""

from __future__ import annotations

import asyncio

from videobar.errors import InvalidRequest
from videobar.room.calls.log import MOST_ENTRIES
from videobar.room.store import Key, Store

DEFAULT_MOST = 100


class RecentCalls:
    """Recent calls: whether they are shown, and how many (1 to 1000). Survives a restart; the log is kept anyway."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._writing = asyncio.Lock()
        self._shown = store.get(Key.RECENT_CALLS) is not False
        most = store.get(Key.RECENT_CALLS_MOST)
        self._most = most if isinstance(most, int) and 1 <= most <= MOST_ENTRIES else DEFAULT_MOST

    @property
    def shown(self) -> bool:
        """True if recent calls are shown."""
        return self._shown

    @property
    def most(self) -> int:
        """Maximum number of calls shown, if any are."""
        return self._most

    async def set(self, *, shown: bool | None = None, most: int | None = None) -> None:
        """Show recent calls, or not, or another number. Raises `InvalidRequest` or `StoreUnavailable`."""
        if most is not None and not 1 <= most <= MOST_ENTRIES:
            raise InvalidRequest(f"value: must be a whole number from 1 to {MOST_ENTRIES}")
        async with self._writing:
            wanted = self._shown if shown is None else shown
            number = self._most if most is None else most
            await self._store.put({Key.RECENT_CALLS: wanted, Key.RECENT_CALLS_MOST: number})
            self._shown, self._most = wanted, number
