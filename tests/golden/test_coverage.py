import json
import re
from pathlib import Path

from videobar.contract.index import OPERATIONS

ANSWERS = Path(__file__).with_name("answers")


def test_every_action_is_answered_with_success_in_some_play():
    built = {each.id for each in OPERATIONS if each.area != "stage"}  # see tests/handlers/test_stage.py
    said = [row for file in ANSWERS.glob("*.json") for row in json.loads(file.read_text())]
    assert answered(said) == built


def answered(said):
    """The ids of the actions that were answered with success."""
    ids = set()
    for row in said:
        method, _, path = row["request"].partition(" ")
        path = path.partition("?")[0].replace("/rest/current/", "/rest/")
        for operation in OPERATIONS:
            pattern = re.sub(r"\{\w+\}", "[^/]+", operation.url)
            if row["status"] == 200 and method in operation.methods and re.fullmatch(pattern, path):
                ids.add(operation.id)
                if not operation.path_parameters:
                    break
    return ids
