"""Content and far cameras in calls between endpoints of ours, over real sockets."""

from __future__ import annotations

import asyncio
import errno
import io
import random
import socket
import threading
from dataclasses import replace
from unittest.mock import Mock

import av
import numpy as np
import pytest

from videobar.bfcp.transport import TcpTransport
from videobar.engine.call.call import Call
from videobar.engine.call.media import MediaSide
from videobar.engine.signalling.sip_signalling import SipSignalling
from videobar.fingerprint import alike
from videobar.media.video.frame import filled, fingerprint_of, jpeg
from videobar.media.video.sources.schemes import open_content
from videobar.room.calls.port import Cause, HeldHere
from videobar.room.content import FarContent, NearContentEnded
from videobar.room.far_cameras import (
    CameraAbility,
    FarCamerasKnown,
    FarEndMoves,
    FarEndSelects,
    Motion,
)
from videobar.room.video import Snapshot
from videobar.sip.sdp import rtp_line
from videobar.sip.sdp.description import MediaRole, SessionDescription
from videobar.sip.session.states import Ended, EndedBy
from videobar.vocabulary import Encryption, MediaDirection, MediaType

SLIDE = fingerprint_of(open_content("slide:").frame(0))
MAIN = CameraAbility(1, pan=True, tilt=True, zoom=True)


async def sees_content(room, wanted):
    """Wait until the room's content picture looks like `wanted`."""
    seen = None

    async def look():
        nonlocal seen
        seen = await room.endpoint.content_fingerprint()
        return seen is not None and alike(seen, wanted)

    for _ in range(600):
        if await look():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"the content never came: {None if seen is None else len(seen)}")


async def content_rows(room, leg):
    rows = await room.rows(leg, MediaType.CONTENT)
    return set(rows)


async def until_rows(room, leg, directions):
    for _ in range(600):
        if await content_rows(room, leg) == directions:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"never {directions}: {await content_rows(room, leg)}")


@pytest.mark.parametrize("presenter", ["caller", "called"])
async def test_content_beside_the_people(rooms, patience, bars, presenter):
    large = {"rate_kbps": 1024, "near_source": "pattern:1280x720"}
    caller, called = await rooms(**large), await rooms(**large)
    ours, theirs = await caller.call(called, rate_kbps=1024)
    shows, sees = (caller, called) if presenter == "caller" else (called, caller)
    shows_leg, sees_leg = (ours, theirs) if presenter == "caller" else (theirs, ours)
    await sees.sees(sees_leg)
    assert await content_rows(shows, shows_leg) == set()
    assert await sees.endpoint.snapshot(Snapshot.CONTENT) is None

    people_before = (await shows.rows(shows_leg))[MediaDirection.TX]
    shows.endpoint.show_content("slide:")
    await sees_content(sees, SLIDE)
    await patience(lambda: FarContent(sees_leg, True) in sees.told, "the news of content")
    assert bars(await sees.far()), "the people are still seen"
    await until_rows(shows, shows_leg, {MediaDirection.TX})
    await until_rows(sees, sees_leg, {MediaDirection.RX})
    row = (await sees.rows(sees_leg, MediaType.CONTENT))[MediaDirection.RX]
    assert (row.codec, row.width, row.height) == ("H.264", 1280, 720)
    picture = await sees.endpoint.snapshot(Snapshot.CONTENT)
    assert next(av.open(io.BytesIO(picture)).decode(video=0)).width == 1280
    (figures,) = await sees.endpoint.content_figures()
    assert (figures.leg, figures.width) == (sees_leg, 1280)
    (figures,) = await shows.endpoint.content_figures()
    assert (figures.leg, figures.width, figures.height) == (None, 1280, 720)

    people = (await shows.rows(shows_leg))[MediaDirection.TX]
    assert people.width < people_before.width, "the people leave it room in the rate of the call"
    shows.endpoint.hide_content()
    await patience(lambda: FarContent(sees_leg, False) in sees.told, "the end of content")
    await until_rows(shows, shows_leg, set())
    assert await sees.endpoint.content_figures() == ()
    assert (await shows.rows(shows_leg))[MediaDirection.TX].width == people_before.width


