"""Receive limits: coded pictures are decoded within what was agreed on, with some slack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from videobar.media.video.coding import MalformedHeader, VideoCoding

SLACK: Final = 2
"""Far ends may exceed what was agreed on so many times."""
ALWAYS_MACROBLOCKS: Final = 9216
"""Pictures up to this are decoded whatever was agreed on: there are senders of 1920x1200 that know no levels."""
ALWAYS_MACROBLOCKS_PER_S: Final = 245_760
"""The same by the second: those of level 4 (H.264 table A-1)."""
LEAST_CHARGE: Final = 396
"""Macroblocks that a small picture counts as, because each picture costs something whatever its size: CIF."""
BURST_S: Final = 2.0
"""Seconds' worth that may come at once."""


@dataclass(frozen=True, slots=True)
class ReceiveLimits:
    """Limits that we have signalled: macroblocks of 16x16 in a picture and a second (RFC 6184 `max-fs`, `max-mbps`)."""

    macroblocks: int = 0
    macroblocks_per_s: int = 0

    @property
    def most_macroblocks(self) -> int:
        """Macroblocks of a picture that is decoded, at most, with slack."""
        return max(SLACK * self.macroblocks, ALWAYS_MACROBLOCKS)

    @property
    def most_macroblocks_per_s(self) -> int:
        """Macroblocks per second that are decoded, at most, with slack."""
        return max(SLACK * self.macroblocks_per_s, ALWAYS_MACROBLOCKS_PER_S)

    @property
    def most_pixels(self) -> int:
        """Pixels of a picture that is decoded, at most, as libav counts them: with the padding of its buffers."""
        return 2 * self.most_macroblocks * 256


NOTHING_AGREED: Final = ReceiveLimits()


class ReceiveGate:
    """Lets coded pictures of one stream through to its decoder, or says why not. Belongs to one thread.

    What is refused is missing to what comes after it, so nothing more passes before a keyframe.
    """

    def __init__(self, limits: ReceiveLimits) -> None:
        self._limits = limits
        self._credit = BURST_S * limits.most_macroblocks_per_s
        self._at_s: float | None = None
        self._macroblocks = 0
        self._reason = ""
        self._too_many = False

    def refusal(self, codec: VideoCoding, data: bytes, at_s: float) -> str:
        """Reason why the picture that came at monotonic time `at_s` must not be decoded; empty when it may be.

        Raises `MalformedHeader` where that cannot be told; then it must not be decoded either.
        """
        self._earn(at_s)
        try:
            header = codec.read_header(data)
        except MalformedHeader:
            self._credit -= LEAST_CHARGE
            raise
        if not self._reason or (header.keyframe and (not self._too_many or self.wants_keyframe)):
            self._reason = self._judge(header.sizes, header.pictures)
        return self._reason

    @property
    def wants_keyframe(self) -> bool:
        """True if a keyframe passes again, after there were too many: not before half is earned."""
        return self._too_many and self._credit > self._limits.most_macroblocks_per_s

    def _earn(self, at_s: float) -> None:
        since_s = max(0.0, at_s - self._at_s) if self._at_s is not None else 0.0
        self._at_s = at_s
        most = self._limits.most_macroblocks_per_s
        self._credit = min(BURST_S * most, self._credit + since_s * most)

    def _judge(self, sizes: tuple[tuple[int, int], ...], pictures: int) -> str:
        limits = self._limits
        self._too_many = False
        for width, height in sizes:
            count = -(-width // 16) * -(-height // 16)
            # Neither side may be longer than the root of eight times as many macroblocks (H.264 section A.3.1).
            longest = int((8 * limits.most_macroblocks) ** 0.5) * 16
            if count > limits.most_macroblocks or max(width, height) > longest:
                agreed = f"{limits.macroblocks} macroblocks" if limits.macroblocks else "no such size"
                return f"pictures of {width}x{height} ({count} macroblocks), where {agreed} were agreed on"
        if sizes:
            self._macroblocks = max(-(-width // 16) * -(-height // 16) for width, height in sizes)
        charge = pictures * max(LEAST_CHARGE, self._macroblocks)
        if charge > self._credit:
            self._too_many = True
            return (
                f"more pictures of {self._macroblocks} macroblocks than {limits.most_macroblocks_per_s} macroblocks"
                f" a second, where {limits.macroblocks_per_s} were agreed on"
            )
        self._credit -= charge
        return ""
