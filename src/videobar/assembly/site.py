"""Site: everything that the parts of a room are made of."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from videobar.adapters.host.passwords import Argon2Hasher
from videobar.adapters.store.database import Database
from videobar.assembly.configured import StoredSettings
from videobar.assembly.engine import Engine
from videobar.clock import SystemClock
from videobar.room.egress import EgressPolicy
from videobar.room.store import Store
from videobar.room.system.certificates import Certificates
from videobar.room.system.request_metrics import RequestMetrics
from videobar.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Site:
    """Parts that every `open_...` of this package gets."""

    settings: Settings
    serial_number: str
    clock: SystemClock
    database: Database
    store: Store
    stored: StoredSettings
    engine: Engine
    egress: EgressPolicy
    hasher: Argon2Hasher
    logs: Path
    """Directory of the log files."""
    certificates: Certificates | None
    """The room's own, where it shows one."""
    metrics: RequestMetrics
    restart: Callable[[float], None]
    """Restarts the room, away for so many seconds."""
    undo: AsyncExitStack
    """Gets what is to be closed in the end, in reverse order."""
