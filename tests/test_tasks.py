"""The Makefile has the tasks that CONTRIBUTING.md names, and they run what is there."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMED = sorted(set(re.findall(r"^\$ make (.*)$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)))


@pytest.mark.apt
@pytest.mark.parametrize("task", NAMED)
def test_a_task_is_in_the_makefile(task):
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed: apt-get install make")
    shown = subprocess.run(
        [make, "--dry-run", *task.split()], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert shown.returncode == 0, shown.stderr
    files = re.findall(r"(?:tools|tests)/[\w./]+", shown.stdout)
    assert all((ROOT / file).exists() for file in files)
    assert ("TESTS" not in task) or task.split("=")[1] in files


def test_every_task_is_named():
    tasks = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {task.split()[0] for task in NAMED} == set(tasks)
