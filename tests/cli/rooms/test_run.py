"""What all commands have: rooms, passwords, confirmation, exit statuses, output."""

import asyncio
import json
import socket
import sys

import msgspec
import pytest

from videobar.cli.rooms import run
from videobar.contract.audio import AudioState
from videobar.contract.calls import Conference, Connection
from videobar.errors import (
    AccessDenied,
    CertificateChanged,
    EngineUnavailable,
    MuteLocked,
    NotBuiltYet,
    SessionInvalidUserNamePassword,
    SessionMaxActiveSessionsReached,
    SessionPortLockout,
    TimedOut,
    Unreachable,
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (MuteLocked(), 1),
        (NotBuiltYet(), 1),
        (EngineUnavailable(), 1),
        (Unreachable("no route"), 3),
        (TimedOut(), 3),
        (CertificateChanged(), 3),
        (AccessDenied(), 4),
    ],
)
def test_exit_statuses(error, status, videobar):
    videobar.room().answers["audio_muted_set"] = error
    ran = videobar("mute")
    assert (ran.status, ran.out, ran.err) == (status, "", f"videobar: {error}\n")
    assert videobar.room().left == 1


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (SessionInvalidUserNamePassword, "the password is wrong"),
        (SessionPortLockout, "too many failed logins"),
        (SessionMaxActiveSessionsReached, "no session left"),
    ],
)
def test_refused_logins_are_explained_to_people_and_named_to_scripts(error, hint, videobar):
    for name in ("a", "b"):
        videobar.room(name).answers["audio_muted_set"] = error()
    ran = videobar("mute", "--room", "a")
    assert ran.status == 4
    assert ran.err.startswith(f"videobar: {error.__name__} (")
    assert hint in ran.err
    both = json.loads(videobar("mute", "--json", "--room", "a,b").out)
    assert both["b"] == {"ok": False, "reason": error.__name__}


@pytest.mark.parametrize("command", [("volume",), ("calls",), ("audio", "microphones"), ("audio", "state")])
def test_logins_that_are_refused_everywhere_do_not_look_like_an_empty_answer(command, videobar):
    for name in ("a", "b"):
        refused = SessionInvalidUserNamePassword()
        videobar.room(name).answers |= dict.fromkeys(
            ("audio_volume_get", "conferences_get", "audio_microphones_get", "audio_get"), refused
        )
    ran = videobar(*command, "--room", "a,b")
    assert (ran.status, ran.out) == (4, "")
    assert len(ran.err.splitlines()) == 2


def test_a_name_that_is_neither_a_profile_nor_a_host(videobar, save_profiles):
    save_profiles('[lobby]\nhost = "10.0.0.5"\n')
    unknown = Unreachable("loby:443: Name or service not known")
    unknown.__cause__ = socket.gaierror(-2, "Name or service not known")
    for name in ("loby", "10.9.9.9", "studio:8443", "lobby", "other"):
        videobar.room(name).answers["audio_muted_set"] = unknown
    said = "videobar: Unreachable: loby:443: Name or service not known"
    assert videobar("mute", "-r", "loby").err == (
        f"{said}, and no profile has that name; did you mean lobby?\n"
    )
    assert videobar("mute", "-r", "other").err == f"{said}, and no profile has that name\n"
    for name in ("10.9.9.9", "studio:8443", "lobby"):
        assert videobar("mute", "-r", name).err == f"{said}\n"


