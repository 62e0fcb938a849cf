from types import SimpleNamespace as Namespace

import pytest

from videobar.cli.rest.config import commands
from videobar.contract.config import ConfigAnswer, ConfigVariable
from videobar.errors import AccessDenied, InvalidRequest
from videobar.in_process import local_room

GET, SET = (command.prepare for command in commands())


async def test_get_and_set(tmp_path):
    async with local_room(tmp_path, engine="simulated") as room:
        shown = (await SET(Namespace(name="audio.volume.speakervolume", value="33"))(room, None)).shown
        assert shown == "set"
        shown = (await SET(Namespace(name="videobar.max_sessions", value="10"))(room, None)).shown
        assert shown == "set, from the next start on"
        shown = (await SET(Namespace(name="Audio.Volume.SpeakerVolume", value="33"))(room, None)).shown
        assert shown == "set"  # though another one waits now
        answer = await GET(Namespace(names="audio.volume.speakervolume, nothing"))(room, None)
        assert answer.shown.rows == (("audio.volume.speakervolume", "33"),)
        assert (answer.good, answer.complaint) == (False, "no variable is named 'nothing'")
        everything = (await GET(Namespace(names=None))(room, None)).shown.rows
        assert ("videobar.idle_minutes", "10", "minutes until an unused session ends") in everything


async def test_what_is_refused_is_an_error(tmp_path):
    async with local_room(tmp_path, engine="simulated") as room:
        with pytest.raises(
            InvalidRequest, match=r"videobar.max_sessions: INVALIDVALUE: .* must be a whole number"
        ):
            await SET(Namespace(name="videobar.max_sessions", value="many"))(room, None)


AUDIO = [
    "audio.audiotone.alertvideotone",
    "audio.in13.level",
    "audio.qualityprocess.acousticfenceradius",
    "audio.qualityprocess.enableacousticfence",
    "audio.volume.soundeffectsvolume",
    "audio.volume.speakervolume",
]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("audio.*", AUDIO),
        ("audio", AUDIO),
        ("AUDIO.volume.", ["audio.volume.soundeffectsvolume", "audio.volume.speakervolume"]),
        ("*.speakervolume,audio.volume", ["audio.volume.speakervolume", "audio.volume.soundeffectsvolume"]),
        ("sec.web.port,sec.web", ["sec.web.port", "sec.web.idleSessionTimeout"]),
    ],
)
async def test_patterns_and_beginnings(words, names, tmp_path):
    async with local_room(tmp_path, engine="simulated") as room:
        answer = await GET(Namespace(names=words))(room, None)
        assert [name for name, _ in answer.shown.rows] == names
        assert answer.good


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("nothing", "no variable is named 'nothing'"),
        ("nothing.*", "no variable is named 'nothing.*'"),
        ("audi", "no variable is named 'audi'"),
        ("audio.volume.speakervolum", "did you mean audio.volume.speakervolume?"),
    ],
)
async def test_unknown_names_fail(words, said, tmp_path):
    async with local_room(tmp_path, engine="simulated") as room:
        with pytest.raises(InvalidRequest) as caught:
            await GET(Namespace(names=words))(room, None)
        assert said in str(caught.value)
        with pytest.raises(InvalidRequest, match="no variable is named"):
            await SET(Namespace(name="nothing", value="1"))(room, None)


def test_a_device_that_does_not_list_its_configuration(videobar):
    known = ConfigVariable(name="a.b", result="NOERROR", value="1")
    unknown = ConfigVariable(name="x.y", result="NOSUCHNAME")
    videobar.room().answers |= {
        "config_all": AccessDenied("HTTP status 403"),
        "config_act": ConfigAnswer(vars=[known, unknown]),
    }
    ran = videobar("config", "get", "a.b,x.y,a.*")
    assert (ran.status, ran.lines) == (1, ["name  value", "a.b   1"])
    assert "no variable is named 'x.y'" in ran.err
    assert "a.*: this room does not list its configuration" in ran.err
    videobar.room().answers["config_act"] = ConfigAnswer(vars=[known], reboot_needed=True)
    assert videobar("config", "set", "a.b", "1").out == "set; the room waits for a restart\n"
