"""G.722 in RTP (RFC 3551), by libav: 16 kHz mono at 64 kbit/s."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from videobar.sip.sdp import rtp_line

if TYPE_CHECKING:
    from videobar.media.audio.codecs.codec import AudioCodec


@dataclass(frozen=True, slots=True)
class G722:
    """`AudioFormat` of G.722, whose RTP clock is half its sample rate (RFC 3551 section 4.5.2)."""

    name: ClassVar = "g722"
    encoding: ClassVar = "G722"
    shown: ClassVar = "G.722"
    clock_rate: ClassVar = 8_000
    offer: ClassVar = rtp_line.G722

    def codec(self, most_kbps: int | None = None) -> AudioCodec:
        """Always 64 kbit/s."""
        from videobar.media.audio.codecs.libav import (  # libav takes its time and memory
            LibavCodec,
            LibavFormat,
        )

        return LibavCodec(
            LibavFormat(
                self.encoding, "g722", sample_rate=16_000, clock_rate=self.clock_rate, bytes_per_s=8_000
            )
        )
