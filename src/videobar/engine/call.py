"""One call: a SIP session and the audio leg that it negotiated, or the room's own media in a loop."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from videobar.engine.audio import AudioLeg, AudioParameters
from videobar.engine.causes import cause_of
from videobar.media.mixer import Mixer
from videobar.room.calls.port import (
    Cause,
    Connected,
    DigitReceived,
    Ended,
    EngineEvent,
    HeldByFarEnd,
    LegId,
    Ringing,
    StreamStatistics,
)
from videobar.rtp.direction import Direction
from videobar.rtp.io import RtpIo
from videobar.rtp.ports import PortRange
from videobar.sip.offer_answer import AudioFormat, NegotiatedAudio
from videobar.sip.session import EndedBy, Session, SessionEnd
from videobar.vocabulary import MediaDirection, MediaType

log = logging.getLogger("videobar.engine")

LOOPBACK_ADDRESS = "127.0.0.1"
CODEC_NAMES = {"opus": "Opus", "g722": "G.722", "pcmu": "G.711u", "pcma": "G.711a"}
RATES_KBPS = {"opus": 64, "g722": 64, "pcmu": 64, "pcma": 64}


@dataclass(frozen=True)
class CallMedia:
    """What the calls of one endpoint share."""

    io: RtpIo
    ports: PortRange
    mixer: Mixer
    codecs: tuple[str, ...]


class Call(Protocol):
    """A leg, whatever carries it."""

    @property
    def connected(self) -> bool:
        """Whether media flow."""
        ...

    def answer(self) -> None:
        """Take it, if it is an incoming call."""
        ...

    def refuse(self, status: int) -> None:
        """Do not take it."""
        ...

    def hang_up(self) -> None:
        """End it."""
        ...

    def send_digits(self, digits: str) -> None:
        """Send DTMF."""
        ...

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """Its streams: audio sent, audio received."""
        ...
