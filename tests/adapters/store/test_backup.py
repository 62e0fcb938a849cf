import io
import json
import os
import tarfile

import pytest

from videobar.adapters.store import backup, data_directory
from videobar.adapters.store.backup import BackupInvalid, back_up, restore
from videobar.adapters.store.data_directory import STAGED, settle
from videobar.adapters.store.database import Database
from videobar.adapters.store.migrations import MIGRATIONS
from videobar.adapters.store.reset import ResetOrder, apply_pending_reset
from videobar.adapters.store.sqlite import SqliteStore
from videobar.errors import StoreUnavailable
from videobar.room.store import Key
from videobar.room.system.reset import Keep


@pytest.fixture
def data(tmp_path):
    made = tmp_path / "room"
    made.mkdir()
    return made


async def furnish(data, volume=37):
    database = Database(data / "room.sqlite")
    store = SqliteStore(database)
    await store.put({Key.VOLUME: volume, Key.SERIAL_NUMBER: "8LTEST", Key.NAME: "Lobby"})
    (data / "https.pem").write_text("certificate")
    (data / "collaboration" / "1").mkdir(parents=True)
    (data / "collaboration" / "1" / "picture.jpg").write_bytes(b"jpeg")
    (data / "logs").mkdir()
    (data / "logs" / "room.log").write_text("now\n")
    (data / "logs" / "room.log.1").write_text("before\n")
    return database


def volume(data):
    database = Database(data / "room.sqlite")
    try:
        return SqliteStore(database).get(Key.VOLUME)
    finally:
        database.close()


def names(data):
    return {entry.name for entry in data.iterdir()} - {"room.sqlite-wal", "room.sqlite-shm"}


async def test_there_and_back(data, tmp_path):
    running = await furnish(data)
    saved = tmp_path / "saved.tar.gz"
    back_up(data, saved)
    assert saved.stat().st_mode & 0o777 == 0o600
    await SqliteStore(running).put({Key.VOLUME: 5})
    running.close()
    (data / "https.pem").write_text("another")
    (data / "new file").write_text("x")
    restore(data, saved)
    assert volume(data) == 37
    assert (data / "https.pem").read_text() == "certificate"
    assert (data / "collaboration" / "1" / "picture.jpg").read_bytes() == b"jpeg"
    assert (data / "logs" / "room.log").read_text() == "now\n"
    (aside,) = data.glob("before-*")
    assert {"new file", "https.pem", "room.sqlite"} <= names(aside)
    assert not {"new file", "backup.json", STAGED} & names(data)
    assert list(tmp_path.glob(".backup-*")) == []


async def test_to_another_host(data, tmp_path):
    (await furnish(data)).close()
    back_up(data, tmp_path / "saved")
    restore(tmp_path / "elsewhere" / "room", tmp_path / "saved")
    assert volume(tmp_path / "elsewhere" / "room") == 37


def test_no_room(data, tmp_path):
    with pytest.raises(StoreUnavailable, match="there is no room in"):
        back_up(data, tmp_path / "saved")
    assert not (tmp_path / "saved").exists()


