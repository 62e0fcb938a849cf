import copy
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from videobar.client.lenient import read
from videobar.contract.audio import AudioState, Microphone
from videobar.contract.calendar import CalendarState, CalendarStatus
from videobar.contract.calls import Conference
from videobar.contract.cameras import ContentState
from videobar.contract.collaboration import CollaborationSession, SaveContext
from videobar.contract.directory import Page
from videobar.contract.index import OPERATIONS, operation_by_id
from videobar.contract.mediastats import SharedMediaList
from videobar.contract.model import Download, Link, Result
from videobar.contract.streams import MediaStatistics
from videobar.contract.system import StatusRow, SystemInfo
from videobar.errors import AnswerNotUnderstood
from videobar.vocabulary import SubsystemState, SystemState

RETURNS = [
    operation.returns
    for operation in OPERATIONS
    if operation.returns is not None and operation.returns is not Download
]


def value(body, kind):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read(content, kind).value


def test_what_fits_is_read_without_repairs():
    reading = read(b'{"muteLocked":false,"muted":true,"numOfMicsConnected":2,"volume":41}\r\n', AudioState)
    assert reading.value == AudioState(mute_locked=False, muted=True, num_of_mics_connected=2, volume=41)
    assert reading.repairs == ()


def test_unknown_fields_are_ignored():
    assert value({"result": True, "isLargeConfMode": 1}, Result) == Result(result=True)


def test_a_missing_field_becomes_its_zero_and_is_told():
    reading = read(b'{"muted":true,"volume":41}', AudioState)
    assert reading.value == AudioState(mute_locked=False, muted=True, num_of_mics_connected=0, volume=41)
    assert reading.repairs == ("$.muteLocked: missing", "$.numOfMicsConnected: missing")


@pytest.mark.parametrize("key", ["Status", "STATUS", "sta_tus", "sta-tus"])
def test_the_case_of_names_does_not_matter(key):
    assert value({key: "ONLINE"}, CalendarStatus) == CalendarStatus(status=CalendarState.ONLINE)


def test_the_right_spelling_wins_over_others():
    assert value({"Status": "OFFLINE", "status": "online"}, CalendarStatus).status is CalendarState.ONLINE


def test_a_hyphen_may_stand_for_an_underscore():
    assert value({"context-id": "c7"}, SaveContext).context_id == "c7"


def test_collaboration_under_its_other_names():
    session = value({"SessionId": "Local Session", "sessionState": "READY"}, CollaborationSession)
    assert (session.id, session.state) == ("Local Session", "READY")


def test_a_status_row_as_group_series_sends_it():
    (row,) = value(
        [{"name": "system.status.sipserver", "languageTag": "SIP", "state": ["up"]}], list[StatusRow]
    )
    assert row == StatusRow(langtag="SIP", name="system.status.sipserver", state_list=[SubsystemState.UP])


def test_an_unknown_enum_value_stays_a_text():
    info = value({"state": "IN_CALL", "model": "RealPresence Group 500", "uptime": 3}, SystemInfo)
    assert (info.state, info.model, info.uptime) == ("IN_CALL", "RealPresence Group 500", 3.0)
    assert info.lan_status.duplex == ""


def test_the_case_of_enum_values_does_not_matter():
    assert value({"state": "Asleep"}, SystemInfo).state is SystemState.ASLEEP


def test_an_enum_value_without_quotes():
    assert value(b"CONTENT_IDLE", ContentState) is ContentState.IDLE


@pytest.mark.parametrize(
    ("body", "truth"),
    [(b"true", True), (b" True\r\n", True), (b'"false"', False), (b"1", True), (b'{"result":true}', True)],
)
def test_a_bare_truth_however_it_comes(body, truth):
    assert read(body, bool).value is truth


def test_a_bare_truth_where_an_object_belongs():
    assert value(b"true", Result) == Result(result=True)


def test_video_mute_under_another_name():
    assert value({"mute": True}, Result) == Result(result=True)


@pytest.mark.parametrize("body", [b"39", b'"39"', b"39.0", b'{"volume":39}', b"\xef\xbb\xbf39"])
def test_a_bare_number_however_it_comes(body):
    assert read(body, int).value == 39


@pytest.mark.parametrize("kind", [bool, int, str])
@pytest.mark.parametrize(
    "body", [b'{"success":true}', b'{"Success":true}', b'{"reason":"1"}', b'{"error":"1"}']
)
def test_how_it_went_is_not_taken_for_the_value(body, kind):
    with pytest.raises(AnswerNotUnderstood):
        read(body, kind)


def test_a_text_without_quotes():
    assert value(b"2022-10-24T10:12:35-04:00\n", str) == "2022-10-24T10:12:35-04:00"


def test_numbers_and_truths_as_each_other():
    microphone = value(
        {"mute": False, "number": "2", "parentID": 1.0, "state": "x", "type": 4, "hwVersion": 3}, Microphone
    )
    assert (microphone.mute, microphone.number, microphone.parent_id, microphone.hw_version) == (0, 2, 1, "3")
    assert type(microphone.mute) is int


def test_ids_as_numbers():
    (conference,) = value([{"id": 0, "connections": [{"id": 6, "state": "CONNECTED"}]}], list[Conference])
    assert (conference.id, conference.connections[0].id) == ("0", "6")
    assert conference.capabilities is None


