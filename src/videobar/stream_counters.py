"""Counters of one media stream in one direction: made by RTP, and shown by the room."""

from __future__ import annotations

from msgspec import Struct


class StreamCounters(Struct, frozen=True, kw_only=True):
    """Counters of a stream since it began, unless said otherwise.

    `lost` and `jitter_ms` of a TX stream are what the far end reports of it (RFC 3550 receiver reports). `bytes` and
    `kbps` count payloads, `kbps` over the last two seconds.
    """

    packets: int
    lost: int
    lost_percent: float
    jitter_ms: float
    kbps: float
    bytes: int = 0
    rtt_ms: float | None = None
    """Round trip, from RTCP; `None` until the far end has answered a sender report."""
    suite: str = ""
    """The crypto suite of its packets; empty where they are plain, or there are no keys yet."""
    unused: int = 0
    """Datagrams that came and were not used: malformed, of strangers, not authentic. Of RX alone."""
