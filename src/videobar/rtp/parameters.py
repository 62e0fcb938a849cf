"""Parameters of an RTP stream."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from videobar.rtp.rate.rate_control import RateFeedback
from videobar.rtp.security import StreamSecurity
from videobar.vocabulary import StreamDirection

Address = tuple[str, int]
"""Numeric IP address and UDP port."""


@dataclass(frozen=True, slots=True)
class StreamParameters:
    """Parameters of a stream: where to send and what to accept. Raises `ValueError` for addresses that are not numeric.

    `media_types` are the payload types whose timestamps run with time, `event_types` those of telephone events.
    Nothing is sent to port 0 or to an unspecified address. With `security`, only what it lets through is sent and used;
    give the same object again where the keys have not changed.
    """

    remote: Address
    remote_rtcp: Address
    media_types: frozenset[int]
    event_types: frozenset[int] = frozenset()
    clock_rate: int = 8000
    rtcp_mux: bool = False
    signalling_host: str = ""
    """Numeric address that the far end's signalling comes from; its packets may come from there, too (see `Latch`)."""
    security: StreamSecurity | None = None
    kbps: int | None = None
    """The most that may be sent; `None` where nobody has said it. What is sent again is a share of it."""
    rate_feedback: RateFeedback = RateFeedback.NONE
    """RTCP feedback by which the far end is asked for another rate."""
    direction: StreamDirection = StreamDirection.SENDRECV
    """Direction as agreed. It stops nothing here; packets missing around a change of it are not counted as lost."""

    def __post_init__(self) -> None:
        for host, port in (self.remote, self.remote_rtcp):
            ipaddress.ip_address(host)  # a name would be looked up in the middle of the audio
            if not 0 <= port <= 65535:
                raise ValueError(f"{port} is not a UDP port")
        if self.clock_rate <= 0:
            raise ValueError(f"{self.clock_rate} Hz is not a clock rate")

    def is_negotiated(self, payload_type: int) -> bool:
        """True if packets of this payload type are accepted."""
        return payload_type in self.media_types or payload_type in self.event_types
