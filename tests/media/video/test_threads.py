from __future__ import annotations

import time

import numpy as np
import pytest
from tests.waiting import until_so

from videobar.codecs.h264 import H264
from videobar.codecs.registry import video_format
from videobar.codecs.vp8 import Vp8
from videobar.media.video import decoder_thread as decoding_module
from videobar.media.video.codec import VideoDecoder, VideoEncoder
from videobar.media.video.coding import EncoderSettings
from videobar.media.video.decoder_thread import DecoderThread
from videobar.media.video.encoder_thread import DOWN_PAUSE_S, KEYFRAME_PAUSE_S, EncoderThread, _Making
from videobar.media.video.frame import Frame, Scaler, filled
from videobar.media.video.frame_rate import FrameRate

SETTINGS = EncoderSettings(H264(), 160, 90, 30, 100)


@pytest.fixture
def coded():
    return []


@pytest.fixture
def encoding(coded):
    made = EncoderThread(SETTINGS, lambda data, at_s: coded.append((data, at_s)))
    made.start()
    yield made
    made.stop()
    until_so(lambda: not made._thread.is_alive(), "the end of the thread")


def shades(coded):
    """The luma in the middle of each picture."""
    decoder = VideoDecoder(H264())
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


def test_keyframes_come_when_wanted_but_not_more_often_than_they_may(encoding, coded):
    until_so(lambda: coded, "the first")

    def keys():
        return [at_s for data, at_s in coded if b"\0\0\1\x65" in data]

    for _ in range(100):
        encoding.request_keyframe()
        encoding.show(filled(160, 90, y=100), time.monotonic())
        time.sleep(0.02)
    until_so(lambda: len(keys()) >= 3, "keyframes")
    gaps = [later - earlier for earlier, later in zip(keys()[1:], keys()[2:], strict=False)]
    assert min(gaps) > KEYFRAME_PAUSE_S * 0.9


def test_fewer_pictures_are_sent_than_come(coded):
    slow = EncoderThread(
        EncoderSettings(Vp8(), 160, 90, 5, 100), lambda data, at_s: coded.append((data, at_s))
    )
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

    encoding = EncoderThread(SETTINGS, fail)
    encoding.start()
    until_so(lambda: encoding.failures >= 2, "failures")
    encoding.stop()


class TestDecoding:
    def coded(self, count, codec="H264"):
        encoder = VideoEncoder(EncoderSettings(video_format(codec), 160, 90, 30, 100))
        return [encoder.encode(filled(160, 90, y=60 + 2 * index), keyframe=False) for index in range(count)]

    def test_pictures_come_in_order_also_when_the_codec_changes(self):
        seen = []
        decoding = DecoderThread(lambda picture, at_s: seen.append(int(picture.y[45, 80])), lambda: None)
        for data in self.coded(5):
            assert decoding.put(H264(), data)
        for data in self.coded(5, "VP8"):
            assert decoding.put(Vp8(), data)
        until_so(lambda: len(seen) == 10, "all pictures")
        assert seen[:5] == sorted(seen[:5])
        assert seen[5:] == sorted(seen[5:])
        decoding.stop()
        assert decoding.put(H264(), b"late")
        until_so(lambda: not decoding._thread.is_alive(), "the end")

    def test_trouble_is_told(self):
        trouble = []
        decoding = DecoderThread(lambda picture, at_s: None, lambda: trouble.append(True))
        decoding.put(Vp8(), b"\x11rubbish")
        until_so(lambda: trouble, "trouble")
        decoding.stop()

    def test_what_waits_is_bounded(self, monkeypatch):
        monkeypatch.setattr(decoding_module, "MOST_WAITING", 2)
        decoding = DecoderThread(lambda picture, at_s: time.sleep(0.5), lambda: None)
        until_so(lambda: not all(decoding.put(H264(), data) for data in self.coded(5)), "a refusal")
        assert decoding.dropped >= 3
        decoding.stop()


