"""One name for one thing: no class name twice within a top package, and few in several."""

import ast
from collections import Counter, defaultdict
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "videobar"
FILES = sorted(SOURCE.rglob("*.py"))
SEVERAL_HOMES = 2


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
