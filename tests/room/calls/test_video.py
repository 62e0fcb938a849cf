"""With how many there may be video, and what far ends say of theirs."""

from __future__ import annotations

import pytest

from videobar.errors import LineBusy, NoSuchConference, NoSuchConnection, NotInCall
from videobar.room.calls.dialling import Dialling
from videobar.room.calls.port import Connected, FarPicture, Incoming, MediaChanged
from videobar.vocabulary import CallMedia, DialType

WITH, WITHOUT = CallMedia.AUDIO_VIDEO, CallMedia.AUDIO_ONLY


@pytest.fixture
async def calls(make_calls):
    return make_calls(max_connections=4, max_video_connections=2)


def connected(calls, media=WITH, dial_type=DialType.AUTO):
    connection = calls.dial(Dialling("ada@example.com", dial_type))
    calls.hear(Connected(connection.leg, "Ada", "phone/1", False, 1920, media=media))
    return connection


async def test_beyond_the_limit_calls_have_sound_alone(calls, engine):
    first, second, third = (connected(calls, media) for media in (WITH, WITH, WITHOUT))
    assert not calls.can_dial_video
    assert calls.can_dial
    assert [c.video for c in (first, second, third)] == [True, True, False]
    assert not calls.can_add_video(third)
    with pytest.raises(LineBusy, match="video"):
        calls.add_video("0", third.id)
    with pytest.raises(LineBusy, match="2 connections with video and has 0 free"):
        calls.dial(Dialling("ada@example.com", DialType.VIDEO))
    calls.hang_up(first.id)
    assert calls.can_dial_video
    calls.add_video("0", third.id)
    assert engine.told[-1] == ("add video", third.leg)


async def test_a_voice_call_takes_no_place_of_a_video_call(calls):
    for _ in range(2):
        connected(calls, WITHOUT, DialType.VOICE)
    assert calls.can_dial_video
    calls.hear(Incoming("in-1", "bob@example.com", "Bob", "phone/2", WITH))
    calls.dial(Dialling("ada@example.com", DialType.VIDEO))
    assert not calls.can_dial_video


async def test_video_is_added_once_and_only_to_who_is_connected(calls, engine):
    waiting = calls.dial(Dialling("ada@example.com", DialType.VOICE))
    with pytest.raises(NotInCall):
        calls.add_video("0", waiting.id)
    with pytest.raises(NoSuchConnection):
        calls.add_video("0", "99")
    connection = connected(calls)
    before = list(engine.told)
    calls.add_video("0", connection.id)
    assert engine.told == before


async def test_what_far_ends_signal_of_their_pictures(calls):
    first, second = connected(calls), connected(calls, WITHOUT)
    assert calls.pictures_of("active") == [first]
    calls.hear(FarPicture(first.leg, muted=True, locked=True))
    assert (first.far_picture_muted, first.far_picture_locked) == (True, True)
    calls.hear(MediaChanged(second.leg, WITH, 1920))
    assert calls.pictures_of("0") == [first, second]
    with pytest.raises(NoSuchConference):
        calls.pictures_of("7")