def test_whose_certificate_is_trusted(videobar, save_profiles, tmp_path):
    authorities = tmp_path / "config" / "videobar" / "ca.pem"
    save_profiles(
        f'[lobby]\nhost = "10.0.0.5:8443"\nfingerprint = "{"ab:" * 31}ab"\n'
        '[board]\nhost = "[::1]:8443"\nca_file = "ca.pem"\n'
    )
    authorities.write_text("x")
    videobar("mute", "-r", "lobby,board")
    videobar("mute", "-r", "lobby", "--trust-first-use")
    videobar("mute", "-r", "board", "--fingerprint", "SHA256 Fingerprint=" + "CD" * 32)
    videobar("mute", "-r", "board", "--ca-file", str(authorities), "--no-insecure")
    seen = [(one.port, one.fingerprint, one.ca_file, one.trust_first_use) for one, _ in videobar.opened]
    assert seen == [
        (8443, "ab:" * 31 + "ab", None, False),
        (8443, None, authorities, False),
        (8443, None, None, True),
        (8443, "SHA256 Fingerprint=" + "CD" * 32, None, False),
        (8443, None, authorities, False),
    ]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--insecure", "--trust-first-use"), "--insecure and --trust-first-use contradict each other"),
        (("--fingerprint", "12"), "--fingerprint: not a SHA-256 fingerprint"),
        (("--ca-file", "/no/such/file"), "/no/such/file: no such file"),
        (("--fingerprint", "ab" * 32, "-r", "a,b"), "--fingerprint: belongs to one room"),
    ],
)
def test_trust_that_makes_no_sense(flags, said, videobar):
    ran = videobar("mute", *flags)
    assert ran.status == 2
    assert said in ran.err
    assert videobar.opened == []


def test_without_a_room_nothing_can_be_done(videobar, monkeypatch):
    monkeypatch.delenv("VIDEOBAR_ROOM")
    ran = videobar("mute")
    assert ran.status == 2
    assert "--room" in ran.err
    assert "VIDEOBAR_ROOM" in ran.err


def test_flags_before_and_after_the_command(videobar):
    for words in (("--room", "a", "mute"), ("mute", "--room", "a"), ("-r", "b", "mute", "-r", "a")):
        videobar(*words)
        assert videobar.opened[-1][0].name == "a"
    videobar("--json", "audio", "--room", "a", "volume", "--timeout", "3")
    assert videobar.opened[-1][0].timeout == 3


def test_a_host_with_a_port(videobar):
    videobar("mute", "--room", "[::1]:8443", "--user", "me", "--insecure", "--timeout", "2.5")
    ((target, password),) = videobar.opened
    assert (target.host, target.port, target.user) == ("::1", 8443, "me")
    assert (target.insecure, target.timeout, password) == (True, 2.5, "secret")


@pytest.mark.parametrize("timeout", ["0", "-1", "x", "nan", "inf", "4000"])
def test_a_timeout_without_meaning(timeout, videobar):
    assert videobar("mute", "--timeout", timeout).status == 2


def test_profiles(videobar, save_profiles):
    save_profiles('[lobby]\nhost = "10.0.0.5"\nport = 8443\nuser = "ops"\ninsecure = true\ntimeout = 3\n')
    videobar("mute")
    videobar("mute", "--user", "me", "--no-insecure")
    first, second = (target for target, _ in videobar.opened)
    assert (first.host, first.port, first.user, first.insecure, first.timeout) == (
        "10.0.0.5",
        8443,
        "ops",
        True,
        3,
    )
    assert (second.host, second.user, second.insecure) == ("10.0.0.5", "me", False)


def test_a_broken_file_of_profiles_is_one_line(videobar, save_profiles):
    save_profiles("[lobby\n")
    ran = videobar("mute")
    assert ran.status == 2
    assert "rooms.toml" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_several_rooms_side_by_side(videobar, sample_of):
    videobar.room("a").answers["audio_get"] = sample_of(AudioState, volume=10)
    videobar.room("b").answers["audio_get"] = sample_of(AudioState, volume=20)
    ran = videobar("volume", "--room", "a,b")
    assert ran.lines == ["a: 1", "b: 1"]
    state = videobar("audio", "state", "--room", "a,b")
    assert "volume              10   20" in state.lines
    microphones = videobar("audio", "microphones", "--room", "a,b")
    assert microphones.lines[0].split()[0] == "room"
    assert [line.split()[0] for line in microphones.lines[1:]] == ["a", "b"]


