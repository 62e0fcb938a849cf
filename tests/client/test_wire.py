import json

import pytest

from videobar.client.wire import Action, Answer, actions, encode, file_name
from videobar.contract.audio import AudioAction, AudioRequest
from videobar.contract.calls import DialRequest
from videobar.contract.cameras import CameraAction, CameraRequest
from videobar.contract.index import OPERATIONS, operation_by_id
from videobar.contract.model import Success, Upload
from videobar.contract.session import LoginRequest
from videobar.errors import AccessDenied, AnswerNotUnderstood, InvalidRequest, MuteLocked, Refused, WrongState
from videobar.vocabulary import ConnectionFilter, DialType


def action(action_id):
    return Action(operation_by_id(action_id))


def test_every_operation_has_its_action():
    assert list(actions()) == [operation.id for operation in OPERATIONS]


@pytest.mark.parametrize(
    ("action_id", "arguments", "target"),
    [
        ("audio_volume_get", (), "/rest/audio/volume"),
        ("audio_mutelock_get", (), "/x/audio/mutelock"),
        ("conferences_connection_get", ("0", "6"), "/rest/conferences/0/connections/6"),
        ("conferences_get_one", ("a/b c?#é",), "/rest/conferences/a%2Fb%20c%3F%23%C3%A9"),
        ("cameras_near_presets_index_get", (3,), "/rest/cameras/near/presets/3"),
        ("conferences_connections_get", ("0",), "/rest/conferences/0/connections?filter=ALL"),
        (
            "conferences_connections_get",
            ("0", ConnectionFilter.PENDING),
            "/rest/conferences/0/connections?filter=PENDING",
        ),
        ("calendar_meetings_get", (), "/rest/calendar/meetings"),
        ("calendar_meetings_get", (5, None, 9), "/rest/calendar/meetings?number=5&end=9"),
        ("collaboration_content_get", ("1 2&", "c"), "/rest/collaboration/content?pin=1%202%26&context-id=c"),
    ],
)
def test_where_arguments_travel(action_id, arguments, target):
    ask = action(action_id).ask(*arguments)
    assert (ask.target, ask.content) == (target, None)


def test_arguments_by_name():
    ask = action("conferences_connections_get").ask(which=ConnectionFilter.ACTIVE, conference_id="0")
    assert ask.target == "/rest/conferences/0/connections?filter=ACTIVE"


@pytest.mark.parametrize(
    ("action_id", "body", "content"),
    [
        ("audio_muted_set", True, b"true"),
        ("audio_volume_set", 41, b"41"),
        ("system_name_set", "Ada's", b'"Ada\'s"'),
        ("audio_action", AudioRequest(action=AudioAction.START), b'{"action":"start"}'),
    ],
)
def test_bodies(action_id, body, content):
    ask = action(action_id).ask(body)
    assert (ask.method, ask.content, ask.media_type) == ("POST", content, "application/json")


def test_what_is_none_is_left_out_of_bodies():
    assert json.loads(encode(DialRequest(address="a@b", dial_type=DialType.SIP))) == {
        "address": "a@b",
        "rate": 0,
        "dialType": "SIP",
    }
    assert json.loads(encode(CameraRequest(action=CameraAction.MOVE_STOP))) == {
        "action": "moveStop",
        "message": "BothCamera",
        "withImage": "No",
    }
    assert json.loads(encode(LoginRequest(user="u", password="p"))) == {"user": "u", "password": "p"}


def test_an_optional_body_is_not_sent():
    assert action("system_reboot").ask().content is None


def test_an_upload_keeps_its_type():
    ask = action("directory_import").ask(Upload("application/xml", b"<a/>"))
    assert (ask.content, ask.media_type) == (b"<a/>", "application/xml")


@pytest.mark.parametrize("bad", ["", ".", ".."])
def test_a_path_cannot_be_left(bad):
    with pytest.raises(InvalidRequest, match="^InvalidRequest: connection_id: "):
        action("conferences_connection_get").ask("0", bad)


