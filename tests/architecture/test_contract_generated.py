from pathlib import Path

from videobar.contract import generate

DOCS = Path(__file__).parents[2] / "docs"


def test_what_is_made_from_the_contract_is_current():
    assert generate.stale(DOCS) == [], "run python -m videobar.contract.generate"
