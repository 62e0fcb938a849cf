"""The whole API against its own description: every action of a real room over HTTPS, with generated requests.

Each action gets the edge cases of its description, requests that fit it, with ids that exist and with any, and
requests that do not fit. All are the same in every run. Answers are checked against the description, and no status
may be of the 5xx. Who asks is not varied here: `test_auth.py` does that.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.specs.openapi import checks as conformance
from tests.e2e.conftest import PASSWORD, RoomProcess
from tests.waiting import until_so

from videobar.contract import openapi
from videobar.contract.index import OPERATIONS
from videobar.contract.operation import Danger

EXAMPLES = 12
PATIENCE_S = 60
CHECKS = [
    not_a_server_error,
    conformance.status_code_conformance,
    conformance.content_type_conformance,
    conformance.response_headers_conformance,
    conformance.response_schema_conformance,
    conformance.negative_data_rejection,
]
LEFT_OUT = {"stage_faults_add", *(o.id for o in OPERATIONS if o.danger is Danger.RESTARTS)}
"""They restart the room, or make it answer with 5xx as asked: `test_reboot.py` and `test_faults.py` have them."""


def described():
    """The description, without the token that the client of this test always sends rightly."""
    document = openapi.document()
    for item in document["paths"].values():
        for operation in item.values():
            parameters = operation.pop("parameters", [])
            kept = [parameter for parameter in parameters if "$ref" not in parameter]
            operation["parameters"] = kept
    return document


REFUSALS = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429]
"""Statuses of requests that do not fit their description; 413 is that of a body with too much in it."""
CONFIGURATION = ProjectConfig(
    generation=GenerationConfig(with_security_parameters=False, deterministic=True),
    checks=ChecksConfig.from_dict({"negative_data_rejection": {"expected-statuses": REFUSALS}}),
)
SCHEMA = schemathesis.openapi.from_dict(
    described(), config=SchemathesisConfig(seed=8, projects=ProjectsConfig(default=CONFIGURATION))
)
ACTIONS = {action.ok().definition.raw["operationId"]: action.ok() for action in SCHEMA.get_all_operations()}


class Client:
    """A client that logs in again when what it asked has ended its session, and knows ids of what there is."""

    def __init__(self, port: int, trusted: Path, call: dict) -> None:
        self.base = f"https://127.0.0.1:{port}"
        self.call = call
        self.http = requests.Session()
        self.http.verify = str(trusted)
        self.http.trust_env = False
        self.known = {"sourceID": "1", "index": "1", "snapshotID": "near_image_1.jpg", "serverId": "local"}

    def ask(self, method: str, path: str, body: object = None):
        return self.http.request(method, self.base + path, json=body, timeout=PATIENCE_S)

    def done(self, method: str, path: str, body: object = None):
        answer = self.ask(method, path, body)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def send(self, case):
        return case.call(
            base_url=self.base,
            session=self.http,
            verify=self.http.verify,
            timeout=PATIENCE_S,
            allow_redirects=False,
        )

    def fill(self) -> None:
        """Put something there that has ids; what generated requests delete of it is put there again."""
        known = self.known
        known["account"] = "admin"
        known["handle"] = self.done("GET", "/x/security/sessions")[0]["handle"]
        entry = {"displayName": "Ada", "entryType": "CONTACT"}
        if "entryId" not in known or not self.there(f"/rest/directory/local/entries/{known['entryId']}"):
            known["entryId"] = self.done("POST", "/rest/directory/local/entries", entry)["id"]
        if "queryId" not in known or not self.there(f"/rest/directory/queries/{known['queryId']}"):
            known["queryId"] = self.done("POST", "/rest/directory/queries", {"searchString": "a"})["id"]
        self.done("POST", "/rest/cameras/near/presets/1", {"action": "store"})
        rows = self.done("GET", "/rest/calllog/entries")
        known["rowId"] = str(rows[0]["rowId"]) if rows else "1"

    def there(self, path: str) -> bool:
        return self.ask("GET", path).status_code == 200

    def get_ready(self) -> None:
        """Log in if need be, leave the modes in which little is allowed, and see to it that there is something."""
        if self.ask("GET", "/rest/session/sessions").status_code == 403:
            self.http.cookies.clear()
            self.http.headers.pop("X-XSRF-Token", None)
            self.done("POST", "/rest/session", {"user": "admin", "password": PASSWORD})
            self.http.headers["X-XSRF-Token"] = self.http.cookies["XSRF-TOKEN"]
        for mode in ("device", "signage"):
            self.done("DELETE", f"/rest/system/mode/{mode}")
        if self._conference() is None:
            self.done("POST", "/rest/conferences", self.call)
        conference = until_so(self._conference, "a conference with somebody in it", PATIENCE_S)
        self.known |= {
            "confID": conference["id"],
            "connID": conference["connections"][0]["id"],
            "termID": conference["terminals"][0]["id"],
        }
        self.fill()

    def _conference(self):
        found = self.done("GET", "/rest/conferences")
        return next((one for one in found if one["connections"] and one["terminals"]), None)


@pytest.fixture(scope="module", params=["real far ends", "simulated far ends"])
def client(request, tmp_path_factory):
    simulated = request.param.startswith("simulated")
    data = tmp_path_factory.mktemp("room")
    room = RoomProcess(
        data,
        *("--firmware", "4.6.2"),
        *("--forbidden-networks", "0.0.0.0/0,::/0"),
        *("--engine", "simulated" if simulated else "sip"),
    )
    call = {"address": "ada@sim"} if simulated else {"address": "", "dialType": "LOOPBACK"}
    made = Client(room.port, data / "https.pem", call)
    try:
        yield made
        made.get_ready()
        assert room.process.poll() is None
    finally:
        made.http.close()
        room.stop()
    assert "Traceback" not in "".join(room.output.all)


def strategies_of(name: str, known: dict[str, str]):
    """Requests that fit, with any ids and with those that are there; and requests that do not fit."""
    action = ACTIONS[name]
    parts = re.findall(r"{(\w+)}", action.path)
    there = {part: known[part] for part in parts if part in known}
    fixed = {"path_parameters": there} if parts and len(there) == len(parts) else {}
    yield action.as_strategy()
    if fixed:
        yield action.as_strategy(**fixed)
    if action.body or action.query:
        yield action.as_strategy(generation_mode=GenerationMode.NEGATIVE, **fixed)


def edge_cases(name: str):
    action = ACTIONS[name]
    generation = SCHEMA.config.generation_for(operation=action)
    return SCHEMA.iter_coverage_cases(
        action, generation_modes=list(GenerationMode), generation_config=generation
    )


@pytest.mark.parametrize("name", [name for name in ACTIONS if name not in LEFT_OUT])
def test_every_answer_is_as_described(client, name):
    client.get_ready()

    def check(case):
        case.validate_response(client.send(case), checks=CHECKS)

    for case in edge_cases(name):
        check(case)
    for strategy in strategies_of(name, client.known):
        bounded = settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        bounded(given(case=strategy)(check))()
