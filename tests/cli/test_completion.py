"""The completion scripts: complete, and understood by the shells that are there."""

import os
import shutil
import subprocess

import pytest

from videobar.cli import main, parser
from videobar.cli.completion import SHELLS

SHELL_OPTIONS = {"bash": ["-n"], "zsh": ["-n"], "fish": ["--no-execute"]}


@pytest.fixture(params=SHELLS)
def shell(request):
    return request.param


def test_all_commands_flags_and_words_are_there(shell, videobar):
    script = videobar("completion", shell).out
    for command in parser.room_commands():
        for word in command.path:
            assert word in script
        for argument in command.arguments:
            for spelling in argument.spellings:
                assert spelling.lstrip("-") in script
            for choice in argument.choices:
                assert choice in script
    for word in ("serve", "sip-port", "completion", "room", "insecure"):
        assert word in script


def test_no_room_is_needed(shell, videobar):
    assert videobar("completion", shell).status == 0
    assert videobar.opened == []


def test_an_unknown_shell(videobar):
    assert videobar("completion", "csh").status == 2


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
        (["dial", "--rate", ""], []),
    ],
)


@pytest.mark.apt
@CASES
def test_bash_completes(typed, offered, videobar, tmp_path):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    script = tmp_path / "videobar.bash"
    script.write_text(videobar("completion", "bash").out)
    words = " ".join(f"'{word}'" for word in ["videobar", *typed])
    program = (
        f"source {script}; COMP_WORDS=({words}); COMP_CWORD={len(typed)}; _videobar; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        [bash, "--norc", "-c", program], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert done.stderr == ""
    assert done.stdout.split() == offered


def test_every_parser_flag_is_offered():
    nodes = {node.key: node for node in main.completion_nodes()}
    spelled = {flag for argument in nodes["volume"].arguments for flag in argument.spellings}
    assert spelled >= parser.TAKEN


@pytest.mark.apt
@CASES
def test_fish_completes(typed, offered, videobar, tmp_path):
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
        env={**os.environ, "HOME": str(tmp_path)},
    )
    assert done.stderr == ""
    assert [found.split("\t")[0] for found in done.stdout.splitlines()] == offered