async def test_a_rate_for_the_whole_session_is_shared_by_sound_people_and_content(rooms, monkeypatch):
    """Many far ends say `b=` once, and not for each line."""
    monkeypatch.setattr(rtp_line, "bandwidth_lines", lambda kbps: ())
    caller, called = await rooms(rate_kbps=1024), await rooms(rate_kbps=384)
    ours, theirs = await caller.call(called, rate_kbps=1024)
    call = caller.endpoint._calls[ours]
    assert call._media.video._leg.parameters.limits.kbps == 384 - 64
    caller.endpoint.show_content("slide:")
    await until_rows(called, theirs, {MediaDirection.RX})
    people, content = call._media.video._leg.parameters.limits, call._media.content.parameters.limits
    assert people.kbps + content.kbps == 384 - 64


async def test_whoever_begins_takes_over(rooms, patience, tmp_path):
    path = tmp_path / "grey.jpg"
    path.write_bytes(jpeg(filled(640, 360, 120)))
    grey = fingerprint_of(filled(640, 360, 120))
    caller, called = await rooms(rate_kbps=1024), await rooms(rate_kbps=1024)
    ours, theirs = await caller.call(called, rate_kbps=1024)
    for _ in range(2):
        caller.endpoint.show_content("slide:")
        await sees_content(called, SLIDE)
        called.endpoint.show_content(f"picture:{path}")
        await sees_content(caller, grey)
        await patience(lambda: caller.of(NearContentEnded), "the takeover")
        caller.told[:] = [each for each in caller.told if not isinstance(each, NearContentEnded)]
        await until_rows(caller, ours, {MediaDirection.RX})
        await until_rows(called, theirs, {MediaDirection.TX})
        caller.endpoint.show_content("slide:")
        await sees_content(called, SLIDE)
        await patience(lambda: called.of(NearContentEnded), "the takeover back")
        called.told[:] = [each for each in called.told if not isinstance(each, NearContentEnded)]
        caller.endpoint.hide_content()
        await until_rows(called, theirs, set())


async def test_content_begun_before_the_call_and_changed_in_it(rooms, patience, tmp_path):
    path = tmp_path / "grey.jpg"
    path.write_bytes(jpeg(filled(640, 360, 120)))
    caller, called = await rooms(rate_kbps=1024), await rooms(rate_kbps=1024)
    caller.endpoint.show_content("slide:")
    await sees_content(caller, SLIDE)
    await caller.call(called, rate_kbps=1024)
    await sees_content(called, SLIDE)
    caller.endpoint.show_content(f"picture:{path}")
    await sees_content(called, fingerprint_of(filled(640, 360, 120)))


async def test_everybody_sees_what_one_shows(rooms, patience):
    middle, left, right = [await rooms(rate_kbps=1024) for _ in range(3)]
    await middle.call(left, leg="left", rate_kbps=1024)
    await middle.call(right, leg="right", rate_kbps=1024)
    left.endpoint.show_content("slide:")
    await sees_content(middle, SLIDE)
    await sees_content(right, SLIDE)
    middle.endpoint.hang_up("left")
    await patience(lambda: right.of(FarContent)[-1:] and not right.of(FarContent)[-1].shown, "its end")
    right.endpoint.show_content("slide:")
    await sees_content(middle, SLIDE)
    assert middle.of(FarContent)[-1] == FarContent("right", True)


async def test_a_source_that_cannot_be_read_ends_content(rooms, patience):
    room = await rooms()
    room.endpoint.show_content("picture:/nowhere/at/all.png")
    await patience(lambda: room.of(NearContentEnded), "the failure")
    assert "all.png" in room.of(NearContentEnded)[0].detail
    assert await room.endpoint.content_fingerprint() is None


async def test_the_end_of_a_call_ends_its_content(rooms, patience):
    caller, called = await rooms(rate_kbps=1024), await rooms(rate_kbps=1024)
    ours, theirs = await caller.call(called, rate_kbps=1024)
    caller.endpoint.show_content("slide:")
    await sees_content(called, SLIDE)
    called.endpoint.hang_up(theirs)
    await patience(lambda: called.of(FarContent)[-1:] == [FarContent(theirs, False)], "the end")
    assert await caller.endpoint.content_fingerprint() is not None, "what we share goes on"
    assert np.frombuffer(await caller.endpoint.content_fingerprint(), np.uint8).size == len(SLIDE)
    assert ours