def archive_of(path, **members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def link(name):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return member


GOOD = json.dumps({"format": 1, "schema": len(MIGRATIONS), "videobar": "0"}).encode()
NEWER = json.dumps({"format": 1, "schema": len(MIGRATIONS) + 1, "videobar": "9"}).encode()


@pytest.mark.parametrize(
    ("members", "complaint"),
    [
        ({"room.sqlite": b""}, "no manifest"),
        ({"backup.json": b"{"}, "no backup"),
        ({"backup.json": b"[]"}, "format is not known"),
        ({"backup.json": NEWER}, "newer videobar"),
        ({"backup.json": GOOD, "../x": b"x"}, r"'\.\./x'"),
        ({"backup.json": GOOD, "/etc/x": b"x"}, "'/etc/x'"),
        ({"backup.json": GOOD, "link": link("link")}, "'link'"),
        ({"backup.json": GOOD, ".staged": b"x"}, "'.staged'"),
    ],
)
async def test_what_is_no_backup_changes_nothing(data, tmp_path, members, complaint):
    (await furnish(data)).close()
    before = names(data)
    archive_of(tmp_path / "bad", **members)
    with pytest.raises(BackupInvalid, match=complaint):
        restore(data, tmp_path / "bad")
    assert (names(data), volume(data)) == (before, 37)


async def test_a_backup_that_was_cut_short_changes_nothing(data, tmp_path):
    (await furnish(data)).close()
    back_up(data, tmp_path / "saved")
    whole = (tmp_path / "saved").read_bytes()
    before = names(data)
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(BackupInvalid):
            restore(data, tmp_path / "cut")
        assert (names(data), volume(data)) == (before, 37)


async def test_too_much_is_refused(data, tmp_path, monkeypatch):
    (await furnish(data)).close()
    back_up(data, tmp_path / "saved")
    monkeypatch.setattr(backup, "MOST_BYTES", 1000)
    with pytest.raises(BackupInvalid, match="too large"):
        restore(data, tmp_path / "saved")


class Cut(Exception):
    pass


async def test_settling_can_be_broken_off_anywhere(data, tmp_path, monkeypatch):
    """Every change of the disk in turn is the last one before the power goes; the next start finishes."""
    (await furnish(data)).close()
    back_up(data, tmp_path / "saved")
    steps = 0
    left = [0]
    real = {name: getattr(os, name) for name in ("rename", "unlink", "rmdir", "mkdir")}

    def limited(name):
        def act(*arguments, **named):
            if left[0] == 0:
                raise Cut
            left[0] -= 1
            return real[name](*arguments, **named)

        return act

    while True:
        steps += 1
        target = tmp_path / f"room{steps}"
        target.mkdir()
        (await furnish(target, volume=5)).close()
        left[0] = steps
        for name in real:
            monkeypatch.setattr(os, name, limited(name))
        try:
            restore(target, tmp_path / "saved")
            finished = True
        except (Cut, BackupInvalid):
            finished = False
        for name, function in real.items():
            monkeypatch.setattr(os, name, function)
        settle(target)
        assert volume(target) in ((37,) if finished else (5, 37))
        assert (target / "https.pem").read_text() == "certificate"
        assert not {".staged", ".staging"} & names(target)
        if finished:
            break
    assert steps > 5


async def test_a_reset_keeps_what_it_is_told_and_the_serial_number(data):
    (await furnish(data)).close()
    await ResetOrder(data).order(Keep(certificates=True, logs=True))
    assert volume(data) == 37
    apply_pending_reset(data)
    database = Database(data / "room.sqlite")
    store = SqliteStore(database)
    assert [store.get(key) for key in (Key.SERIAL_NUMBER, Key.VOLUME, Key.NAME)] == ["8LTEST", None, None]
    database.close()
    assert names(data) == {
        "room.sqlite",
        "https.pem",
        "logs",
        "backups",
    }
    assert (data / "logs" / "room.log.1").exists()
    (saved,) = (data / "backups").iterdir()
    restore(data, saved)
    assert volume(data) == 37


async def test_a_reset_of_everything_and_only_once(data):
    (await furnish(data)).close()
    await ResetOrder(data).order(Keep())
    apply_pending_reset(data)
    assert not (data / "https.pem").exists()
    assert not (data / "logs" / "room.log.1").exists()
    database = Database(data / "room.sqlite")
    await SqliteStore(database).put({Key.VOLUME: 9})
    database.close()
    apply_pending_reset(data)
    assert volume(data) == 9


async def test_few_backups_of_resets_are_kept(data, monkeypatch):
    (await furnish(data)).close()
    for number in range(5):
        monkeypatch.setattr("time.strftime", lambda _, number=number: f"2026-{number}")
        await ResetOrder(data).order(Keep())
    assert sorted(names(data / "backups")) == [f"before-reset-2026-{n}.tar.gz" for n in (2, 3, 4)]


async def test_an_order_that_cannot_be_read_removes_nothing_that_matters(data):
    (await furnish(data)).close()
    (data / ".reset").write_text("{")
    apply_pending_reset(data)
    assert (data / "https.pem").exists()
    assert not (data / ".reset").exists()


def test_nothing_to_do(data):
    apply_pending_reset(data)
    settle(data / "missing")
    assert list(data_directory.contents(data)) == []