def test_a_rate_is_that_of_the_last_two_seconds():
    rate = FrameRate()
    assert rate.per_s(0.0) == 0.0
    for index in range(100):
        rate.add(index / 25)
    assert abs(rate.per_s(99 / 25) - 25) < 0.5
    assert rate.per_s(99 / 25 + 1.5) == 0.0


@pytest.fixture(scope="module")
def scene():
    """Gives pictures of a moving texture, which are as good as there are bits for them."""
    across, down = np.meshgrid(np.arange(640 + 140), np.arange(360 + 60))
    texture = 128 + 30 * np.sin(across / 9) * np.cos(down / 11) + 40 * np.sin(across * down / 9000)
    luma, grey = texture.astype(np.uint8), np.full((180, 320), 128, np.uint8)

    def picture(index):
        left, top = 7 * (index % 20), 3 * (index % 20)
        return Frame(640, 360, np.ascontiguousarray(luma[top : top + 360, left : left + 640]), grey, grey)

    return picture


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_the_rate_follows_what_is_allowed(codec, scene):
    """Down, with smaller pictures, and up again; measured over a second of pictures that take all they get."""
    wanted = EncoderSettings(video_format(codec), 640, 360, 30, 1000)
    making, scaler, now = _Making(wanted, 1000), Scaler(), 0.0

    def second(allowed):
        nonlocal now
        size = pictures = 0
        began = now
        while now < began + 1:
            now += 1 / making.settings.pictures_per_s
            making.adapt(allowed, now)
            picture = scaler.fit(scene(int(now * 30)), making.settings.width, making.settings.height)
            size += len(making.encoder.encode(picture, keyframe=False))
            pictures += 1
        return size * 8 / 1000

    for _ in range(2):
        second(1000)
    assert 500 < second(1000) < 1350
    assert making.settings == wanted
    second(200)
    second(200)
    assert second(200) < 300
    assert (making.settings.width, making.settings.pictures_per_s) == (640, 15)
    second(70)
    second(70)
    assert second(70) < 130
    assert making.settings.width == 320
    for _ in range(12):
        second(1000)
    assert (making.settings.width, making.settings.pictures_per_s) == (640, 30)
    assert making.settings.kbps == 1000
    making.encoder.close()


def test_encoders_are_not_opened_over_and_over():
    """Each time there is a keyframe, however the rate wanders."""
    making, opened = _Making(EncoderSettings(H264(), 640, 360, 30, 1000), 1000), 0
    before = making.encoder
    for index in range(600):
        allowed = 500 + 400 * np.sin(index / 10)
        making.adapt(float(allowed), index / 30)
        opened += making.encoder is not before
        before = making.encoder
    making.encoder.close()
    assert 2 <= opened <= 20 / DOWN_PAUSE_S + 1


@pytest.mark.parametrize("allowed", [0.0, -5.0, 1e-9, float("inf")])
@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_no_rate_breaks_it(allowed, codec):
    making = _Making(EncoderSettings(video_format(codec), 320, 180, 15, 64), allowed)
    making.adapt(allowed, 1.0)
    making.adapt(50.0, 2.0)
    making.adapt(allowed, 9.0)
    size = (making.settings.width, making.settings.height)
    assert making.encoder.encode(Scaler().fit(filled(320, 180, y=90), *size), keyframe=True)
    making.encoder.close()


def test_what_is_made_is_told(coded):
    made = EncoderThread(
        EncoderSettings(H264(), 640, 360, 30, 500), lambda data, at_s: coded.append(data), lambda: 100.0
    )
    made.start()
    until_so(lambda: coded, "a picture")
    assert (made.made.width, made.made.height, made.made.pictures_per_s) == (320, 180, 15)
    assert made.settings.width == 640
    made.stop()
    until_so(lambda: not made._thread.is_alive(), "the end of the thread")
