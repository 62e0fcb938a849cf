"""Files from rooms: whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from videobar.contract.model import Download
from videobar.errors import Unreachable


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def download(name="logs.tar", *content, fails=None, length=None):
    async def chunks():
        for chunk in content or (b"one", b"two"):
            yield chunk
        if fails:
            raise fails

    return Download("application/x-tar", name, chunks(), length)


def test_the_name_that_the_room_gives(videobar, here):
    run = videobar("system", "logs")
    assert (run.status, run.out) == (0, "wrote logs.tar, 6 bytes\n")
    assert (here / "logs.tar").read_bytes() == b"onetwo"
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((here / "logs.tar").stat().st_mode) == 0o666 & ~mask


def test_a_file_that_exists_is_only_replaced_when_it_was_named(videobar, here):
    (here / "logs.tar").write_text("mine")
    run = videobar("system", "logs")
    assert run.status == 1
    assert "exists already" in run.err
    assert (here / "logs.tar").read_text() == "mine"
    assert videobar("system", "logs", "-o", "logs.tar").status == 0
    assert (here / "logs.tar").read_bytes() == b"onetwo"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\x.tar", "x.tar"),
        ("/abs", "abs"),
        ("..", "download"),
        ("", "download"),
        (".bashrc", "bashrc"),
        ("a\nb", "download"),
    ],
)
def test_a_room_cannot_choose_the_place(name, file, videobar, here):
    videobar.room().answers["system_logs_get"] = download(name)
    assert videobar("system", "logs").status == 0
    assert names(here) == [file]


def test_standard_output_gets_the_bytes_alone(videobar, here):
    content = bytes(range(256))
    videobar.room().answers["system_logs_get"] = download("x", content)
    run = videobar("system", "logs", "--output", "-")
    assert (run.raw, run.err) == (content, "")
    assert names(here) == []


@pytest.mark.parametrize("before", [None, b"old"])
def test_a_download_that_breaks_leaves_nothing_behind(before, videobar, here):
    if before:
        (here / "x").write_bytes(before)
    videobar.room().answers["system_logs_get"] = download("x", b"half", fails=Unreachable("broke"))
    assert videobar("logs", "x").status == 3
    assert names(here) == (["x"] if before else [])
    assert not before or (here / "x").read_bytes() == before


def test_a_place_that_cannot_be_written(videobar, here):
    run = videobar("logs", "missing/x")
    assert run.status == 1
    assert run.err.startswith("videobar: missing/x: ")
    assert len(run.err.splitlines()) == 1


def test_a_device_is_written_not_replaced(videobar):
    assert videobar("logs", "/dev/null").status == 0
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_several_rooms_need_several_files(videobar, here):
    run = videobar("logs", "x", "--room", "a,b")
    assert run.status == 2
    assert "{room}" in run.err
    assert videobar.room("a").calls == []
    assert videobar("logs", "{room}.tar", "--room", "a,b").status == 0
    assert names(here) == ["a.tar", "b.tar"]
    assert videobar("system", "logs", "--room", "a,b").status == 0
    assert names(here) == ["a-logs.tar", "a.tar", "b-logs.tar", "b.tar"]


def test_progress_is_told_on_a_terminal_only(videobar, here):
    for terminal in (True, False):
        videobar.room().answers["system_logs_get"] = download("x", *[b"x" * 300_000] * 3, length=900_000)
        run = videobar("logs", "x", terminal=terminal)
        assert ("lobby: 300.0 kB of 900.0 kB" in run.err) == terminal
        assert "900.0 kB" in run.out
