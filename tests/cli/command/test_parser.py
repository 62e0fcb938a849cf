"""What is understood of what was typed, and what help says."""

import os
import subprocess
import sys

import pytest

from videobar import settings
from videobar.cli.command import catalog
from videobar.cli.command.parser import room_commands
from videobar.cli.host.serve import OTHERS, theme_of
from videobar.contract.index import AREAS

MOST_MODULES_OF_HELP = 330
"""What `--help` may load, of which click and the interpreter have most."""


def test_help_is_grouped(videobar):
    text = videobar("--help").out
    for title, words in {**catalog.GROUPS, catalog.AREAS_TITLE: catalog.AREAS}.items():
        below = text.partition(f"\n{title}:\n")[2].partition("\n\n")[0]
        assert [line.split()[0] for line in below.splitlines() if line[2] != " "] == list(words)
    assert max(map(len, text.splitlines())) <= 80


def test_the_catalog_has_every_command():
    assert set(catalog.AREAS) == set(AREAS)
    words = {word for group in catalog.GROUPS.values() for word in group}
    assert {one.path[0] for one in room_commands()} == (words - set(catalog.LOCAL)) | set(AREAS)


def test_help_of_serve_is_grouped_by_theme(videobar):
    ran = videobar("serve", "--help")
    assert ran.status == 0
    for theme in ("The room", "REST API", "Logins", "SIP", "Sound", "Pictures", "Calendar", "Directory"):
        assert f"\n{theme}:\n" in ran.out
    for item in settings.table():
        assert f"  {settings.flag_name(item.name)} " in ran.out
    assert "--config FILE" in ran.out
    assert "VIDEOBAR_SIP_PORT=5060" in ran.out


def test_the_theme_of_a_setting():
    assert theme_of("sip_port") == "SIP"
    assert theme_of("account_lockout_attempts") == "Logins"
    assert theme_of("far_control") == "Pictures"
    assert theme_of("something_new") == OTHERS


@pytest.mark.parametrize(
    ("words", "usage", "said"),
    [
        (("dail",), "videobar ", "there is no command 'dail'; did you mean dial?"),
        (("statsu",), "videobar ", "did you mean status"),
        (("audio", "volum"), "videobar audio ", "did you mean volume"),
        (("xyzzy",), "videobar ", "there is no command 'xyzzy'\n"),
        (("serve", "--prot", "3"), "videobar serve ", "--port"),
        (("dial",), "videobar dial ", "ADDRESS"),
        (("mute", "now"), "videobar mute ", "now"),
        (("dial", "a", "--rate"), "videobar dial ", "--rate"),
        (("volume", "loud"), "videobar volume ", "must be a whole number"),
    ],
)
def test_mistyped_words(words, usage, said, videobar):
    ran = videobar(*words)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(f"usage: {usage}")
    assert said in ran.err
    assert len(ran.err.splitlines()) <= 3


def test_a_value_of_a_yes_or_no_setting_may_be_left_out(videobar, monkeypatch):
    seen = []
    monkeypatch.setattr("videobar.cli.host.serve._serve", lambda room: seen.append(room) or 0)
    for words in (("--far-control",), ("--far-control", "--port", "1"), ("--far-control", "false"), ()):
        assert videobar("serve", *words).status == 0
    assert [room.far_control for room in seen] == [True, True, False, False]
    assert videobar("serve", "--port", "x").status == 2


@pytest.mark.parametrize("command", [("mute",), ("serve", "--help")])
def test_variables_that_are_no_settings_are_told(command, videobar, monkeypatch):
    monkeypatch.setenv("VIDEOBAR_PROT", "1")
    monkeypatch.setenv("VIDEOBAR_SIP_PORT", "1")
    ran = videobar(*command)
    assert ran.status == 0
    assert ran.err == "videobar: VIDEOBAR_PROT: there is no such setting; did you mean VIDEOBAR_PORT?\n"


def test_a_fault_that_ends_no_calls_is_not_asked_about(videobar):
    assert videobar("stage", "add-fault", "--kind", "slow").status == 0
    assert videobar("stage", "add-fault", "--kind", "outage").status == 2
    assert videobar("stage", "add-fault", "--body", '{"kind": "slow"}').status == 2


def modules_of(*words):
    program = (
        "import sys\nfrom videobar.cli.entry import main\n"
        f"sys.argv = ['videobar', *{words!r}]\nmain()\nprint(*sys.modules, file=sys.stderr)"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIDEOBAR_")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=kept, check=True
    )
    return done.stdout, done.stderr.split()


@pytest.mark.parametrize("words", [("--help",), ("--version",)])
def test_help_and_version_load_nothing_that_they_do_not_need(words):
    out, modules = modules_of(*words)
    assert out.startswith(("usage: videobar", "videobar 0."))
    for heavy in ("msgspec", "rich", "aiohttp", "asyncio", "videobar.settings", "videobar.contract.index"):
        assert heavy not in modules
    assert len(modules) <= MOST_MODULES_OF_HELP


def test_a_command_loads_rich_only_to_show_something():
    _, modules = modules_of("serve", "--help")
    assert "rich" not in modules
    assert "videobar.contract.index" not in modules
