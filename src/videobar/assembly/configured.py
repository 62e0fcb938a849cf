"""Values of settings: by flags, environment or file, or through the API, at once or from the next start on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from videobar.adapters.store.secrets import SecretBox
from videobar.errors import InvalidRequest, StoreUnavailable
from videobar.room.store import Key, Store
from videobar.room.store import Value as Stored
from videobar.room.system.configuration import NotEditable
from videobar.settings import Setting, Settings, table

Examine = Callable[[str, Any], Awaitable[None]]
"""Looks at a setting's value, by its name, before it is kept. Raises `ValueError`."""


class StoredSettings:
    """Settings that were set through the API, as texts in the room's store; secrets are sealed."""

    def __init__(self, store: Store, secrets: SecretBox) -> None:
        self._store = store
        self._secrets = secrets

    def get(self, name: str) -> str | None:
        """The text kept for a setting, or `None`."""
        kept = self._store.get(Key.SETTING.format(name=name))
        if not isinstance(kept, str):
            return None
        secret = next(item.secret for item in table() if item.name == name)
        return self._secrets.open(kept) if secret else kept

    async def put(self, item: Setting[Any], text: str) -> None:
        """Keep a setting's text. Raises `StoreUnavailable`."""
        await self.put_all({item.name: text})

    async def put_all(self, texts: Mapping[str, str | None]) -> None:
        """Keep the texts of several settings, or none of them; `None` forgets one. Raises `StoreUnavailable`."""
        secret = {item.name for item in table() if item.secret}
        try:
            kept: dict[str, Stored] = {
                Key.SETTING.format(name=name): self._secrets.seal(text)
                if text is not None and name in secret
                else text
                for name, text in texts.items()
            }
        except OSError as error:
            raise StoreUnavailable(f"the key for secrets cannot be used: {error.strerror}") from error
        await self._store.put(kept)


class Configured:
    """The settings in use and those that wait for the next start.

    `live` has those that are used at once, by name, each with what takes a new value.
    """

    def __init__(
        self,
        settings: Settings,
        stored: StoredSettings,
        live: Mapping[str, Callable[[Any], None]],
        examine: Examine,
    ) -> None:
        self._settings = settings
        self._stored = stored
        self._live = live
        self._examine = examine
        self._items = {item.name: item for item in table()}
        self._set: dict[str, Any] = {}

    @property
    def data(self) -> Path:
        """The room's data directory."""
        return self._settings.data

    def item(self, name: str) -> Setting[Any]:
        """A setting's row in the table."""
        return self._items[name]

    def is_live(self, name: str) -> bool:
        """True if a new value is used at once."""
        return name in self._live

    def used(self, name: str) -> Any:
        """The value in use."""
        return self.value(name) if self.is_live(name) else self._at_start(name)

    def value(self, name: str) -> Any:
        """The value that is set, which may wait for the next start."""
        return self._set.get(name, self._at_start(name))

    def settings(self) -> Settings:
        """The settings with all that was set, as the next start would have them."""
        return replace(self._settings, **self._set)

    def waits(self, *names: str) -> bool:
        """True if one of these is set to something else than the value in use."""
        return any(self.value(name) != self.used(name) for name in names)

    def editable(self, name: str) -> bool:
        """True if a setting can be changed here: flag, environment or file have not fixed it."""
        return self._items[name].editable and name not in self._settings.given

    def as_written(self, name: str) -> str | None:
        """The text that a setting was set by through the API, if it was."""
        return self._stored.get(name) if self.editable(name) else None

    async def write(self, texts: Mapping[str, str | None]) -> None:
        """Set several settings, or none of them; `None` goes back to the default.

        Raises `InvalidRequest` for a text without meaning, `NotEditable` and `StoreUnavailable`.
        """
        values: dict[str, Any] = {}
        for name, text in texts.items():
            item = self._items[name]
            try:
                if text is None:
                    values[name] = item.default
                else:
                    values[name] = item.read_stored(text, self._settings.data)
                    await self._examine(name, values[name])
            except ValueError as error:
                raise InvalidRequest(f"{name}: {error}") from None
            if not self.editable(name) and values.pop(name) != self.value(name):
                raise NotEditable(f"{name} was set at the start of the room, and cannot be changed here")
        await self._stored.put_all({name: texts[name] for name in values})
        self._set |= values
        for name, value in values.items():
            if name in self._live:
                self._live[name](value)

    def _at_start(self, name: str) -> Any:
        return getattr(self._settings, name)