def test_null_where_a_list_belongs():
    assert value(None, list[Conference]) == []
    assert value({"id": "0", "connections": None}, Conference).connections == []


def test_an_element_of_the_wrong_kind_is_left_out():
    reading = read(b'[7, {"mediaType":"SLIDES","jitter":"1.5"}]', list[MediaStatistics])
    assert [(row.media_type, row.jitter) for row in reading.value] == [("SLIDES", 1.5)]
    assert reading.repairs[0].startswith("$[0]: left out")


def test_a_single_object_where_a_list_belongs():
    assert [row.name for row in value({"name": "n", "stateList": "up"}, list[StatusRow])] == ["n"]


def test_next_of_a_page_may_be_a_text_null_or_missing():
    assert value({"entries": []}, Page).next is None
    assert value({"entries": [], "next": 7}, Page).next == "7"


@pytest.mark.parametrize(
    "body", [b"{}", b'{"href":"/rest"}', b"null", b"[]", b"<html>", b"", b'"x"', b"\xff\xfe"]
)
def test_what_has_nothing_in_common_is_refused(body):
    with pytest.raises(AnswerNotUnderstood):
        read(body, AudioState)


@pytest.mark.parametrize("body", [b"1e400", b'"1e400"', b'"' + b"9" * 5000 + b'"', b"9" * 5000, b"true"])
def test_absurd_numbers_are_refused(body):
    if body == b"true":
        assert read(body, int).value == 1
        return
    with pytest.raises(AnswerNotUnderstood):
        read(body, int)


def test_deep_nesting_is_refused():
    with pytest.raises(AnswerNotUnderstood):
        read(b"[" * 100_000, AudioState)
    assert read(b'{"a":' * 100_000, str).value.startswith('{"a":')


def test_the_number_of_repairs_told_is_bounded():
    assert len(read(json.dumps([{"id": "1"}] * 100).encode(), list[Conference]).repairs) == 50


@settings(max_examples=examples(150), deadline=None)
@given(st.sampled_from(RETURNS), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(kind, content):
    try:
        read(content, kind)
    except AnswerNotUnderstood:
        pass


NAMES = [
    "id",
    "state",
    "Status",
    "connections",
    "muted",
    "volume",
    "entries",
    "session",
    "result",
    "terminals",
    "x",
]
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["up", "RINGING"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=15,
)


@settings(max_examples=examples(300), deadline=None)
@given(st.sampled_from(RETURNS), ANYTHING)
def test_any_json_is_read_or_refused_and_what_is_read_can_be_written(kind, anything):
    try:
        reading = read(msgspec.json.encode(anything), kind)
    except AnswerNotUnderstood:
        return
    msgspec.json.encode(reading.value)


@pytest.mark.parametrize(
    ("text", "action", "value"),
    [
        ('{"conferences": []}', "conferences_get", []),
        ("null", "conferences_get", []),
        ('[{"foo": 1}]', "conferences_get", []),
        ("[]", "mediastats_get", SharedMediaList(vars=[])),
        ('"/rest/a/b"', "conferences_dial", [Link(href="/rest/a/b")]),
        ('{"href": "/rest/a/b", "rel": "item"}', "conferences_dial", [Link(href="/rest/a/b")]),
        ("CONTENT_IDLE\r\n", "cameras_contentstatus_get", ContentState.IDLE),
    ],
)
def test_other_containers(text, action, value):
    assert read(text.encode(), operation_by_id(action).returns).value == value


@pytest.mark.parametrize("text", ['{"x": 1, "y": 2}', '"x"', "7", "true"])
def test_things_that_have_nothing_in_common_are_not_made_up(text):
    with pytest.raises(AnswerNotUnderstood):
        read(text.encode(), operation_by_id("conferences_get").returns)


def places(value, path=()):
    """Where the fields of a JSON value are; of lists only the first element."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from places(inner, (*path, name))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


def spoiled(value, path, how):
    value = copy.deepcopy(value)
    target = value
    for step in path[:-1]:
        target = target[step]
    name = path[-1]
    inner = target.pop(name)
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    target |= {
        "drop": {},
        "null": {name: None},
        "upper": {name.upper(): inner},
        "snake": {snake: inner},
        "text": {name: str(inner)},
        "list": {name: [inner]},
        "object": {name: {"a": 1, "b": 2}},
        "empty": {name: ""},
        "extra": {name: inner, "": 1, "brandNew": [{"x": None}]},
    }[how]
    return value


SAMPLES = [
    sample
    for file in sorted((Path(__file__).parents[1] / "contract" / "samples").glob("*.json"))
    for sample in json.loads(file.read_text())
    if sample["part"] == "answer" and isinstance(sample["body"], dict | list)
]


@pytest.mark.parametrize(
    "how", ["drop", "null", "upper", "snake", "text", "list", "object", "empty", "extra"]
)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["action"])
def test_whatever_a_device_does_to_one_field_the_answer_is_read(sample, how):
    kind = operation_by_id(sample["action"]).returns
    for path in places(sample["body"]):
        body = spoiled(sample["body"], path, how)
        if how == "drop" and body in ({}, {"success": True}, {"vars": []}):
            continue  # nothing is left of it
        found = read(json.dumps(body).encode(), kind).value
        if how in ("upper", "snake", "extra"):
            assert found == read(json.dumps(sample["body"]).encode(), kind).value, path
