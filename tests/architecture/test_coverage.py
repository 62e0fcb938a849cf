"""The page about the 98 actions is true today; tests that were added since may still be missing from it."""

from tests.architecture import coverage

AGAIN = "run python -m tests.architecture.coverage > docs/coverage.md"
TESTED = 3


def rows(page):
    """The lines of the page; of a row of its tables the cells, what it is tested against as a set."""
    for line in page.splitlines():
        cells = line.strip("| ").split(" | ")
        tested = set(cells[TESTED].split("; ")) - {coverage.NOTHING_ELSE} if len(cells) > TESTED else set()
        yield cells[:TESTED] + cells[TESTED + 1 :], tested


def test_what_the_page_says_is_true():
    said, true = list(rows(coverage.PAGE.read_text())), list(rows(coverage.page()))
    assert [cells for cells, _ in said] == [cells for cells, _ in true], AGAIN
    for (cells, tested), (_, really) in zip(said, true, strict=True):
        assert tested <= really, f"{cells[0]}: {AGAIN}"


def test_it_has_all_actions_of_the_guide():
    page = coverage.PAGE.read_text()
    assert len(coverage.described()) == 98
    assert all(f"| `{one.method} {one.path}` |" in page for one in coverage.described())


def test_a_use_is_found_by_path_with_its_method_or_by_name():
    (dial,) = (one for one in coverage.described() if one.id == "conferences_dial")
    (read,) = (one for one in coverage.described() if one.id == "conferences_connection_get")
    assert coverage.uses(dial, 'controller.post("/rest/conferences", {})')
    assert coverage.uses(dial, "await room.conferences.dial(request)")
    assert not coverage.uses(dial, 'controller.get("/rest/conferences")')
    assert coverage.uses(read, 'ask("GET", f"/rest/conferences/{one}/connections/{two}")')
    assert not coverage.uses(read, 'ask("GET", "/rest/conferences")')