def test_one_of_several_rooms_fails(videobar):
    videobar.room("a").answers["audio_volume_get"] = 5
    videobar.room("b").answers["audio_volume_get"] = Unreachable("no route")
    videobar.room("c").answers["audio_volume_get"] = MuteLocked()
    ran = videobar("volume", "--room", "a,b,c")
    assert ran.status == 3
    assert ran.out == "a: 5\n"
    assert ran.err.splitlines() == [
        "videobar: b: Unreachable: no route",
        "videobar: c: MuteLocked",
    ]
    assert videobar("volume", "--room", "a,b", "--json").json == {
        "a": {"ok": True, "answer": 5},
        "b": {"ok": False, "reason": "Unreachable: no route"},
    }


def test_several_rooms_are_asked_at_the_same_time(videobar):
    here = []
    together = asyncio.Event()

    def meet(name):
        async def volume():
            here.append(name)
            if len(here) == 3:
                together.set()
            await asyncio.wait_for(together.wait(), 20)
            return 1

        videobar.room(name).audio.volume = volume

    for name in "abc":
        meet(name)
    assert videobar("volume", "--room", "a,b,c").status == 0


def test_empty_answers_in_json(videobar):
    assert videobar("audio", "set-muted", "on", "--json").out == ""
    assert videobar("audio", "set-muted", "on").out == "done\n"
    assert videobar("audio", "set-muted", "on", "--json", "--room", "a,b").json == {
        name: {"ok": True, "answer": None} for name in "ab"
    }


def test_json_is_that_of_the_wire(videobar, sample_of):
    videobar.room().answers["audio_get"] = sample_of(AudioState, volume=10)
    ran = videobar("audio", "state", "--json")
    assert ran.out == '{"muteLocked":true,"muted":true,"numOfMicsConnected":1,"volume":10}\n'


DANGEROUS = ("conferences", "hang-up", "--conference-id", "0")


def test_danger_is_asked_about(videobar):
    no = videobar(*DANGEROUS, stdin=b"n\n", terminal=True)
    assert no.status == 2
    assert "conferences hang-up ends calls (lobby). Go on? [y/N]" in no.err
    assert videobar(*DANGEROUS, stdin=b"", terminal=True).status == 2
    assert videobar.opened == []
    assert videobar(*DANGEROUS, stdin=b"Y\n", terminal=True).status == 0
    assert len(videobar.room().calls) == 1


def test_danger_without_anybody_to_ask(videobar):
    ran = videobar(*DANGEROUS)
    assert ran.status == 2
    assert "--yes" in ran.err
    assert videobar.opened == []
    assert videobar(*DANGEROUS, "--yes").status == 0
    assert videobar("-y", *DANGEROUS).status == 0


@pytest.mark.parametrize("verb", ["hangup", "reboot"])
def test_dangerous_verbs_ask_too(verb, videobar):
    assert videobar(verb).status == 2
    assert videobar.opened == []


def test_where_the_password_comes_from(videobar, monkeypatch):
    videobar("mute", "--password", "typed")
    videobar("mute")
    asked = []
    monkeypatch.delenv("VIDEOBAR_PASSWORD")
    monkeypatch.setattr("getpass.getpass", lambda prompt: asked.append(prompt) or "told")
    videobar("mute", "--room", "a,b", terminal=True)
    assert [password for _, password in videobar.opened] == ["typed", "secret", "told", "told"]
    assert asked == [
        "Password of admin at a: ",
        "Password of admin at b (Enter: the same, for the rest too): ",
    ]
    ran = videobar("mute")
    assert ran.status == 2
    assert "VIDEOBAR_PASSWORD" in ran.err


def test_one_password_can_be_typed_for_all(videobar, monkeypatch):
    asked, typed = [], iter(["one", "two", ""])
    monkeypatch.delenv("VIDEOBAR_PASSWORD")
    monkeypatch.setattr("getpass.getpass", lambda prompt: asked.append(prompt) or next(typed))
    assert videobar("mute", "--room", "a,b,c,d,e", terminal=True).status == 0
    assert [password for _, password in videobar.opened] == ["one", "two", "two", "two", "two"]
    assert len(asked) == 3


