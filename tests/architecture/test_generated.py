from pathlib import Path

from videobar import settings

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_settings_is_current():
    assert (DOCS / "settings.md").read_text() == settings.page(), (
        "run python -m videobar.settings > docs/settings.md"
    )
