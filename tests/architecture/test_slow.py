"""The lists of slow tests and of those with foreign programs name tests that there are."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import FOREIGN, SLOW

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted({*SLOW, *FOREIGN}))
def test_what_is_listed_is_there(name):
    place, _, test = name.partition("::")
    assert (ROOT / place).exists()
    function = test.partition("[")[0]
    assert f"def {function}" in (ROOT / place).read_text() if function else True
