from argparse import Namespace

import pytest

from videobar.cli.config import commands
from videobar.errors import InvalidRequest
from videobar.local import local_room

GET, SET = (command.prepare for command in commands())


async def test_get_and_set(tmp_path):
    async with local_room(tmp_path, engine="simulated") as room:
        shown = (await SET(Namespace(name="audio.volume.speakervolume", value="33"))(room, None)).shown
        assert shown == "set"
        shown = (await SET(Namespace(name="videobar.max_sessions", value="10"))(room, None)).shown
        assert shown == "set, from the next start on"
        names = Namespace(names="audio.volume.speakervolume, nothing")
        assert (await GET(names)(room, None)).shown.rows == (
            ("audio.volume.speakervolume", "33", "NOERROR"),
            ("nothing", "", "NOSUCHNAME"),
        )
        everything = (await GET(Namespace(names=None))(room, None)).shown.rows
        assert ("videobar.idle_minutes", "10", "minutes until an unused session ends") in everything


async def test_what_is_refused_is_an_error(tmp_path):
    async with local_room(tmp_path, engine="simulated") as room:
        with pytest.raises(
            InvalidRequest, match=r"videobar.max_sessions: INVALIDVALUE: .* must be a whole number"
        ):
            await SET(Namespace(name="videobar.max_sessions", value="many"))(room, None)
