"""The everyday verbs on a room that writes down what it is asked."""

import csv
import io
import re

import msgspec
import pytest

from videobar.cli.everyday.calls import HEADINGS
from videobar.client.call import POLL_S
from videobar.clock import SystemClock
from videobar.contract.audio import AudioState
from videobar.contract.calllog import CallLogEntry
from videobar.contract.calls import Conference, Connection
from videobar.contract.directory import Entry, Page, QueryIdentity
from videobar.contract.model import Link
from videobar.errors import (
    AnswerNotUnderstood,
    LineBusy,
    NoSuchConference,
    NoSuchConnection,
    NotBuiltYet,
    SessionInvalidUserNamePassword,
)

LINK = [Link(href="/rest/conferences/0/connections/6")]


@pytest.fixture
def conference(sample_of):
    """A conference with connections by id; `answerable` ones wait."""

    def make(conference_id, *connection_ids, answerable=False):
        connections = [
            {**plain_connection(sample_of), "id": one, "answerable": answerable} for one in connection_ids
        ]
        return sample_of(Conference, id=conference_id, connections=connections)

    return make


def plain_connection(sample_of):
    return msgspec.to_builtins(sample_of(Connection, address="ada@example.org", incoming=False))


@pytest.fixture
def slept(monkeypatch):
    """Sleeping takes no time but moves the clock; how long it would have been."""
    naps = []

    async def sleep(_, seconds):
        naps.append(seconds)

    monkeypatch.setattr(SystemClock, "sleep", sleep)
    monkeypatch.setattr(SystemClock, "monotonic", lambda _: 1000.0 + sum(naps))
    return naps


def test_dial(videobar):
    videobar.room().answers["conferences_dial"] = LINK
    run = videobar("dial", "ada@example.org", "--rate", "1024", "--type", "sip")
    assert (run.status, run.out) == (0, "dialling, connection 6\n")
    ((called, arguments),) = videobar.room().calls
    request = arguments["request"]
    assert called == "conferences_dial"
    assert (request.address, request.rate, request.dial_type) == ("ada@example.org", 1024, "SIP")


def test_dial_leaves_to_the_room_what_is_not_said(videobar):
    videobar.room().answers["conferences_dial"] = LINK
    videobar("dial", "ada@example.org")
    request = videobar.room().calls[0][1]["request"]
    assert (request.rate, request.dial_type, request.password) == (0, "AUTO", None)


def test_dial_and_wait_until_it_is_connected(videobar, sample_of, turns, slept):
    videobar.room().answers |= {
        "conferences_dial": LINK,
        "conferences_connection_get": turns(
            sample_of(Connection, id="6", state="CONNECTING"),
            sample_of(Connection, id="6", state="RINGING"),
            sample_of(Connection, id="6", state="CONNECTED"),
        ),
    }
    run = videobar("dial", "ada@example.org", "--wait", terminal=True)
    assert run.status == 0
    assert run.out == "connected, connection 6\n"
    assert "lobby: connecting" in run.err
    assert "lobby: ringing" in run.err
    assert slept == [POLL_S, POLL_S]
    assert videobar.room().calls[1] == (
        "conferences_connection_get",
        {"conference_id": "0", "connection_id": "6"},
    )


@pytest.mark.parametrize("end", ["gone", "disconnected"])
def test_dial_and_wait_for_a_call_that_ends(end, videobar, sample_of, turns, slept):
    last = (
        NoSuchConnection()
        if end == "gone"
        else sample_of(Connection, id="6", state="DISCONNECTED", causeCode=17)
    )
    videobar.room().answers |= {
        "conferences_dial": LINK,
        "conferences_connection_get": turns(sample_of(Connection, id="6", state="RINGING"), last),
    }
    run = videobar("dial", "ada@example.org", "--wait")
    assert run.status == 1
    assert run.err.startswith("videobar: CallEnded: before it was connected")
    assert ("user busy (cause 17)" in run.err) == (end == "disconnected")


def test_dial_and_wait_in_a_room_that_shows_the_connection_late(videobar, sample_of, turns, slept):
    videobar.room().answers |= {
        "conferences_dial": LINK,
        "conferences_get": [],
        "conferences_connection_get": turns(
            *[NoSuchConnection()] * 9, sample_of(Connection, id="6", state="CONNECTED")
        ),
    }
    run = videobar("dial", "ada@example.org", "--wait")
    assert (run.status, run.out) == (0, "connected, connection 6\n")
    assert sum(slept) == 4.5


