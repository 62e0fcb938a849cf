"""The examples, as people run them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PASSWORD = "correct horse"
PATIENCE_S = 120


@pytest.fixture
def room(start_room):
    return start_room("--engine", "simulated")


@pytest.fixture
def example(room, tmp_path):
    def run(name, *arguments):
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / name), *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            cwd=tmp_path,
            env={**os.environ, "VIDEOBAR_ROOM": f"127.0.0.1:{room.port}", "VIDEOBAR_PASSWORD": PASSWORD},
        )
        assert done.stderr == ""
        return done.returncode, done.stdout

    return run


def test_status(example, room, control):
    controller = control(room)
    controller.wait_for_state(controller.dial("ada@sim"), "CONNECTED")
    status, out = example("status.py")
    assert status == 0
    assert "volume 50, not muted" in out
    assert "ada@sim, CONNECTED" in out


def test_call(example):
    status, out = example("call.py", "ada@sim")
    assert status == 0
    assert "connected with ada@sim" in out
    assert "AUDIO TX: Opus" in out
    status, out = example("call.py", "busy@sim")
    assert status == 1
    assert "cause 17" in out


def test_watch(example):
    status, out = example("watch.py", "2")
    assert status == 0
    assert "not muted" in out
    assert "volume None -> 50" in out


def test_camera(example, tmp_path):
    status, out = example("camera.py", "near.jpg")
    assert status == 0
    assert out.startswith("image/jpeg, ")
    assert (tmp_path / "near.jpg").read_bytes().startswith(b"\xff\xd8\xff")


def test_fleet(example, room):
    status, out = example("fleet.py", "33", f"127.0.0.1:{room.port}", "127.0.0.1:9")
    assert status == 0
    assert f"127.0.0.1:{room.port}: 33" in out
    assert "127.0.0.1:9: Unreachable" in out


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        (file.name, variables)
        for file in sorted(EXAMPLES.glob("[!t]*.py"))
        for variables in ({}, {"VIDEOBAR_ROOM": "127.0.0.1:9", "VIDEOBAR_PASSWORD": "x"})
        if not variables or file.name != "status.py"  # which takes no arguments
    ],
)
def test_without_what_it_needs_a_program_says_how_it_is_used(name, variables, tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIDEOBAR_")}
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=tmp_path,
        env={**kept, **variables},
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"usage: .*python {name}.*\n", done.stderr)


def test_the_tests_of_a_controller(tmp_path):
    """As somebody runs them who has copied the file into an empty folder."""
    shutil.copy(EXAMPLES / "test_controller.py", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "test_controller.py"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=tmp_path,
    )
    assert re.search(r"7 passed", done.stdout), done.stdout


def test_the_list_of_examples_is_complete():
    listed = set(re.findall(r"^\| `(\w+\.py)`", (EXAMPLES / "README.md").read_text(), re.MULTILINE))
    assert listed == {file.name for file in EXAMPLES.glob("*.py")}
