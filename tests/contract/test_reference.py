import re

import pytest

from videobar.contract import reference
from videobar.contract.index import OPERATIONS

CONFERENCE_ID = (
    "Id of a conference: `0` for the one that is on, also `active`; `PENDING` for unanswered calls."
)


@pytest.fixture(scope="module")
def page():
    return reference.page()


@pytest.fixture(scope="module")
def sections(page):
    """What the page says of each action and shape."""
    parts = re.split(r"^### (\w+)\n", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_action_is_told_with_its_place_and_errors(operation, sections):
    section = sections[operation.id]

    assert f"{operation.url}`" in section
    assert f"`{operation.area}.{operation.name}`" in section
    for error in operation.errors:
        assert f"`{error.__name__}`" in section
    for parameter in (*operation.path_parameters, *operation.query_parameters):
        assert f"`{parameter.wire_name}`" in section


def test_a_whole_action(sections):
    assert sections["conferences_connections_get"].strip().splitlines() == [
        "`GET /rest/conferences/{confID}/connections` · `conferences.connections` · DOC",
        "",
        "The connections of a conference.",
        "",
        f"* path `confID`: string. {CONFERENCE_ID}",
        "* query `filter`: [ConnectionFilter](#connectionfilter), `ALL` if left out. Filter for the connections.",
        "* answer: list of [Connection](#connection)",
        "* errors: `NoSuchConference`",
        "* decided here: ACTIVE are those connected, PENDING those that are not yet.",
    ]


def test_fields_have_types_defaults_and_meaning(sections):
    rows = sections["Device"]

    assert "| `address` | string |  | Address to dial. |" in rows
    assert "| `rate` | integer | `0` | " in rows
    assert '| `id` | string | `""` | ' in rows
    assert "| `dialType` | [DialType](#dialtype) | `AUTO` | " in rows


def test_what_may_be_absent_is_told(sections):
    assert "| `actualFrameRate` | number | may be absent | " in sections["MediaStatistics"]


def test_synonyms_danger_and_origin_are_told(sections):
    assert "`POST | PUT /rest/audio/volume`" in sections["audio_volume_set"]
    assert "**ends calls**" in sections["conferences_hangup"]
    assert "needs no session" in sections["session_login"]
    assert "not in the guide" in sections["conferences_callaction"]
    assert "ours alone" in sections["audio_mutelock_get"]
    assert "ours alone" not in sections["audio_get"]


def test_files_are_told_apart_from_json(sections):
    assert "* answer: a file, `application/zip`" in sections["collaboration_content_all_get"]
    assert "* body: a file, `application/xml`" in sections["directory_import"]


def test_every_link_leads_to_a_section(page, sections):
    anchors = {name.lower() for name in sections}
    targets = set(re.findall(r"\]\(#(\w+)\)", page))

    assert len(targets) > 50
    assert targets <= anchors


def test_a_table_row_has_as_many_cells_as_its_head(page):
    rows = [line for line in page.splitlines() if line.startswith("| ")]

    assert rows
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}


def test_what_was_decided_is_told_of_each_action(page):
    decided = [operation for operation in OPERATIONS if operation.decided]

    assert decided
    for operation in decided:
        section = page.split(f"### {operation.id}\n")[1].split("\n### ")[0]
        assert f"* decided here: {operation.decided}\n" in section


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_a_docstring_leaves_decisions_to_the_declaration(operation):
    assert "Decided here" not in operation.summary + operation.description
