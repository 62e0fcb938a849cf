"""Sizes read from headers, against what x264 and libvpx were told to make, and what libav then decodes."""

from __future__ import annotations

from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.codecs.h264_headers import MOST_PARAMETER_SETS
from videobar.codecs.registry import video_format
from videobar.media.video.codec import VideoDecoder, VideoEncoder
from videobar.media.video.coding import EncoderSettings, MalformedHeader
from videobar.media.video.frame import filled

START = b"\0\0\0\1"


def x264(width: int, height: int, count: int = 1, pix_fmt: str = "yuv420p", **options: str) -> list[bytes]:
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = width, height, pix_fmt
    context.time_base, context.framerate = Fraction(1, 30), Fraction(30)
    context.max_b_frames, context.thread_count = 0, 1
    parameters = ":".join(("repeat-headers=1", "annexb=1", options.pop("x264", "keyint=900")))
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": parameters, **options}
    frame = av.VideoFrame(width, height, "yuv420p").reformat(format=pix_fmt)
    coded = []
    for index in range(count):
        frame.pts = index
        coded.append(b"".join(bytes(packet) for packet in context.encode(frame)))
    return coded


@pytest.mark.parametrize("size", [(16, 16), (160, 92), (848, 480), (1280, 720), (1920, 1080), (16, 2048)])
@pytest.mark.parametrize(
    "options",
    [
        {"profile": "baseline"},
        {"preset": "slow", "profile": "high"},
        {"profile": "high10", "pix_fmt": "yuv420p10le"},
        {"profile": "high444", "pix_fmt": "yuv444p"},
        {"profile": "high", "x264": "interlaced=1"},
        {"profile": "high", "x264": "cqm=jvt"},
    ],
    ids=lambda options: "-".join(options.values()),
)
def test_the_size_of_h264(size, options):
    (coded,) = x264(*size, **options)
    header = video_format("H264").read_header(coded)
    ((width, height),) = header.sizes
    assert 0 <= width - size[0] < 16
    assert 0 <= height - size[1] < 32
    assert header.keyframe
    assert VideoDecoder(video_format("H264")).decode(coded)


def test_pictures_that_need_others_say_no_size():
    key, *others = x264(320, 180, 4)
    assert video_format("h264").read_header(key).sizes == ((320, 192),)
    for each in others:
        header = video_format("h264").read_header(each)
        assert (header.sizes, header.keyframe, header.pictures) == ((), False, 1)


def test_slices_make_one_picture_and_several_pictures_are_counted():
    (sliced,) = x264(640, 360, x264="slices=4")
    assert video_format("h264").read_header(sliced).pictures == 1
    together = b"".join(x264(320, 180, 30))
    assert video_format("h264").read_header(together).pictures == 30


@pytest.mark.parametrize("size", [(160, 90), (640, 360), (16, 1600)])
def test_the_size_of_vp8(size):
    encoder = VideoEncoder(EncoderSettings(video_format("VP8"), *size, 30, 200))
    key = video_format("VP8").read_header(encoder.encode(filled(*size), keyframe=True))
    assert (key.sizes, key.keyframe) == ((size,), True)
    other = video_format("VP8").read_header(encoder.encode(filled(*size, y=90), keyframe=False))
    assert (other.sizes, other.keyframe) == ((), False)


def test_the_largest_of_vp8_and_its_scale():
    header = b"\x10\x02\x00\x9d\x01\x2a"
    assert video_format("VP8").read_header(header + b"\xff\x3f\xff\x3f").sizes == ((16383, 16383),)
    assert video_format("VP8").read_header(header + b"\xff\xff\xff\xff").sizes == ((16383, 16383),)


@pytest.mark.parametrize(
    ("codec", "data"),
    [
        ("VP8", b""),
        ("VP8", b"\x10\x02\x00\x9d\x01\x2a\xff\x3f"),
        ("VP8", b"\x10\x02\x00\x9d\x01\x2b\xff\x3f\xff\x3f"),
        ("H264", START + b"\x67"),
        ("H264", START + b"\x67\x42\xe0"),
        ("H264", START + b"\x67\x42\xe0\x1f" + bytes(3000)),
        ("H264", START + b"\x67\x42\xe0\x1f\x00\x00\x00\x00"),
        ("H264", (START + b"\x67\x42\xe0\x1f\xda\x01\x40\x16\xe4") * (MOST_PARAMETER_SETS + 1)),
    ],
)
def test_what_cannot_be_read(codec, data):
    with pytest.raises(MalformedHeader):
        video_format(codec).read_header(data)


@given(st.sampled_from(["H264", "VP8"]), st.binary(max_size=200))
def test_anything_is_read_or_refused(codec, data):
    for each in (data, START + b"\x67" + data, START + b"\x67\x64" + data):
        try:
            video_format(codec).read_header(each)
        except MalformedHeader:
            pass
