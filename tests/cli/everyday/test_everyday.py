"""Presets, content, meetings and digits in everyday words."""

import pytest

from videobar.clock import SystemClock
from videobar.contract.calendar import Meeting
from videobar.contract.cameras import Preset
from videobar.contract.model import Link
from videobar.errors import MeetingNotDialable, NotBuiltYet, NotThere

NOW = 1_800_000_000


@pytest.fixture(autouse=True)
def slept(monkeypatch):
    """Sleeping takes no time, and it is always the same moment."""
    naps = []

    async def sleep(_, seconds):
        naps.append(seconds)

    monkeypatch.setattr(SystemClock, "sleep", sleep)
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: NOW * 1000)
    return naps


@pytest.mark.parametrize(
    ("words", "action", "said"),
    [
        (("preset", "recall", "3"), "activate", "at preset 3"),
        (("preset", "store", "0"), "store", "stored preset 0"),
        (("preset", "clear", "9"), "clear", "cleared preset 9"),
        (("camera", "recall", "3"), "activate", "at preset 3"),
    ],
)
def test_presets(words, action, said, videobar, plain):
    ran = videobar(*words)
    assert (ran.status, ran.out) == (0, f"{said}\n")
    ((name, arguments),) = videobar.room().calls
    assert name == "cameras_near_presets_index_update"
    assert (arguments["index"], plain(arguments["request"])["action"]) == (int(words[2]), action)


@pytest.mark.parametrize("number", ["10", "-1", "x"])
def test_numbers_of_presets(number, videobar):
    assert videobar("preset", "recall", number).status == 2
    assert videobar.opened == []


def test_stored_presets(videobar, sample_of):
    videobar.room().answers["cameras_near_presets_all_get"] = [
        sample_of(Preset, index=0, stored=False, imageLocation=""),
        sample_of(Preset, index=1, stored=True, imageLocation="/rest/x"),
    ]
    assert videobar("preset", "list").lines == [
        "preset  stored  image",
        "0       no      -",
        "1       yes     /rest/x",
    ]


@pytest.mark.parametrize(
    ("words", "source", "page"),
    [
        ((), "slide", 1),
        (("plan.pdf",), "plan.pdf", 1),
        (("plan.pdf", "--page", "3"), "plan.pdf", 3),
        (("--source", "plan.pdf"), "plan.pdf", 1),
        (("plan.pdf", "--source", "plan.pdf"), "plan.pdf", 1),
    ],
)
def test_content(words, source, page, videobar):
    assert videobar("content", "start", *words).status == 0
    ((name, arguments),) = videobar.room().calls
    assert name == "content_start"
    request = arguments["request"]
    assert (getattr(request, "source", "slide"), getattr(request, "page", 1)) == (source, page)


def test_two_sources_contradict_each_other(videobar):
    ran = videobar("content", "start", "a.pdf", "--source", "b.pdf")
    assert ran.status == 2
    assert "SOURCE a.pdf and --source b.pdf contradict each other" in ran.err


def test_digits(videobar, slept):
    ran = videobar("dtmf", "1,2#")
    assert (ran.status, ran.out) == (0, "sent 1,2#\n")
    assert [arguments["request"].dtmf_char for _, arguments in videobar.room().calls] == ["1", "2", "#"]
    assert slept == [1.0]


@pytest.mark.parametrize("error", [NotThere("x"), NotBuiltYet("x")])
def test_digits_of_rooms_that_know_the_other_way(error, videobar, plain):
    videobar.room().answers["audio_playdtmf"] = error
    assert videobar("dtmf", "*").status == 0
    name, arguments = videobar.room().calls[-1]
    assert name == "audio_action"
    assert plain(arguments["request"])["action"] == "playDTMF"


@pytest.mark.parametrize("digits", ["", "12x", "1" * 65, "1 2"])
def test_what_are_no_digits(digits, videobar):
    assert videobar("dtmf", digits).status == 2
    assert videobar.opened == []


@pytest.fixture
def calendar(videobar, sample_of):
    """A room with meetings: id, begin in minutes from now, and what is unlike the others."""

    def make(*meetings):
        found = [
            sample_of(
                Meeting,
                **{
                    "id": name,
                    "startTime": NOW + 60 * begin,
                    "duration": 1800,
                    "canDial": True,
                    "inCall": False,
                    "canceled": False,
                    "subject": f"about {name}",
                    **unlike,
                },
            )
            for name, begin, unlike in meetings
        ]
        videobar.room().answers |= {
            "calendar_meetings_get": found,
            "calendar_meetings_dial": [Link(href="/rest/conferences/0/connections/6")],
        }
        return videobar

    return make


@pytest.mark.parametrize(
    ("meetings", "joined"),
    [
        ([("on", -10, {}), ("next", 10, {})], "on"),
        ([("over", -31, {}), ("next", 15, {})], "next"),
        ([("gone", -10, {"canceled": True}), ("next", 5, {})], "next"),
        ([("joined", -10, {"inCall": True}), ("next", 5, {})], "next"),
        ([("nowhere", -10, {"canDial": False}), ("on", -1, {})], "on"),
    ],
)
def test_joining_what_is_at_hand(meetings, joined, calendar):
    videobar = calendar(*meetings)
    ran = videobar("join")
    assert (ran.status, ran.out) == (0, "dialling, connection 6\n")
    assert videobar.room().calls[-1] == ("calendar_meetings_dial", {"meeting_id": joined})


@pytest.mark.parametrize(
    ("meetings", "complaint"),
    [
        ([], "no meeting is on or begins within 15 minutes"),
        ([("later", 16, {})], "no meeting is on or begins within 15 minutes"),
        ([("a", -5, {}), ("b", -4, {})], "which meeting? a or b"),
        ([("a", -5, {"canDial": False})], "there is no address to dial"),
        ([("a", -5, {"inCall": True})], "the room is in its call"),
    ],
)
def test_nothing_to_join(meetings, complaint, calendar):
    videobar = calendar(*meetings)
    ran = videobar("join")
    assert (ran.status, ran.out) == (1, "")
    assert complaint in ran.err
    assert [name for name, _ in videobar.room().calls] == ["calendar_meetings_get"]


def test_joining_by_id(calendar):
    videobar = calendar()
    assert videobar("join", "later").status == 0
    assert videobar.room().calls == [("calendar_meetings_dial", {"meeting_id": "later"})]
    videobar.room().answers["calendar_meetings_dial"] = MeetingNotDialable("x")
    assert videobar("join", "later").status == 1


def test_meetings(calendar):
    videobar = calendar(("a", -5, {}), ("b", 5, {"canceled": True}), ("c", 5, {"canDial": False}))
    lines = videobar("meetings", "--columns", "subject,minutes,join,id").lines
    assert lines[1:] == [
        "about a  30       yes         a",
        "about b  30       cancelled   b",
        "about c  30       no address  c",
    ]
    assert videobar("meetings", "--number", "-1").status == 2
    assert videobar("meetings", "--json").json[0]["startTime"] == "2027-01-15T07:55:00Z"
