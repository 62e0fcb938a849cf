"""What the contract may know: msgspec, the standard library, and the words below it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import videobar.contract

FOLDER = Path(videobar.contract.__file__).parent
MODULES = sorted(FOLDER.glob("*.py"))
OURS = ("videobar.contract", "videobar.vocabulary", "videobar.errors")
HEAVY = ("av", "numpy", "uvicorn", "uvloop", "httptools", "cryptography", "argon2", "asyncio")


def imported(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module


def allowed(name):
    if name.startswith("videobar"):
        return any(name == ours or name.startswith(f"{ours}.") for ours in OURS)
    top = name.partition(".")[0]
    return top == "msgspec" or top in sys.stdlib_module_names


def test_the_folder_has_been_found():
    assert {"operation.py", "index.py", "audio.py"} <= {file.name for file in MODULES}


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.stem)
def test_a_module_imports_only_what_it_may_know(file):
    assert [name for name in imported(file) if not allowed(name)] == []


def test_importing_the_contract_loads_nothing_heavy():
    program = (
        "import sys\n"
        "import videobar.contract.openapi, videobar.contract.reference, videobar.contract.index\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "[]"
