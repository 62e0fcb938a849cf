from pathlib import Path

from videobar.cli import parser, reference

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_current():
    assert (DOCS / "cli.md").read_text() == reference.page(), (
        "run python -m videobar.cli.reference > docs/cli.md"
    )


def test_every_command_and_flag_is_on_the_page():
    page = reference.page()
    for command in parser.room_commands():
        assert f"\n### {command.name}" in page
        for argument in command.arguments:
            for spelling in argument.spellings:
                assert f"`{spelling}`" in page
