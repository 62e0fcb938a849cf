"""Login records: last logins and lock-outs, kept in the room's store over a restart."""

from __future__ import annotations

from collections.abc import Mapping

from videobar.room.store import Key, Store, Value


class StoredLogins:
    """Implements what sessions need with keys of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def last_login(self, user: str) -> str | None:
        """Stored record of the last login of `user`."""
        kept = self._store.get(Key.LAST_LOGIN.format(user=user))
        return kept if isinstance(kept, str) else None

    def limits(self, kind: str) -> Mapping[str, str]:
        """Stored records of that kind, by subject."""
        prefix = Key.LOGIN_LIMIT.format(kind=kind, subject="")
        kept = {key.removeprefix(prefix): self._store.get(key) for key in self._store.keys(prefix)}
        return {subject: record for subject, record in kept.items() if isinstance(record, str)}

    async def keep_last_login(self, user: str, record: str) -> None:
        """Keep it. Raises `StoreUnavailable`."""
        await self._store.put({Key.LAST_LOGIN.format(user=user): record})

    async def keep_limits(self, records: Mapping[tuple[str, str], str | None]) -> None:
        """Keep these at once, or forget those that are `None`. Raises `StoreUnavailable`."""
        named: dict[str, Value] = {
            Key.LOGIN_LIMIT.format(kind=kind, subject=subject): record
            for (kind, subject), record in records.items()
        }
        changed = {key: record for key, record in named.items() if self._store.get(key) != record}
        if changed:
            await self._store.put(changed)
