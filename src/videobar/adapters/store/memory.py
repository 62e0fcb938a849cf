"""A store that forgets: for rooms without a data directory, and for tests."""

from __future__ import annotations

from videobar.room.store import Value


class MemoryStore:
    """Keeps values as long as the object lives."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}

    async def put(self, values: dict[str, Value]) -> None:
        """Keep `values`."""
        self._values.update(values)

    def get(self, key: str) -> Value:
        """The value kept under `key`, or `None`."""
        return self._values.get(key)
