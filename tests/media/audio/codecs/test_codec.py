from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.examples import examples

from videobar.codecs.registry import AUDIO_FORMATS, UnknownCodec, audio_format
from videobar.media.audio.codecs.codec import AudioCodec
from videobar.media.audio.levels import level_dbfs

Samples = NDArray[np.float32]
Sine = Callable[..., Samples]


@pytest.fixture(params=AUDIO_FORMATS)
def codec(request: pytest.FixtureRequest) -> Iterator[AudioCodec]:
    made = audio_format(request.param).codec()
    yield made
    made.close()


def passed_through(codec: AudioCodec, samples: Samples) -> Samples:
    frames = samples.reshape(-1, codec.samples_per_frame)
    return np.concatenate([codec.decode(codec.encode(frame)) for frame in frames])


def test_names_and_rates() -> None:
    made = [audio_format(name).codec() for name in AUDIO_FORMATS]
    assert [(c.name, c.sample_rate, c.clock_rate, c.samples_per_frame) for c in made] == [
        ("opus", 48000, 48000, 960),
        ("G722", 16000, 8000, 320),
        ("PCMU", 8000, 8000, 160),
        ("PCMA", 8000, 8000, 160),
    ]
    assert audio_format("OPUS").codec().name == "opus"
    with pytest.raises(UnknownCodec, match="'siren14'.*G722"):
        audio_format("siren14")


@pytest.mark.parametrize("hz", [440.0, 1000.0, 2500.0])
def test_a_tone_keeps_its_frequency_and_level(
    codec: AudioCodec, sine: Sine, peak_hz: Callable[[Samples, int], float], hz: float
) -> None:
    rate = codec.sample_rate
    sent = sine(hz, rate, rate)
    heard = passed_through(codec, sent)[rate // 2 :]
    assert len(heard) == rate // 2
    assert peak_hz(heard, rate) == pytest.approx(hz, abs=2.5)
    assert level_dbfs(heard) == pytest.approx(level_dbfs(sent), abs=1.0)


def test_payload_sizes(codec: AudioCodec) -> None:
    payload = codec.encode(np.zeros(codec.samples_per_frame, np.float32))
    assert (len(payload) == 160) if codec.name != "opus" else (1 <= len(payload) <= 400)


def test_opus_spends_about_64_kbit_per_second_on_noise() -> None:
    codec = audio_format("opus").codec()
    noise = np.random.default_rng(1).normal(0, 0.1, (50, 960)).astype(np.float32)
    kbps = sum(len(codec.encode(frame)) for frame in noise) * 8 / 1000
    assert 48 < kbps < 80
    codec.close()


@pytest.mark.parametrize("name", ["G722", "PCMU", "PCMA"])
@pytest.mark.parametrize("milliseconds", [10, 30, 40, 60])
def test_payloads_of_other_lengths(name: str, milliseconds: int) -> None:
    codec = audio_format(name).codec()
    sound = codec.decode(b"\xd5" * (8 * milliseconds))
    assert len(sound) == codec.sample_rate * milliseconds // 1000
    assert len(codec.conceal()) == len(sound)
    codec.close()


@pytest.mark.parametrize("milliseconds", [10, 40, 60])
@pytest.mark.parametrize(("layout", "channels"), [("mono", 1), ("stereo", 2)])
def test_opus_of_other_lengths_and_in_stereo(
    milliseconds: int, layout: str, channels: int, sine: Sine, peak_hz: Callable[[Samples, int], float]
) -> None:
    far = av.CodecContext.create("libopus", "w")
    far.sample_rate, far.layout, far.format = 48000, layout, "s16"
    far.options = {"frame_duration": str(milliseconds)}
    count = 48 * milliseconds
    tone = np.repeat((sine(1000, 48000, count * 20) * 32767).astype(np.int16), channels).reshape(20, 1, -1)
    codec = audio_format("opus").codec()
    heard = []
    for index, block in enumerate(tone):
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout=layout)
        frame.sample_rate, frame.pts = 48000, index * count
        heard += [codec.decode(bytes(packet)) for packet in far.encode(frame)]
    assert {len(sound) for sound in heard} == {count}
    assert peak_hz(np.concatenate(heard[4:]), 48000) == pytest.approx(1000, abs=10)
    codec.close()


def test_lost_frames_fade_in_four_steps(codec: AudioCodec) -> None:
    loud = np.random.default_rng(2).uniform(-0.5, 0.5, codec.samples_per_frame).astype(np.float32)
    for _ in range(5):
        heard = codec.decode(codec.encode(loud))
    concealed = [codec.conceal() for _ in range(6)]
    assert {len(frame) for frame in concealed} == {len(heard)}
    levels = [level_dbfs(frame) for frame in (heard, *concealed)]
    assert all(earlier > later for earlier, later in pairwise(levels[:6]))
    assert levels[5:] == [-100.0, -100.0]
    assert level_dbfs(codec.decode(codec.encode(loud))) > -40


def test_an_empty_payload_is_concealed_and_the_stream_goes_on(codec: AudioCodec, sine: Sine) -> None:
    frame = sine(500, codec.sample_rate, codec.samples_per_frame)
    passed_through(codec, np.tile(frame, 5))
    assert len(codec.decode(b"")) == codec.samples_per_frame
    assert codec.damaged == 1
    assert level_dbfs(passed_through(codec, np.tile(frame, 5))) == pytest.approx(level_dbfs(frame), abs=3.0)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=examples(150)
)
@given(payload=st.binary(max_size=2000))
def test_damaged_payloads_are_bounded_sound(codec: AudioCodec, payload: bytes) -> None:
    sound = codec.decode(payload)
    assert sound.dtype == np.float32
    assert sound.ndim == 1
    assert 0 < len(sound) <= codec.sample_rate * 120 // 1000
    assert np.all(np.isfinite(sound))
    assert float(np.abs(sound).max()) <= 1.0


def test_after_damage_a_good_frame_is_decoded_again() -> None:
    codec = audio_format("opus").codec()
    damaged = 0
    for index in range(200):
        codec.decode(np.random.default_rng(index).bytes(50))
    damaged = codec.damaged
    assert damaged > 0
    assert len(codec.decode(codec.encode(np.zeros(960, np.float32)))) == 960
    assert codec.damaged == damaged
    codec.close()


def test_after_closing_there_is_silence(codec: AudioCodec) -> None:
    if codec.name in ("PCMU", "PCMA"):
        codec.close()
        return
    codec.close()
    codec.close()
    assert codec.encode(np.zeros(codec.samples_per_frame, np.float32)) == b""
    assert level_dbfs(codec.decode(b"x" * 160)) == -100.0


def test_a_frame_of_wrong_length_is_refused() -> None:
    codec = audio_format("opus").codec()
    with pytest.raises(ValueError, match="960 samples, not 480"):
        codec.encode(np.zeros(480, np.float32))
    codec.close()


def test_opus_sends_no_more_than_it_may():
    rng = np.random.default_rng(5)
    sizes = {}
    for most in (None, 12):
        codec = audio_format("opus").codec(most)
        frames = [(rng.standard_normal(codec.samples_per_frame) * 0.1).astype(np.float32) for _ in range(100)]
        sizes[most] = sum(len(codec.encode(frame)) for frame in frames)
        codec.close()
    assert sizes[12] * 8 / 2 <= 14_000  # two seconds; constrained VBR may go a little over
    assert sizes[None] > 3 * sizes[12]
