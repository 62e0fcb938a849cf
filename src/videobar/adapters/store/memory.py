"""A store that forgets: for rooms without a data directory, and for tests."""

from __future__ import annotations

from msgspec import structs

from videobar.room.calls.log import MOST_ENTRIES, LoggedCall
from videobar.room.store import Value


class MemoryStore:
    """Store in memory: keeps values as long as the object lives."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}

    async def put(self, values: dict[str, Value]) -> None:
        """Keep `values`."""
        self._values.update(values)
        self._values = {key: value for key, value in self._values.items() if value is not None}

    def get(self, key: str) -> Value:
        """The value kept under `key`, or `None`."""
        return self._values.get(key)

    def keys(self, prefix: str) -> list[str]:
        """The keys in use that begin with `prefix`."""
        return [key for key in self._values if key.startswith(prefix)]


class MemoryCallLog:
    """A call log that forgets; implements `CallLog`."""

    def __init__(self) -> None:
        self._calls: dict[str, LoggedCall] = {}
        self._rows = 0

    async def put(self, call: LoggedCall) -> None:
        """Keep `call`, and no more than are to be kept."""
        known = self._calls.get(call.key)
        self._rows += known is None
        self._calls[call.key] = structs.replace(call, row=known.row if known is not None else self._rows)
        while len(self._calls) > MOST_ENTRIES:
            del self._calls[next(iter(self._calls))]

    async def latest(self, limit: int) -> list[LoggedCall]:
        """The newest first."""
        over = [call for call in reversed(self._calls.values()) if call.end_ms is not None]
        return over[:limit]

    async def delete(self, row: int) -> bool:
        """Forget one."""
        found = next((key for key, call in self._calls.items() if call.row == row), None)
        if found is not None:
            del self._calls[found]
        return found is not None

    async def clear(self) -> None:
        """Forget all."""
        self._calls.clear()
