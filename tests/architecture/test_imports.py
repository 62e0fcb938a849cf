"""What tests, benches, examples and tools import of the package is there, also in programs that they hold as texts."""

from __future__ import annotations

import ast
import importlib
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    file for folder in ("bench", "examples", "tests", "tools") for file in (ROOT / folder).rglob("*.py")
)


def imported(tree: ast.AST, *, whole: bool = True) -> Iterator[tuple[str, str]]:
    """Each module of the package with a name that is imported from it; no name for the module itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "videobar":
            for name in node.names:
                yield node.module, name.name
        elif isinstance(node, ast.Import):
            for name in node.names:
                if name.name.split(".")[0] == "videobar":
                    yield name.name, ""
        elif (
            whole
            and isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and "import" in node.value
        ):
            try:
                program = ast.parse(textwrap.dedent(node.value))
            except (SyntaxError, ValueError):
                continue
            yield from imported(program, whole=False)


def is_there(module: str, name: str) -> bool:
    try:
        found = importlib.import_module(module)
        if name not in ("", "*") and not hasattr(found, name):
            importlib.import_module(f"{module}.{name}")
    except ImportError:
        return False
    return True


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_is_imported_is_there(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert [pair for pair in sorted(set(imported(tree))) if not is_there(*pair)] == []
