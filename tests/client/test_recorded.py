"""Answers in the shapes that real devices were recorded with; the values are made up."""

import json

import pytest

from videobar.client.lenient import read
from videobar.contract.audio import Microphone
from videobar.contract.calls import Conference
from videobar.contract.cameras import CameraSource
from videobar.contract.index import operation_by_id
from videobar.contract.session import LoginReply
from videobar.contract.system import SystemInfo
from videobar.vocabulary import CallMedia, ConnectionState, EndpointType, SystemState

INCOMING_ON_X30 = """[{"capabilities":null,
  "connections":[{"address":"lobby@vc.example.org","answerable":true,"authState":"NONE","callInfo":"SIP",
    "callType":"SIP","canAddVideo":false,"causeCode":0,"duration":12,"encrypted":false,"groupname":"",
    "grouptype":"NONE","id":"3","incoming":true,"mediaCount":0,"mediaType":"AUDIOVIDEO","parentConfId":"PENDING",
    "percentConnected":25,"rate":3072,"referredBy":"","startTime":1700000000000,"state":"RINGING","terminals":[],
    "type":"ENDPOINT","videoEscalationState":"NONE"}],
  "duration":0,"holdStartTime":null,"holdState":"NOTHELD","id":"PENDING","isActive":false,"isHolding":false,
  "isMute":false,"isSvcConference":false,"isWaitingInLobby":false,"mediaServerControlEvent":null,
  "mediaServerType":null,"startTime":null,"terminals":[]}]\r\n"""

CONNECTED_ON_GROUP_SERIES = """[{"capabilities":{"canAcquireChair":false,"canHangupConference":true},
 "connections":[{"address":"bridge@vc.example.org","videoEscalationState":"NONE","authState":"NONE","callInfo":"SIP",
   "callType":"SIP","type":"MCU","terms":[{"id":"1"}],
   "terminals":[{"href":"/rest/conferences/0/terminals/1","rel":"item"}],"state":"CONNECTED","groupname":"",
   "grouptype":"NONE","id":"9","startTime":1700000000000,"referredBy":"","mediaType":"AUDIOONLY","parentConfId":"0",
   "percentConnected":100,"rate":64,"mediaCount":0,"incoming":false,"encrypted":false,"duration":8,"causeCode":0,
   "canAddVideo":false,"answerable":false,"wakeSubsystems":true}],
 "terminals":[{"address":"bridge@vc.example.org","callerID":"bridge","termType":"REAL","systemID":"Bridge/1",
   "holdState":"NOTHELD","id":"1","streamsState":"AVC","mediaServerType":null,"parentConnectionId":"9",
   "parentConfId":"0","name":"bridge","muted":false,"muteLocked":false,"fullDescription":false,
   "canSupportMediaStatus":true,"organizer":false}],
 "holdStartTime":0,"holdState":"NOTHELD","id":"0","startTime":1700000000000,"mediaServerType":null,
 "mediaServerControlEvent":null,"isLargeConfMode":false,"isMute":false,"isPendingConference":false,
 "isSvcConference":false,"isWaitingInLobby":false,"isHolding":false,"isActive":true,"isAVMCUConfernce":false,
 "duration":8,"totalParticipants":0}]"""

SYSTEM_OF_X30 = """{"build":"400001","buildType":"Release","hardwareVersion":"1",
 "lanStatus":{"duplex":"FULL","speedMbps":1000,"state":"LAN_UP"},"model":"StudioX30","rebootNeeded":false,
 "serialNumber":"8L0000000000","softwareVersion":"3.12.0","state":"ASLEEP","systemName":"Lobby",
 "systemTime":1700000000000,"timeOffset":-14400000,"timeServerState":"TIMESERVER_UP","uptime":1234.5}\n"""

LOGIN_ON_X30 = """{"loginStatus":{"failedLogins":0,"isPasswordAgeLimitReached":false,"lastLoginClient":"192.0.2.7",
  "lastLoginClientType":"WEB","lastLoginTime":1700000000000,"loginResult":"NOLOCKOUT"},
 "session":{"clientType":"WEB","creationTime":77,"isAuthenticated":true,"isConnected":false,"isNew":true,
  "isStale":false,"location":"192.0.2.7","role":"ADMIN","sessionId":"PSabc","userId":"admin"},"success":true}"""

