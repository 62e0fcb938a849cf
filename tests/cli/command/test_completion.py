"""What the shells that are there offer, asked with their own means."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from videobar.cli.command.completion import SHELLS, VARIABLE
from videobar.cli.command.everywhere import TAKEN

SHELL_OPTIONS = {"bash": ["-n"], "zsh": ["-n"], "fish": ["--no-execute"]}
PROFILES = '[lobby]\nhost = "10.0.0.5"\n[board-1]\nhost = "10.0.0.6"\n[board-2]\nhost = "10.0.0.7"\n'


@pytest.fixture(params=SHELLS)
def shell(request):
    return request.param


def test_no_room_is_needed(shell, videobar):
    ran = videobar("completion", shell)
    assert (ran.status, ran.err) == (0, "")
    assert VARIABLE in ran.out
    assert len(ran.out) < 4000  # it asks the program, and knows nothing itself
    assert videobar.opened == []


def test_an_unknown_shell(videobar):
    ran = videobar("completion", "csh")
    assert ran.status == 2
    assert "bash, zsh, fish" in ran.err


@pytest.mark.apt
def test_the_shell_can_read_it(shell, videobar, tmp_path):
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    file = tmp_path / "script"
    file.write_text(videobar("completion", shell).out)
    done = subprocess.run(
        [program, *SHELL_OPTIONS[shell], str(file)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def place(tmp_path, save_profiles):
    """A folder with saved profiles, a file and a program named `videobar`; the environment to run a shell in."""
    save_profiles(PROFILES)
    (tmp_path / "book.xml").write_text("")
    program = tmp_path / "bin" / "videobar"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m videobar.cli.main "$@"\n')
    program.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIDEOBAR_")}
    return {
        **kept,
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }


CASES = pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["vol"], ["volume"]),
        (["conferences", "dia"], ["dial"]),
        (["--room", "audio", "stat"], ["status"]),
        (["conferences", "dial", "--dial-type", "H32"], ["H320", "H323"]),
        (["conferences", "dial", "--request."], ["--request.password"]),
        (["cameras", "move-to-position", "--cam-position.p"], ["--cam-position.pan"]),
        (["completion", "z"], ["zsh"]),
        (["serve", "--sip-por"], ["--sip-port"]),
        (["volume", "--ins"], ["--insecure"]),
        (["audio", "set-muted", "t"], ["true"]),
        (["camera", "zoom-"], ["zoom-in", "zoom-out"]),
        (["dial", "--rate", ""], []),
        (["-r", "bo"], ["board-1", "board-2"]),
        (["volume", "--room", "lobby,board-1,b"], ["lobby,board-1,board-2"]),
        (["--format", "c"], ["csv"]),
    ],
)


@pytest.mark.apt
@CASES
def test_bash_completes(typed, offered, videobar, place, tmp_path):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    script = tmp_path / "videobar.bash"
    script.write_text(videobar("completion", "bash").out)
    words = " ".join(f"'{word}'" for word in ["videobar", *typed])
    program = (
        f"source {script}; COMP_WORDS=({words}); COMP_CWORD={len(typed)}; _videobar_completion videobar; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        [bash, "--norc", "-c", program], capture_output=True, text=True, timeout=60, cwd=tmp_path, env=place
    )
    assert done.stderr == ""
    assert done.stdout.split() == offered


@pytest.mark.apt
@CASES
def test_fish_completes(typed, offered, videobar, place, tmp_path):
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("fish is not installed")
    script = tmp_path / "videobar.fish"
    script.write_text(videobar("completion", "fish").out)
    line = " ".join(["videobar", *typed])
    done = subprocess.run(
        [fish, "--no-config", "-c", f"source {script}; complete -C '{line}'"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        env=place,
    )
    assert done.stderr == ""
    assert [found.split("\t")[0] for found in done.stdout.splitlines()] == offered


ZSH_FAKES = """
compdef() { : }
compadd() { local word; for word in ${(P)@[-1]}; do print -r -- "$word"; done }
_describe() { local each; for each in ${(P)3}; do print -r -- "${${each//\\\\:/:}%%:*}"; done }
"""


@pytest.mark.apt
@CASES
def test_zsh_completes(typed, offered, videobar, place, tmp_path):
    """What is handed to zsh's own functions, which only print here."""
    zsh = shutil.which("zsh")
    if zsh is None:
        pytest.skip("zsh is not installed")
    script = tmp_path / "_videobar"
    script.write_text(videobar("completion", "zsh").out)
    words = " ".join(f"'{word}'" for word in ["videobar", *typed])
    program = f"{ZSH_FAKES}\nsource {script}; words=({words}); CURRENT={len(typed) + 1}; _videobar_completion"
    done = subprocess.run(
        [zsh, "-f", "-c", program], capture_output=True, text=True, timeout=60, cwd=tmp_path, env=place
    )
    assert done.stderr == ""
    assert done.stdout.split() == offered


def asked(words, place):
    """What the program itself answers bash."""
    done = subprocess.run(
        [Path(place["PATH"].partition(os.pathsep)[0]) / "videobar"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={
            **place,
            VARIABLE: "bash_complete",
            "COMP_WORDS": " ".join(["videobar", *words]),
            "COMP_CWORD": str(len(words)),
        },
    )
    assert done.stderr == ""
    return [line.partition(",")[::2] for line in done.stdout.splitlines() if line]


def test_every_flag_that_all_commands_have_is_offered(place):
    offered = {word for _, word in asked(["volume", "--"], place)}
    assert offered >= {flag for flag in TAKEN if flag.startswith("--")}


def test_files_are_left_to_the_shell(place):
    assert asked(["directory", "import", "bo"], place) == [("file", "bo")]
    assert asked(["--ca-file", ""], place) == [("file", "")]


def test_a_file_of_profiles_that_makes_no_sense_offers_nothing(place, save_profiles):
    save_profiles("[lobby\n")
    assert asked(["-r", "lo"], place) == []
