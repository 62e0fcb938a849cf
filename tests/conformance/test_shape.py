import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.conformance.shape import differences, shape_of
from videobar.contract.audio import AudioState, Microphone
from videobar.contract.calls import Conference
from videobar.contract.index import operation_by_id
from videobar.contract.system import StatusRow, SystemInfo

AUDIO = {"muteLocked": False, "muted": True, "numOfMicsConnected": 1, "volume": 39}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"muted": None}, ["$.muted: null instead of truth"]),
        ({"muted": 1}, ["$.muted: whole number instead of truth"]),
        ({"volume": "39"}, ["$.volume: text instead of whole number"]),
        ({"volume": 39.5}, ["$.volume: number instead of whole number"]),
        ({"volume": True}, ["$.volume: truth instead of whole number"]),
        ({"volume": 101}, ["$.volume: 101 is out of range"]),
        ({"new": {"a": 1}}, ["$.new: not in the contract (object)"]),
    ],
)
def test_one_thing_that_is_different(change, found):
    assert differences(AUDIO | change, AudioState) == found


def test_what_is_missing_and_what_is_spelled_differently():
    fields = {"Muted": True, "mute-locked": 0, "volume": 1}
    assert differences(fields, AudioState) == [
        "$.muteLocked: spelled 'mute-locked'",
        "$.muteLocked: whole number instead of truth",
        "$.muted: spelled 'Muted'",
        "$.numOfMicsConnected: missing",
    ]


def test_a_list_says_each_thing_once():
    rows = [{"langtag": "X", "name": "n", "stateList": ["sleepy"]}] * 12
    assert differences(rows, list[StatusRow]) == ["$[].stateList[]: unknown word 'sleepy'"]


@pytest.mark.parametrize("value", [None, 3, "x", [], {}])
def test_another_thing_altogether(value):
    assert differences(value, AudioState)
    assert differences(value, list[AudioState]) == [] if value == [] else True


def test_a_group_series_status_row():
    row = {"name": "n", "languageTag": "SIP_SERVER", "state": ["up"]}
    assert differences([row], list[StatusRow]) == [
        "$[].langtag: missing",
        "$[].stateList: missing",
        "$[].languageTag: not in the contract (text)",
        "$[].state: not in the contract (list)",
    ]


def test_optional_things():
    assert differences({"result": True}, operation_by_id("video_local_mute_get").returns) == []
    assert differences(None, operation_by_id("directory_queries_get").returns) != []


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(
    json_values,
    st.sampled_from([AudioState, list[Conference], SystemInfo, bool, int, str, Microphone | bool]),
)
def test_no_value_is_too_odd(value, kind):
    found = differences(value, kind)
    try:
        msgspec.json.decode(json.dumps(value), type=kind)
    except msgspec.ValidationError:
        assert found


@given(json_values)
def test_the_shape_of_anything(value):
    shape = shape_of(value)
    assert shape["$"]
    assert shape_of(value) == shape