def test_dial_and_wait_in_a_room_that_answers_dialling_with_nothing(videobar, sample_of, slept):
    call = {**plain_connection(sample_of), "id": "6", "state": "CONNECTED"}
    videobar.room().answers |= {
        "conferences_dial": [],
        "conferences_get": [sample_of(Conference, id="0", connections=[call])],
        "conferences_connection_get": sample_of(Connection, id="6", state="CONNECTED"),
    }
    assert videobar("dial", "ada@example.org").out == "dialling\n"
    assert videobar("dial", "ada@example.org", "--wait").out == "connected, connection 6\n"


@pytest.mark.parametrize("href", ["", "/rest/conferences", "/rest/x/0/connections/6"])
def test_dial_with_an_answer_that_links_to_nothing(href, videobar, slept):
    videobar.room().answers["conferences_dial"] = [Link(href=href)]
    run = videobar("dial", "a", "--wait")
    assert run.status == 3
    assert "AnswerNotUnderstood" in run.err
    assert videobar("dial", "a").status == 0


def test_a_refused_dial_says_why(videobar):
    videobar.room().answers["conferences_dial"] = LineBusy("6 of 6 in use")
    run = videobar("dial", "a")
    assert (run.status, run.out, run.err) == (1, "", "videobar: LineBusy: 6 of 6 in use\n")


@pytest.mark.parametrize("rate", ["-1", "10000000"])
def test_a_rate_without_meaning(rate, videobar):
    assert videobar("dial", "a", "--rate", rate).status == 2
    assert videobar.opened == []


def test_answer_takes_the_first_that_waits(videobar, conference):
    videobar.room().answers["conferences_get"] = [
        conference("0", "4"),
        conference("PENDING", "5", "6", answerable=True),
    ]
    run = videobar("answer")
    assert (run.status, run.out) == (0, "answered connection 5\n")
    called, arguments = videobar.room().calls[-1]
    assert called == "conferences_callaction"
    assert (arguments["request"].id, arguments["request"].call_action_type) == ("5", "ANSWER")


def test_answer_when_nobody_calls(videobar, conference):
    videobar.room().answers["conferences_get"] = [conference("0", "4")]
    run = videobar("answer")
    assert run.status == 1
    assert "NotAnswerable: nobody is calling" in run.err


def test_hang_up_everything(videobar, conference):
    videobar.room().answers["conferences_get"] = [conference("0", "4", "5"), conference("PENDING", "6")]
    run = videobar("hangup", "--yes")
    assert (run.status, run.out) == (0, "ended 4, 5, 6\n")
    assert videobar.room().calls[1:] == [
        ("conferences_hangup", {"conference_id": "0"}),
        ("conferences_hangup", {"conference_id": "PENDING"}),
    ]


def test_hang_up_one(videobar, conference):
    videobar.room().answers["conferences_get"] = [conference("0", "4", "5")]
    assert videobar("hangup", "5", "--yes").status == 0
    assert videobar.room().calls[-1] == (
        "conferences_connection_hangup",
        {"conference_id": "0", "connection_id": "5"},
    )
    assert videobar("hangup", "9", "--yes").status == 1


def test_hang_up_without_a_call(videobar):
    videobar.room().answers["conferences_get"] = []
    run = videobar("hangup", "--yes")
    assert run.status == 1
    assert "NotInCall" in run.err


def test_hang_up_what_ends_by_itself(videobar, conference):
    videobar.room().answers |= {
        "conferences_get": [conference("0", "4")],
        "conferences_hangup": NoSuchConference(),
    }
    assert videobar("hangup", "--yes").status == 1


def test_calls(videobar, conference):
    videobar.room().answers["conferences_get"] = [conference("0", "4", "5")]
    run = videobar("calls")
    assert run.lines[0].split() == list(HEADINGS)
    assert [line.split()[:2] for line in run.lines[1:]] == [
        ["4", "ada@example.org"],
        ["5", "ada@example.org"],
    ]
    assert [one["id"] for one in videobar("calls", "--json").json[0]["connections"]] == ["4", "5"]


def test_no_calls(videobar):
    videobar.room().answers["conferences_get"] = []
    assert videobar("calls").out == "(none)\n"
    assert videobar("calls", "--json").out == "[]\n"


@pytest.mark.parametrize(("verb", "muted"), [("mute", True), ("unmute", False)])
def test_mute(verb, muted, videobar):
    assert videobar(verb).out == ("muted\n" if muted else "not muted\n")
    assert videobar.room().calls == [("audio_muted_set", {"muted": muted})]


def test_volume(videobar):
    videobar.room().answers["audio_volume_get"] = 37
    assert videobar("volume").out == "37\n"
    assert videobar("volume", "40").out == "40\n"
    assert videobar("volume", "101").status == 2
    assert videobar.room().calls == [("audio_volume_get", {}), ("audio_volume_set", {"volume": 40})]


