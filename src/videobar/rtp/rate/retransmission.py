"""Retransmission of packets that the far end asks for: what is kept, and how often and how much of it is sent again.

What is sent again counts towards what the path may carry (RFC 4588 section 7); without a bound, a queue on the way that
is longer than a round trip is asked for, and filled, several times over.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SHARE: Final = 1 / 3
"""Share of the rate for retransmission."""
SAVED_S: Final = 0.5
"""The share of so long may be sent again at once."""
LEAST_SAVED_BYTES: Final = 3000
"""Or two packets, however low the rate."""
UNSAID_KBPS: Final = 1000.0
"""Rate that is assumed where none was agreed on."""
UNKNOWN_ROUND_TRIP_S: Final = 0.2
ROUND_TRIPS: Final = 0.8
"""A packet is not sent again within so many round trips: the request was made before it can have come."""
LEAST_PAUSE_S: Final = 0.02
MOST_TIMES: Final = 3
"""Most retransmissions of one packet."""
MOST_AT_ONCE: Final = 64
"""Packets sent again for one request at most."""


@dataclass(slots=True)
class _Kept:
    """A packet as it was sent, and when that was last."""

    datagram: bytes
    sent_s: float
    times: int = 0


class RetransmissionBuffer:
    """The last `most` packets of one stream, by sequence number. Not thread-safe; times are monotonic seconds."""

    def __init__(self, most: int) -> None:
        self.kbps: float | None = None
        """Rate of the whole stream; `None` where none was agreed on."""
        self.withheld = 0
        """Packets that were asked for and not sent again."""
        self._most = most
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        self._saved_bytes: float | None = None
        """`None` until the first request: then there is as much as can be saved."""
        self._saved_at_s = 0.0

    def keep(self, sequence: int, datagram: bytes, now: float) -> None:
        """Keep what was sent just now for the first time."""
        if not self._most:
            return
        self._kept.pop(sequence, None)
        self._kept[sequence] = _Kept(datagram, now)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def wanted(self, sequences: Sequence[int], now: float, round_trip_s: float | None) -> list[bytes]:
        """Datagrams to send again of those that the far end asks for; they count as sent."""
        self._save(now)
        pause_s = max(
            LEAST_PAUSE_S,
            ROUND_TRIPS * (UNKNOWN_ROUND_TRIP_S if round_trip_s is None else round_trip_s),
        )
        chosen: list[bytes] = []
        for sequence in dict.fromkeys(sequences):
            kept = self._kept.get(sequence)
            if kept is None:
                continue
            # The first time, its own way there is known to be over: the far end has seen what came after it.
            too_soon = kept.times > 0 and now - kept.sent_s < pause_s
            if len(chosen) >= MOST_AT_ONCE or too_soon or kept.times >= MOST_TIMES or not self._afford(kept):
                self.withheld += 1
                continue
            kept.sent_s = now
            kept.times += 1
            chosen.append(kept.datagram)
        return chosen

    @property
    def _bytes_per_s(self) -> float:
        return (UNSAID_KBPS if self.kbps is None else self.kbps) * 1000 / 8 * SHARE

    def _save(self, now: float) -> None:
        most = max(LEAST_SAVED_BYTES, self._bytes_per_s * SAVED_S)
        saved = most if self._saved_bytes is None else self._saved_bytes
        self._saved_bytes = min(most, saved + (now - self._saved_at_s) * self._bytes_per_s)
        self._saved_at_s = now

    def _afford(self, kept: _Kept) -> bool:
        """Take so much of the budget; true if there was enough."""
        size = len(kept.datagram)
        if self._saved_bytes is None or size > self._saved_bytes:
            return False
        self._saved_bytes -= size
        return True
