import io
import tarfile

from videobar.adapters.host.archive import Archive, Member
from videobar.adapters.host.log_files import LogDirectory


async def read(bundle):
    content = b"".join([chunk async for chunk in bundle.chunks])
    assert len(content) == bundle.length
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


async def test_documents_and_log_files(tmp_path):
    (tmp_path / "room.log").write_bytes(b"a" * 700_000)
    (tmp_path / "room.log.1").write_bytes(b"")
    (tmp_path / "something.else").write_bytes(b"x")
    found = await read(await LogDirectory(tmp_path).bundle({"build.txt": b"1", "ü" * 80 + ".txt": b"2"}))
    assert found == {
        "build.txt": b"1",
        "ü" * 80 + ".txt": b"2",
        "logs/room.log": b"a" * 700_000,
        "logs/room.log.1": b"",
    }


async def test_a_directory_that_is_not_there(tmp_path):
    directory = LogDirectory(tmp_path / "none")
    assert await read(await directory.bundle({"a": b"1"})) == {"a": b"1"}
    assert not directory.nearly_full()


async def test_files_that_change_while_they_are_sent(tmp_path):
    for name, content in (("grows", b"a" * 1000), ("shrinks", b"b" * 1000), ("goes", b"c" * 1000)):
        (tmp_path / name).write_bytes(content)
    archive = Archive(
        [Member(name, tmp_path / name, 0.0) for name in ("grows", "shrinks", "goes", "missing")]
    )
    length = archive.length
    with (tmp_path / "grows").open("ab") as file:
        file.write(b"a" * 5000)
    with (tmp_path / "shrinks").open("r+b") as file:
        file.truncate(10)
    (tmp_path / "goes").unlink()
    content = b"".join([chunk async for chunk in archive.chunks()])
    assert len(content) == length
    with tarfile.open(fileobj=io.BytesIO(content)) as opened:
        found = {member.name: opened.extractfile(member).read() for member in opened}
    assert found == {
        "grows": b"a" * 1000,
        "shrinks": b"b" * 10 + bytes(990),
        "goes": b"c" * 1000,
    }
