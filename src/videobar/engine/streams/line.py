"""Media line: one stream of a call, or what goes with one, whatever protocol the two ends agree on it by."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from videobar.engine.call.description import Agreement
from videobar.engine.call.keying import Keying
from videobar.room.calls.port import LegId, StreamStatistics
from videobar.rtp.io import RtpIo
from videobar.rtp.ports import PortRange
from videobar.sip.sdp import offer_answer
from videobar.sip.sdp.description import MediaRole


@dataclass(frozen=True)
class LineContext:
    """Context that all lines of one call share."""

    leg: LegId
    io: RtpIo
    ports: PortRange
    address: str
    """The local numeric address at which the far end reaches them."""
    keying: Keying


class MediaLine(Protocol):
    """One media line of a call. It has sockets only while it is open. Belongs to the event loop."""

    @property
    def terms(self) -> Mapping[MediaRole, offer_answer.MediaLine]:
        """SDP side: what can be agreed on now, by role; empty while the line is closed."""
        ...

    def open(self, kbps: int) -> bool:
        """Open it, if there is reason and room: whether it is open. `kbps` is what a call may take beside its audio."""
        ...

    def agree(self, agreement: Agreement) -> None:
        """Use what was agreed on, or nothing. Raises `ValueError` for what cannot be used."""
        ...

    def unanswered(self) -> None:
        """Our offer was refused as a whole: close the line if only that offer had it."""
        ...

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """Its streams, sent first."""
        ...

    def close(self) -> None:
        """Close sockets and codecs; twice is harmless."""
        ...


def new_cname() -> str:
    """RTCP canonical name: anonymous, of one stream (RFC 7022)."""
    return f"{random.getrandbits(48):012x}"
