import asyncio
import inspect
import threading

import pytest

from videobar.client.aio import AsyncRoom, open_room
from videobar.client.sync import Room
from videobar.client.trust import Insecure
from videobar.client.wire import Action
from videobar.contract.index import AREAS, OPERATIONS
from videobar.contract.system import StatusRow
from videobar.errors import AnswerNotUnderstood, LineBusy, NoSuchConference, NotReached, TimedOut
from videobar.vocabulary import SubsystemState


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_action_is_a_coroutine_method_with_the_contracts_words(room, operation):
    method = operation.bind(room)
    assert inspect.iscoroutinefunction(method)
    assert method.__name__ == operation.name
    assert method.__doc__ == getattr(AREAS[operation.area], operation.name).__doc__


def test_areas_are_of_the_contract(room):
    for area, protocol in AREAS.items():
        assert protocol in type(getattr(room, area)).__mro__


async def test_wrong_arguments_are_found_before_anything_is_sent(room, far):
    with pytest.raises(TypeError, match="volume"):
        await room.audio.set_volume()
    with pytest.raises(TypeError):
        await room.audio.volume(3)
    assert far.asked == []


async def test_errors_of_the_room_are_raised_again(room, far, answered):
    far.answers["DELETE /rest/conferences/0"] = answered(
        404, {"success": False, "reason": "NoSuchConference: no conference '0'"}
    )
    with pytest.raises(NoSuchConference) as caught:
        await room.conferences.hang_up("0")
    assert caught.value.detail == "no conference '0'"


async def test_status_as_an_old_device_sends_it(room, far, answered):
    body = [{"name": "system.status.sipserver", "languageTag": "SIP_SERVER", "state": ["up"]}]
    far.answers["GET /rest/system/status"] = answered(body=body, kind="text/plain")
    assert await room.system.status() == [
        StatusRow(langtag="SIP_SERVER", name="system.status.sipserver", state_list=[SubsystemState.UP])
    ]


async def test_dialling_gives_a_call(room, far, answered):
    far.answers["POST /rest/conferences"] = answered(
        201, [{"href": "/rest/conferences/0/connections/6", "rel": "item"}]
    )
    call = await room.dial("123@vc.test", rate=1920)
    assert (call.conference_id, call.id) == ("0", "6")
    assert far.asked[-1][2] == b'{"address":"123@vc.test","rate":1920,"dialType":"AUTO"}'


async def test_dialling_refused(room, far, answered):
    far.answers["POST /rest/conferences"] = answered(400, {"success": False, "reason": "LineBusy"})
    with pytest.raises(LineBusy):
        await room.dial("123@vc.test")


async def test_calls_that_wait_and_calls_that_are_on(room, far, answered):
    far.answers["GET /rest/conferences"] = answered(
        body=[
            {"id": "0", "connections": [{"id": "6", "parentConfId": "0", "state": "CONNECTED"}]},
            {"id": "PENDING", "connections": [{"id": "7", "state": "RINGING", "answerable": True}]},
        ]
    )
    far.answers["POST /rest/conferences/callaction"] = answered()
    calls = await room.calls()
    assert [(call.conference_id, call.id) for call in calls] == [("0", "6"), ("PENDING", "7")]
    await calls[1].answer()
    assert far.asked[-1][2] == b'{"id":"7","callActionType":"ANSWER"}'


async def test_searching_ends_its_query(room, far, answered):
    far.answers |= {
        "POST /rest/directory/queries": answered(body={"id": "q1"}),
        "GET /rest/directory/queries/q1?start=1&limit=5": answered(
            body={"entries": [{"id": "e1", "displayName": "Ada"}], "next": None}
        ),
        "DELETE /rest/directory/queries/q1": answered(),
    }
    assert [entry.display_name for entry in await room.search("ada", limit=5)] == ["Ada"]
    assert far.lines[-1] == "DELETE /rest/directory/queries/q1"


@pytest.mark.parametrize("host", ["", " ", "a/b", "a b", "a?b", "a#b", "a,b"])
def test_what_is_no_host(host):
    with pytest.raises(ValueError, match="host"):
        AsyncRoom(host)


@pytest.mark.parametrize("options", [{"port": 0}, {"port": 70000}, {"timeout": 0}, {"connections": 0}])
def test_options_out_of_range(options):
    with pytest.raises(ValueError, match="must be positive"):
        AsyncRoom("lobby", **options)


def test_a_trust_and_no_trust_contradict_each_other():
    with pytest.raises(ValueError, match="contradict"):
        AsyncRoom("lobby", insecure=True, tls=Insecure())


def test_the_password_is_not_shown():
    assert "secret" not in repr(AsyncRoom("lobby", password="secret"))


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("10.0.0.5", "10.0.0.5", 443),
        ("lobby:8443", "lobby", 8443),
        ("https://lobby.test/", "lobby.test", 443),
        ("https://ada@lobby.test:1", "lobby.test", 1),
        ("[::1]:8443", "::1", 8443),
    ],
)
def test_rooms_by_address(address, host, port):
    room = open_room(address, password="x")
    assert (room.host, room.port) == (host, port)
    with Room(address, password="x") as blocking:
        assert repr(blocking) == f"<Room {host}:{port}>"


@pytest.mark.parametrize("options", [{"port": 8443}, {"user": "bob"}])
def test_an_address_and_an_argument_contradict_each_other(options):
    with pytest.raises(ValueError, match="contradicts the address"):
        AsyncRoom("ada@lobby:443", **options)
    assert AsyncRoom("ada@lobby:8443", port=8443, user="ada").port == 8443


@pytest.mark.parametrize(
    "address",
    ["", "http://lobby", "https://lobby/rest", "lobby?x", "a:b@lobby", "lobby:x", "lobby:99999", "[::1"],
)
def test_what_is_no_address(address):
    with pytest.raises(ValueError):  # noqa: PT011 (several texts, some of the standard library)
        open_room(address)


async def test_the_user_of_an_address_logs_in(far, answered):
    far.answers["GET /rest/audio/volume"] = answered(body=41)
    room = open_room("https://ada@lobby.test", password="x", transport=far)
    await room.audio.volume()
    assert far.asked[0][2] == b'{"user":"ada","password":"x"}'


async def test_client_errors_are_no_errors_of_a_room(room, far):
    from videobar.errors import TimedOut

    far.answers["GET /rest/audio/volume"] = TimedOut("slow")
    with pytest.raises(NotReached):
        await room.audio.volume()


async def test_a_huge_answer_that_fits_nothing_neither_holds_up_the_loop_nor_is_read_whole(
    room, far, answered
):
    far.answers["GET /rest/conferences"] = answered(body=[{}] * 1_000_000)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    with pytest.raises(AnswerNotUnderstood, match="more than 100000 values"):
        await room.conferences.all()
    counting.cancel()
    assert turns > 10


async def test_the_timeout_covers_reading_a_large_answer(far, clock, answered, monkeypatch):
    room = AsyncRoom("device.test", password="secret", transport=far, clock=clock, timeout=0.05)
    began = threading.Event()
    end = threading.Event()

    def slow(self, answer):
        began.set()
        end.wait()

    monkeypatch.setattr(Action, "value", slow)
    far.answers["GET /rest/conferences"] = answered(body=["x" * 20_000])
    try:
        with pytest.raises(TimedOut, match="could not be read within 0.05 s"):
            await room.conferences.all()
        assert began.is_set()
    finally:
        end.set()
