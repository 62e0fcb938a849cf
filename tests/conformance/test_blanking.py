import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.conformance.blanking import Blanking
from videobar.conformance.shape import shape_of

SESSION = "PS" + "q8+/" * 12
TOKEN = "0b5c1f6e-52f5-4f5d-8f4a-9b8df2f6a001"
SERIAL = "8L2003ABCDEF01"


def test_sessions_keep_their_length_and_stay_apart():
    blanked = Blanking().blank(
        {"sessionList": [{"sessionId": SESSION}, {"sessionId": "PS" + "z" * 48}, {"sessionId": SESSION}]},
        "session",
    )
    first, second, third = (one["sessionId"] for one in blanked["sessionList"])
    assert first == third != second
    assert len(first) == 50
    assert SESSION not in json.dumps(blanked)


def test_a_secret_is_found_in_other_fields_too():
    answer = {"reason": f"unit {SERIAL} says no to {SESSION}", "serialNumber": SERIAL}
    text = json.dumps(Blanking().blank(answer, "system"))
    assert SERIAL not in text
    assert SESSION not in text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lastLoginClient", "192.168.1.211"),
        ("location", "10.11.12.13"),
        ("note", "see 10.11.12.13, port 443"),
        ("note", "2001:db8:1::7"),
        ("macAddress", "00e0db123456"),
        ("macAddress", "00:e0:db:12:34:56"),
        ("note", "at 00-E0-DB-12-34-56"),
        ("SerialNumber", "8L20AB"),
        ("system_name", "Board room"),
        ("password", "x"),
        ("token", TOKEN),
        ("note", f"XSRF {TOKEN}"),
        ("email", "ada@corp.test"),
        ("note", "sip:ada@corp.test:5060"),
        ("displayName", "Ada L"),
        ("homePhone", "+44 20"),
        ("uid", "3679494759"),
    ],
)
def test_what_must_not_leave_the_room(field, value):
    secret = value.removeprefix("see ").removeprefix("at ").removeprefix("XSRF ").removeprefix("sip:")
    secret = secret.removesuffix(", port 443").removesuffix(":5060")
    blanked = Blanking().blank({field: value}, "system")
    assert secret not in json.dumps(blanked)
    assert isinstance(blanked[field], str)
    assert blanked[field]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("softwareVersion", "Release - 6.2.2.8-670021"),
        ("model", "StudioX30"),
        ("name", "system.status.sipserver"),
        ("userId", "admin"),
        ("time", "2022-10-24T10:12:35-04:00"),
        ("href", "/rest/conferences/0/connections/6"),
        ("state", ""),
        ("volume", 39),
        ("nothing", None),
    ],
)
def test_what_says_nothing_about_anybody_stays(field, value):
    assert Blanking().blank({field: value}, "system") == {field: value}


def test_names_are_private_in_calls_and_not_at_cameras():
    assert Blanking().blank({"name": "Main"}, "cameras") == {"name": "Main"}
    assert Blanking().blank({"name": "Ada"}, "conferences") == {"name": "Name 1"}


def test_far_ends_that_are_hosts():
    blanked = Blanking().blank([{"address": "10.0.0.9"}, {"address": "ada@corp.test"}], "conferences")
    assert blanked == [{"address": "192.0.2.1"}, {"address": "person1@example.org"}]


def test_the_room_itself_is_not_named():
    blanking = Blanking([("host", "lobby.corp.test")])
    assert blanking.text("/rest/x?host=lobby.corp.test") == "/rest/x?host=host1.example.org"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.ip_addresses().map(str),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["sessionId", "name", "ip", "email", "x", "Password"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(values, st.sampled_from(["audio", "conferences", "directory", "calendar"]))
def test_blanking_keeps_the_shape(value, area):
    blanking = Blanking()
    blanked = blanking.blank(value, area)
    assert shape_of(blanked) == shape_of(value)
