import json

import pytest
from openapi_spec_validator import validate

from videobar.contract import openapi
from videobar.contract.index import AREAS, OPERATIONS
from videobar.contract.model import Download


@pytest.fixture(scope="module")
def document():
    return openapi.document()


@pytest.fixture(scope="module")
def described(document):
    """Every operation of the document by its id."""
    return {item["operationId"]: item for path in document["paths"].values() for item in path.values()}


def schema_of(item, status="200"):
    return item["responses"][status]["content"]["application/json"]["schema"]


def test_it_is_valid(document):
    validate(document)
    assert document["openapi"] == "3.1.0"


def test_it_is_plain_json_and_the_same_each_time(document):
    assert json.loads(json.dumps(document)) == openapi.document()


def test_every_operation_is_there_with_its_synonyms(document, described):
    wanted = {operation.id for operation in OPERATIONS} | {
        "audio_muted_set_put",
        "audio_volume_set_put",
        "video_local_mute_set_put",
    }

    assert set(described) == wanted
    assert document["paths"]["/rest/audio/volume"]["put"]["operationId"] == "audio_volume_set_put"
    assert sorted(tag["name"] for tag in document["tags"]) == sorted(AREAS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_an_operation_stands_at_its_place_with_its_marks(operation, document):
    item = document["paths"][operation.url][operation.method.lower()]

    assert item["operationId"] == operation.id
    assert item["tags"] == [operation.area]
    assert item["x-documented"] is operation.documented
    assert item.get("x-certainty") == (None if operation.own else operation.certainty.value)
    assert item.get("x-danger", "none") == operation.danger.value
    assert ("requestBody" in item) is (operation.body is not None)
    for error in operation.errors:
        assert error.__name__ in item["responses"]["4XX"]["description"]


def test_bare_values_stay_bare(described):
    assert schema_of(described["audio_muted_get"]) == {"type": "boolean"}
    body = described["audio_volume_set"]["requestBody"]
    assert body["required"] is True
    schema = body["content"]["application/json"]["schema"]
    assert (schema["type"], schema["minimum"], schema["maximum"]) == ("integer", 0, 100)


def test_an_empty_answer_has_no_content(described):
    assert "content" not in described["audio_volume_set"]["responses"]["200"]


def test_the_body_of_a_restart_may_be_missing(described):
    assert described["system_reboot"]["requestBody"]["required"] is False


def test_only_open_actions_need_no_credentials(document, described):
    assert document["security"] == [{"session_id": []}, {"basic": []}]
    assert {name for name, item in described.items() if item.get("security") == []} == {
        "monitoring_health_get",
        "session_login",
        "session_logout",
        "session_get",
    }
    assert all(("403" in item["responses"]) is (item.get("security") != []) for item in described.values())


def test_without_a_session_there_is_a_page_in_html(document):
    assert set(document["components"]["responses"]["Refused"]["content"]) == {"text/html", "application/json"}


def test_writes_carry_the_token_and_a_login_does_not(document):
    token = {"$ref": "#/components/parameters/XsrfToken"}
    for path in document["paths"].values():
        for method, item in path.items():
            needed = method != "get" and item["operationId"] != "session_login"
            assert (token in item.get("parameters", [])) is needed, item["operationId"]


def test_errors_are_error_objects_and_a_refused_login_says_more(described):
    assert schema_of(described["conferences_dial"], "4XX") == {"$ref": "#/components/schemas/ErrorAnswer"}
    assert schema_of(described["session_login"], "4XX") == {"$ref": "#/components/schemas/LoginReply"}


def test_files_have_their_media_types(described):
    files = {operation.id for operation in OPERATIONS if operation.returns is Download}

    assert set(openapi.FILES) == files
    assert list(described["cameras_snapshot_get"]["responses"]["200"]["content"]) == ["image/jpeg"]
    assert set(described["directory_import"]["requestBody"]["content"]) == {
        "application/xml",
        "text/xml",
        "multipart/form-data",
    }


def test_parameters_have_wire_names_places_and_bounds(described):
    confid, which = described["conferences_connections_get"]["parameters"]
    assert (confid["name"], confid["in"], confid["required"]) == ("confID", "path", True)
    assert (which["name"], which["in"], which["required"]) == ("filter", "query", False)
    assert which["schema"]["default"] == "ALL"

    (index,) = described["cameras_near_presets_index_get"]["parameters"]
    assert (index["schema"]["minimum"], index["schema"]["maximum"]) == (0, 9)


def test_a_query_parameter_is_left_out_and_never_null(described):
    for item in described.values():
        for parameter in item.get("parameters", []):
            if parameter.get("in") == "query":
                assert "null" not in json.dumps(parameter["schema"]), (item["operationId"], parameter["name"])
