"""A call with oneself."""

from __future__ import annotations

from collections.abc import Callable

from videobar.engine.call.description import AUDIO_RATE_KBPS
from videobar.engine.call.keying import Keying
from videobar.engine.call.leg import Leg
from videobar.engine.call.shared import SharedMedia
from videobar.engine.streams.audio import AudioParameters
from videobar.engine.streams.audio_line import AudioLine
from videobar.engine.streams.line import LineContext
from videobar.room.calls.port import (
    Cause,
    Connected,
    DigitReceived,
    Ended,
    HeldHere,
    LegEvent,
    LegId,
    StreamStatistics,
)
from videobar.vocabulary import StreamDirection

LOOPBACK_ADDRESS = "127.0.0.1"
LOOPBACK_PAYLOAD_TYPE = 96
LOOPBACK_EVENT_TYPE = 101


class Loopback(Leg):
    """A leg whose far end is its own RTP port: what the room says comes back, coded, sent, received and decoded."""

    def __init__(self, leg: LegId, shared: SharedMedia, report: Callable[[LegEvent], None]) -> None:
        """Raises `OSError` when there is no port."""
        self._leg = leg
        self._report = report
        self._codec = shared.codecs[0]
        context = LineContext(leg, shared.io, shared.ports, LOOPBACK_ADDRESS, Keying())
        self._audio = AudioLine(
            context, shared.mixer, shared.codecs, lambda digit: report(DigitReceived(leg, digit))
        )
        self._held = False
        self.connected = False

    def connect(self) -> None:
        """Close the loop."""
        self._flow(StreamDirection.SENDRECV)
        self.connected = True
        self._report(Connected(self._leg, "Loopback", "", False, AUDIO_RATE_KBPS))

    def hang_up(self) -> None:
        """Open the loop."""
        if self.connected:
            self.connected = False
            self._audio.close()
            self._report(Ended(self._leg, Cause.NORMAL, "hung up here"))

    def send_digits(self, digits: str) -> None:
        """Send DTMF to oneself."""
        self._audio.send_digits(digits)

    def hold(self, held: bool) -> None:
        """Stop the sound, or let it go on."""
        if self.connected and held is not self._held:
            self._held = held
            self._flow(StreamDirection.INACTIVE if held else StreamDirection.SENDRECV)
            self._report(HeldHere(self._leg, held))

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """Audio sent and audio received."""
        return self._audio.statistics()

    def _flow(self, direction: StreamDirection) -> None:
        port = self._audio.port
        self._audio.apply(
            AudioParameters(
                codec=self._codec,
                send_payload_type=LOOPBACK_PAYLOAD_TYPE,
                receive_payload_types=frozenset({LOOPBACK_PAYLOAD_TYPE}),
                remote=(LOOPBACK_ADDRESS, port),
                remote_rtcp=(LOOPBACK_ADDRESS, port + 1),
                event_send_payload_type=LOOPBACK_EVENT_TYPE,
                event_receive_payload_types=frozenset({LOOPBACK_EVENT_TYPE}),
                direction=direction,
            )
        )
