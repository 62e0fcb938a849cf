"""`videobar conform` against recordings in the place of rooms."""

import pytest

from videobar import AsyncRoom
from videobar.conformance.recording import Exchange, RecordedRequest, Recording, Reply, load, text_of
from videobar.conformance.replay import Replay
from videobar.contract.index import OPERATIONS

SYSTEM = {
    "build": "1",
    "buildType": "Release",
    "hardwareVersion": "1",
    "lanStatus": {"duplex": "FULL", "speedMbps": 1000, "state": "LAN_UP"},
    "model": "StudioX30",
    "rebootNeeded": False,
    "serialNumber": "8L0000000000",
    "softwareVersion": "3.12.0",
    "state": "READY",
    "systemName": "Lobby",
    "systemTime": 1700000000000,
    "timeOffset": 0,
    "timeServerState": "TIMESERVER_UP",
    "uptime": 12.5,
}


def exchange(action, method, path, body, status=200):
    return Exchange(
        action=action,
        request=RecordedRequest(method=method, path=path),
        reply=Reply(status=status, content_type="application/json", body=body, size=9),
    )


def device(**system):
    return Recording(
        model="StudioX30",
        software="3.12.0",
        exchanges=[
            exchange("session_login", "POST", "/rest/session", {"success": True}),
            exchange("session_logout", "DELETE", "/rest/session", {"success": True, "reason": ""}),
            exchange("system_get", "GET", "/rest/system", SYSTEM | system),
            exchange("audio_volume_get", "GET", "/rest/audio/volume", 39),
        ],
    )


@pytest.fixture
def rooms(videobar):
    """Rooms by name, as recordings."""
    known = {"lobby": device()}
    videobar.connect = lambda target, password: AsyncRoom(
        target.name, password=password, transport=Replay(known[target.name])
    )
    return known


@pytest.fixture
def saved(tmp_path):
    def save(name, recording):
        file = tmp_path / name
        file.write_bytes(text_of(recording))
        return str(file)

    return save


def test_a_table_of_all_actions(videobar, rooms):
    run = videobar("conform", "--pause", "0")
    assert run.err == ""
    rows = {line.split()[0]: line for line in run.lines if line.startswith("  ")}
    assert {operation.id for operation in OPERATIONS} <= set(rows)
    assert "works" in rows["system_get"]
    assert "not present" in rows["audio_get"]
    assert "needs --allow calls" in rows["conferences_dial"]
    assert run.lines[-7] == "StudioX30 3.12.0"
    assert run.status == 0


def test_what_differs_is_said_and_is_the_status(videobar, rooms):
    rooms["lobby"] = device(uptime="12")
    run = videobar("conform", "--pause", "0", "--json")
    assert run.status == 1
    assert run.json["counts"]["differs"] == 1
    (found,) = [row for row in run.json["results"] if row["outcome"] == "differs"]
    assert (found["action"], found["details"]) == ("system_get", ["$.uptime: text instead of number"])


def test_a_recording_is_kept_and_compared(videobar, rooms, tmp_path):
    file = str(tmp_path / "lobby.json")
    assert videobar("conform", "--pause", "0", "--record", file).status == 0
    assert "8L0000000000" not in (tmp_path / "lobby.json").read_text()
    assert load(tmp_path / "lobby.json").name == "StudioX30 3.12.0"
    run = videobar("conform", "--pause", "0", "--against", file)
    assert run.status == 0
    assert "since StudioX30 3.12.0" in run.lines
    rooms["lobby"] = device(mood="good")
    run = videobar("conform", "--pause", "0", "--against", file, "--json")
    assert run.status == 1
    assert run.json["changed"] == [{"action": "system_get", "what": "$.mood: added"}]


def test_several_rooms_side_by_side(videobar, rooms, tmp_path):
    rooms["board"] = device()
    run = videobar(
        "--room", "lobby,board", "conform", "--pause", "0", "--record", str(tmp_path / "{room}.json")
    )
    assert run.status == 0
    assert {file.name for file in tmp_path.glob("*.json")} == {"lobby.json", "board.json"}
    assert any(line.startswith("board:") for line in run.lines)


def test_recordings_are_compared_without_a_room(videobar, saved, monkeypatch):
    monkeypatch.delenv("VIDEOBAR_ROOM")
    first, second = saved("a", device()), saved("b", device(model="StudioX50", uptime=None))
    run = videobar("conform", "--compare", first)
    assert (run.status, run.err) == (0, "")
    run = videobar("conform", "--compare", second)
    assert run.status == 1
    assert "$.uptime: null instead of number" in run.out
    run = videobar("conform", "--compare", first, second)
    assert run.status == 1
    assert run.lines[-1].split(None, 1) == ["system_get", "$.uptime: number, then null"]
    assert videobar("conform", "--compare", first, first, "--json").json["changed"] == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--allow", "calls"), "belong together"),
        (("--dial", "a@b"), "belong together"),
        (("--pause", "-1"), "--pause"),
        (("--against", "/none"), "/none: No such file"),
        (("--compare", "/none"), "/none: No such file"),
        (("--compare", "a", "b", "c"), "one or two"),
        (("--compare", "a", "--record", "b"), "one or two"),
        (("--allow", "everything"), "must be one of"),
        (("--allow", "restart"), "--yes"),
        (("--allow", "directory"), "deletes data: say --yes"),
    ],
)
def test_what_makes_no_sense(videobar, rooms, words, complaint):
    run = videobar("conform", *words)
    assert run.status == 2
    assert complaint in run.err


def test_a_file_that_cannot_be_written(videobar, rooms, tmp_path):
    run = videobar("conform", "--pause", "0", "--record", str(tmp_path / "no" / "x.json"))
    assert run.status == 1
    assert "No such file" in run.err
