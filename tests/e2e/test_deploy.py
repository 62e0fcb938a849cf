"""What is in deploy/, as far as it can be tried without installing anything."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from videobar import settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def healthy(port):
    return subprocess.run(
        [sys.executable, str(DEPLOY / "healthy.py"), str(port)], capture_output=True, text=True, timeout=60
    )


def test_the_health_check_tells_a_room_that_is_up_from_one_that_is_not(start_room):
    room = start_room("--engine", "simulated")
    asked = healthy(room.port)
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, "", "")
    room.stop()
    asked = healthy(room.port)
    assert asked.returncode == 1
    assert asked.stderr.startswith("not reached")


@pytest.mark.apt
def test_the_unit_is_understood_and_closes_most_doors(tmp_path):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed: apt-get install systemd")
    unit = tmp_path / "videobar.service"
    text = (DEPLOY / "videobar.service").read_text()
    unit.write_text(text.replace("/opt/videobar/bin/videobar", sys.executable))
    verified = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True, timeout=60)
    complaints = [line for line in verified.stderr.splitlines() if unit.name in line]
    assert complaints == []
    rated = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=20", str(unit)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert rated.returncode == 0, rated.stdout[-500:] + rated.stderr


def test_the_command_of_the_unit_is_one_that_the_program_knows():
    (command,) = re.findall(r"^ExecStart=\S+/videobar (.*)$", (DEPLOY / "videobar.service").read_text(), re.M)
    known = subprocess.run(
        [sys.executable, "-m", "videobar.cli.main", "serve", "--help"], capture_output=True, text=True
    ).stdout
    assert all(flag in known for flag in re.findall(r"--\w+", command))


def test_the_container_copies_what_is_there_and_runs_as_nobody_special():
    lines = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ").splitlines()
    instructions = [line.split() for line in lines if line and not line.startswith("#")]
    for name, *words in instructions:
        if name == "COPY" and not words[0].startswith("--"):
            assert all((ROOT / word).exists() for word in words[:-1]), words
    assert ["USER", "10001:10001"] in instructions
    assert any(words[0] == "HEALTHCHECK" for words in instructions)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (wanted,) = re.findall(r'"\.\[(.*?)\]"', "\n".join(lines))
    assert set(wanted.split(",")) <= set(extras)


def test_the_settings_of_the_unit_start_a_room(start_room):
    """With loopback and no devices in the place of what the test machine may not use or does not have."""
    file = DEPLOY / "videobar.toml"
    given = ("--host", "127.0.0.1", "--microphone", "silence", "--speaker", "none", "--cameras", "drawn:")
    start_room("--config", str(file), *given, environment={"VIDEOBAR_ADMIN_PASSWORD": ""}).stop()


def test_the_settings_of_the_unit_are_ones_that_there_are_also_those_in_comments():
    text = (DEPLOY / "videobar.toml").read_text()
    names = set(re.findall(r"^(?:# )?(\w+) = ", text, re.MULTILINE))
    assert {"host", "admin_password", "sip_host", "sip_password"} <= names
    assert names <= {item.name for item in settings.table()}


def test_the_unit_bounds_memory_and_watches():
    unit = (DEPLOY / "videobar.service").read_text()
    given = dict(re.findall(r"^(\w+)=(.*)$", unit, re.MULTILINE))
    assert {"WatchdogSec", "MemoryMax", "TasksMax", "LimitNOFILE"} <= given.keys()
    assert given["Restart"] == "on-failure"


def test_a_room_gives_signs_of_life(start_room, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "3000000"}
        room = start_room("--engine", "simulated", environment=environment)
        assert [systemd.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        room.stop()
