"""Streams that real encoders made, damaged, in a decoder: it decodes or refuses, and goes on with what is sound."""

from __future__ import annotations

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.codecs.test_picture_headers import x264

from videobar.codecs.registry import video_format
from videobar.media.video.codec import VideoDecoder, VideoEncoder
from videobar.media.video.coding import EncoderSettings, MalformedHeader
from videobar.media.video.frame import filled
from videobar.media.video.receive_limit import ReceiveGate, ReceiveLimits

LIMITS = ReceiveLimits(3600, 108_000)


@functools.cache
def stream(codec: str) -> tuple[bytes, ...]:
    if codec == "H264":
        return tuple(x264(320, 180, 4))
    encoder = VideoEncoder(EncoderSettings(video_format("VP8"), 320, 180, 30, 300))
    return tuple(encoder.encode(filled(320, 180, y=60 + 9 * n), keyframe=False) for n in range(4))


@pytest.mark.parametrize("codec", ["H264", "VP8"])
@given(damage=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 400), st.binary(max_size=4)), max_size=12))
def test_damaged_pictures(codec: str, damage: list[tuple[int, int, bytes]]) -> None:
    """Parameter sets, slices and frame headers, of which most bytes are as they were."""
    pictures = [bytearray(each) for each in stream(codec)]
    for index, at, put in damage:
        pictures[index][at : at + max(1, len(put))] = put
    coding = video_format(codec)
    gate, decoder = ReceiveGate(LIMITS), VideoDecoder(coding, LIMITS.most_pixels)
    for number, each in enumerate(pictures):
        try:
            refused = gate.refusal(coding, bytes(each), number / 30)
        except MalformedHeader:
            continue
        if not refused:
            for picture in decoder.decode(bytes(each)):
                assert picture.width * picture.height <= LIMITS.most_pixels
    (*_, last) = decoder.decode(stream(codec)[0]) or [None]
    assert last is not None
    assert last.size == (320, 180)