CAMERA_OF_X30 = """{"cameraIndex":1,"iconName":null,"model":"BUILT_IN_1.0","name":"Main","sessionID":0,
 "sourceType":"SRC_PEOPLE","stateAutoFocus":"off","stateFreeze":"off","stateMarker":"off","connected":true,
 "hasAutoFocus":false,"hasFocus":true,"hasFreeze":false,"hasMarker":false,"hasPan":true,"hasTilt":true,"hasZoom":true,
 "nearCamera":true,"ptzcapable":true,"selected":true,"trackable":true,"status":null}"""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (INCOMING_ON_X30, list[Conference]),
        (CONNECTED_ON_GROUP_SERIES, list[Conference]),
        (SYSTEM_OF_X30, SystemInfo),
        (LOGIN_ON_X30, LoginReply),
        (CAMERA_OF_X30, CameraSource),
    ],
)
def test_what_devices_really_say_fits_without_repairs(text, kind):
    assert read(text.encode(), kind).repairs == ()


def test_an_incoming_call():
    (pending,) = read(INCOMING_ON_X30.encode(), list[Conference]).value
    (connection,) = pending.connections
    assert (pending.id, pending.capabilities, pending.start_time) == ("PENDING", None, None)
    assert (connection.state, connection.media_type) == (ConnectionState.RINGING, CallMedia.AUDIO_VIDEO)


def test_a_connected_call_of_the_older_family():
    (conference,) = read(CONNECTED_ON_GROUP_SERIES.encode(), list[Conference]).value
    assert conference.capabilities.can_hangup_conference is True
    assert conference.connections[0].type is EndpointType.MCU
    assert conference.connections[0].terminals[0].href == "/rest/conferences/0/terminals/1"
    assert conference.terminals[0].system_id == "Bridge/1"


@pytest.mark.parametrize("change", ["drop", "upper", "extra"])
@pytest.mark.parametrize("name", sorted(json.loads(SYSTEM_OF_X30)))
def test_any_field_may_be_missing_or_odd_and_the_others_stay(name, change):
    fields = json.loads(SYSTEM_OF_X30)
    value = fields.pop(name)
    if change == "upper":
        fields[name.upper()] = value
    elif change == "extra":
        fields |= {name: value, "brandNew": {"a": [1]}}
    whole = read(SYSTEM_OF_X30.encode(), SystemInfo).value
    info = read(json.dumps(fields).encode(), SystemInfo).value
    differing = [field for field in whole.__struct_fields__ if getattr(info, field) != getattr(whole, field)]
    wire = dict(zip(SystemInfo.__struct_encode_fields__, SystemInfo.__struct_fields__, strict=True))
    falsy = not value
    assert differing == ([wire[name]] if change == "drop" and not falsy else [])
    assert info.state is SystemState.ASLEEP or name == "state"


async def test_device_mode_answers_null(room, far, answered):
    far.answers["GET /rest/system/sipservers"] = answered(raw=b"null\n")
    assert await room.system.sip_servers() == []


async def test_microphones_with_a_mute_of_zero_or_one(room, far, answered):
    row = {
        "hwVersion": "NA",
        "mute": 1,
        "number": 0,
        "parentID": 0,
        "state": "MIC_STATE_RED",
        "swVersion": "NA",
        "type": 7,
        "typeInString": "Built in",
    }
    far.answers["GET /rest/audio/microphones"] = answered(body=[row, row | {"mute": False}])
    first, second = await room.audio.microphones()
    assert (type(first), first.mute, second.mute) == (Microphone, 1, 0)


@pytest.mark.parametrize(("body", "kind"), [(True, "text/plain"), ({"result": True}, "application/json")])
async def test_video_mute_of_either_family(room, far, answered, body, kind):
    far.answers["GET /rest/video/local/mute"] = answered(body=body, kind=kind)
    assert (await room.video.local_mute()).result is True
    assert operation_by_id("video_local_mute_get").returns.__name__ == "Result"
