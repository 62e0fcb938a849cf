"""The time that RTP measures with."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

_NTP_EPOCH_S: Final = 2_208_988_800
"""Seconds from 1900, where NTP time begins, to 1970."""


class MediaTime:
    """Monotonic seconds, and NTP times that run with them.

    The host's clock is read once: a clock that somebody sets must not show up as jitter or round-trip time.
    """

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, epoch: Callable[[], float] = time.time
    ) -> None:
        self.now = monotonic
        """Seconds that only ever grow."""
        self._ntp_offset_s = epoch() - monotonic() + _NTP_EPOCH_S

    def ntp(self, now: float) -> int:
        """The 64-bit NTP time at monotonic `now` (RFC 3550 section 4): seconds, then 1/2³² seconds."""
        return int((now + self._ntp_offset_s) * 2**32) & 0xFFFF_FFFF_FFFF_FFFF

    def ntp_middle(self, now: float) -> int:
        """The middle 32 bits of `ntp(now)`, in 1/65536 s."""
        return self.ntp(now) >> 16 & 0xFFFF_FFFF
