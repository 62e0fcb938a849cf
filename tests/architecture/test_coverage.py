"""The page about the 98 actions; that it is true today is held in test_generated.py."""

from tests.architecture import coverage


def test_a_page_that_says_less_of_tests_is_true_and_one_that_says_more_is_not():
    page = coverage.page()
    row = next(line for line in page.splitlines() if line.startswith("| `POST /audio` |"))
    first, second, *_ = row.split(" | ")[3].split("; ")
    assert coverage.is_true(page.replace(row, row.replace(f"{first}; {second}", first)))
    assert not coverage.is_true(page.replace(row, row.replace(first, f"nobody; {first}")))
    assert not coverage.is_true(page.replace(row + "\n", ""))


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
