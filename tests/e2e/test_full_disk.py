"""A room whose disk is full, on a small file system of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess

import pytest

SIZE = "900k"


@pytest.fixture
def small_disk(tmp_path):
    """A directory with a file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("only root can mount a small file system")
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder):
    """Take all that is free."""
    filling = folder / "filling"
    with filling.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filling


def test_a_full_disk_refuses_what_cannot_be_kept_and_loses_nothing(
    start_room, control, eventually, small_disk
):
    data = small_disk / "data"
    room = start_room("--engine", "simulated", data=data)
    controller = control(room)
    controller.post("/rest/audio/volume", 11)
    filling = fill(small_disk)

    kept = 11
    for volume in range(20, 100):  # the file may have room for some more
        status, answer = controller.ask("POST", "/rest/audio/volume", volume)
        if status != 200:
            break
        kept = volume
    assert status == 503
    assert answer["reason"].startswith("StoreUnavailable: ")
    assert controller.get("/rest/audio/volume") == kept
    assert (
        controller.ask("POST", "/rest/directory/local/entries", {"displayName": "Ada", "type": "SINGLE"})[0]
        == 503
    )
    assert controller.ask("POST", "/x/system/name", "Nowhere")[0] == 503

    # what needs no disk goes on: logging in, calls
    second = control(room)
    link = second.dial("ada@sim")
    second.wait_for_state(link, "CONNECTED")
    second.delete("/rest/conferences/0")

    # started again while it is full, it has what was acknowledged
    room.stop(signal.SIGKILL)
    room = start_room("--engine", "simulated", data=data)
    controller = control(room)
    assert controller.get("/rest/audio/volume") == kept
    assert controller.get("/rest/system")["systemName"] != "Nowhere"

    # and with space it writes again, without a restart
    filling.unlink()
    controller.post("/rest/audio/volume", 77)
    controller.post("/x/system/name", "Somewhere")
    controller.wait_for_state(controller.dial("ada@sim"), "CONNECTED")
    controller.delete("/rest/conferences/0")
    eventually(lambda: controller.get("/rest/calllog/entries"), "the call is in the log")
    assert "Traceback" not in "".join(room.output.all)
    assert room.stop() == 0
    controller = control(start_room("--engine", "simulated", data=data))
    assert controller.get("/rest/audio/volume") == 77
    assert controller.get("/rest/system")["systemName"] == "Somewhere"