async def test_each_moves_the_others_camera(rooms, patience):
    caller, called = await rooms(), await rooms()
    for room in (caller, called):
        room.endpoint.allow_far_control((MAIN, CameraAbility(3)), 10)
    ours, theirs = await caller.call(called)
    known = FarCamerasKnown(ours, (MAIN, CameraAbility(3)), 1)
    await patience(lambda: known in caller.told, "the far cameras")
    await patience(lambda: called.of(FarCamerasKnown), "the far cameras on the other side")
    right, still = Motion(pan=1), Motion()
    caller.endpoint.move_far_camera(ours, right)
    await patience(lambda: FarEndMoves(theirs, right) in called.told, "the move")
    caller.endpoint.move_far_camera(ours, still)
    await patience(lambda: FarEndMoves(theirs, still) in called.told, "the stop")
    called.endpoint.move_far_camera(theirs, Motion(zoom=-1))
    await patience(lambda: FarEndMoves(ours, Motion(zoom=-1)) in caller.told, "the move back")
    caller.endpoint.select_far_source(ours, 3)
    await patience(lambda: FarEndSelects(theirs, 3) in called.told, "the selection")
    await patience(
        lambda: FarCamerasKnown(ours, (MAIN, CameraAbility(3)), 3) in caller.told, "the switched source"
    )
    caller.endpoint.move_far_camera("nobody", right)
    caller.endpoint.hang_up(ours)
    await patience(lambda: FarCamerasKnown(ours, (), 0) in caller.told, "the end of far cameras")
    await patience(lambda: called.of(FarCamerasKnown)[-1].sources == (), "and on the other side")
    assert called.of(FarEndMoves)[-1].motion == still


async def test_without_leave_nothing_moves(rooms, patience):
    caller, called = await rooms(), await rooms()
    called.endpoint.allow_far_control((MAIN,), 10)
    ours, theirs = await caller.call(called)
    await patience(lambda: FarCamerasKnown(ours, (MAIN,), 1) in caller.told, "the far camera")
    await caller.sees(ours)
    called.endpoint.move_far_camera(theirs, Motion(pan=1))
    caller.endpoint.move_far_camera(ours, Motion(pan=1))
    await patience(lambda: called.of(FarEndMoves), "the move that is allowed")
    assert not caller.of(FarEndMoves)
    assert not [each for each in called.of(FarCamerasKnown) if each.sources]


@pytest.mark.parametrize("presenter", ["caller", "called"])
async def test_content_is_added_where_the_call_began_without(rooms, patience, monkeypatch, presenter):
    """As with a far end whose first offer has no content, and which takes it later."""
    caller, called = await rooms(rate_kbps=1024), await rooms(rate_kbps=1024)
    monkeypatch.setattr("videobar.engine.call.media.EVERYTHING", frozenset({MediaRole.VIDEO_MAIN}))
    ours, theirs = await caller.call(called, rate_kbps=1024)
    await caller.sees(ours)
    shows, sees = (caller, called) if presenter == "caller" else (called, caller)
    shows.endpoint.show_content("slide:")
    await sees_content(sees, SLIDE)
    assert (await caller.rows(ours)).keys() == {MediaDirection.TX, MediaDirection.RX}
    sees.endpoint.show_content("slide:")
    await patience(lambda: shows.of(NearContentEnded), "the takeover, by the floor that was added")
    await sees_content(shows, SLIDE)
    assert theirs


async def test_a_port_that_is_taken_for_tcp_is_passed_over(rooms, monkeypatch):
    """By a connection of anything else on the machine."""
    bind, refused, bound = TcpTransport.bind, [], []

    def bind_at_the_second_try(address, port=0):
        if len(refused) == len(bound):
            refused.append(port)
            raise OSError(errno.EADDRINUSE, "taken")
        transport = bind(address, port)  # may be taken indeed, and is tried at another port then
        bound.append(port)
        return transport

    monkeypatch.setattr(TcpTransport, "bind", bind_at_the_second_try)
    caller, called = await rooms(rate_kbps=1024), await rooms(rate_kbps=1024)
    await caller.call(called, rate_kbps=1024)
    caller.endpoint.show_content("slide:")
    await sees_content(called, SLIDE)
    assert len(refused) == len(bound) == 2
    assert not set(refused) & set(bound)


async def test_content_comes_with_video_that_is_added(rooms):
    caller, called = await rooms(rate_kbps=1024), await rooms(rate_kbps=1024)
    caller.endpoint.show_content("slide:")
    ours, theirs = await caller.call(called, rate_kbps=1024, video=False)
    called.endpoint.add_video(theirs)
    await caller.sees(ours)
    await sees_content(called, SLIDE)


