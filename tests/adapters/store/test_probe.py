import pytest

from videobar.adapters.store.database import Database
from videobar.adapters.store.probe import FRESH_S, StoreProbe


@pytest.fixture
def database(tmp_path):
    made = Database(tmp_path / "room.sqlite")
    yield made
    made.close()


async def test_a_write_reaches_the_file_and_is_remembered_for_a_moment(database, clock):
    probe = StoreProbe(database, clock)
    before = database.path.with_name("room.sqlite-wal").stat().st_size
    assert await probe.works()
    after = database.path.with_name("room.sqlite-wal").stat().st_size
    assert after > before
    for _ in range(5):
        assert await probe.works()
    assert database.path.with_name("room.sqlite-wal").stat().st_size == after


async def test_a_store_that_cannot_be_written_is_found_out_and_so_is_its_recovery(database, clock):
    probe = StoreProbe(database, clock)
    database._connection.execute("PRAGMA query_only = ON")
    assert not await probe.works()
    database._connection.execute("PRAGMA query_only = OFF")
    assert not await probe.works()
    await clock.advance(FRESH_S)
    assert await probe.works()
