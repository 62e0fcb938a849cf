"""The decisions are numbered without gaps, one a file, and the pages are all in the index."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))


def test_decisions_are_numbered_from_one_without_gaps():
    assert [page.name[:5] for page in DECISIONS] == [
        f"{number:04}-" for number in range(1, len(DECISIONS) + 1)
    ]


def test_each_decision_has_one_title():
    assert [
        page.name for page in DECISIONS if len(re.findall("^# ", page.read_text(), re.MULTILINE)) != 1
    ] == []


def test_every_page_is_in_the_index():
    index = (DOCS / "README.md").read_text()
    assert [page.name for page in DOCS.glob("*.md") if f"]({page.name})" not in index] == ["README.md"]
