"""Where passwords of rooms come from, besides flags and prompts."""

import json
import sys

import pytest

from videobar.cli.rooms.passwords import variable_of


@pytest.fixture
def secret(tmp_path):
    """A file with a password."""

    def make(content=b"s3cret\n", mode=0o600):
        path = tmp_path / "config" / "videobar" / "secret"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
        return path

    return make


def used(videobar):
    return [password for _, password in videobar.opened]


@pytest.mark.parametrize(
    ("room", "name"),
    [("lobby", "LOBBY"), ("board-1", "BOARD_1"), ("Büro 3", "B_RO_3"), ("10.0.0.5", "10_0_0_5")],
)
def test_the_variable_of_a_room(room, name, videobar, monkeypatch):
    assert variable_of(room) == f"VIDEOBAR_PASSWORD_{name}"
    monkeypatch.setenv(variable_of("lobby"), "own")
    assert videobar("mute", "-r", "lobby,10.0.0.5").status == 0
    assert used(videobar) == ["own", "secret"]


def test_a_variable_of_no_saved_room_is_told(videobar, monkeypatch, save_profiles):
    save_profiles('[lobby]\nhost = "x"\n')
    monkeypatch.setenv("VIDEOBAR_PASSWORD_LOBBY", "own")
    assert videobar("mute").err == ""
    monkeypatch.setenv("VIDEOBAR_PASSWORD_LOBY", "own")
    assert "VIDEOBAR_PASSWORD_LOBY: there is no such setting" in videobar("mute").err


@pytest.mark.parametrize(
    "content", [b"s3cret\n", b"s3cret", b"s3cret\r\nmore\n", "s3cret\nübrig\xff".encode("latin-1")]
)
def test_a_file_beside_the_profiles(content, videobar, save_profiles, secret):
    save_profiles('[lobby]\nhost = "x"\npassword_file = "secret"\n')
    secret(content)
    assert videobar("mute").status == 0
    assert used(videobar) == ["s3cret"]


@pytest.mark.parametrize(
    ("content", "mode", "complaint"),
    [
        (b"s3cret\n", 0o640, "can be read by others: chmod 600"),
        (b"s3cret\n", 0o604, "can be read by others: chmod 600"),
        (b"", 0o600, "no password in its first line"),
        (b"\ns3cret\n", 0o600, "no password in its first line"),
        (b"x" * 5000, 0o600, "no password in its first line"),
        (b"\xff\n", 0o600, "not UTF-8"),
        (None, 0, "No such file"),
    ],
)
def test_files_that_are_refused(content, mode, complaint, videobar, save_profiles, secret):
    path = secret(content or b"", mode or 0o600)
    if content is None:
        path.unlink()
    save_profiles('[lobby]\nhost = "x"\npassword_file = "secret"\n')
    ran = videobar("mute")
    assert (ran.status, videobar.opened) == (2, [])
    assert ran.err.startswith("videobar: lobby: password_file: ")
    assert complaint in ran.err


def test_a_command_is_run_once_for_all_that_have_it(videobar, save_profiles, tmp_path):
    log = tmp_path / "log"
    program = f"import sys; open({str(log)!r}, 'a').write('x'); print('made by', *sys.argv[1:])"
    command = json.dumps([sys.executable, "-c", program, "{user}@{host}"])
    save_profiles(
        f'[a]\nhost = "h"\npassword_command = {command}\n[b]\nhost = "h"\npassword_command = {command}\n'
    )
    assert videobar("mute", "-r", "a,b").status == 0
    assert used(videobar) == ["made by admin@h"] * 2
    assert log.read_text() == "x"


def test_a_command_as_one_line(videobar, save_profiles):
    save_profiles(
        f"""[a]\nhost = "h:1"\npassword_command = '{sys.executable} -c "print(\\"{{name}} {{port}}\\")" '\n"""
    )
    assert videobar("mute", "-r", "a").status == 0
    assert used(videobar) == ["a 1"]


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ('"false"', "ended with status 1"),
        ('"true"', "no password in its first line"),
        ('"/no/such/program x"', "/no/such/program: No such file"),
        ('"\'"', "No closing quotation"),
        ('""', "names no command"),
        ("[]", "names no command"),
        ("3", "password_command"),
    ],
)
def test_commands_that_give_none(command, complaint, videobar, save_profiles):
    save_profiles(f'[lobby]\nhost = "x"\npassword_command = {command}\n')
    ran = videobar("mute")
    assert (ran.status, videobar.opened) == (2, [])
    assert complaint in ran.err


def test_two_places_contradict_each_other(videobar, save_profiles):
    save_profiles('[lobby]\nhost = "x"\npassword_command = "true"\npassword_file = "x"\n')
    assert "password_command and password_file contradict each other" in videobar("mute").err


def test_the_nearest_place_wins(videobar, save_profiles, secret, monkeypatch):
    secret()
    save_profiles('[lobby]\nhost = "x"\npassword_file = "secret"\n[board]\nhost = "y"\n')
    videobar("mute", "-r", "lobby,board")
    monkeypatch.setenv("VIDEOBAR_PASSWORD_LOBBY", "own")
    videobar("mute", "-r", "lobby")
    videobar("mute", "-r", "lobby", "--password", "flag")
    assert used(videobar) == ["s3cret", "secret", "own", "flag"]
