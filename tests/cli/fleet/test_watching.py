"""Lines as rooms change."""

import asyncio
import csv
import io
import json

import pytest

from videobar.clock import SystemClock
from videobar.contract.audio import AudioState
from videobar.contract.calls import Conference, Connection
from videobar.errors import SessionInvalidUserNamePassword, TimedOut


@pytest.fixture(autouse=True)
def _no_time(monkeypatch):
    sleep_really = asyncio.sleep

    async def sleep(_, seconds):
        await sleep_really(0)

    monkeypatch.setattr(SystemClock, "sleep", sleep)


def state(volume):
    return AudioState(mute_locked=False, muted=False, num_of_mics_connected=1, volume=volume)


@pytest.fixture
def changing(videobar, turns):
    """The room, whose volume changes twice."""
    videobar.room().answers |= {"audio_get": turns(state(1), state(2), state(30)), "conferences_get": []}
    return videobar


def test_lines_for_people(changing):
    ran = changing("watch", "--count", "2")
    assert ran.status == 0
    assert [line.split("  ", 1)[1] for line in ran.lines] == [
        "lobby  volume: 1 -> 2",
        "lobby  volume: 2 -> 30",
    ]


def test_lines_of_json(changing):
    first, second = map(json.loads, changing("watch", "--json", "--count", "2").lines)
    assert first["time"].endswith("Z")
    assert {name: second[name] for name in ("room", "change", "before", "after")} == {
        "room": "lobby",
        "change": "volume",
        "before": 2,
        "after": 30,
    }


def test_rows_of_csv(changing):
    rows = list(csv.DictReader(io.StringIO(changing("watch", "--format", "csv", "--count", "2").out)))
    assert [(row["room"], row["change"], row["after"]) for row in rows] == [
        ("lobby", "volume", "2"),
        ("lobby", "volume", "30"),
    ]


def test_chosen_columns(changing):
    assert changing("watch", "--columns", "change,after", "--count", "1").lines == ["lobby  volume  2"]


def test_what_is_so_at_first(changing):
    lines = changing("watch", "--initial", "--count", "3").lines
    assert [line.split("  ")[2] for line in lines] == ["muted: no", "mute locked: no", "volume: 1"]


def test_calls(videobar, turns, sample_of, plain):
    one = plain(sample_of(Connection, id="7", address="ada@x", incoming=True, state="RINGING"))
    ringing = [sample_of(Conference, connections=[one])]
    over = [sample_of(Conference, connections=[one | {"state": "DISCONNECTED", "causeCode": 17}])]
    videobar.room().answers |= {"conferences_get": turns([], ringing, over)}
    lines = videobar("watch", "--count", "2").lines
    assert [line.split("  ", 2)[2] for line in lines] == [
        "call 7 from ada@x: RINGING",
        "call 7 from ada@x: RINGING -> DISCONNECTED, user busy (cause 17)",
    ]


def test_a_room_that_goes_and_comes(videobar, turns):
    videobar.room().answers |= {
        "conferences_get": turns([], TimedOut("no answer within 10 s"), []),
        "audio_get": state(1),
    }
    lines = videobar("watch", "--count", "2").lines
    assert [line.split("  ", 2)[2] for line in lines] == ["away: TimedOut: no answer within 10 s", "back"]


def test_a_wrong_password_ends_it_at_once_in_that_room(videobar):
    videobar.room().answers["conferences_get"] = SessionInvalidUserNamePassword()
    ran = videobar("watch")
    assert ran.status == 4
    assert "ended: SessionInvalidUserNamePassword" in ran.out


def test_several_rooms_by_name(videobar, turns):
    for name in ("a", "b"):
        videobar.room(name).answers |= {"audio_get": turns(state(1), state(2)), "conferences_get": []}
    ran = videobar("watch", "a", "b", "--count", "1")
    assert sorted(line.split("  ")[1] for line in ran.lines) == ["a", "b"]


@pytest.mark.parametrize(
    "words", [("--interval", "0.1"), ("--interval", "x"), ("--for", "0"), ("--for", "inf"), ("--count", "0")]
)
def test_what_makes_no_sense(words, videobar):
    assert videobar("watch", *words).status == 2
    assert videobar.opened == []


def test_it_ends_in_time(videobar):
    videobar.room().answers |= {"conferences_get": [], "audio_get": state(1)}
    assert videobar("watch", "--for", "0.01").status == 0
