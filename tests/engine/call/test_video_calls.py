"""Calls with video between endpoints of ours, over real sockets; what is seen is what was shown."""

from __future__ import annotations

import threading

import pytest

from videobar.room.calls.port import Connected, FarPicture, Incoming, MediaChanged
from videobar.vocabulary import CallMedia, MediaDirection, MediaType


@pytest.mark.parametrize(("codecs", "name"), [(("h264", "vp8"), "H.264"), (("vp8",), "VP8")])
async def test_each_sees_what_the_other_shows(rooms, codecs, name, patience, bars):
    caller, called = await rooms(video_codecs=codecs), await rooms()
    ours, theirs = await caller.call(called)
    assert called.of(Incoming)[0].media is CallMedia.AUDIO_VIDEO
    assert caller.of(Connected)[0].media is CallMedia.AUDIO_VIDEO
    assert called.of(Connected)[0].media is CallMedia.AUDIO_VIDEO
    assert caller.of(Connected)[0].rate_kbps == 512
    for room, leg in ((caller, ours), (called, theirs)):
        row = await room.sees(leg)
        assert (row.codec, row.width, row.height) == (name, 640, 360)
        assert bars(await room.far())
    rows = await caller.rows(ours)
    sent = rows[MediaDirection.TX]
    assert sent.packets > 0
    assert sent.lost == 0
    assert (await caller.rows(ours, MediaType.AUDIO)).keys() == {MediaDirection.TX, MediaDirection.RX}
    caller.endpoint.hang_up(ours)
    await patience(lambda: not caller.endpoint._calls and not called.endpoint._calls, "the end")
    while await called.far() is not None:
        pass  # for 200 ms it is the one that was just looked at

    def native_threads():
        names = ("decode", "encode", "near-pictures", "compose")
        return [thread for thread in threading.enumerate() if thread.name in names]

    await patience(lambda: not native_threads(), "the end of the threads")


async def test_a_muted_picture_is_black_in_a_stream_that_goes_on(rooms, patience, bars, dark):
    caller, called = await rooms(), await rooms()
    _ours, theirs = await caller.call(called)
    await called.sees(theirs)
    caller.endpoint.set_video_muted(True)
    await called.far_becomes(dark, "dark")
    await patience(lambda: FarPicture(theirs, True, False) in called.told, "the mute")
    before = (await called.rows(theirs))[MediaDirection.RX].packets
    await patience(lambda: not caller.endpoint._near.running, "the camera to rest")
    assert (await called.sees(theirs, 2)).packets > before
    caller.endpoint.set_video_muted(False)
    await called.far_becomes(bars, "bright")
    await patience(
        lambda: called.of(FarPicture)[-1] == FarPicture(theirs, False, False), "the end of the mute"
    )


async def test_a_camera_that_is_lost_leaves_no_still_picture(rooms, bars, dark):
    caller, called = await rooms(), await rooms()
    _, _theirs = await caller.call(called)
    await called.far_becomes(bars, "bright")
    caller.endpoint.use_near_source("nothing:")
    await called.far_becomes(dark, "dark")


async def test_a_call_without_video_gets_it_later(rooms):
    caller, called = await rooms(), await rooms()
    ours, theirs = await caller.call(called, video=False)
    assert caller.of(Connected)[0].media is CallMedia.AUDIO_ONLY
    assert called.of(Incoming)[0].media is CallMedia.AUDIO_ONLY
    assert caller.of(Connected)[0].rate_kbps == 64
    assert await caller.rows(ours) == {}
    called.endpoint.add_video("nobody")
    caller.endpoint.add_video(ours)
    await caller.sees(ours)
    await called.sees(theirs)
    assert MediaChanged(ours, CallMedia.AUDIO_VIDEO, 512) in caller.told
    assert MediaChanged(theirs, CallMedia.AUDIO_VIDEO, 512) in called.told


async def test_the_one_who_was_called_can_add_it_too(rooms):
    caller, called = await rooms(), await rooms(video_codecs=("vp8",))
    ours, theirs = await caller.call(called, video=False)
    called.endpoint.add_video(theirs)
    assert (await called.sees(theirs)).codec == "VP8"
    await caller.sees(ours)


async def test_a_room_without_video_refuses_it_and_the_call_goes_on(rooms, patience):
    caller, called = await rooms(), await rooms(video_codecs=())
    ours, _theirs = await caller.call(called)
    assert caller.of(Connected)[0].media is CallMedia.AUDIO_ONLY
    assert await caller.rows(ours) == {}
    assert caller.endpoint._shared.video.capacity.used == 0
    caller.endpoint.add_video(ours)
    await patience(lambda: caller.endpoint._shared.video.capacity.used == 0, "the refusal")
    assert await caller.rows(ours) == {}
    assert not caller.of(MediaChanged)


async def test_more_video_than_there_is_room_for_is_refused(rooms, patience):
    busy = await rooms(most_video_calls=1)
    first, second = await rooms(), await rooms()
    await first.call(busy)
    await second.call(busy)
    assert first.of(Connected)[0].media is CallMedia.AUDIO_VIDEO
    assert second.of(Connected)[0].media is CallMedia.AUDIO_ONLY
    assert busy.endpoint._shared.video.capacity.used == 1
    first.endpoint.hang_up("out")
    await patience(lambda: busy.endpoint._shared.video.capacity.used == 0, "room again")
    second.endpoint.add_video("out")
    await second.sees("out")
