"""What docs/architecture.md tells is there, and what it tells to touch is what the examples touch."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "videobar"
PAGE = (ROOT / "docs" / "architecture.md").read_text()
RECIPES = {
    example: set(re.findall(r"^\| `([\w/]+\.py)`", section, re.MULTILINE))
    for example, section in re.findall(
        r"^### … .*?\(example: `(\w+)`\)\n(.*?)(?=^###? |\Z)", PAGE, re.M | re.S
    )
}
NAMES = {
    "set_mute_locked": r"\bset_mute_locked\b",
    "response_seconds": r"\bresponse_seconds\b",
    "visca": r'"visca"|\bvisca_camera\b',
    "caldav": r'"caldav"|\bCALDAV\b|\bCalDav\b',
    "vp8": r'"vp8"|\.vp8 import|\bvp8\.\w|\bVp8\w+',
    "set_video_muted": r"\bset_video_muted\b",
}
"""What an example is called in the code."""


def test_there_are_six_recipes_and_each_is_held():
    assert set(RECIPES) == set(NAMES)
    assert len(RECIPES) == 6


@pytest.mark.parametrize("example", NAMES)
def test_a_recipe_names_the_files_in_which_its_example_is(example):
    found = {
        file.relative_to(SOURCE).as_posix()
        for file in SOURCE.rglob("*.py")
        if re.search(NAMES[example], file.read_text())
    }
    assert RECIPES[example] == found


def test_every_file_that_is_named_is_there():
    for path in re.findall(r"`([\w/]+\.py)`", PAGE):
        assert (SOURCE / path).exists() or (ROOT / path).exists(), path
