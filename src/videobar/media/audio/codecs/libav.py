"""Audio codecs that libav encodes and decodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from videobar.media.audio.codecs.plc import PacketLossConcealment
from videobar.media.audio.format import Samples, from_int16, to_int16

_LONGEST_MS: Final = 120
"""Longest payload that is decoded, the longest that Opus allows (RFC 6716 section 2)."""


@dataclass(frozen=True, slots=True)
class LibavFormat:
    """Parameters of an audio codec of libav. `bytes_per_s` is 0 where the rate is not constant."""

    name: str
    library_name: str
    sample_rate: int
    clock_rate: int
    bit_rate: int = 0
    bytes_per_s: int = 0
    options: dict[str, str] = field(default_factory=dict)


class LibavCodec:
    """`AudioCodec` over a pair of libav codec contexts."""

    def __init__(self, libav_format: LibavFormat) -> None:
        self.name = libav_format.name
        self.sample_rate = libav_format.sample_rate
        self.clock_rate = libav_format.clock_rate
        self.samples_per_frame = libav_format.sample_rate // 50
        self.damaged = 0
        self._longest_payload = libav_format.bytes_per_s * _LONGEST_MS // 1000 or None
        self._most_samples = libav_format.sample_rate * _LONGEST_MS // 1000
        self._time_base = Fraction(1, libav_format.sample_rate)
        self._encoder: AudioCodecContext | None = _encoder(libav_format, self._time_base)
        self._decoder: AudioCodecContext | None = _decoder(libav_format)
        self._encoded_samples = 0
        self._concealment = PacketLossConcealment(self.samples_per_frame)

    def encode(self, samples: Samples) -> bytes:
        """The payload of one frame; empty after `close`."""
        if len(samples) != self.samples_per_frame:
            raise ValueError(f"{self.name} encodes {self.samples_per_frame} samples, not {len(samples)}")
        if self._encoder is None:
            return b""
        frame = av.AudioFrame.from_ndarray(to_int16(samples)[np.newaxis], format="s16", layout="mono")
        frame.sample_rate = self.sample_rate
        frame.time_base = self._time_base
        frame.pts = self._encoded_samples
        self._encoded_samples += len(samples)
        return b"".join(bytes(packet) for packet in self._encoder.encode(frame))

    def decode(self, payload: bytes) -> Samples:
        """The sound of one payload, or concealment."""
        sound = self._decode(payload[: self._longest_payload])
        if sound is None or not len(sound):
            self.damaged += 1
            return self.conceal()
        return self._concealment.received(sound[: self._most_samples])

    def conceal(self) -> Samples:
        """Something in place of a lost frame."""
        return self._concealment.conceal()

    def close(self) -> None:
        """Free both contexts."""
        self._encoder = None
        self._decoder = None

    def _decode(self, payload: bytes) -> Samples | None:
        if self._decoder is None or not payload:  # an empty packet would end the decoder for good
            return None
        try:
            frames = self._decoder.decode(av.Packet(payload))
        except (av.error.FFmpegError, ValueError):
            return None
        if not frames:
            return None
        return from_int16(np.concatenate([frame.to_ndarray()[0] for frame in frames]))


def _encoder(libav_format: LibavFormat, time_base: Fraction) -> AudioCodecContext:
    context = cast(AudioCodecContext, av.CodecContext.create(libav_format.library_name, "w"))
    context.sample_rate = libav_format.sample_rate
    context.layout = "mono"
    context.format = "s16"
    context.time_base = time_base
    context.options = libav_format.options
    if libav_format.bit_rate:
        context.bit_rate = libav_format.bit_rate
    return context


def _decoder(libav_format: LibavFormat) -> AudioCodecContext:
    context = cast(AudioCodecContext, av.CodecContext.create(libav_format.library_name, "r"))
    context.sample_rate = libav_format.sample_rate
    context.layout = "mono"
    return context
