"""Opus (RFC 6716) in RTP (RFC 7587), by libopus: 48 kHz mono, tuned for speech."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from videobar.sip.sdp import rtp_line

if TYPE_CHECKING:
    from videobar.media.audio.codecs.codec import AudioCodec

LEAST_KBPS: Final = 6
"""The least that Opus can send at (RFC 6716 section 2)."""
USUAL_KBPS: Final = 64
"""Rate where nobody wants less."""


@dataclass(frozen=True, slots=True)
class Opus:
    """`AudioFormat` of Opus."""

    name: ClassVar = "opus"
    encoding: ClassVar = "opus"
    shown: ClassVar = "Opus"
    clock_rate: ClassVar = 48_000
    offer: ClassVar = rtp_line.OPUS

    def codec(self, most_kbps: int | None = None) -> AudioCodec:
        """64 kbit/s or less; decodes stereo to mono."""
        from videobar.media.audio.codecs.libav import (  # libav takes its time and memory
            LibavCodec,
            LibavFormat,
        )

        return LibavCodec(
            LibavFormat(
                self.encoding,
                "libopus",
                sample_rate=48_000,
                clock_rate=self.clock_rate,
                bit_rate=1000 * max(LEAST_KBPS, min(USUAL_KBPS, most_kbps or USUAL_KBPS)),
                options={"application": "voip", "frame_duration": "20", "vbr": "constrained"},
            )
        )
