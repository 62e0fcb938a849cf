"""The command line, as a process, against a room that runs."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PASSWORD = "correct horse"
FULL = Path("/dev/full")
COMMAND = [sys.executable, "-m", "videobar.cli.main"]


@pytest.fixture
def environment(tmp_path):
    """A user with the room's password and nothing else."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIDEOBAR_")}
    return {**kept, "XDG_CONFIG_HOME": str(tmp_path / "config"), "VIDEOBAR_PASSWORD": PASSWORD}


@pytest.fixture
def run(environment):
    def run(*arguments, stdin="", **variables):
        done = subprocess.run(
            [*COMMAND, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env={**environment, **variables},
        )
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def room(start_room):
    return start_room()


@pytest.fixture
def ask(run, room):
    """Runs a command in the room."""
    return lambda *arguments, **more: run(
        "--room", f"127.0.0.1:{room.port}", "--insecure", *arguments, **more
    )


def test_a_day_in_a_room(ask):
    assert ask("volume", "37").stdout == "37\n"
    assert ask("volume").stdout == "37\n"
    assert ask("audio", "volume", "--json").stdout == "37\n"
    assert ask("mute").returncode == 0
    state = json.loads(ask("audio", "state", "--json").stdout)
    assert (state["muted"], state["volume"]) == (True, 37)
    assert ask("system", "set-name", "Lobby").stdout == "done\n"
    status = ask("status")
    assert status.returncode == 0
    assert "Lobby" in status.stdout
    assert ask("calls").stdout == "(none)\n"


def test_a_call(ask):
    dialled = ask("dial", "", "--type", "loopback", "--wait", "--json")
    assert dialled.returncode == 0, dialled.stderr
    connection = json.loads(dialled.stdout)
    assert connection["state"] == "CONNECTED"
    assert connection["id"] in ask("calls").stdout
    assert ask("hangup").returncode == 2
    assert ask("hangup", connection["id"], "--yes").returncode == 0
    again = ask("hangup", "--yes")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.startswith("videobar: NotInCall")


def test_a_refusal(ask):
    refused = ask("conferences", "one", "--conference-id", "77")
    assert (refused.returncode, refused.stdout) == (1, "")
    (line,) = refused.stderr.splitlines()
    assert line.startswith("videobar: NoSuchConference")


def test_a_wrong_password(ask):
    refused = ask("volume", VIDEOBAR_PASSWORD="not it")
    assert (refused.returncode, refused.stdout) == (4, "")
    assert len(refused.stderr.splitlines()) == 1


def test_nobody_is_there(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = run("volume", "--room", f"127.0.0.1:{taken.getsockname()[1]}")
    assert (nobody.returncode, nobody.stdout) == (3, "")
    assert len(nobody.stderr.splitlines()) == 1


def test_an_unknown_certificate_is_refused_until_it_is_trusted(run, room):
    where = ("--room", f"127.0.0.1:{room.port}")
    refused = run(*where, "volume")
    assert refused.returncode == 3
    assert "CertificateUntrusted" in refused.stderr
    assert "--trust-first-use" in refused.stderr
    assert run(*where, "--trust-first-use", "volume").returncode == 0
    assert run(*where, "volume").returncode == 0


def test_a_room_with_a_new_certificate_is_forgotten_as_the_message_says(run, start_room, tmp_path):
    first = start_room(data=tmp_path / "one")
    where = ("--room", f"127.0.0.1:{first.port}", "--trust-first-use")
    assert run(*where, "volume").returncode == 0
    first.stop()
    start_room("--port", str(first.port), data=tmp_path / "two")
    refused = run(*where, "volume")
    assert refused.returncode == 3
    assert str(tmp_path / "config" / "videobar" / "known_rooms.json") in refused.stderr
    told = f"videobar forget 127.0.0.1:{first.port}"
    assert told in refused.stderr
    assert run(*told.split()[1:]).stdout == f"forgot 127.0.0.1:{first.port}\n"
    assert run(*where, "volume").returncode == 0


@pytest.mark.apt
def test_the_fingerprint_that_openssl_prints_and_a_file_of_authorities(run, room, tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    shown = subprocess.run(
        [openssl, "s_client", "-connect", f"127.0.0.1:{room.port}"],
        input="",
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    printed = subprocess.run(
        [openssl, "x509", "-fingerprint", "-sha256"], input=shown, capture_output=True, text=True, timeout=60
    ).stdout
    fingerprint, _, certificate = printed.partition("\n")
    where = ("--room", f"127.0.0.1:{room.port}", "volume")
    assert run(*where, "--fingerprint", fingerprint).stdout == "50\n"
    other = run(*where, "--fingerprint", "ab" * 32)
    assert (other.returncode, "pin its new fingerprint" in other.stderr) == (3, True)
    (tmp_path / "ca.pem").write_text(certificate)
    assert run(*where, "--ca-file", str(tmp_path / "ca.pem")).stdout == "50\n"
    (tmp_path / "ca.pem").write_text("nothing")
    broken = run(*where, "--ca-file", str(tmp_path / "ca.pem"))
    assert (broken.returncode, len(broken.stderr.splitlines())) == (2, 1)


def test_two_rooms_side_by_side(run, start_room, tmp_path):
    rooms = {"lobby": start_room(), "board-1": start_room()}
    folder = tmp_path / "config" / "videobar"
    folder.mkdir(parents=True)
    (folder / "rooms.toml").write_text(
        "".join(
            f'[{name}]\nhost = "127.0.0.1"\nport = {room.port}\ninsecure = true\n'
            for name, room in rooms.items()
        )
    )
    assert run("volume", "11", "--room", "lobby").returncode == 0
    both = run("volume", VIDEOBAR_ROOM="lobby,board-*")
    assert both.stdout.splitlines() == ["lobby:   11", "board-1: 50"]


def test_the_password_is_asked_for_and_not_shown(room, environment, eventually):
    here, there = pty.openpty()
    os.set_blocking(here, False)
    seen = bytearray()

    def read(text):
        with contextlib.suppress(BlockingIOError, OSError):
            seen.extend(os.read(here, 4096))
        return text in seen

    del environment["VIDEOBAR_PASSWORD"]
    process = subprocess.Popen(
        [*COMMAND, "volume", "--room", f"127.0.0.1:{room.port}", "--insecure"],
        stdin=there,
        stdout=there,
        stderr=there,
        env=environment,
        start_new_session=True,
    )
    eventually(lambda: read(b"Password of admin at 127.0.0.1"), "a prompt")
    os.write(here, f"{PASSWORD}\n".encode())
    eventually(lambda: read(b"\r\n50\r\n"), "the volume")
    assert process.wait(60) == 0
    os.close(there)
    os.close(here)
    assert PASSWORD.encode() not in seen


def status_into(output, room, environment):
    """The status of the room, written to a file that does not take it."""
    return subprocess.run(
        [*COMMAND, "status", "--room", f"127.0.0.1:{room.port}", "--insecure"],
        stdout=output,
        stderr=subprocess.PIPE,
        timeout=60,
        env=environment,
    )


def test_nobody_reads_the_output(ask, room, environment):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = status_into(closed, room, environment)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_full_disk_behind_the_output(ask, room, environment):
    with FULL.open("wb") as full:
        done = status_into(full, room, environment)
    assert done.returncode == 1
    assert done.stderr.startswith(b"videobar: ")
    assert done.stderr.count(b"\n") == 1


def test_control_c_while_waiting(environment):
    """The room here never answers: it accepts the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        process = subprocess.Popen(
            [*COMMAND, "volume", "--room", f"127.0.0.1:{port}", "--insecure"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        silent.settimeout(60)
        connection, _ = silent.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"")


def test_help_loads_neither_the_room_nor_the_client():
    heavy = ("uvicorn", "av", "numpy", "aiohttp", "cryptography", "argon2")
    program = (
        "import sys\nfrom videobar.cli import main\n"
        "try:\n main.main(['--help'])\nexcept SystemExit:\n pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"
