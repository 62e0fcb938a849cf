"""Reset of a room: the order is a file, which the next start carries out before it opens anything."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from videobar.adapters.host.certificate import FILE_NAME as CERTIFICATE
from videobar.adapters.host.certificate import RSA_NAME as RSA_CERTIFICATE
from videobar.adapters.store import data_directory
from videobar.adapters.store.backup import back_up
from videobar.adapters.store.data_directory import BACKUPS, DATABASE, LOGS
from videobar.adapters.store.database import Database
from videobar.errors import StoreUnavailable
from videobar.files import write_private
from videobar.room.store import Key
from videobar.room.system.reset import Keep

log = logging.getLogger("videobar.store")

ORDER = ".reset"
BACKUPS_KEPT = 3
DIRECTORY_TABLES = "directory"
"""Prefix of the directory's tables."""
CALL_LOG = "call_log"


class ResetOrder:
    """Orders a reset of the room in `data`."""

    def __init__(self, data: Path) -> None:
        self._data = data

    async def order(self, keep: Keep) -> None:
        """A backup first, under `backups/`, then the order. Raises `StoreUnavailable`."""
        try:
            await asyncio.to_thread(self._order, keep)
        except OSError as error:
            raise StoreUnavailable(f"a reset cannot be prepared: {error.strerror}") from error

    def _order(self, keep: Keep) -> None:
        backups = self._data / BACKUPS
        backups.mkdir(mode=0o700, exist_ok=True)
        back_up(self._data, backups / f"before-reset-{time.strftime('%Y%m%d-%H%M%S')}.tar.gz")
        for old in sorted(backups.glob("before-reset-*"))[:-BACKUPS_KEPT]:
            old.unlink()
        write_private(self._data / ORDER, json.dumps(vars(keep)).encode())


def apply_pending_reset(data: Path) -> None:
    """Reset the room if that was ordered, and settle what was staged. Raises `OSError`.

    Can be broken off anywhere: the order stands until the new contents are complete.
    """
    order = data / ORDER
    if order.is_file() and not (data / data_directory.STAGED).exists():
        keep = _read(order)
        log.warning(
            "resetting the room; keeping %s", ", ".join(k for k, v in vars(keep).items() if v) or "none"
        )
        staging = data_directory.begin_staging(data)
        if (data / DATABASE).is_file():
            _stage_database(data / DATABASE, staging / DATABASE, keep)
        for name in (CERTIFICATE, RSA_CERTIFICATE):
            if keep.certificates and (data / name).is_file():
                shutil.copy2(data / name, staging / name)
        if not keep.logs:
            for file in (data / LOGS).glob(
                "*.log.*"
            ):  # those that are being written begin anew by themselves
                file.unlink()
        data_directory.finish_staging(data, discard_old=True)
    data_directory.settle(data)


def _read(order: Path) -> Keep:
    """Data to keep; all of it, if the order cannot be read."""
    try:
        read = json.loads(order.read_text())
        return Keep(**{name: value is True for name, value in read.items()})
    except (ValueError, TypeError, AttributeError):
        return Keep(True, True, True, True)


def _stage_database(old: Path, new: Path, keep: Keep) -> None:
    """A database with the serial number and what is kept. One that is damaged is as good as none."""
    Database(old).close()  # brings it to the present schema
    with closing(sqlite3.connect(old)) as source:
        (serial,) = source.execute(
            "SELECT value FROM state WHERE key = ?", (Key.SERIAL_NUMBER,)
        ).fetchone() or (None,)
        calls = source.execute(f"SELECT * FROM {CALL_LOG}").fetchall() if keep.call_log else []  # noqa: S608
        if keep.directory:
            with closing(sqlite3.connect(new)) as target:
                source.backup(target)
    Database(new).close()
    with closing(sqlite3.connect(new)) as target:
        target.execute("PRAGMA foreign_keys = ON")
        for name in _ordinary_tables(target):
            target.execute(f"DELETE FROM {name}")  # noqa: S608 (names of our own schema)
        if serial is not None:
            target.execute("INSERT INTO state VALUES (?, ?)", (Key.SERIAL_NUMBER, serial))
        for row in calls:
            target.execute(f"INSERT INTO {CALL_LOG} VALUES ({','.join('?' * len(row))})", row)  # noqa: S608
        target.commit()
        target.execute("VACUUM")
        target.execute("PRAGMA journal_mode = DELETE")


def _ordinary_tables(database: sqlite3.Connection) -> list[str]:
    """All tables but the directory's, which has indexes of its own to keep in step."""
    rows = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE ?",
        (f"{DIRECTORY_TABLES}%",),
    )
    return [name for (name,) in rows]