def test_status_shows_what_there_is(videobar, sample_of):
    videobar.room().answers |= {
        "audio_get": sample_of(AudioState, volume=37),
        "system_status_get": NotBuiltYet(),
        "system_get": AnswerNotUnderstood("system_get: the answer is empty"),
        "conferences_get": [],
    }
    run = videobar("status")
    assert run.status == 0
    assert "  AnswerNotUnderstood: system_get: the answer is empty" in run.lines
    assert "  volume              37" in run.lines
    assert "  NotBuiltYet" in run.lines
    got = videobar("status", "--json").json
    assert got["audio"]["volume"] == 37
    assert got["status"] is None


def test_status_of_a_room_that_refuses_all_of_it(videobar):
    videobar.room().answers |= dict.fromkeys(
        ("system_get", "audio_get", "conferences_get", "system_status_get"), NotBuiltYet()
    )
    assert videobar("status").status == 1


def test_status_where_the_login_fails_says_so_at_once(videobar):
    videobar.room().answers["system_get"] = SessionInvalidUserNamePassword()
    assert videobar("status").status == 4
    assert len(videobar.room().calls) == 1


@pytest.mark.parametrize(
    ("more", "picture"),
    [((), "near_image_1.jpg"), (("--source", "far"), "far_image_1.jpg")],
)
def test_snapshot(more, picture, videobar, tmp_path):
    file = tmp_path / "near.jpg"
    run = videobar("snapshot", str(file), *more)
    assert (run.status, run.out) == (0, f"wrote {file}, 6 bytes\n")
    assert file.read_bytes() == b"onetwo"
    assert videobar.room().calls == [("cameras_snapshot_get", {"snapshot_id": picture})]


def test_logs(videobar, tmp_path):
    run = videobar("logs", str(tmp_path / "logs.tar"), "--json")
    assert run.json == {"file": str(tmp_path / "logs.tar"), "bytes": 6, "mediaType": "application/x-tar"}


def test_search_reads_all_pages_and_gives_the_query_back(videobar, sample_of, turns):
    entry = sample_of(
        Entry, displayName="Ada", id="41", devices=[{"address": "ada@example.org", "dialType": "SIP"}]
    )
    videobar.room().answers |= {
        "directory_queries_start": QueryIdentity(id="q1"),
        "directory_queries_get": turns(
            Page(entries=[entry, entry], next="/rest/x"), Page(entries=[entry], next=None)
        ),
    }
    run = videobar("search", "ada")
    assert run.status == 0
    assert len(run.lines) == 4
    assert run.lines[1].split() == ["Ada", "ada@example.org", "SIP", "41"]
    calls = videobar.room().calls
    assert calls[0][1]["request"].search_string == "ada"
    assert [arguments["start"] for called, arguments in calls if called == "directory_queries_get"] == [1, 3]
    assert calls[-1] == ("directory_queries_delete", {"query_id": "q1"})


def test_search_in_a_room_whose_pages_never_end(videobar, sample_of):
    videobar.room().answers |= {
        "directory_queries_start": QueryIdentity(id="q1"),
        "directory_queries_get": Page(entries=[], next="/rest/again"),
        "directory_queries_delete": NotBuiltYet(),
    }
    assert videobar("search", "ada").status == 0
    assert len(videobar.room().calls) == 3


def test_reboot(videobar):
    assert videobar("reboot", "--yes").status == 0
    ((called, arguments),) = videobar.room().calls
    assert called == "system_reboot"
    assert arguments["request"].action == "reboot"


