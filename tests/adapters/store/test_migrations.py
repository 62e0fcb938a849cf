"""Data directories of every earlier version: each becomes what a new one is, and keeps what is in it."""

import sqlite3

import pytest

from videobar.adapters.store.database import Database
from videobar.adapters.store.migrations import MIGRATIONS
from videobar.errors import StoreUnavailable
from videobar.in_process import local_room

KEPT = {
    "state": "INSERT INTO state VALUES ('system.name', '\"Old room\"')",
    "camera_preset": "INSERT INTO camera_preset VALUES (3, 1, 10, -20, -50000, 0, NULL)",
    "directory_entry": "INSERT INTO directory_entry VALUES (1, 'e1', 1, 'Ada', '', '', '', '', '', '', '', '', "
    "'[]', 'ada', 'ada', '', '')",
    "call_log": "INSERT INTO call_log VALUES (7, 'k', 'ada@example.com', 'Ada', 'PLACED', 1, 1, 1000, 2000, 1, "
    "64, 'voice_sip', 0)",
    "audit": "INSERT INTO audit (number, at_ms, user, address, session, action, target, status, reason) "
    "VALUES (1, 1000, 'admin', '127.0.0.1', '', 'session_login', '', 200, '')",
}  # fmt: skip
"""What earlier versions wrote, by table; a key-value store as of the first."""


def older(path, version):
    """A database as version `version` of the schema left it; returns the tables that were filled."""
    connection = sqlite3.connect(path)
    for migration in MIGRATIONS[:version]:
        connection.executescript(migration)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table in tables & KEPT.keys():
        connection.execute(KEPT[table])
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    connection.close()
    return tables & KEPT.keys()


def schema(path):
    connection = sqlite3.connect(path)
    made = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return version, made


@pytest.mark.parametrize("version", range(len(MIGRATIONS) + 1))
def test_every_older_schema_becomes_the_newest_with_all_that_was_in_it(tmp_path, version):
    Database(tmp_path / "new.sqlite").close()
    path = tmp_path / "room.sqlite"
    filled = older(path, version)
    for _ in range(2):  # the second time there is nothing to do
        Database(path).close()
        assert schema(path) == schema(tmp_path / "new.sqlite")
    connection = sqlite3.connect(path)
    for table in filled:
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,), table
    connection.close()
    assert not list(tmp_path.glob("*.damaged-*"))


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS) + 1))
async def test_a_room_starts_from_every_older_schema(tmp_path, version):
    filled = older(tmp_path / "room.sqlite", version)
    async with local_room(tmp_path, engine="simulated") as room:
        assert (await room.system.info()).system_name == "Old room"
        if "call_log" in filled:
            assert [call.row_id for call in await room.calllog.entries()] == [7]
        if "camera_preset" in filled:
            assert (await room.cameras.near_preset(3)).stored


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "room.sqlite"
    older(path, 1)
    before = schema(path)
    monkeypatch.setattr(
        "videobar.adapters.store.database.MIGRATIONS",
        (*MIGRATIONS[:1], "CREATE TABLE half (x); INSERT INTO state VALUES ('system.name', '2')"),
    )
    with pytest.raises(StoreUnavailable, match="UNIQUE"):
        Database(path)
    assert schema(path) == before
    assert not list(tmp_path.glob("*.damaged-*"))
