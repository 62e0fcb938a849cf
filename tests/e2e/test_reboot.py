"""A room that becomes itself once more: same process, same port, nothing of its sessions and calls."""

import asyncio
import contextlib
import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from videobar.contract.system import RebootRequest
from videobar.errors import AccessDenied, Unreachable
from videobar.in_process import local_room

PATIENCE_S = 60


def uptime(controller):
    return controller.get("/rest/system")["uptime"]


@pytest.fixture
def logged_in(control, eventually):
    """A controller of a room that has been up for long enough to notice a restart."""

    def log_in(process):
        controller = control(process)
        eventually(lambda: uptime(controller) > 1.5, "the room is up for a while")
        return controller

    return log_in


@pytest.fixture
def rebooted(control, eventually):
    """Waits until a room has started once more, and logs in."""

    def wait(process, before):
        def back():
            with contextlib.suppress(OSError, http.client.HTTPException, AssertionError):
                controller = control(process)
                return controller if uptime(controller) < before else None

        return eventually(back, "the room is back", PATIENCE_S)

    return wait


def refuses(process):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", process.port)) != 0


@pytest.mark.parametrize("body", [{"action": "reboot"}, {"restartAll": True}, {}, ...])
def test_the_process_goes_on_and_the_session_does_not(start_room, logged_in, rebooted, body):
    process = start_room("--engine", "simulated")
    controller = logged_in(process)
    controller.ask("POST", "/rest/audio/volume", 33)
    assert controller.ask("POST", "/rest/conferences", {"address": "ada@sim"})[0] == 200
    before = uptime(controller)
    status, answer = controller.ask("POST", "/rest/system/reboot", body)
    assert (status, answer) == (200, {"success": True, "reason": ""})
    again = rebooted(process, before)
    assert process.process.poll() is None
    assert again.get("/rest/audio/volume") == 33
    assert again.get("/rest/conferences") == []
    controller.connection.close()
    assert controller.ask("GET", "/rest/audio/volume")[0] == 403
    assert process.stop() == 0


def test_no_connection_is_refused_meanwhile(start_room, logged_in, rebooted):
    process = start_room("--engine", "simulated")
    refused, stop = [], threading.Event()

    def knock():
        while not stop.is_set():
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", process.port)):
                    refused.append(time.monotonic())
            stop.wait(0.005)

    knocking = threading.Thread(target=knock)
    knocking.start()
    try:
        for _ in range(2):
            controller = logged_in(process)
            before = uptime(controller)
            controller.ask("POST", "/rest/system/reboot")
            rebooted(process, before)
    finally:
        stop.set()
        knocking.join()
    assert refused == []


def test_an_outage_like_a_devices(start_room, logged_in, rebooted, eventually):
    process = start_room("--engine", "simulated", "--reboot-seconds", "2")
    controller = logged_in(process)
    before = uptime(controller)
    controller.ask("POST", "/rest/system/reboot")
    eventually(lambda: refuses(process), "the room is away")
    rebooted(process, before)
    assert process.stop() == 0


def test_ctrl_c_while_it_is_away(start_room, logged_in, eventually):
    process = start_room("--engine", "simulated", "--reboot-seconds", "600")
    controller = logged_in(process)
    controller.ask("POST", "/rest/system/reboot")
    eventually(lambda: refuses(process), "the room is away")
    assert process.stop(signal.SIGINT) == 0


def test_a_reset_and_the_way_back(start_room, logged_in, rebooted, control, tmp_path):
    process = start_room("--engine", "simulated", environment={"VIDEOBAR_ADMIN_PASSWORD": ""})
    serial_number = re.search(r"password +(\w+)", "".join(process.output.all))[1]
    data = tmp_path / "room0"
    controller = control(process, serial_number)
    controller.ask("POST", "/rest/audio/volume", 33)
    controller.ask("POST", "/x/system/name", "Lobby")
    saved = tmp_path / "saved.tar.gz"
    assert videobar("backup", saved, "--data", data).returncode == 0
    status, answer = controller.ask("POST", "/rest/system/resetsettings", {"action": "resetsettings"})
    assert (status, answer["success"]) == (200, True)
    process.output.wait_for(f"password +{serial_number}")
    controller = control(process, serial_number)
    info = controller.get("/rest/system")
    assert (info["serialNumber"], info["systemName"]) == (serial_number, f"videobar {serial_number[-4:]}")
    assert controller.get("/rest/audio/volume") == 50
    assert "uses the data directory" in videobar("restore", saved, "--data", data, "--yes").stderr
    assert process.stop() == 0
    assert "or --yes" in videobar("restore", saved, "--data", data).stderr
    assert videobar("restore", saved, "--data", data, "--yes").returncode == 0
    process = start_room("--engine", "simulated", data=data, environment={"VIDEOBAR_ADMIN_PASSWORD": ""})
    assert control(process, serial_number).get("/rest/system")["systemName"] == "Lobby"


def videobar(*words):
    return subprocess.run(
        [sys.executable, "-m", "videobar.cli.main", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
        stdin=subprocess.DEVNULL,
    )


async def test_a_room_in_this_process_restarts_in_it():
    async with local_room(engine="simulated") as room:
        await room.audio.set_volume(33)
        await room.system.reboot(RebootRequest())
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with contextlib.suppress(Unreachable, AccessDenied):
                    if (await room.system.info()).state == "INITIALIZING":
                        break
                await asyncio.sleep(0.02)
        assert await room.audio.volume() == 33
