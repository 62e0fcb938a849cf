"""Do not disturb."""

from __future__ import annotations

from collections.abc import Callable

from videobar.room.store import Key, Store


class DoNotDisturb:
    """Do not disturb: callers get a busy signal, and are logged as missed. Survives a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._enabled = store.get(Key.DO_NOT_DISTURB) is True
        self._closed: Callable[[], bool] = lambda: False

    def close_while(self, closed: Callable[[], bool]) -> None:
        """Refuse callers while `closed`, for a reason of the room itself, such as its mode."""
        self._closed = closed

    @property
    def may_ring(self) -> bool:
        """True if this caller may ring."""
        return not self._enabled and not self._closed()

    @property
    def enabled(self) -> bool:
        """True if nobody may ring."""
        return self._enabled

    async def set_enabled(self, wanted: bool) -> None:
        """Turn do not disturb on or off; calls that ring already go on. Raises `StoreUnavailable`."""
        await self._store.put({Key.DO_NOT_DISTURB: wanted})
        self._enabled = wanted
