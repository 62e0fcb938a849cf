"""G.711 in RTP (RFC 3551): PCMU (µ-law) and PCMA (A-law), 8 kHz mono at 64 kbit/s."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from videobar.sip.sdp import rtp_line

if TYPE_CHECKING:
    from videobar.media.audio.codecs.codec import AudioCodec


@dataclass(frozen=True, slots=True)
class Pcmu:
    """`AudioFormat` of G.711 µ-law."""

    name: ClassVar = "pcmu"
    encoding: ClassVar = "PCMU"
    shown: ClassVar = "G.711u"
    clock_rate: ClassVar = 8_000
    offer: ClassVar = rtp_line.PCMU

    def codec(self, most_kbps: int | None = None) -> AudioCodec:
        """Always 64 kbit/s."""
        from videobar.media.audio.codecs.g711 import G711Codec  # NumPy takes its time and memory

        return G711Codec("PCMU")


@dataclass(frozen=True, slots=True)
class Pcma:
    """`AudioFormat` of G.711 A-law."""

    name: ClassVar = "pcma"
    encoding: ClassVar = "PCMA"
    shown: ClassVar = "G.711a"
    clock_rate: ClassVar = 8_000
    offer: ClassVar = rtp_line.PCMA

    def codec(self, most_kbps: int | None = None) -> AudioCodec:
        """Always 64 kbit/s."""
        from videobar.media.audio.codecs.g711 import G711Codec  # NumPy takes its time and memory

        return G711Codec("PCMA")