def test_calls_fit_80_columns(videobar, sample_of, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    long = [
        plain_connection(sample_of)
        | {
            "id": str(number),
            "address": address,
            "state": "CONNECTED",
            "mediaType": "AUDIOVIDEO",
            "duration": 86_399,
        }
        for number, address in enumerate(
            ("ada@example.org", "sip:conference-room-17@vc.example.com:5061"), 10
        )
    ]
    videobar.room().answers["conferences_get"] = [sample_of(Conference, id="PENDING", connections=long)]
    ran = videobar("calls", terminal=True)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", ran.out).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == list(HEADINGS)
    assert [line.split()[0] for line in lines[1:3]] == ["10", "11"]
    assert "PENDING" in lines[1]


@pytest.mark.parametrize(
    ("typed", "now", "wanted"),
    [("+5", 50, 55), ("-5", 50, 45), ("+5", 98, 100), ("-100", 3, 0), ("-0", 7, 7), ("+100", 0, 100)],
)
def test_volume_is_changed_by_so_much(typed, now, wanted, videobar):
    videobar.room().answers["audio_volume_get"] = now
    ran = videobar("volume", typed)
    assert (ran.status, ran.out) == (0, f"{wanted}\n")
    assert videobar.room().calls[-1] == ("audio_volume_set", {"volume": wanted})


@pytest.mark.parametrize("typed", ["-101", "+101", "101", "5.5", "--5", "+"])
def test_volumes_without_meaning(typed, videobar):
    assert videobar("volume", typed).status == 2
    assert videobar.opened == []


@pytest.mark.parametrize(
    ("words", "action", "direction", "slept_for"),
    [
        (("left",), "cameras_near_selectedpeople_move", "MOVE_LEFT", 0.5),
        (("zoom-in", "2"), "cameras_near_selectedpeople_move", "MOVE_ZOOMIN", 2),
        (("up", "1.5", "--far"), "cameras_far_selectedpeople_move", "MOVE_UP", 1.5),
    ],
)
def test_the_camera_moves_for_a_while(words, action, direction, slept_for, videobar, slept):
    assert videobar("camera", *words).status == 0
    (start, begun), (stop, ended) = videobar.room().calls
    assert start == stop == action
    assert (begun["request"].action, begun["request"].direction) == ("moveStart", direction)
    assert ended["request"].action == "moveStop"
    assert slept == [slept_for]


def test_presets_and_moves_without_meaning(videobar):
    assert videobar("camera", "recall", "3").out == "at preset 3\n"
    assert videobar("camera", "store", "0").status == 0
    assert videobar("camera", "stop").out == "stopped\n"
    asked = len(videobar.room().calls)
    for words in (
        ("left", "0"),
        ("left", "-1"),
        ("left", "31"),
        ("left", "nan"),
        ("recall", "10"),
        ("recall",),
        (),
    ):
        assert videobar("camera", *words).status == 2
    assert len(videobar.room().calls) == asked


def test_the_conference_that_is_on_need_not_be_named(videobar, sample_of):
    pending, on, other = (sample_of(Conference, id=name) for name in ("PENDING", "0", "1"))
    videobar.room().answers["conferences_get"] = [pending, on]
    assert videobar("conferences", "media-statistics").status == 0
    assert videobar.room().calls[-1] == ("conferences_mediastats_get", {"conference_id": "0"})
    videobar.room().answers["conferences_get"] = [pending]
    ran = videobar("conferences", "media-statistics")
    assert (ran.status, ran.err) == (1, "videobar: NotInCall: there is no call\n")
    videobar.room().answers["conferences_get"] = [on, other]
    ran = videobar("conferences", "media-statistics")
    assert (ran.status, ran.err) == (1, "videobar: which conference? --conference-id 0 or 1\n")


def test_what_dials_says_so(videobar):
    videobar.room().answers |= {"calendar_meetings_dial": LINK, "conferences_dial": []}
    assert videobar("calendar", "dial-meeting", "--meeting-id", "1").out == "dialling, connection 6\n"
    assert videobar("conferences", "dial", "--address", "a").out == "dialling\n"


def test_csv(videobar, sample_of, conference):
    videobar.room().answers |= {
        "conferences_get": [conference("0", "4", "5")],
        "audio_get": sample_of(AudioState, volume=37),
    }
    rows = list(csv.DictReader(io.StringIO(videobar("calls", "--format", "csv").out)))
    assert [(row["id"], row["address"], row["way"]) for row in rows] == [
        ("4", "ada@example.org", "out"),
        ("5", "ada@example.org", "out"),
    ]
    state = videobar("audio", "state", "--format", "csv")
    assert state.lines == ["muteLocked,muted,numOfMicsConnected,volume", "true,true,1,37"]
    videobar.room("a").answers["audio_get"] = videobar.room("b").answers["audio_get"] = sample_of(
        AudioState, volume=1
    )
    both = videobar("audio", "state", "--format", "csv", "-r", "a,b")
    assert both.lines == [
        "room,muteLocked,muted,numOfMicsConnected,volume",
        "a,true,true,1,1",
        "b,true,true,1,1",
    ]
    assert videobar("mute", "--format", "csv").lines == ["answer", "muted"]
    assert videobar("mute", "--format", "json").out == videobar("mute", "--json").out == "true\n"
    assert videobar("mute", "--json", "--format", "csv").status == 2


def test_times_in_csv_are_by_iso_8601(videobar, sample_of):
    entry = sample_of(CallLogEntry, startTime=1_795_651_080_000, endTime=0, causeCode=17)
    videobar.room().answers["calllog_entries_get"] = [entry]
    (row,) = csv.DictReader(io.StringIO(videobar("calllog", "entries", "--format", "csv").out))
    assert (row["startTime"], row["endTime"], row["causeCode"]) == ("2026-11-25T23:58:00Z", "", "17")
    assert "user busy (cause 17)" in videobar("calllog", "entries").out
