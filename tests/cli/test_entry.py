import subprocess
import sys
from types import ModuleType

from videobar.cli import entry


class Interrupted(ModuleType):
    """A module during whose loading somebody pressed Ctrl-C."""

    def __getattr__(self, name):
        raise KeyboardInterrupt


def test_ctrl_c_while_the_command_is_loaded_ends_it_quietly(monkeypatch):
    monkeypatch.setitem(sys.modules, "videobar.cli.main", Interrupted("videobar.cli.main"))
    assert entry.main() == 130


def test_until_then_nothing_is_loaded_that_takes_time():
    slow = ("asyncio", "argparse", "msgspec")
    program = f"import sys, videobar.cli.entry; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


def test_it_runs_the_command_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["videobar", "nonsense"])
    try:
        status = entry.main()
    except SystemExit as leaving:
        status = leaving.code
    assert status == 2
    assert "nonsense" in capsys.readouterr().err
