"""The log files of a room's processes, in one directory."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from videobar import logs
from videobar.adapters.host.archive import Archive, Member
from videobar.room.system.logs import Bundle

FULL_BELOW = 64 * 1024 * 1024
"""Free bytes of the disk below which logs are in danger."""


class LogDirectory:
    """Bundles what is in `directory`, which need not exist."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def bundle(self, documents: Mapping[str, bytes]) -> Bundle:
        """`documents` first, then the logs by name under `logs/`."""
        logs.flush()
        now = time.time()
        members = [Member(name, content, now) for name, content in documents.items()]
        archive = await asyncio.to_thread(self._archive, members)
        return Bundle(archive.length, archive.chunks())

    def nearly_full(self) -> bool:
        """True if the disk has less than 64 MiB left."""
        where = self._directory if self._directory.is_dir() else self._directory.parent
        try:
            return shutil.disk_usage(where).free < FULL_BELOW
        except OSError:
            return True

    def _archive(self, members: list[Member]) -> Archive:
        files = sorted(self._directory.glob("*.log*")) if self._directory.is_dir() else []
        found = [Member(f"logs/{file.name}", file, file.stat().st_mtime) for file in files]
        return Archive([*members, *found])
