"""Limits of what a receiver of video takes, as its SDP formats name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from videobar.media.video.ladder import FULL_HD_KBPS
from videobar.sip.sdp.rtp_line import MediaFormat

VIDEO_CLOCK: Final = 90_000
MOST_PICTURES: Final = 30
"""Maximum frame rate that we send."""


@dataclass(frozen=True, slots=True)
class SendLimits:
    """Limits of the far end: macroblocks of 16x16 in a picture and a second, pictures a second, kbit/s."""

    macroblocks: int
    macroblocks_per_s: int
    pictures_per_s: int
    kbps: int

    def allows(self, width: int, height: int, pictures_per_s: int) -> bool:
        """True if it can take pictures of that size at that rate."""
        count = macroblocks(width, height)
        # A picture may not be wider or higher than eight times as many macroblocks as its area's root (A.3.1).
        longest = (8 * self.macroblocks) ** 0.5 * 16
        return (
            count <= self.macroblocks
            and count * pictures_per_s <= self.macroblocks_per_s
            and pictures_per_s <= self.pictures_per_s
            and max(width, height) <= longest
        )


def macroblocks(width: int, height: int) -> int:
    """Blocks of 16x16 that cover a picture."""
    return -(-width // 16) * -(-height // 16)


def largest_offered(kbps: int) -> int:
    """Macroblocks of the largest picture that we offer to receive at a rate: those of H.264 level 3.1 or 4."""
    return 8192 if kbps >= FULL_HD_KBPS else 3600


def pictures_per_s(far: MediaFormat) -> int:
    """Frame rate that a far end takes (`max-fr`)."""
    return min(MOST_PICTURES, number_of(far, "max-fr") or MOST_PICTURES)


def number_of(far: MediaFormat, name: str) -> int | None:
    """A parameter of a format as a positive number of at most seven digits, or `None`."""
    text = far.parameter(name) or ""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 8 else None