@pytest.mark.parametrize("bad", [object(), {1: object()}, "\ud800", {("a", "b"): 1}])
def test_what_cannot_be_sent_is_refused(bad):
    with pytest.raises(InvalidRequest, match="name"):
        action("system_name_set").ask(bad)


def test_wrong_arguments_are_a_type_error():
    with pytest.raises(TypeError):
        action("audio_volume_set").ask()
    with pytest.raises(TypeError):
        action("audio_volume_get").ask(1)


def answer(status=200, content=b"", kind="application/json"):
    return Answer(status, (("content-type", kind),), content)


@pytest.mark.parametrize("content", [b"", b"\r\n", b"null", b"{}", b"<html></html>", b'{"error":"noerror"}'])
@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_an_action_without_answer_does_not_mind_one(status, content):
    assert action("audio_muted_set").value(answer(status, content)) is None


@pytest.mark.parametrize("content", [b"", b"null\n", b"true", b"OK", b"{}", b'{"error":"noerror"}'])
def test_success_may_be_said_by_the_status_alone(content):
    assert action("system_reboot").value(answer(content=content)) == Success()


def test_a_list_may_be_empty_and_a_page_absent():
    assert action("conferences_get").value(answer(content=b"\n")) == []
    assert action("directory_local_entries_members").value(answer()) is None


@pytest.mark.parametrize("content", [b"", b"null"])
def test_a_value_may_not_be_empty(content):
    with pytest.raises(AnswerNotUnderstood, match="audio_volume_get: the answer is empty"):
        action("audio_volume_get").value(answer(content=content))


def test_text_plain_is_as_good_as_json():
    assert action("audio_muted_get").value(answer(content=b"true", kind="text/plain")) is True


@pytest.mark.parametrize(
    "action_id",
    [
        "audio_muted_set",
        "video_local_mute_set",
        "session_login",
        "audio_muted_get",
        "audio_get",
        "conferences_dial",
        "system_logs_get",
    ],
)
def test_a_failure_with_a_good_status_is_raised(action_id):
    with pytest.raises(MuteLocked):
        action(action_id).value(answer(content=b'{"success":false,"reason":"MuteLocked"}'))
    with pytest.raises(Refused, match="^camera in use$"):
        action(action_id).value(answer(content=b'{"success":false,"reason":"camera in use"}'))
    with pytest.raises(MuteLocked):
        action(action_id).value(answer(content=b'{"Success": "False", "Reason": "MuteLocked"}'))
    with pytest.raises(Refused):
        action(action_id).value(answer(content=b'{"Success":false}'))


def test_a_traceroute_that_did_not_reach_is_no_failure():
    found = action("system_network_traceroute").value(
        answer(content=b'{"success":false,"totalHops":0,"hops":[]}')
    )
    assert found.success is False
    with pytest.raises(Refused, match="^no route$"):
        action("system_network_traceroute").value(answer(content=b'{"success":false,"reason":"no route"}'))


def test_a_refusal_is_raised():
    with pytest.raises(WrongState):
        action("audio_volume_get").value(answer(412, b'{"reason":"odd"}'))


def test_a_page_instead_of_an_answer_means_no_session():
    with pytest.raises(AccessDenied):
        action("audio_volume_get").value(answer(200, b"<!DOCTYPE html>\n<HTML>", "text/html"))


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="logs.tar"', "logs.tar"),
        ("attachment; FileName=a.zip", "a.zip"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="c:\\windows\\x.tar"', "x.tar"),
        ('attachment; filename=".."', "download"),
        ('attachment; filename="a\x1b[0mb"', "a[0mb"),
        ('attachment; filename=""', "download"),
        ("attachment", "download"),
        ("", "download"),
    ],
)
def test_names_of_files(disposition, name):
    assert file_name(Answer(200, (("content-disposition", disposition),))) == name