def test_a_keyring(videobar, monkeypatch):
    monkeypatch.delenv("VIDEOBAR_PASSWORD")
    monkeypatch.setitem(sys.modules, "keyring", Keyring({("videobar", "admin@lobby:443"): "kept"}))
    videobar("mute")
    assert videobar.opened[0][1] == "kept"
    assert videobar("mute", "--room", "other").status == 2


class Keyring:
    def __init__(self, kept):
        self.kept = kept

    def get_password(self, service, user):
        return self.kept.get((service, user))


def test_a_locked_keyring_is_no_obstacle(videobar, monkeypatch):
    class Locked:
        def get_password(self, service, user):
            raise RuntimeError("locked")

    monkeypatch.delenv("VIDEOBAR_PASSWORD")
    monkeypatch.setitem(sys.modules, "keyring", Locked())
    monkeypatch.setattr("getpass.getpass", lambda prompt: "told")
    assert videobar("mute", terminal=True).status == 0
    assert videobar.opened[0][1] == "told"


def test_what_needs_no_login_asks_for_no_password(videobar, monkeypatch):
    monkeypatch.delenv("VIDEOBAR_PASSWORD")
    assert videobar("session", "login", "--request.user", "x", "--request.password", "y").status == 0
    assert videobar.opened[0][1] is None


def test_the_password_flag_is_warned_about(videobar):
    for words in (("--help",), ("mute", "--help")):
        text = " ".join(videobar(*words).out.split())
        assert "DANGEROUS: other users of this machine can read it" in text


def test_control_c(videobar):
    videobar.room().answers["audio_muted_set"] = KeyboardInterrupt()
    ran = videobar("mute")
    assert (ran.status, ran.err) == (130, "")


def test_nobody_reads_the_output(videobar, monkeypatch):
    def print_outcomes(*_, **__):
        raise BrokenPipeError

    monkeypatch.setattr(run, "print_outcomes", print_outcomes)
    ended = videobar("volume")
    assert (ended.status, ended.err) == (141, "")


def test_colour_only_on_a_terminal(videobar, monkeypatch):
    assert "\x1b[" in videobar("audio", "state", terminal=True).out
    assert "\x1b[" not in videobar("audio", "state").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in videobar("audio", "state", terminal=True).out
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b[" not in videobar("audio", "state", terminal=True).out


def test_a_hostile_room_cannot_drive_the_terminal(videobar, conference_with_name):
    ran = videobar("calls", terminal=True)
    assert "\x1b]0;" not in ran.out
    assert "\\x1b]0;owned\\x07" in ran.out


@pytest.fixture
def conference_with_name(videobar, sample_of):
    connection = msgspec.to_builtins(sample_of(Connection, address="\x1b]0;owned\x07"))
    videobar.room().answers["conferences_get"] = [sample_of(Conference, connections=[connection])]


def test_an_error_is_one_line_whatever_the_room_says(videobar):
    videobar.room().answers["audio_muted_set"] = MuteLocked("a\nb\x1b[2J")
    assert videobar("mute").err == "videobar: MuteLocked: a b\\x1b[2J\n"


def test_text_that_the_terminal_cannot_show(videobar):
    videobar.room().answers["system_time_local_get"] = "møte 会议"
    assert videobar("system", "local-time", encoding="ascii").out == "m\\xf8te \\u4f1a\\u8bae\n"
    assert videobar("system", "local-time").out == "møte 会议\n"


def test_no_command_prints_help(videobar):
    ran = videobar()
    assert ran.status == 2
    assert "exit status" in ran.out


def test_flags_must_be_spelled_out(videobar):
    assert videobar("mute", "--passw", "x").status == 2
    assert videobar("conferences", "dial", "--addr", "x").status == 2


def test_json_of_several_rooms_parses_for_every_kind_of_answer(videobar):
    assert json.loads(videobar("audio", "microphones", "--json", "--room", "a,b").out)["a"]["ok"] is True
