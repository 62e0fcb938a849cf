"""Crash-loop detection: after several failed starts within a minute, the next one is in safe mode."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path

from videobar.files import write_private

log = logging.getLogger("videobar")

FILE_NAME = ".starts"
TOO_MANY = 3
WITHIN_S = 60.0


class CrashLoopGuard:
    """Counts starts that did not come to their end. A disk that is full counts nothing."""

    def __init__(self, data: Path) -> None:
        self._path = data / FILE_NAME

    def begin(self) -> bool:
        """Count this start; whether the last ones have failed, so that it should be a careful one."""
        now = time.time()
        lately = [moment for moment in self._read() if now - WITHIN_S < moment <= now]
        self._write([*lately, now])
        if len(lately) < TOO_MANY:
            return False
        log.error("%d starts failed within %.0f s: starting in safe mode", len(lately), WITHIN_S)
        return True

    def settle(self) -> None:
        """This start came to its end: the room is ready, or cannot start for a reason that its operator knows."""
        self._path.unlink(missing_ok=True)

    def _read(self) -> list[float]:
        try:
            read = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return []
        return (
            [float(each) for each in read if isinstance(each, int | float)] if isinstance(read, list) else []
        )

    def _write(self, moments: list[float]) -> None:
        try:
            write_private(self._path, json.dumps(moments).encode())
        except OSError as error:
            log.warning("failed starts cannot be counted: %s", error.strerror)
