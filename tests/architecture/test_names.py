"""One name for one thing, docstrings that begin with the term, and folders that can be looked over."""

import ast
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "videobar"
FILES = sorted(SOURCE.rglob("*.py"))
SEVERAL_HOMES = 2
MOST_FILES = 20
RHYTHM = frozenset({"contract", "handlers"})
"""Folders with one file of the same shape for each area."""

RIDDLE = re.compile(r"(?:how|what|when|where|whether|which|who|whom|whose|why)(?:ever)?\b", re.IGNORECASE)
"""First words of docstrings that describe a thing and do not name it."""


def classes():
    """Each public class: its name and the top package in which it is."""
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node.name, file.relative_to(SOURCE).parts[0]


def test_no_class_name_is_twice_in_a_top_package():
    assert [each for each, count in Counter(classes()).items() if count > 1] == []


def test_a_class_name_is_in_two_packages_at_most():
    homes = defaultdict(set)
    for name, package in classes():
        if package != "contract":
            homes[name].add(package)
    assert {name: found for name, found in homes.items() if len(found) > SEVERAL_HOMES} == {}


FOLDERS = sorted({file.parent.relative_to(SOURCE).as_posix() for file in FILES} - RHYTHM)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_can_be_looked_over(folder):
    assert len(list((SOURCE / folder).glob("*.py"))) <= MOST_FILES


def docstrings(tree):
    """Line and text of each docstring of a module, of its classes, functions and attributes."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for each in body if isinstance(body, list) else ():
            match each:
                case ast.Expr(ast.Constant(str() as text)):
                    yield each.lineno, text


def test_docstrings_begin_with_the_term():
    assert [
        f"{file.relative_to(SOURCE)}:{line}: {text}"
        for file in FILES
        for line, text in docstrings(ast.parse(file.read_text()))
        if RIDDLE.match(text.lstrip())
    ] == []


def test_docstrings_of_all_kinds_are_seen():
    tree = ast.parse(
        '"""Module."""\nCONSTANT = 1\n"""Constant."""\n'
        'class A:\n    """Class."""\n    field: int\n    """Field."""\n'
        '    def method(self):\n        """Method."""\n        self.own = 1\n        """Own."""\n'
    )
    texts = ["Class.", "Constant.", "Field.", "Method.", "Module.", "Own."]
    assert sorted(text for _, text in docstrings(tree)) == texts
