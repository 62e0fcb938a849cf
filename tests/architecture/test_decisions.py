"""The decisions are numbered without gaps and listed with date and status; all pages are in the index."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
DECISIONS = DOCS / "decisions"
FILES = sorted(page for page in DECISIONS.glob("*.md") if page.name != "README.md")
ROW = re.compile(r"^\| (?:\[(\d{4})\]\(([\w.-]+)\)|(\d{4})) \| (\S+) \| (.*?) \| (.+) \|$", re.MULTILINE)
ROWS = ROW.findall((DECISIONS / "README.md").read_text())


def test_decisions_are_numbered_from_one_without_gaps():
    numbers = [linked or moved for linked, _, moved, *_ in ROWS]
    assert numbers == [f"{number:04}" for number in range(1, len(ROWS) + 1)]


def test_every_decision_is_listed_with_date_and_status():
    assert [file for _, file, *_ in ROWS if file] == [file.name for file in FILES]
    for number, file, _, date, status, _ in ROWS:
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", date)
        assert file.startswith(number)
        assert re.fullmatch(
            r"holds|replaced by \[\d{4}\]\(.+\)" if file else r"\[moved\]\(\.\./design/.+\)", status
        )


def test_each_decision_has_one_title():
    assert [page.name for page in FILES if len(re.findall("^# ", page.read_text(), re.MULTILINE)) != 1] == []


def test_every_page_is_in_an_index():
    for folder, index in ((DOCS, "README.md"), (DOCS / "design", "README.md")):
        text = (folder / index).read_text()
        assert [page.name for page in folder.glob("*.md") if f"]({page.name})" not in text] == [index]
