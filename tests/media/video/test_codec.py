from __future__ import annotations

import random

import numpy as np
import pytest

from videobar.codecs.registry import video_format
from videobar.media.video.codec import VideoDecoder, VideoEncoder
from videobar.media.video.coding import EncoderSettings
from videobar.media.video.frame import Frame, black, filled
from videobar.media.video.sources.pattern import PatternSource

SIZES = [(160, 90), (640, 360), (1280, 720)]


def settings(codec, width=320, height=180, **more):
    return EncoderSettings(
        video_format(codec), width, height, more.get("rate", 30), more.get("kbps", 300), more.get("slice")
    )


def nal_types(coded):
    return [coded[at + 3] & 31 for at in range(len(coded) - 3) if coded[at : at + 3] == b"\0\0\1"]


@pytest.mark.parametrize("codec", ["H264", "vp8"])
@pytest.mark.parametrize("size", SIZES)
def test_what_is_encoded_is_seen_again(codec, size):
    encoder, decoder = VideoEncoder(settings(codec, *size)), VideoDecoder(video_format(codec))
    source = PatternSource(*size)
    for index in range(5):
        picture = source.frame(index / 30)
        (seen,) = decoder.decode(encoder.encode(picture, keyframe=False))
        assert seen.size == size
        assert np.abs(seen.y.astype(int) - picture.y).mean() < 4
        assert np.abs(seen.u.astype(int) - picture.u).mean() < 4
    assert decoder.failures == 0
    encoder.close()
    decoder.close()
    assert encoder.encode(black(*size), keyframe=False) == b""
    assert decoder.decode(b"x") == []


def test_h264_begins_with_its_parameters_and_gives_keyframes_when_asked():
    encoder = VideoEncoder(settings("H264"))
    kinds = [
        nal_types(encoder.encode(filled(320, 180, y=90 + index), keyframe=index == 3)) for index in range(5)
    ]
    assert {7, 8, 5} <= set(kinds[0])
    assert {7, 8, 5} <= set(kinds[3]), "an IDR with its parameters, not only an intra picture"
    assert all(set(kind) <= {1, 6} for kind in (kinds[1], kinds[2], kinds[4]))


def test_h264_is_of_the_profile_that_everybody_can_decode():
    coded = VideoEncoder(settings("H264")).encode(black(320, 180), keyframe=True)
    at = coded.index(b"\0\0\1\x67")
    assert coded[at + 4] == 66


def test_h264_units_stay_below_the_size_that_is_asked_for():
    noise = np.random.default_rng(1).integers(0, 255, (360, 640), np.uint8)
    picture = filled(640, 360)
    picture.y[:] = noise
    coded = VideoEncoder(settings("H264", 640, 360, kbps=3000, slice=1000)).encode(picture, keyframe=True)
    units = coded.split(b"\0\0\1")
    assert len(units) > 5
    assert max(map(len, units)) <= 1002


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_rubbish_is_counted_and_the_next_keyframe_is_seen(codec):
    chance = random.Random(7)
    encoder, decoder = VideoEncoder(settings(codec)), VideoDecoder(video_format(codec))
    good = encoder.encode(filled(320, 180, y=90), keyframe=True)
    for _ in range(200):
        decoder.decode(chance.randbytes(chance.randrange(1, 400)))
        damaged = bytearray(good)
        for _ in range(chance.randrange(1, 20)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        decoder.decode(bytes(damaged[: chance.randrange(1, len(damaged) + 1)]))
    assert decoder.failures > 0
    for index in range(3):
        seen = decoder.decode(encoder.encode(filled(320, 180, y=120 + index), keyframe=True))
    assert seen[-1].size == (320, 180)
    assert abs(int(seen[-1].y[90, 160]) - 122) <= 2


@pytest.mark.parametrize("codec", ["H264", "VP8"])
@pytest.mark.parametrize("kbps", [300, 1000])
def test_no_half_second_takes_much_more_than_the_rate(codec, kbps):
    """From the first, keyframe on; a link has no more to give."""
    across, down = np.meshgrid(np.arange(640 + 300), np.arange(360))
    texture = 128 + 30 * np.sin(across / 9) * np.cos(down / 11) + 40 * np.sin(across * down / 9000)
    luma, grey = texture.astype(np.uint8), np.full((180, 320), 128, np.uint8)
    encoder = VideoEncoder(EncoderSettings(video_format(codec), 640, 360, 30, kbps))
    sizes = []
    for index in range(90):
        left = abs(index * 7 % 600 - 300)
        picture = Frame(640, 360, np.ascontiguousarray(luma[:, left : left + 640]), grey, grey)
        sizes.append(len(encoder.encode(picture, keyframe=False)))
    halves = [sum(sizes[start : start + 15]) * 8 * 2 / 1000 for start in range(0, 90, 15)]
    assert max(halves) < 2.2 * kbps
    assert sum(halves[1:]) / 5 < 1.25 * kbps
