"""A picture or a film as a camera: `file:PATH`. It is there while the file is."""

from __future__ import annotations

import asyncio
from pathlib import Path

from videobar.adapters.cameras.context import CameraContext
from videobar.adapters.cameras.drawn import digital_facts
from videobar.adapters.cameras.setting import file_of
from videobar.room.cameras.digital import DigitalCamera, FoundCamera


def file_camera(url: str, context: CameraContext) -> DigitalCamera:
    """The camera behind `file:`."""
    path = file_of(url)
    found = FoundCamera(digital_facts("FILE", context), f"file:{path}")

    async def find() -> FoundCamera | None:
        return found if await asyncio.to_thread(_is_there, path) else None

    return DigitalCamera(clock=context.clock, find=find)


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
