"""Examining whole rooms: ours in this process, and devices made of recorded shapes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from videobar import AsyncRoom, local_room
from videobar.client.wire import Answer
from videobar.clock import SystemClock
from videobar.conformance.cases import CASES, Permission, case_of
from videobar.conformance.compare import against_contract, differences_between
from videobar.conformance.examine import Outcome
from videobar.conformance.recording import RecordingError, load, text_of
from videobar.conformance.replay import Replay
from videobar.conformance.run import Plan, conform
from videobar.contract.index import OPERATIONS, operation_by_id
from videobar.errors import SessionInvalidUserNamePassword, Unreachable

SAMPLES = Path(__file__).parents[1] / "contract" / "samples"
QUICK = Plan(pause_s=0)
HARMLESS = frozenset(Permission) - {Permission.RESTART, Permission.RESET}
JSON = (("content-type", "application/json"),)


class Device:
    """A device that answers with the recorded shapes of its actions, and 404 to all else; writes requests down."""

    def __init__(self, **changes):
        self.asked = []
        self.answers = {}
        for file in SAMPLES.glob("*.json"):
            for sample in json.loads(file.read_text()):
                operation = operation_by_id(sample["action"])
                if sample["part"] == "answer" and not operation.path_parameters:
                    self.answers.setdefault((operation.method, operation.url), sample["body"])
        self.answers["GET", "/rest/conferences"] = []
        self.changes = changes

    async def exchange(self, ask, headers):
        self.asked.append((ask.method, ask.target, ask.content))
        path = ask.target.partition("?")[0]
        if path in self.changes:
            return self.changes[path]
        if (ask.method, path) in self.answers:
            more = (("set-cookie", "session_id=PSq; Path=/"),) if ask.target == "/rest/session" else ()
            return Answer(200, (*JSON, *more), json.dumps(self.answers[ask.method, path]).encode())
        return Answer(404, (("content-type", "text/html"),), b"<html>Not Found</html>")

    async def open_file(self, ask, headers):
        return await self.exchange(ask, headers)

    async def close(self):
        pass


async def examined(device, plan=QUICK):
    async with AsyncRoom("10.9.8.7", password="secret", transport=device) as room:
        return await conform(room, SystemClock(), plan)


def by_action(report):
    return {result.action: result for result in report.results}


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.documented], ids=lambda o: o.id)
def test_every_documented_action_has_a_case(operation):
    assert case_of(operation) is not None or operation.id in ("session_login", "session_logout")


def test_cases_are_of_actions_that_exist():
    assert set(CASES) <= {operation.id for operation in OPERATIONS}


def test_what_is_dangerous_needs_to_be_allowed():
    for operation in OPERATIONS:
        case = case_of(operation)
        if operation.danger.value != "none" and operation.id != "stage_faults_add":
            assert case is None or case.needs is not None, operation.id


async def test_nothing_that_leaves_a_trace_is_sent_unasked():
    device = Device()
    report = await examined(device)
    sent = [(method, path.partition("?")[0]) for method, path, _ in device.asked]
    deleted = {path for method, path in sent if method == "DELETE"}
    assert deleted <= {"/rest/session", "/rest/directory/queries/videobar-none"} | {
        path for path in deleted if path.startswith("/rest/directory/queries/")
    }
    for forbidden in ("/rest/conferences", "/rest/system/reboot", "/rest/system/resetsettings"):
        assert ("POST", forbidden) not in sent
    for method, path, content in device.asked:
        said = (content or b"").decode()
        assert not any(
            word in said for word in ('"dial"', "hangup", "HANGUP", "reboot", '"store"', '"moveStart"')
        )
        assert method != "PUT", path
    assert by_action(report)["conferences_dial"].details == ("needs --allow calls",)


async def test_what_was_read_is_written_back():
    device = Device()
    await examined(device)
    written = {
        path: json.loads(content) for method, path, content in device.asked if method == "POST" and content
    }
    assert written["/rest/audio/volume"] == device.answers["GET", "/rest/audio/volume"]
    assert written["/rest/audio/muted"] == device.answers["GET", "/rest/audio/muted"]
    assert written["/rest/video/local/mute"] == {
        "mute": device.answers["GET", "/rest/video/local/mute"]["result"]
    }


async def test_recorded_shapes_of_devices_do_not_differ_from_the_contract():
    report = await examined(Device())
    differing = {r.action: r.details for r in report.results if r.outcome is Outcome.DIFFERS}
    assert differing == {}
    counted = Counter(result.outcome for result in report.results)
    assert counted[Outcome.WORKS] > 20
    assert counted[Outcome.FAILED] == 0
    results = by_action(report)
    assert results["system_engine_get"].outcome is Outcome.ABSENT
    assert results["stage_incoming"].outcome is Outcome.ABSENT
    assert results["system_get"].outcome is Outcome.WORKS


@pytest.mark.parametrize(
    ("path", "answer", "outcome", "detail"),
    [
        ("/rest/audio/volume", Answer(200, JSON, b'"39"'), "differs", "$: text instead of whole number"),
        (
            "/rest/audio/volume",
            Answer(200, (("content-type", "text/plain"),), b"39"),
            "differs",
            "content type text/plain",
        ),
        ("/rest/audio/volume", Answer(201, JSON, b"39"), "differs", "status 201"),
        ("/rest/audio/volume", Answer(200, JSON, b""), "differs", "an empty body"),
        ("/rest/audio/volume", Answer(200, JSON, b"thirty"), "differs", "no JSON"),
        ("/rest/audio/volume", Answer(404, (), b""), "not present", "404"),
        ("/rest/audio/volume", Answer(501, JSON, b'{"success":false,"reason":"NotBuiltYet"}'), "not present", "501"),
        ("/rest/audio/volume", Answer(403, JSON, b'{"success":false,"reason":"in Teams mode"}'), "refused", "Teams"),
        ("/rest/audio/volume", Answer(200, JSON, b'{"success":false,"reason":"no"}'), "refused", "no"),
        ("/rest/audio/volume", Answer(503, (("content-type", "text/html"),), b"<html/>"), "refused", "503 a page"),
        ("/rest/calendar", Answer(200, JSON, b'{"Status":"ONLINE"}'), "differs", "spelled 'Status'"),
    ],
)  # fmt: skip
async def test_what_an_answer_comes_to(path, answer, outcome, detail):
    report = await examined(Device(**{path: answer}))
    action = {"/rest/audio/volume": "audio_volume_get", "/rest/calendar": "calendar_get"}[path]
    result = by_action(report)[action]
    assert result.outcome == outcome
    assert any(detail in one for one in result.details)


async def test_a_room_that_stops_answering_is_left_alone():
    class Dying(Device):
        async def exchange(self, ask, headers):
            if len(self.asked) > 10:
                self.asked.append((ask.method, ask.target, ask.content))
                raise Unreachable("gone")
            return await super().exchange(ask, headers)

    device = Dying()
    report = await examined(device)
    assert len(device.asked) < 20
    assert not report.good
    assert sum("not asked any more" in " ".join(result.details) for result in report.results) > 20


async def test_a_wrong_password_ends_it():
    refused = Answer(403, JSON, b'{"success":false,"reason":"SessionInvalidUserNamePassword"}')
    device = Device(**{"/rest/session": refused})
    with pytest.raises(SessionInvalidUserNamePassword):
        await examined(device)
    assert len(device.asked) == 1


async def test_our_room_in_full():
    told = []
    async with local_room(engine="simulated") as room:
        report = await conform(
            room, SystemClock(), Plan(frozenset(HARMLESS), "ada@sim", pause_s=0), told.append
        )
        assert await room.conferences.all() == []
    results = by_action(report)
    odd = {
        action: (result.outcome, result.details)
        for action, result in results.items()
        if result.outcome in (Outcome.DIFFERS, Outcome.FAILED)
    }
    assert odd == {}
    in_calls = [o.id for o in OPERATIONS if o.area == "conferences" and case_of(o)]
    assert {action: results[action].outcome for action in in_calls} == dict.fromkeys(in_calls, Outcome.WORKS)
    assert {results[f"system_{name}"].outcome for name in ("reboot", "resetsettings")} == {Outcome.NOT_ASKED}
    assert told[0].endswith("system_get")


async def test_calls_that_nobody_answers_are_hung_up():
    async with local_room(engine="simulated") as room:
        report = await conform(
            room, SystemClock(), Plan(frozenset({Permission.CALLS}), "busy@sim", pause_s=0)
        )
        assert await room.conferences.all() == []
    results = by_action(report)
    assert "then CallEnded" in results["conferences_dial"].details[-1]
    assert results["conferences_hangup"].outcome is Outcome.NOT_ASKED


async def test_a_room_in_a_call_is_not_disturbed():
    async with local_room(engine="simulated") as room:
        call = await room.dial("ada@sim")
        await call.connected(30)
        report = await conform(room, SystemClock(), Plan(frozenset({Permission.CALLS}), "eve@sim", pause_s=0))
        assert await call.state() == "CONNECTED"
    assert by_action(report)["conferences_dial"].details == ("the room is in a call",)


async def test_a_recording_is_read_again_and_says_the_same(tmp_path):
    report = await examined(Device())
    file = tmp_path / "device.json"
    file.write_bytes(text_of(report.recording))
    recording = load(file)
    assert recording == report.recording
    then = {r.action: r.outcome for r in against_contract(recording)}
    for result in report.results:
        if result.status is not None and result.outcome is not Outcome.ABSENT:
            assert then[result.action] == result.outcome, result
    assert differences_between(recording, report.recording) == ()


async def test_a_recording_has_no_secrets():
    device = Device()
    login = device.answers["POST", "/rest/session"]
    system = device.answers["GET", "/rest/system"]
    text = text_of((await examined(device)).recording).decode()
    for secret in (
        login["session"]["sessionId"],
        login["session"]["location"],
        login["loginStatus"]["lastLoginClient"],
        system["serialNumber"],
        system["systemName"],
        "10.9.8.7",
        "secret",
    ):
        assert secret not in text, secret


async def test_a_recording_can_stand_for_its_room():
    first = await examined(Device())
    async with AsyncRoom("device", password="x", transport=Replay(first.recording)) as room:
        assert (await room.system.info()).model == "StudioX50"
        assert await room.audio.volume() == Device().answers["GET", "/rest/audio/volume"]
    again = await examined(Replay(first.recording))
    same = {r.action: r.outcome for r in first.results}
    assert {r.action: r.outcome for r in again.results} == same


async def test_another_firmware():
    before = (await examined(Device())).recording
    system = Device().answers["GET", "/rest/system"]
    newer = {key: value for key, value in system.items() if key != "build"} | {"uptime": "12", "mood": 1}
    changed = Device(
        **{
            "/rest/system": Answer(200, JSON, json.dumps(newer | {"softwareVersion": "4.6.2"}).encode()),
            "/rest/audio": Answer(404, (), b""),
        }
    )
    after = (await examined(changed)).recording
    found = {(one.action, one.what) for one in differences_between(before, after)}
    assert ("system_get", "$.build: gone") in found
    assert ("system_get", "$.mood: added") in found
    assert ("system_get", "$.uptime: number, then text") in found
    assert ("audio_get", "status 200, then 404") in found
    assert (before.name, after.name) == ("StudioX50 3.1.0", "StudioX50 4.6.2")


@pytest.mark.parametrize("content", [b"", b"{}{", b"[]", b'{"format": "other"}', b'{"format": 1}', b"\xff"])
def test_what_is_no_recording(tmp_path, content):
    file = tmp_path / "x.json"
    file.write_bytes(content)
    with pytest.raises(RecordingError, match=r"x\.json"):
        load(file)


def test_a_recording_that_is_not_there(tmp_path):
    with pytest.raises(RecordingError, match="No such file"):
        load(tmp_path / "none.json")
