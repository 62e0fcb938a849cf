"""The room as a program: starting, stopping, restarting, and what survives."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import sys
from types import SimpleNamespace

import pytest


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "videobar.cli.main", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )


def test_the_first_start_says_where_to_connect_and_with_what(start_room, tmp_path):
    data = tmp_path / "data"
    room = start_room(data=data, environment={"VIDEOBAR_ADMIN_PASSWORD": ""})
    printed = "".join(room.output.all)
    serial_number = re.search(r"serial number (8L[0-9A-Z]{12})", printed)[1]
    assert "user      admin" in printed
    assert f"password  {serial_number} (the serial number" in printed
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for file in data.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file


def test_the_serial_number_is_the_first_password_and_stays(start_room, control, tmp_path):
    data = tmp_path / "data"
    first = start_room(data=data, environment={"VIDEOBAR_ADMIN_PASSWORD": ""})
    serial_number = re.search(r"serial number (\w+)", "".join(first.output.all))[1]
    assert first.stop() == 0
    second = start_room(data=data, environment={"VIDEOBAR_ADMIN_PASSWORD": serial_number})
    info = control(second, serial_number).get("/rest/system")
    assert info["serialNumber"] == serial_number
    assert info["model"] == "StudioX30"
    assert info["state"] == "READY"


def test_what_was_set_survives_a_restart(start_room, control, tmp_path):
    data = tmp_path / "data"
    first = start_room(data=data)
    controller = control(first)
    controller.post("/rest/audio/volume", 37)
    controller.post("/x/system/name", "Lobby")
    controller.post("/x/audio/mutelock", True)
    controller.post("/rest/system/time", {"time": 1_800_000_000_000, "tzOffset": -14_400_000})
    certificate = ssl.get_server_certificate(("127.0.0.1", first.port))
    assert first.stop() == 0
    second = start_room(data=data)
    stranger = control(second, None)
    stranger.headers = controller.headers
    assert stranger.ask("GET", "/rest/audio")[0] == 403
    controller = control(second)
    assert controller.get("/rest/audio/volume") == 37
    assert controller.get("/rest/system")["systemName"] == "Lobby"
    assert controller.get("/rest/audio")["muteLocked"] is True
    time = controller.get("/rest/system/time")
    assert 1_800_000_000_000 <= time["time"] < 1_800_000_600_000
    assert time["tzOffset"] == -14_400_000
    assert controller.get("/rest/system/time/local").endswith("-04:00")
    assert ssl.get_server_certificate(("127.0.0.1", second.port)) == certificate


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly_with_clients_connected(start_room, control, how):
    room = start_room()
    controller = control(room)
    assert controller.get("/rest/audio/volume") == 50
    assert room.stop(how) == 0
    assert "Traceback" not in "".join(room.output.all)


def test_a_killed_room_starts_again_with_what_was_acknowledged(start_room, control, tmp_path):
    data = tmp_path / "data"
    room = start_room(data=data)
    controller = control(room)
    for volume in range(30):
        controller.post("/rest/audio/volume", volume)
    room.stop(signal.SIGKILL)
    assert control(start_room(data=data)).get("/rest/audio/volume") == 29


def test_a_taken_port_is_one_line(start_room, tmp_path):
    room = start_room()
    for flags, named in (
        (["--port", str(room.port), "--sip-port", "0"], "--port"),
        (["--port", "0", "--sip-port", str(room.sip_port)], "--sip-port"),
    ):
        again = run("serve", "--data", str(tmp_path / "other"), *flags)
        assert again.returncode == 1
        (line,) = again.stderr.splitlines()
        assert line.startswith("videobar: cannot ")
        assert named in line


def test_two_rooms_cannot_share_their_data(start_room, tmp_path):
    data = tmp_path / "data"
    room = start_room(data=data)
    again = run("serve", "--port", "0", "--sip-port", "0", "--data", str(data))
    assert again.returncode == 1
    (line,) = again.stderr.splitlines()
    assert f"process {room.process.pid}" in line


def test_settings_without_meaning_are_one_line(tmp_path):
    for arguments, environment, why in (
        (["--port", "x"], {}, "--port"),
        ([], {"VIDEOBAR_MODEL": "X90"}, "VIDEOBAR_MODEL"),
        (["--config", str(tmp_path / "missing.toml")], {}, "missing.toml"),
        (["--host", "300.1.2.3", "--data", str(tmp_path / "d")], {}, "300.1.2.3"),
        (["--data", "/proc/nothing"], {}, "/proc/nothing"),
    ):
        result = run("serve", "--sip-port", "0", *arguments, **environment)
        assert result.returncode in (1, 2)
        (line,) = result.stderr.splitlines()
        assert line.startswith("videobar: ")
        assert why in line


def test_help_and_version():
    assert run("--version").stdout.startswith("videobar 0.")
    assert "Run a room" in run("--help").stdout
    assert "--sip-port" in run("serve", "--help").stdout
    assert run().returncode == 2


def test_the_log_has_requests_and_no_secrets(start_room, control):
    room = start_room()
    controller = control(room)
    session = controller.headers["Cookie"].partition("=")[2]
    controller.ask("GET", "/rest/collaboration/content?pin=4711")
    controller.ask("POST", "/rest/session", {"user": "admin", "password": "not the password"})
    room.stop()
    log = "".join(room.output.all)
    assert "GET /rest/collaboration/content " in log
    for secret in (session, "4711", "not the password", "correct horse"):
        assert secret not in log


def test_old_and_unencrypted_clients_do_not_disturb(start_room, control):
    room = start_room()
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b""):
        with socket.create_connection(("127.0.0.1", room.port)) as plain:
            plain.sendall(garbage)
            plain.settimeout(20)
            if garbage:
                try:
                    while plain.recv(1000):
                        pass
                except ConnectionError:
                    pass
    assert control(room).get("/rest/audio/volume") == 50
    room.stop()
    assert "Traceback" not in "".join(room.output.all)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_tls_versions(start_room, version):
    room = start_room()
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", room.port)) as raw, context.wrap_socket(raw) as secured:
        assert secured.version() == version.name.replace("_", ".")


def test_simulated_far_ends(start_room, control):
    controller = control(start_room("--engine", "simulated"))
    assert controller.get("/x/system/engine")["kind"] == "simulated"
    link = controller.dial("busy@sim")
    assert controller.wait_for_state(link, "DISCONNECTED")["causeCode"] == 17
    link = controller.dial("ada@sim")
    controller.wait_for_state(link, "CONNECTED")
    controller.post("/x/stage/incoming", {"address": "bob@sim", "name": "Bob"})
    waiting = controller.wait_incoming()
    assert waiting["address"] == "bob@sim"
    controller.post("/rest/conferences/callaction", {"id": waiting["id"], "callActionType": "ANSWER"})
    controller.wait_for_state(f"/rest/conferences/0/connections/{waiting['id']}", "CONNECTED")
    controller.delete("/rest/conferences/0")


def test_nothing_can_be_staged_where_far_ends_are_real(start_room, control):
    status, answer = control(start_room()).ask("POST", "/x/stage/incoming", {"address": "bob@sim"})
    assert status == 400
    assert answer["reason"].startswith("NotSimulated")


def test_several_simulated_rooms_in_one_process(tmp_path, control):
    flags = ["--rooms", "5", "--engine", "simulated", "--port", "0", "--data", str(tmp_path)]
    room = subprocess.Popen(
        [sys.executable, "-m", "videobar.cli.main", "serve", *flags],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "VIDEOBAR_ADMIN_PASSWORD": "correct horse"},
    )
    try:
        lines = [room.stdout.readline() for _ in range(7)]
        assert "5 simulated rooms" in lines[0]
        ports = [int(re.search(r":(\d+)/rest", line)[1]) for line in lines[1:6]]
        assert len(set(ports)) == 5
        controllers = [control(SimpleNamespace(port=port)) for port in ports]
        for number, controller in enumerate(controllers):
            controller.post("/rest/audio/volume", number)
        assert [c.get("/rest/audio/volume") for c in controllers] == list(range(5))
        assert len({c.get("/rest/system")["serialNumber"] for c in controllers}) == 5
        controllers[0].dial("ada@sim")
        assert controllers[1].get("/rest/conferences") == []
    finally:
        room.terminate()
        assert room.wait(30) == 0
        room.stdout.close()
