"""What a far end may not send, by pictures that real encoders have made."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest
from tests.codecs.test_picture_headers import x264
from tests.waiting import until_so

from videobar.codecs.registry import video_format
from videobar.media.video.codec import VideoDecoder, VideoEncoder
from videobar.media.video.coding import EncoderSettings, MalformedHeader
from videobar.media.video.decoder_thread import MOST_BYTES_WAITING, DecoderThread
from videobar.media.video.frame import filled
from videobar.media.video.receive_limit import ReceiveGate, ReceiveLimits

H264, VP8 = video_format("H264"), video_format("VP8")
LEVEL_3_1 = ReceiveLimits(3600, 108_000)
VP8_BOMB = b"\x10\x02\x00\x9d\x01\x2a\xff\x3f\xff\x3f" + bytes(200)


def huge() -> list[bytes]:
    """What x264 makes of two grey pictures of 16384x8192: a key picture of 394 kB, and one of 14 bytes."""
    packed = Path(__file__).parent / "grey-16384x8192.h264.xz"
    stream = lzma.decompress(packed.read_bytes())
    at = stream.rfind(b"\0\0\0\1")
    return [stream[:at], stream[at:]]


def vp8(width: int, height: int, count: int = 1) -> list[bytes]:
    encoder = VideoEncoder(EncoderSettings(VP8, width, height, 30, 500))
    return [encoder.encode(filled(width, height, y=60 + index), keyframe=False) for index in range(count)]


@pytest.mark.parametrize(
    ("codec", "size"),
    [("H264", (1280, 720)), ("H264", (1920, 1080)), ("H264", (1920, 1200)), ("VP8", (1920, 1080))],
)
def test_what_was_agreed_on_passes_and_full_hd_always(codec, size):
    gate = ReceiveGate(LEVEL_3_1)
    pictures = x264(*size, 3) if codec == "H264" else vp8(*size, 3)
    assert [gate.refusal(video_format(codec), each, index / 30) for index, each in enumerate(pictures)] == [
        ""
    ] * 3


@pytest.mark.parametrize("size", [(2560, 1440), (4096, 2304), (16, 8192), (8192, 16)])
def test_larger_ones_and_all_that_need_them_are_refused(size):
    gate = ReceiveGate(LEVEL_3_1)
    first, second = x264(*size, 2)
    assert f"{size[0]}x{size[1]}" in gate.refusal(H264, first, 0.0)
    assert gate.refusal(H264, second, 1.0)
    assert not gate.refusal(H264, x264(640, 360)[0], 2.0)


def test_a_size_is_allowed_by_a_level_that_has_it():
    (coded,) = x264(2560, 1440)
    assert ReceiveGate(ReceiveLimits(8192, 245_760)).refusal(H264, coded, 0.0) == ""


def test_the_largest_of_all():
    first, second = huge()
    gate = ReceiveGate(LEVEL_3_1)
    assert "16384x8192" in gate.refusal(H264, first, 0.0)
    assert gate.refusal(H264, second, 0.1)
    assert "16383x16383" in gate.refusal(VP8, VP8_BOMB, 0.2)
    assert gate.refusal(VP8, b"\x11" + bytes(30), 0.3)


def test_a_larger_one_among_others_in_one_picture():
    """Also behind an SPS that is fine, and in an access unit that has no slice of it."""
    small, large = x264(320, 180)[0], x264(4096, 2304)[0]
    assert ReceiveGate(LEVEL_3_1).refusal(H264, small + large, 0.0)
    assert ReceiveGate(LEVEL_3_1).refusal(H264, large[:40] + small, 0.0)


def test_small_pictures_may_come_fast_but_not_endlessly():
    gate = ReceiveGate(LEVEL_3_1)
    key, *others = x264(160, 90, 30)
    stream = [key, *others * 400]
    reasons = [gate.refusal(H264, each, index / 60) for index, each in enumerate(stream[:600])]
    assert not any(reasons)
    gate = ReceiveGate(LEVEL_3_1)
    stopped = next(
        index / 5000 for index, each in enumerate(stream) if gate.refusal(H264, each, index / 5000)
    )
    assert "a second" in gate.refusal(H264, others[0], stopped)
    assert gate.refusal(H264, key, stopped + 0.9)
    assert not gate.wants_keyframe
    assert gate.refusal(H264, others[0], stopped + 1.1)
    assert gate.wants_keyframe
    assert gate.refusal(H264, key, stopped + 1.2) == ""
    assert gate.refusal(H264, others[0], stopped + 1.3) == ""


def test_pictures_packed_into_one_count_each():
    """libav decodes what one timestamp carries whatever it is."""
    key, *others = x264(1280, 720, 30)
    assert ReceiveGate(LEVEL_3_1).refusal(H264, key + b"".join(others) * 20, 0.0)


def test_what_cannot_be_read_has_its_price():
    gate = ReceiveGate(LEVEL_3_1)
    for _ in range(2000):
        with pytest.raises(MalformedHeader):
            gate.refusal(H264, b"\0\0\1\x67", 0.0)
    assert gate.refusal(H264, x264(160, 90)[0], 0.0)


def test_libav_itself_takes_no_memory_for_it():
    """Should it ever read a size that we do not."""
    for codec, data in (("H264", huge()[0]), ("VP8", VP8_BOMB)):
        decoder = VideoDecoder(video_format(codec), LEVEL_3_1.most_pixels)
        assert decoder.decode(data) == []
        assert decoder.failures == 1
    assert VideoDecoder(H264, LEVEL_3_1.most_pixels).decode(x264(1920, 1080)[0])


def test_a_stream_that_becomes_acceptable_is_shown_again():
    seen: list[tuple[int, int]] = []
    refused: list[str] = []
    decoding = DecoderThread(lambda picture, at_s: seen.append(picture.size), lambda: None, refused.append)
    decoding.limits = LEVEL_3_1
    for each in (*huge(), VP8_BOMB):
        decoding.put(VP8 if each is VP8_BOMB else H264, each)
    until_so(lambda: refused, "a reason")
    decoding.put(H264, x264(640, 360)[0])
    until_so(lambda: seen == [(640, 360)], "the picture that is as agreed")
    assert len(refused) == 1
    assert decoding.refused == ""
    decoding.stop()


def test_limits_that_grow_with_the_call_count_at_once():
    seen: list[tuple[int, int]] = []
    refused: list[str] = []
    decoding = DecoderThread(lambda picture, at_s: seen.append(picture.size), lambda: None, refused.append)
    decoding.limits = LEVEL_3_1
    (large,) = x264(2560, 1440)
    decoding.put(H264, large)
    until_so(lambda: refused, "a reason")
    decoding.limits = ReceiveLimits(8192, 245_760)
    decoding.put(H264, large)
    until_so(lambda: seen == [(2560, 1440)], "the larger picture")
    decoding.stop()


def test_bytes_that_wait_are_bounded():
    decoding = DecoderThread(lambda picture, at_s: None, lambda: None)
    one = bytes(MOST_BYTES_WAITING // 4)
    decoding._thread = object()  # type: ignore[assignment] - nobody decodes
    assert [decoding.put(H264, one) for _ in range(6)] == [True] * 4 + [False, True]
