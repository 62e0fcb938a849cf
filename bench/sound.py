"""The audio tick, plain and with what is done to the microphone.

Beside it, in the same run: FFmpeg's encoding of one frame with Opus, and its noise suppression `afftdn`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.filter import Graph

from videobar.codecs.registry import audio_format
from videobar.media.audio.capture import AudioCapture
from videobar.media.audio.codecs.libav import LibavCodec, LibavFormat
from videobar.media.audio.devices.reservoir import Reservoir
from videobar.media.audio.echo import EchoSuppressor
from videobar.media.audio.format import FRAME_SAMPLES, FRAMES_PER_S, MIX_RATE, Samples
from videobar.media.audio.loudspeakers import Loudspeakers
from videobar.media.audio.mixer import Mixer
from videobar.media.audio.resample import Downsampler, Upsampler
from videobar.media.audio.sinks import NoSink
from videobar.media.audio.sources import AudioSource, ToneSource
from videobar.media.audio.voice import VoiceProcessor

RUNS = 3000


def measure(name: str, step: Callable[[], object], beside: float | None = None) -> float:
    """CPU microseconds of one step, printed with the ratio to `beside`."""
    for _ in range(50):
        step()
    began = time.thread_time()
    for _ in range(RUNS):
        step()
    each = (time.thread_time() - began) / RUNS * 1e6
    ratio = f"{each / beside:6.2f} times the reference" if beside else ""
    print(f"{name:58} {each:7.0f} us {each * FRAMES_PER_S / 1e4:5.1f} % of a core  {ratio}")
    return each


class Noise:
    """A microphone in a room with people and a fan; the same second again and again."""

    def __init__(self, seed: int) -> None:
        self._sound = (0.03 * np.random.default_rng(seed).standard_normal(MIX_RATE)).astype(np.float32)
        self._at = 0

    def read(self, count: int = FRAME_SAMPLES) -> Samples:
        frame = self._sound[self._at : self._at + count]
        self._at = (self._at + count) % MIX_RATE
        return frame

    def close(self) -> None:
        pass


class FarEnd:
    """Says a tone and hears nothing."""

    def __init__(self, hz: float) -> None:
        self._tone = ToneSource(hz, -30)

    def pull(self) -> Samples:
        return self._tone.read()

    def push(self, frame: Samples) -> None:
        pass


def tick(
    microphones: int = 1,
    far_ends: int = 1,
    strength: int | None = None,
    *,
    fence: bool = False,
    echo: bool = False,
) -> Callable[[], None]:
    sources: list[AudioSource] = [Noise(seed) for seed in range(microphones)]
    suppressor = EchoSuppressor() if echo else None
    near = AudioCapture(sources, echo=suppressor)
    near.voice = VoiceProcessor(strength) if strength is not None else None
    near.fence.enabled = fence
    mixer = Mixer(
        near, Loudspeakers(NoSink(), suppressor.hear_played) if suppressor else Loudspeakers(NoSink())
    )
    for number in range(far_ends):
        mixer.add(FarEnd(400 + 100 * number))
    return mixer.tick


def afftdn() -> Callable[[], object]:
    graph = Graph()
    source = graph.add_abuffer(sample_rate=MIX_RATE, format="flt", layout="mono", time_base=f"1/{MIX_RATE}")
    denoise = graph.add("afftdn", "nr=12")
    sink = graph.add("abuffersink")
    source.link_to(denoise)
    denoise.link_to(sink)
    graph.configure()
    noise = Noise(1)
    passed = 0

    def step() -> None:
        nonlocal passed
        frame = av.AudioFrame.from_ndarray(noise.read()[None, :], format="flt", layout="mono")
        frame.sample_rate, frame.pts = MIX_RATE, passed
        passed += FRAME_SAMPLES
        graph.push(frame)
        try:
            while True:
                graph.pull().to_ndarray()
        except (av.error.BlockingIOError, av.error.EOFError):
            pass

    return step


def reservoir() -> Callable[[], object]:
    waiting = Reservoir(MIX_RATE, 2)
    block = bytes(FRAME_SAMPLES)

    def step() -> None:
        waiting.put(block)
        waiting.put(block)
        waiting.take(FRAME_SAMPLES)

    return step


def main() -> None:
    opus, noise = audio_format("opus").codec(), Noise(1)
    print("A frame of 20 ms, 50 a second\n")
    encoding = measure("FFmpeg: encode it with Opus (the reference)", lambda: opus.encode(noise.read()))
    plain = measure("tick: one far end", tick(), encoding)
    measure("tick: six far ends", tick(far_ends=6), encoding)
    measure("tick: noise suppression", tick(strength=2), encoding)
    measure("tick: acoustic fence with three microphones, VAD", tick(4, strength=0, fence=True), encoding)
    full = measure("tick: all of it, with echo control", tick(4, strength=2, fence=True, echo=True), encoding)
    measure("the buffer of a sound device", reservoir(), encoding)
    print(f"\nAll processing together costs {full / plain:.1f} times the plain tick.\n")
    denoising = measure("FFmpeg: afftdn (the reference)", afftdn())
    voice = VoiceProcessor(2)
    measure("noise suppression alone, 48 kHz", lambda: voice.process(noise.read()), denoising)
    print()
    codecs()


def codecs() -> None:
    """G.711 by tables and resampling by NumPy, beside libav's of the same."""
    own = audio_format("PCMU").codec()
    libav = LibavCodec(LibavFormat("PCMU", "pcm_mulaw", sample_rate=8000, clock_rate=8000, bytes_per_s=8000))
    sound = Noise(1).read(160)
    payload = own.encode(sound)
    beside = measure("FFmpeg: encode it with pcm_mulaw (the reference)", lambda: libav.encode(sound))
    measure("G.711 encoded by a table", lambda: own.encode(sound), beside)
    beside = measure("FFmpeg: decode it with pcm_mulaw (the reference)", lambda: libav.decode(payload))
    measure("G.711 decoded by a table", lambda: own.decode(payload), beside)
    for factor in (6, 3):
        rate = MIX_RATE // factor
        low, high = Noise(1).read(rate // 50), Noise(1).read()
        up, down = Upsampler(factor), Downsampler(factor)
        beside = measure(
            f"FFmpeg: swresample from {rate} Hz (the reference)", swresample(low, rate, MIX_RATE)
        )
        measure(f"the polyphase filter from {rate} Hz", lambda up=up, low=low: up.process(low), beside)
        beside = measure(f"FFmpeg: swresample to {rate} Hz (the reference)", swresample(high, MIX_RATE, rate))
        measure(f"the polyphase filter to {rate} Hz", lambda down=down, high=high: down.process(high), beside)


def swresample(sound: Samples, from_rate: int, to_rate: int) -> Callable[[], object]:
    resampler = AudioResampler(format="flt", layout="mono", rate=to_rate)
    passed = 0

    def step() -> None:
        nonlocal passed
        frame = av.AudioFrame.from_ndarray(sound[None, :], format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = from_rate, passed, Fraction(1, from_rate)
        passed += len(sound)
        for each in resampler.resample(frame):
            each.to_ndarray()

    return step


if __name__ == "__main__":
    main()
