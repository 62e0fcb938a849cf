"""Interface of an audio codec: an encoder and decoder of one stream."""

from __future__ import annotations

from typing import Protocol

from videobar.media.audio.format import Samples


class AudioCodec(Protocol):
    """Encodes and decodes one stream of mono sound. Not thread-safe; has state, so one for each stream."""

    @property
    def name(self) -> str:
        """Encoding name, as in SDP."""
        ...

    @property
    def sample_rate(self) -> int:
        """Samples per second of the sound."""
        ...

    @property
    def clock_rate(self) -> int:
        """Ticks per second of the RTP clock; for G.722 that is not its sample rate (RFC 3551 section 4.5.2)."""
        ...

    @property
    def samples_per_frame(self) -> int:
        """Samples in 20 ms."""
        ...

    @property
    def damaged(self) -> int:
        """Payloads that could not be decoded."""
        ...

    def encode(self, samples: Samples) -> bytes:
        """The payload for one frame of exactly `samples_per_frame` samples."""
        ...

    def decode(self, payload: bytes) -> Samples:
        """The sound of one payload of any length up to 120 ms; concealment for a damaged one. Never raises."""
        ...

    def conceal(self) -> Samples:
        """Something in place of a lost payload, as long as the last good one. Never raises."""
        ...

    def close(self) -> None:
        """Free native memory. Afterwards sound is silence and payloads are empty; twice is harmless."""
        ...
