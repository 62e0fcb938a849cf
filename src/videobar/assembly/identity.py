"""What makes this room this one, from its first start on."""

from __future__ import annotations

import secrets
import string
from importlib.metadata import version
from pathlib import Path

from videobar.room.store import Key, Store, Value
from videobar.room.system.service import Identity
from videobar.settings import Settings

SERIAL_ALPHABET = string.ascii_uppercase + string.digits


async def remembered(settings: Settings, store: Store, first: str | None) -> str:
    """Keep what was set for good, and return the serial number: `first`, or a new one, at the first start."""
    serial_number = store.get(Key.SERIAL_NUMBER)
    keep: dict[str, Value] = {}
    if not isinstance(serial_number, str):
        serial_number = first or "8L" + "".join(secrets.choice(SERIAL_ALPHABET) for _ in range(12))
        keep[Key.SERIAL_NUMBER] = serial_number
    if settings.name is not None:
        keep[Key.NAME] = settings.name
    elif store.get(Key.NAME) is None:
        keep[Key.NAME] = f"videobar {serial_number[-4:]}"
    if settings.do_not_disturb is not None:
        keep[Key.DO_NOT_DISTURB] = settings.do_not_disturb
    if settings.mute_locked is not None:
        keep[Key.MUTE_LOCKED] = settings.mute_locked
    if keep:
        await store.put(keep)
    return serial_number


def identity(settings: Settings, serial_number: str) -> Identity:
    """Model and versions."""
    installed_ms = int(Path(__file__).stat().st_mtime * 1000)
    return Identity(settings.model, serial_number, settings.firmware, version("videobar"), installed_ms)
