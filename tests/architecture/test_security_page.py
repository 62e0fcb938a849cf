"""The tests that docs/security.md names are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| (?!attack|boundary|---)", line)]


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_test_that_is_named_is_there(file, test):
    assert re.search(rf"^ *(?:async )?def {test}\b", (ROOT / file).read_text(), re.MULTILINE)


def test_every_row_names_a_test():
    assert ROWS
    assert [row for row in ROWS if "`tests/" not in row] == []
