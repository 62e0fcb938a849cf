import subprocess
import sys

import pytest

import videobar

HEAVY = ("av", "numpy", "uvicorn", "uvloop", "httptools", "cryptography", "argon2")


def loaded_by(statement, names):
    program = f"import sys\n{statement}\nprint([name for name in {names!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


@pytest.mark.parametrize("statement", ["from videobar import AsyncRoom", "from videobar import Room"])
def test_the_client_loads_nothing_of_the_room(statement):
    assert loaded_by(statement, (*HEAVY, "videobar.room", "videobar.server", "videobar.engine")) == "[]"


def test_the_package_alone_loads_nothing():
    assert loaded_by("import videobar", (*HEAVY, "aiohttp", "msgspec", "asyncio", "videobar.client")) == "[]"


@pytest.mark.parametrize(
    "statement",
    [
        "import videobar.conformance.run, videobar.conformance.compare, videobar.conformance.replay",
        "from videobar.cli.command.parser import build; build(None).get_command(None, 'conform')",
        "import videobar.cli.rooms.connect, videobar.cli.rooms.run",
    ],
)
def test_neither_do_conformance_and_the_command_line(statement):
    assert loaded_by(statement, (*HEAVY, "videobar.app", "videobar.server", "videobar.engine")) == "[]"


@pytest.mark.parametrize(
    ("statement", "budget"), [("import videobar", 60), ("from videobar import AsyncRoom", 450)]
)
def test_how_many_modules_an_import_costs(statement, budget):
    """Modules are counted, not time: a machine may be slow."""
    program = f"import sys\nbefore = len(sys.modules)\n{statement}\nprint(len(sys.modules) - before)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout) < budget


@pytest.mark.parametrize("name", videobar.__all__)
def test_public_names(name):
    assert callable(getattr(videobar, name))
    assert name in dir(videobar)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="nothing"):
        _ = videobar.nothing
