"""Pictures over a network that loses packets, and from far ends that send rubbish."""

from __future__ import annotations

import random

import pytest

from videobar.engine.streams import video_formats as video_line
from videobar.engine.streams.video_formats import FIR, NACK, PLI
from videobar.rtp.packet import RtpPacket


def leg_of(room, leg):
    return room.endpoint._calls[leg]._media.video._leg


def lose(leg, when):
    """Let `when(number)` decide which datagrams of pictures never arrive."""
    stream = leg._stream
    take, count = stream._take_datagram, 0

    def taken(datagram, address):
        nonlocal count
        count += 1
        if not when(count):
            take(datagram, address)

    stream._take_datagram = taken
    return stream


@pytest.fixture
def keys(monkeypatch):
    """Counts keyframes that legs receive."""
    from videobar.engine.streams import video

    counted = []
    decode = video.VideoLeg._decode

    def counting(self, codec, unit):
        if unit.keyframe and not unit.damaged:
            counted.append(self)
        decode(self, codec, unit)

    monkeypatch.setattr(video.VideoLeg, "_decode", counting)
    return counted


@pytest.mark.parametrize("codec", ["h264", "vp8"])
@pytest.mark.parametrize("feedback", [(PLI,), (FIR,), ()])
async def test_a_lost_picture_is_asked_for_and_comes(
    rooms, patience, bars, keys, monkeypatch, codec, feedback
):
    """Without agreed feedback it is asked for by signalling."""
    monkeypatch.setattr(video_line, "FEEDBACK", feedback)
    caller, called = await rooms(video_codecs=(codec,)), await rooms()
    _, theirs = await caller.call(called)
    await called.sees(theirs)
    receiving = leg_of(called, theirs)
    keys.clear()
    stream = lose(receiving, lambda number: number < 10)
    await patience(lambda: receiving in keys, "a keyframe")
    del stream._take_datagram
    await called.far_becomes(bars, "whole")
    assert (await called.sees(theirs)).lost > 0


async def test_packets_that_are_sent_again_leave_no_damage(rooms, patience, bars, monkeypatch):
    monkeypatch.setattr(video_line, "FEEDBACK", (NACK, PLI))
    caller, called = await rooms(), await rooms()
    _, theirs = await caller.call(called)
    await called.sees(theirs)
    receiving = leg_of(called, theirs)
    asked_at = receiving._asked_at
    lose(receiving, lambda number: number % 10 == 0)
    received = receiving._reorder
    await patience(lambda: received.counts.reordered > 10, "packets that were sent again")
    assert bars(await called.far())
    assert received.counts.lost == 0
    assert receiving._asked_at == asked_at, "no keyframe was needed"


async def test_a_tenth_lost_for_long_leaves_pictures_moving(rooms, bars, monkeypatch):
    monkeypatch.setattr(video_line, "FEEDBACK", (PLI,))
    caller, called = await rooms(rate_kbps=256), await rooms(rate_kbps=256)
    _, theirs = await caller.call(called, rate_kbps=256)
    await called.sees(theirs)
    chance = random.Random(5)
    lose(leg_of(called, theirs), lambda number: chance.random() < 0.1)
    row = await called.sees(theirs, 4)
    while row.lost < 20:
        row = await called.sees(theirs, 4)
    assert 2 < row.lost_percent < 30
    await called.far_becomes(bars, "recognisable")


async def test_rubbish_in_the_stream_does_no_harm(rooms, bars):
    """Payloads of every kind and length with the right payload type: the stream and its threads go on."""
    caller, called = await rooms(), await rooms()
    ours, theirs = await caller.call(called)
    await called.sees(theirs)
    sending = leg_of(caller, ours)
    chance = random.Random(11)
    payload_type = sending.parameters.send_payload_type
    for number in range(600):
        kind = chance.choice([b"", b"\x78", b"\x7c\x85", b"\x7c\x05", b"\x65", b"\x67", b"\x41", b"\xff"])
        sending._stream.send(
            payload_type, number * 3000, kind + chance.randbytes(chance.randrange(60)), marker=number % 3 == 0
        )
    await called.far_becomes(bars, "whole again")
    await called.sees(theirs)
    receiving = leg_of(called, theirs)
    assert receiving._stream.faults.malformed > 0
    assert called.endpoint._io.failures == 0
    for bad in (RtpPacket(payload_type, 1, 1, 99, b"x").pack()[:11], b"", b"\x80" * 11):
        sending._stream._pair.rtp.sendto(bad, ("127.0.0.1", receiving.port))
    await called.sees(theirs)
