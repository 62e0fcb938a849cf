"""From bytes to arguments and back; every mistake is named in the client's words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from videobar import errors
from videobar.contract.index import OPERATIONS
from videobar.contract.operation import Operation
from videobar.errors import InvalidRequest, SessionRequestInvalid, VideobarError
from videobar.room.login import LoginRefused, LoginStatus
from videobar.server import codec
from videobar.server.codec import ActionCodec
from videobar.server.validation import whole_numbers
from videobar.vocabulary import ClientType


@pytest.fixture
def action(operations: list[Operation]) -> Any:
    return {operation.id: ActionCodec(operation) for operation in operations}.__getitem__


def reason(action: ActionCodec, body: bytes) -> str:
    with pytest.raises(InvalidRequest) as caught:
        action.body(body, b"application/json")
    return caught.value.reason


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"bulbList":[],"rate":true}', "rate: expected int, got bool"),
        (b'{"bulbList":[],"rate":"64"}', "rate: expected int, got str"),
        (b'{"bulbList":[],"rate":63}', "rate: expected int >= 64"),
        (b'{"bulbList":[],"rate":1e2}', "rate: expected int, got float"),
        (b"{}", "bulbList: is missing"),
        (b'{"bulbList":[{"address":"a"},{}]}', "bulbList[1].address: is missing"),
        (b'{"bulbList":[{"address":"a"},{"address":5}]}', "bulbList[1].address: expected str, got int"),
        (b'{"bulbList":[5]}', "bulbList[0]: expected str | object, got int"),
        (
            b'{"bulbList":[{"address":"a","colour":"BLUE"}]}',
            "bulbList[0].colour: must be one of RED, GREEN, not 'BLUE'",
        ),
        (b'{"bulbList":[],"mainColour":"red"}', "mainColour: must be one of RED, GREEN, not 'red'"),
        (b'{"bulbList":[],"prices":{"a":"b"}}', "prices[...]: expected int, got str"),
        (b'{"bulbList":[],"weight":NaN}', "body: is not JSON: NaN is no number there"),
        (b'{"bulbList":[],"weight":1e999}', "weight: number out of range"),
        (b'{"bulbList":[],"count":' + b"9" * 25 + b"}", "count: integer value out of range"),
        (b'{"bulbList":[],"count":-9223372036854775809}', "count: integer value out of range"),
        (b'{"bulbList":[],"prices":{"p":' + b"9" * 25 + b"}}", "prices.p: integer value out of range"),
        (b'{"bulbList":[],"count":' + b"9" * 5000 + b"}", "count: integer value out of range"),
        (b'{"bulbList":["\xff"]}', "body: is not valid UTF-8"),
        (b'{"bulbList":["\\ud800 and more"]}', "bulbList[0]: has half of a surrogate pair"),
        (b'{"bulbList":["\\udc00 "]}', "bulbList[0]: has half of a surrogate pair"),
        (b'{"bulbList":[],"zz":' + b"[" * 100_000, "body: is nested too deeply"),
        (b'{"bulbList":[],}', "body: is not JSON (byte 15)"),
        (b'{"bulbList":[]', "body: is not JSON: it ends too early"),
        (b"[]", "body: expected object, got array"),
        (b"null", "body: expected object, got null"),
        (b"", "body: is missing"),
        (b" \r\n", "body: is missing"),
        (b"level=5", "body: is not JSON (byte 0)"),
    ],
)
def test_mistakes_are_named(action: Any, body: bytes, expected: str) -> None:
    actual = reason(action("lamps_order"), body)
    assert actual.startswith(f"InvalidRequest: {expected}")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"true", "body: expected int, got bool"),
        (b"101", "body: expected int <= 100"),
        (b'"5"', "body: expected int, got str"),
        (b"5 6", "body: is not JSON (byte 2)"),
        (b'{"level":5}', "body: expected int, got object"),
    ],
)
def test_a_bare_value_is_called_body(action: Any, body: bytes, expected: str) -> None:
    assert reason(action("lamps_level_set"), body) == f"InvalidRequest: {expected}"


@pytest.mark.parametrize("body", [b"5", b" 5\r\n", b"\xef\xbb\xbf5"])
def test_bare_values(action: Any, body: bytes) -> None:
    assert action("lamps_level_set").body(body, None) == {"level": 5}


@pytest.mark.parametrize(
    ("body", "level"), [(b"43.0", 43), (b" 43.000 ", 43), (b"0.0", 0), (b"-0.0", 0), (b"100.0", 100)]
)
def test_a_whole_number_may_be_written_as_a_float(action: Any, body: bytes, level: int) -> None:
    decoded = action("lamps_level_set").body(body, None)["level"]
    assert (decoded, type(decoded)) == (level, int)


def test_whole_numbers_stand_anywhere_but_in_texts(action: Any) -> None:
    body = (
        b'{"bulbList":["1.0","\\\\\\"2.0"],"rate":64.0,"prices":{"3.0":3.0,"4":4.00},"weight":5.0,"count":1}'
    )
    order = action("lamps_order").body(body, None)["order"]
    assert order.bulb_list == ["1.0", '\\"2.0']
    assert (order.rate, order.prices, order.weight) == (64, {"3.0": 3, "4": 4}, 5.0)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"43.5", "body: expected int, got float"),
        (b"43.05", "body: expected int, got float"),
        (b"43.0e1", "body: expected int, got float"),
        (b"101.0", "body: expected int <= 100"),
        (b"9" * 30 + b".0", "body: integer value out of range"),
        (b'"43.0"', "body: expected int, got str"),
        (b"43.0.0", "body: is not JSON (byte 4)"),
        (b"43.", "body: is not JSON (byte 2)"),
        (b"043.0", "body: is not JSON (byte 1)"),
    ],
)
def test_other_floats_are_no_whole_numbers(action: Any, body: bytes, expected: str) -> None:
    assert reason(action("lamps_level_set"), body) == f"InvalidRequest: {expected}"


def test_the_mistake_beside_a_float_is_named(action: Any) -> None:
    body = b'{"bulbList":[],"rate":64.0,"prices":{"a":"b"}}'
    assert reason(action("lamps_order"), body) == "InvalidRequest: prices[...]: expected int, got str"


@pytest.mark.parametrize(
    "body", [b'"' * 500_001, b'\\"' * 250_000, b"1.0," * 100_000, b"0" * 400_000 + b".0"]
)
def test_much_that_is_no_json_is_soon_refused(action: Any, body: bytes) -> None:
    assert reason(action("lamps_level_set"), body).startswith("InvalidRequest: body: ")


def test_one_is_not_true(action: Any) -> None:
    assert reason(action("lamps_on_set"), b"1") == "InvalidRequest: body: expected bool, got int"
    assert action("lamps_on_set").body(b"false", b"text/plain") == {"on": False}


def test_unknown_fields_are_ignored(action: Any) -> None:
    order = action("lamps_order").body(b'{"bulbList":["a"],"bulb_list":7,"new":{"deep":[1]}}', None)["order"]
    assert order.bulb_list == ["a"]


@pytest.mark.parametrize("body", [b"", b"  ", b"null"])
def test_an_optional_body_may_be_absent(action: Any, body: bytes) -> None:
    assert action("lamps_note").body(body, None) == {"note": None}


def test_a_complaint_has_bounds_and_one_line(action: Any) -> None:
    value = b"x - at `$.y`\\n" * 20_000
    actual = reason(action("lamps_order"), b'{"bulbList":[],"mainColour":"' + value + b'"}')
    assert actual.startswith("InvalidRequest: mainColour: must be one of RED, GREEN, not 'x - at")
    assert len(actual) < 500
    assert "\n" not in actual


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"user":5}', b'{"user":"\xff"}', b"[" * 100_000])
def test_a_malformed_login_has_the_bare_token(action: Any, body: bytes) -> None:
    with pytest.raises(SessionRequestInvalid) as caught:
        action("session_login").body(body, None)
    assert msgspec.json.decode(codec.refusal(caught.value).body) == {
        "success": False,
        "reason": "SessionRequestInvalid",
    }


def test_parameters_of_path_and_query(action: Any) -> None:
    one = action("lamps_one_get")
    assert one.parameters(("007", "3"), b"_dc=1&main-colour=GREEN&limit=5&limit=6&page=%FF") == {
        "lamp_id": "007",
        "row": 3,
        "colour": "GREEN",
        "limit": 5,
    }
    assert one.parameters(("null", "0"), b"") == {"lamp_id": "null", "row": 0, "colour": None, "limit": 20}
    assert action("lamps_level_get").parameters((), b"limit=x") == {}


def test_a_query_cannot_overwrite_the_path(action: Any) -> None:
    assert action("lamps_one_get").parameters(("a", "1"), b"lampID=b&row=2")["lamp_id"] == "a"


@pytest.mark.parametrize(
    ("segments", "query", "expected"),
    [
        (("a", "x"), b"", "row: expected int, got str"),
        (("a", "10"), b"", "row: expected int <= 9"),
        (("a", " 1"), b"", "row: expected int, got str"),
        (("a", "1"), b"limit=", "limit: expected int, got str"),
        (("a", "1"), b"main-colour=null", "main-colour: must be one of RED, GREEN, not 'null'"),
        (("a", "1"), b"limit=" + b"9" * 25, "limit: integer value out of range"),
        (("a", "1"), b"limit=" + b"9" * 5000, "limit: integer value out of range"),
        (("a", "1"), b"main-colour=blue", "main-colour: must be one of RED, GREEN, not 'blue'"),
        (("a", "1"), b"&".join([b"a=b"] * 101), "query: has more than 100 fields"),
    ],
)
def test_wrong_parameters_are_named(
    action: Any, segments: tuple[str, ...], query: bytes, expected: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        action("lamps_one_get").parameters(segments, query)
    assert caught.value.reason == f"InvalidRequest: {expected}"


def test_uploads_keep_their_bytes_and_type(action: Any) -> None:
    plan = action("lamps_upload").body(b"\xff{", b"text/xml")["plan"]
    assert (plan.content, plan.media_type) == (b"\xff{", "text/xml")
    assert reason(action("lamps_upload"), b"") == "InvalidRequest: body: is missing"


def test_answers(action: Any) -> None:
    assert action("lamps_level_get").answer(39).body == b"39"
    assert (b"content-type", b"application/json") in action("lamps_level_get").answer(39).headers
    empty = action("lamps_level_set").answer(None)
    assert (empty.status, empty.headers, empty.body) == (200, [(b"content-length", b"0")], b"")
    assert action("lamps_note").answer(None).body == b"null"


STATUSES = {
    "InvalidRequest": 400,
    "AddressInvalid": 400,
    "SessionRequestInvalid": 400,
    "XsrfTokenMissing": 403,
    "SessionInvalidUserNamePassword": 403,
    "SessionMaxActiveSessionsReached": 403,
    "AccessDenied": 403,
    "SessionAlreadyActive": 400,
    "SessionNoActiveSession": 400,
    "SessionPortLockout": 400,
    "NotInCall": 400,
    "PinInvalid": 400,
    "PasswordWrong": 400,
    "BlockedByMode": 403,
    "NoSuchConference": 404,
    "NoSuchResource": 404,
    "MethodNotAllowed": 405,
    "RequestTooLarge": 413,
    "NotBuiltYet": 501,
    "TooManyLogins": 429,
    "EngineUnavailable": 503,
    "VideobarError": 503,
}


@pytest.mark.parametrize(("name", "status"), STATUSES.items())
def test_statuses(name: str, status: int) -> None:
    assert codec.refusal(getattr(errors, name)("x")).status == status


def test_error_objects() -> None:
    body = codec.refusal(errors.NoSuchConference("7")).body
    assert msgspec.json.decode(body) == {"success": False, "reason": "NoSuchConference: 7"}
    token = codec.refusal(errors.SessionAlreadyActive("of no interest")).body
    assert msgspec.json.decode(token)["reason"] == "SessionAlreadyActive"
    assert b"<html>" in codec.refusal(errors.AccessDenied()).body
    surrogate = codec.refusal(errors.NotInCall("\ud800")).body
    assert msgspec.json.decode(surrogate)["reason"] == "NotInCall"


def test_too_many_logins_are_told_when_to_try_again() -> None:
    assert (b"retry-after", b"7") in codec.refusal(errors.TooManyLogins(retry_after_s=7)).headers


def test_a_failed_login_carries_its_status() -> None:
    refused = LoginRefused(LoginStatus(2, 0, "", ClientType.WEB))
    assert msgspec.json.decode(codec.refusal(refused).body) == {
        "success": False,
        "reason": "SessionInvalidUserNamePassword",
        "loginStatus": {
            "failedLogins": 2,
            "isPasswordAgeLimitReached": False,
            "lastLoginClient": "",
            "lastLoginClientType": "WEB",
            "lastLoginTime": 0,
            "loginResult": "NOLOCKOUT",
        },
    }


ACTIONS = [ActionCodec(operation) for operation in OPERATIONS]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["user", "action", "address", "rate", "dialType", "endPointList", "mute", "id"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


def check(action: ActionCodec, body: bytes, query: bytes, segment: str) -> None:
    """Whatever comes in is decoded, or refused with a status below 500 and a reason that is JSON."""
    segments = (segment,) * len(action.operation.path_parameters)
    for attempt in (lambda: action.parameters(segments, query), lambda: action.body(body, None)):
        try:
            attempt()
        except VideobarError as error:
            response = codec.refusal(error)
            assert 400 <= response.status < 500
            assert isinstance(response.body, bytes)
            assert msgspec.json.decode(response.body)["success"] is False


@settings(max_examples=examples(150))
@given(st.sampled_from(ACTIONS), st.binary(max_size=40), st.binary(max_size=40), st.text(max_size=8))
def test_any_bytes(action: ActionCodec, body: bytes, query: bytes, segment: str) -> None:
    check(action, body, query, segment)


@settings(max_examples=examples(150))
@given(st.sampled_from(ACTIONS), json_values, st.text(max_size=8))
def test_any_json(action: ActionCodec, value: Any, segment: str) -> None:
    check(action, msgspec.json.encode(value), b"limit=1&filter=x&context-id=y", segment)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"43.0", b"43"),
        (b"-43.00", b"-43"),
        (b"[1.0,2.5,1.0e3,10.05,0.0]", b"[1,2.5,1.0e3,10.05,0]"),
        (b'{"a\\"43.0":"1.0","b":1.0}', b'{"a\\"43.0":"1.0","b":1}'),
        (b'"1.0', b'"1.0'),
        (b'"1.0\\', b'"1.0\\'),
        (b"1.0.0", b"1.0.0"),
    ],
)
def test_whole_numbers_are_found_outside_of_texts(sent: bytes, read: bytes) -> None:
    assert whole_numbers(sent) == read


@pytest.mark.parametrize("endless", [b"9", b"1.", b"0", b".0", b"-", b"1e", b'"', b"\\", b'\\"', b"1.0"])
def test_no_body_takes_more_than_a_look_at_each_byte(endless: bytes) -> None:
    """With a search that goes back over the same digits again and again this would take hours."""
    for before in (b"", b"1", b'"', b"1.0"):
        assert len(whole_numbers(before + endless * 2_000_000)) > 2_000_000 // 2
