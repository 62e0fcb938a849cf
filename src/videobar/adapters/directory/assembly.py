"""Puts the room's directory together."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from videobar.adapters.directory.sqlite_entries import SqliteEntries
from videobar.adapters.directory.sqlite_favorites import SqliteFavorites
from videobar.adapters.directory.sqlite_search import SqliteSearch
from videobar.adapters.directory.sqlite_transfer import SqliteTransfer
from videobar.adapters.store.database import Database
from videobar.clock import Clock
from videobar.room.directory.port import GlobalDirectory
from videobar.room.directory.queries import Queries
from videobar.room.directory.service import Directory


def random_id() -> str:
    """An id that no two rooms make, so that entries keep theirs when they move."""
    return secrets.token_hex(10)


def open_directory(
    database: Database,
    clock: Clock,
    *,
    elsewhere: GlobalDirectory | None = None,
    default_group: str | None = None,
    new_id: Callable[[], str] = random_id,
) -> Directory:
    """The directory over the room's database, and over a global directory where there is one."""
    search = SqliteSearch(database)
    return Directory(
        entries=SqliteEntries(database),
        favorites=SqliteFavorites(database),
        search=search,
        transfer=SqliteTransfer(database, new_id),
        elsewhere=elsewhere,
        queries=Queries(search=search, clock=clock, new_id=new_id),
        new_id=new_id,
        default_group=default_group,
    )
