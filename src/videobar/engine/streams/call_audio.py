"""The sound of one call, as the call needs it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import replace

from videobar.codecs.registry import audio_format
from videobar.engine.call.shared import CallMedia
from videobar.engine.streams.audio import AudioLeg, AudioParameters
from videobar.room.calls.port import DigitReceived, LegEvent, LegId, StreamStatistics
from videobar.rtp.statistics import StreamStatistics as RtpStatistics
from videobar.vocabulary import MediaDirection, MediaType, StreamDirection

log = logging.getLogger("videobar.engine")


class Audio:
    """The audio of one call, whose sockets exist as long as it is open."""

    def __init__(
        self, leg: LegId, media: CallMedia, local_address: str, hear: Callable[[LegEvent], None]
    ) -> None:
        loop = asyncio.get_running_loop()

        def on_digit(digit: str) -> None:
            loop.call_soon_threadsafe(hear, DigitReceived(leg, digit))

        self.local_address = local_address
        self.flowing = False
        self._leg = AudioLeg(
            media.io,
            media.ports,
            local_address,
            media.mixer,
            on_digit,
            cname=f"{random.getrandbits(48):012x}",
        )

    @property
    def port(self) -> int:
        """The RTP port."""
        return self._leg.port

    @property
    def silent_s(self) -> float:
        """Seconds since anything came from the far end, if only a report."""
        return self._leg.silent_s

    @property
    def level(self) -> float:
        """Level of what the far end says, in dBFS."""
        return self._leg.level

    def apply(self, parameters: AudioParameters) -> None:
        """Let sound flow as `parameters` say. Raises `ValueError` when they cannot be used."""
        self._leg.start(parameters)
        self.flowing = True

    def listen(self, parameters: AudioParameters) -> None:
        """Hear a far end that has not answered yet, which does not hear us. Raises `ValueError` as `apply` does."""
        self._leg.start(replace(parameters, direction=StreamDirection.RECVONLY))

    def send_digits(self, digits: str) -> None:
        """Send DTMF as telephone events. Raises `DigitsNotSupported` when the far end takes none."""
        try:
            self._leg.send_digits(digits)
        except ValueError as error:
            log.warning("digits not sent: %s", error)

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """Audio sent and audio received."""
        figures = self._leg.statistics()
        codec = audio_format(figures.codec).shown if figures.codec else ""
        return (_row(MediaDirection.TX, codec, figures.tx), _row(MediaDirection.RX, codec, figures.rx))

    def close(self) -> None:
        """Let go of sockets and codec; twice is harmless."""
        self._leg.close()


def _row(direction: MediaDirection, codec: str, figures: RtpStatistics) -> StreamStatistics:
    return StreamStatistics(
        media=MediaType.AUDIO,
        direction=direction,
        codec=codec,
        kbps=figures.kbps,
        packets=figures.packets,
        lost=figures.lost,
        lost_percent=figures.lost_percent,
        jitter_ms=figures.jitter_ms,
        rtt_ms=figures.rtt_ms,
        suite=figures.suite,
        unused=figures.unused,
    )
