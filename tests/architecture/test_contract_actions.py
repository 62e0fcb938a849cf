"""The contract against the table of the 98 actions that the vendor's guide has."""

import csv
from pathlib import Path

from videobar.contract.index import OPERATIONS

TABLE = Path(__file__).with_name("actions.csv")


def guide():
    with TABLE.open(newline="") as file:
        return [(row["id"], row["method"], row["path"]) for row in csv.DictReader(file)]


def contract():
    return [
        (operation.id, operation.method, operation.url) for operation in OPERATIONS if operation.documented
    ]


def test_the_table_has_98_actions():
    assert len(guide()) == len(set(guide())) == 98


def test_no_action_of_the_guide_is_missing():
    assert set(guide()) - set(contract()) == set()


def test_nothing_is_called_documented_that_the_guide_does_not_have():
    assert set(contract()) - set(guide()) == set()


def test_every_documented_action_is_declared_once():
    assert len(contract()) == 98
