"""Identity of the room, kept from its first start on."""

from __future__ import annotations

import re
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


BUILDS = {
    (3, 10, 0): "362035",
    (3, 12, 0): "366027",
    (4, 6, 1): "444241",
    (4, 6, 2): "460046",
    (4, 7, 0): "466077",
    (5, 0, 1): "470014",
}
"""Builds that were seen, by version."""
BUILD = re.compile(r"\d{6}")


def build_of(firmware: str) -> str:
    """The six digits that a version of the firmware is built as.

    Where the version does not say them and they were never seen, they are made of its numbers, so that later versions
    of the same major one have higher builds.
    """
    numbers = [int(number) for number in re.findall(r"\d+", firmware)]
    major, minor, patch = (*numbers, 0, 0)[:3]
    told = [f"{number}" for number in numbers[2:] if BUILD.fullmatch(f"{number}")]
    if told:
        return told[-1]
    return BUILDS.get((major, minor, patch)) or f"{major % 10}{minor % 100:02}{patch % 1000:03}"


def identity(settings: Settings, serial_number: str) -> Identity:
    """Model and versions."""
    installed_ms = int(Path(__file__).stat().st_mtime * 1000)
    return Identity(
        settings.model,
        serial_number,
        settings.firmware,
        build_of(settings.firmware),
        installed_ms,
        release=version("videobar"),
    )
