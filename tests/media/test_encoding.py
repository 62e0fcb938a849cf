from __future__ import annotations

import time

import pytest
from tests.waiting import until_so

from videobar.media import decoding as decoding_module
from videobar.media.decoding import Decoding
from videobar.media.encoding import KEY_PAUSE_S, Encoding
from videobar.media.frame_rate import FrameRate
from videobar.media.picture import filled
from videobar.media.video_codec import EncoderSettings, VideoDecoder, VideoEncoder

SETTINGS = EncoderSettings("H264", 160, 90, 30, 100)


@pytest.fixture
def coded():
    return []


@pytest.fixture
def encoding(coded):
    made = Encoding(SETTINGS, lambda data, at_s: coded.append((data, at_s)))
    made.start()
    yield made
    made.stop()
    until_so(lambda: not made._thread.is_alive(), "the end of the thread")


def shades(coded):
    """The luma in the middle of each picture."""
    decoder = VideoDecoder("H264")
    return [int(picture.y[45, 80]) for data, _ in coded for picture in decoder.decode(data)]


def test_it_begins_with_black_and_goes_on_without_news(encoding, coded):
    until_so(lambda: len(coded) >= 3, "pictures")
    assert all(shade <= 20 for shade in shades(coded))
    times = [at_s for _, at_s in coded]
    assert times == sorted(set(times))


def test_the_latest_picture_is_shown_and_another_size_is_fitted(encoding, coded):
    encoding.show(filled(320, 180, y=120), time.monotonic())
    until_so(lambda: abs(shades(coded)[-1] - 120) <= 3 if coded else False, "the picture")
    encoding.show(None, time.monotonic())
    until_so(lambda: shades(coded)[-1] <= 20, "black")


def test_whole_pictures_come_when_wanted_but_not_more_often_than_they_may(encoding, coded):
    until_so(lambda: coded, "the first")

    def keys():
        return [at_s for data, at_s in coded if b"\0\0\1\x65" in data]

    for _ in range(100):
        encoding.want_key()
        encoding.show(filled(160, 90, y=100), time.monotonic())
        time.sleep(0.02)
    until_so(lambda: len(keys()) >= 3, "whole pictures")
    gaps = [later - earlier for earlier, later in zip(keys()[1:], keys()[2:], strict=False)]
    assert min(gaps) > KEY_PAUSE_S * 0.9


def test_fewer_pictures_are_sent_than_come(coded):
    slow = Encoding(EncoderSettings("VP8", 160, 90, 5, 100), lambda data, at_s: coded.append((data, at_s)))
    slow.start()
    began = time.monotonic()
    while (at_s := time.monotonic()) - began < 2:
        slow.show(filled(160, 90, y=100), at_s)
        time.sleep(1 / 60)
    slow.stop()
    assert len(coded) <= 5 * (time.monotonic() - began) + 2


def test_a_sink_that_fails_is_counted():
    def fail(data, at_s):
        raise RuntimeError("a defect")

    encoding = Encoding(SETTINGS, fail)
    encoding.start()
    until_so(lambda: encoding.failures >= 2, "failures")
    encoding.stop()


class TestDecoding:
    def coded(self, count, codec="H264"):
        encoder = VideoEncoder(EncoderSettings(codec, 160, 90, 30, 100))
        return [encoder.encode(filled(160, 90, y=60 + 2 * index), key=False) for index in range(count)]

    def test_pictures_come_in_order_also_when_the_codec_changes(self):
        seen = []
        decoding = Decoding(lambda picture, at_s: seen.append(int(picture.y[45, 80])), lambda: None)
        for data in self.coded(5):
            assert decoding.put("H264", data)
        for data in self.coded(5, "VP8"):
            assert decoding.put("VP8", data)
        until_so(lambda: len(seen) == 10, "all pictures")
        assert seen[:5] == sorted(seen[:5])
        assert seen[5:] == sorted(seen[5:])
        decoding.stop()
        assert decoding.put("H264", b"late")
        until_so(lambda: not decoding._thread.is_alive(), "the end")

    def test_trouble_is_told(self):
        trouble = []
        decoding = Decoding(lambda picture, at_s: None, lambda: trouble.append(True))
        decoding.put("VP8", b"\x11rubbish")
        until_so(lambda: trouble, "trouble")
        decoding.stop()

    def test_what_waits_is_bounded(self, monkeypatch):
        monkeypatch.setattr(decoding_module, "MOST_WAITING", 2)
        decoding = Decoding(lambda picture, at_s: time.sleep(0.5), lambda: None)
        until_so(lambda: not all(decoding.put("H264", data) for data in self.coded(5)), "a refusal")
        assert decoding.dropped >= 3
        decoding.stop()


def test_a_rate_is_that_of_the_last_two_seconds():
    rate = FrameRate()
    assert rate.per_s(0.0) == 0.0
    for index in range(100):
        rate.add(index / 25)
    assert abs(rate.per_s(99 / 25) - 25) < 0.5
    assert rate.per_s(99 / 25 + 1.5) == 0.0
