"""One row for each room."""

import csv
import io

import pytest

from videobar.contract.calls import Conference, Connection
from videobar.contract.system import SignallingServer, SystemInfo
from videobar.errors import (
    AnswerNotUnderstood,
    CertificateChanged,
    EngineUnavailable,
    MuteLocked,
    NotThere,
    SessionInvalidUserNamePassword,
    TimedOut,
)


@pytest.fixture
def rooms(videobar, save_profiles, sample_of, monkeypatch):
    """Saved rooms that answer."""
    monkeypatch.delenv("VIDEOBAR_ROOM")

    def make(*names):
        save_profiles("".join(f'[{name}]\nhost = "{name}.test:8443"\n' for name in names))
        for name in names:
            info = sample_of(SystemInfo, serialNumber=f"S-{name}", uptime=273_900.5, state="READY")
            videobar.room(name).answers |= {
                "system_get": info,
                "conferences_get": [],
                "system_sipservers_get": [],
            }
        return videobar

    return make


def test_all_saved_rooms_have_a_row(rooms):
    ran = rooms("a", "b")("inventory", "--columns", "state,serial,call,uptime,address")
    assert ran.status == 0
    assert ran.lines[1:] == [
        "a     READY  S-a     idle  3d 04:05  a.test:8443",
        "b     READY  S-b     idle  3d 04:05  b.test:8443",
    ]


def test_named_rooms_only(rooms):
    videobar = rooms("a", "b", "c")
    assert len(videobar("inventory", "a", "c").lines) == len(videobar("inventory", "-r", "a,c").lines)
    assert [target.name for target, _ in videobar.opened] == ["a", "c", "a", "c"]


@pytest.mark.parametrize(
    ("error", "state", "status"),
    [
        (TimedOut("no answer"), "not reached", 3),
        (CertificateChanged("other"), "other certificate", 3),
        (SessionInvalidUserNamePassword(), "login refused", 4),
        (MuteLocked(), "MuteLocked", 1),
    ],
)
def test_rooms_that_fail_have_a_row_too(error, state, status, rooms):
    videobar = rooms("a", "b")
    videobar.room("b").answers["system_get"] = error
    ran = videobar("inventory", "--format", "csv")
    first, second = csv.DictReader(io.StringIO(ran.out))
    assert (first["room"], first["state"], first["uptime"]) == ("a", "READY", "273900.5")
    assert (second["room"], second["state"], second["serial"], second["address"]) == (
        "b",
        state,
        "",
        "b.test:8443",
    )
    assert ran.status == status
    assert ran.err.startswith("videobar: b: ")
    told = videobar("inventory", "--json").json
    assert told["a"]["answer"]["serial"] == "S-a"
    assert told["b"] == {"ok": False, "reason": str(error)}


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ((), "idle"),
        (("RINGING",), "ringing"),
        (("CONNECTING",), "dialling"),
        (("CONNECTED",), "in a call"),
        (("CONNECTED", "CONNECTED", "RINGING"), "in a call with 2"),
    ],
)
def test_calls(states, said, rooms, sample_of, plain):
    videobar = rooms("a")
    one = plain(sample_of(Connection))
    conference = sample_of(Conference, connections=[one | {"state": state} for state in states])
    videobar.room("a").answers["conferences_get"] = [conference] if states else []
    assert videobar("inventory", "a", "--json").json["call"] == said


def test_registrars(rooms, sample_of):
    videobar = rooms("a")
    servers = [sample_of(SignallingServer, state=state) for state in ("UP", "up", "DOWN")]
    videobar.room("a").answers["system_sipservers_get"] = servers
    assert videobar("inventory", "a", "--json").json["sip"] == "2/3"


@pytest.mark.parametrize("error", [NotThere("x"), AnswerNotUnderstood("x"), EngineUnavailable("x")])
def test_what_a_room_lacks_stays_open(error, rooms):
    videobar = rooms("a")
    videobar.room("a").answers |= {"conferences_get": error, "system_sipservers_get": error}
    told = videobar("inventory", "a", "--json").json
    assert (told["call"], told["sip"], told["state"]) == (None, None, "READY")
    videobar.room("a").answers |= {"conferences_get": [], "system_get": error}
    told = videobar("inventory", "a", "--json").json
    assert (told["call"], told["state"], told["serial"]) == ("idle", "unknown", None)
    videobar.room("a").answers["conferences_get"] = error
    assert videobar("inventory", "a").status != 0


def test_without_saved_rooms(videobar, monkeypatch):
    monkeypatch.delenv("VIDEOBAR_ROOM")
    ran = videobar("inventory")
    assert ran.status == 2
    assert "no profile is named like '*'" in ran.err