async def test_content_goes_on_after_a_hold(rooms, patience):
    caller, called = await rooms(rate_kbps=1024), await rooms(rate_kbps=1024)
    ours, theirs = await caller.call(called, rate_kbps=1024)
    caller.endpoint.show_content("slide:")
    await sees_content(called, SLIDE)
    called.endpoint.hold(theirs, True)
    await patience(lambda: HeldHere(theirs, True) in called.told, "the hold")
    called.endpoint.hold(theirs, False)
    await patience(lambda: HeldHere(theirs, False) in called.told, "its end")
    await sees_content(called, SLIDE)
    before = (await caller.rows(ours, MediaType.CONTENT))[MediaDirection.TX].packets
    for _ in range(600):
        if (await caller.rows(ours, MediaType.CONTENT))[MediaDirection.TX].packets > before + 5:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("content did not go on")


async def test_noise_on_floor_and_camera_ports_harms_nothing(rooms, patience):
    """From the far end's own address: what strangers send is not even looked at."""
    caller, called = await rooms(rate_kbps=1024), await rooms(rate_kbps=1024)
    ours, _theirs = await caller.call(called, rate_kbps=1024)
    for room in (caller, called):
        room.endpoint.allow_far_control((MAIN,), 10)
    (call,) = called.endpoint._calls.values()
    floor, far_camera = call._media.content._floor._udp.port, call._media.terms[MediaRole.FAR_CAMERA].port
    chance = random.Random(7)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noisy:
        for _ in range(300):
            for port, start in ((floor, b"\x40"), (floor, b"\x50"), (floor, b""), (far_camera, b"\x80\x64")):
                noise = start + chance.randbytes(chance.randrange(1, 80))
                noisy.sendto(noise, ("127.0.0.1", port))
    caller.endpoint.show_content("slide:")
    await sees_content(called, SLIDE)
    assert (await caller.rows(ours)).keys() == {MediaDirection.TX, MediaDirection.RX}
    called.endpoint.show_content("slide:")
    await patience(lambda: caller.of(NearContentEnded), "the takeover")


async def test_an_encrypted_call_has_encrypted_content_and_leaves_no_threads(rooms, patience):
    caller = await rooms(rate_kbps=1024, encryption=Encryption.REQUIRED)
    called = await rooms(rate_kbps=1024, encryption=Encryption.WHEN_AVAILABLE)
    called.endpoint.allow_far_control((MAIN,), 10)
    ours, _theirs = await caller.call(called, rate_kbps=1024)
    caller.endpoint.show_content("slide:")
    await sees_content(called, SLIDE)
    assert (await caller.rows(ours, MediaType.CONTENT))[MediaDirection.TX].suite
    await patience(lambda: FarCamerasKnown(ours, (MAIN,), 1) in caller.told, "the far camera")
    caller.endpoint.move_far_camera(ours, Motion(pan=1))
    await patience(lambda: called.of(FarEndMoves), "the move")
    caller.endpoint.hide_content()
    caller.endpoint.hang_up(ours)

    def native_threads():
        names = ("decode", "encode", "near-pictures", "compose")
        return [thread for thread in threading.enumerate() if thread.name in names]

    await patience(lambda: not native_threads(), "the end of the threads")


async def test_who_refuses_every_protection_is_offered_sound_and_people_alone(rooms):
    """A far end may refuse a call for one line that it does not know."""
    room = await rooms()
    media = replace(room.endpoint._shared, encryption=Encryption.REQUIRED)
    heard, sent, sessions = [], [], []
    side = MediaSide("out-1", media, "127.0.0.1")
    sip = SipSignalling(side)
    Call("out-1", side, sip, heard.append)

    def invite(offer):
        lines = SessionDescription.parse(offer).media
        sent.append((lines[0].protocol, [line.role for line in lines]))
        sessions.append(Mock())
        return sessions[-1]

    sip.dial(invite)
    while not heard:
        sip.on_ended(sessions[-1], Ended(488, "no", EndedBy.REMOTE))
    people = [MediaRole.AUDIO, MediaRole.VIDEO_MAIN]
    everything = [*people, MediaRole.VIDEO_CONTENT, MediaRole.FLOOR_CONTROL, MediaRole.FAR_CAMERA]
    keys, dtls = "RTP/SAVP", "UDP/TLS/RTP/SAVP"
    assert sent == [(keys, everything), (dtls, everything), (keys, people), (dtls, people)]
    assert [event.cause for event in heard] == [Cause.NOT_ACCEPTABLE]
