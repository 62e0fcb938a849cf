import pytest

from videobar.adapters.store.audit import SqliteAudit
from videobar.adapters.store.database import Database
from videobar.errors import StoreUnavailable
from videobar.room import audit as module
from videobar.room.audit import GATHER_S, Audit, AuditedChange


def change(number=0, action="audio_volume_set"):
    return AuditedChange(
        1_700_000_000_000 + number, "admin", "192.0.2.7", "abcd", action, "/rest/audio/volume", 200, ""
    )


@pytest.fixture
def database(tmp_path):
    made = Database(tmp_path / "room.sqlite")
    yield made
    made.close()


async def test_what_was_noted_is_there_at_once_newest_first_and_in_pages(database, clock):
    audit = Audit(SqliteAudit(database), clock)
    for number in range(5):
        audit.note(change(number))
    page = await audit.latest(2, None)
    assert [entry.at_ms - 1_700_000_000_000 for entry in page] == [4, 3]
    rest = await audit.latest(10, page[-1].number)
    assert [entry.at_ms - 1_700_000_000_000 for entry in rest] == [2, 1, 0]
    await audit.close()


async def test_entries_are_written_together_and_only_the_newest_stay(database, clock, monkeypatch):
    monkeypatch.setattr(module, "MOST_KEPT", 3)
    store = SqliteAudit(database)
    audit = Audit(store, clock)
    for number in range(5):
        audit.note(change(number))
    assert await store.latest(10, None) == []
    await clock.advance(GATHER_S)
    while not (kept := await store.latest(10, None)):
        pass
    assert [entry.number for entry in kept] == [5, 4, 3]
    await audit.close()


class Full:
    def __init__(self):
        self.full, self.kept = True, []

    async def add(self, entries, most):
        if self.full:
            raise StoreUnavailable("the disk is full")
        self.kept += entries


async def test_a_full_disk_keeps_them_waiting(clock, monkeypatch):
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    store = Full()
    audit = Audit(store, clock)
    for number in range(5):
        audit.note(change(number))
    await audit._write()
    store.full = False
    audit.note(change(5))
    await audit.close()
    assert [entry.at_ms - 1_700_000_000_000 for entry in store.kept] == [3, 4, 5]
