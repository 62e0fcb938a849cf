from pathlib import Path

from videobar import settings
from videobar.cli import reference
from videobar.client import generate_sync

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_settings_is_current():
    assert (DOCS / "settings.md").read_text() == settings.page(), (
        "run python -m videobar.settings > docs/settings.md"
    )


def test_the_blocking_client_is_current():
    assert generate_sync.is_current(), "run python -m videobar.client.generate_sync"


def test_the_page_of_the_command_line_is_current():
    assert (DOCS / "cli.md").read_text() == reference.page(), (
        "run python -m videobar.cli.reference > docs/cli.md"
    )
