"""Store of state over restarts: the port, and the keys under which subsystems keep their state."""

from __future__ import annotations

from typing import Protocol

Value = str | int | float | bool | None


class Store(Protocol):
    """Durable values by key; to put `None` is to forget. A `put` that has returned survives the loss of power."""

    async def put(self, values: dict[str, Value]) -> None:
        """Keep all of `values`, or none of them. Raises `StoreUnavailable` and then nothing was kept."""
        ...

    def get(self, key: str) -> Value:
        """The value kept under `key`, or `None`."""
        ...

    def keys(self, prefix: str) -> list[str]:
        """The keys in use that begin with `prefix`."""
        ...


class Key:
    """The keys in use."""

    SERIAL_NUMBER = "system.serial_number"
    NAME = "system.name"
    LANGUAGE = "system.language"
    CLOCK_OFFSET_MS = "system.clock_offset_ms"
    TZ_OFFSET_MS = "system.tz_offset_ms"
    DEVICE_MODE = "system.device_mode"
    SIGNAGE = "system.signage"
    SETTING = "setting.{name}"
    VOLUME = "audio.volume"
    DO_NOT_DISTURB = "calls.do_not_disturb"
    RECENT_CALLS = "calls.recent.shown"
    RECENT_CALLS_MOST = "calls.recent.most"
    MUTE_LOCKED = "audio.mute_locked"
    FENCE = "audio.fence"
    FENCE_RADIUS = "audio.fence_radius"
    TRACKING_SPEED = "cameras.tracking_speed"
    SELECTED_PEOPLE = "cameras.selected_people"
    SELECTED_CONTENT = "cameras.selected_content"
    ACCOUNT = "account."
    HASH_ENDING = ".password_hash"
    ROLE = "account.{user}.role"
    HASHES_BEFORE = "account.{user}.hashes_before"
    LAST_LOGIN = "login.account.{user}"
    LOGIN_LIMIT = "login.lockout.{kind}.{subject}"
    PASSWORD_HASH = "account.{user}.password_hash"  # noqa: S105 (a key, not a secret)
