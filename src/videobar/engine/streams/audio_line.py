"""Audio line: the sound of one call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

from videobar.codecs.registry import AUDIO_FORMATS
from videobar.engine.call.description import AUDIO_RATE_KBPS, Agreement
from videobar.engine.call.keying import security_of
from videobar.engine.streams.audio import AudioLeg, AudioParameters
from videobar.engine.streams.line import LineContext, new_cname
from videobar.media.audio.mixer import Mixer
from videobar.room.calls.port import StreamStatistics
from videobar.rtp.dtls import DtlsSrtp
from videobar.rtp.parameters import StreamParameters
from videobar.sip.sdp.description import MediaRole
from videobar.sip.sdp.rtp_line import MediaFormat, NegotiatedMedia, RtpLine, audio_line
from videobar.vocabulary import StreamDirection

log = logging.getLogger("videobar.engine")

PACKETS_KBPS = 16
"""Rate of the headers of 50 packets a second, which `b=AS` counts too (RFC 3550 section 6.2)."""


class AudioLine:
    """Implements `MediaLine`: open from the beginning, since every call has audio. `on_digit` is called on the loop.

    Raises `OSError` when there is no port.
    """

    def __init__(
        self, context: LineContext, mixer: Mixer, codecs: tuple[str, ...], on_digit: Callable[[str], None]
    ) -> None:
        loop = asyncio.get_running_loop()

        def on_digit_on_rtp_thread(digit: str) -> None:
            loop.call_soon_threadsafe(on_digit, digit)

        self.flowing = False
        self._leg = AudioLeg(
            context.io,
            context.ports,
            context.address,
            mixer,
            on_digit_on_rtp_thread,
            new_cname(),
        )
        self._terms = audio_line(self._leg.port, formats_of(codecs))
        self._terms.security = context.keying.line()

    @property
    def terms(self) -> Mapping[MediaRole, RtpLine]:
        """The audio line."""
        return {MediaRole.AUDIO: self._terms}

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

    def open(self, kbps: int) -> bool:
        """It is open."""
        return True

    def check(self, agreement: Agreement) -> None:
        """Raises `ValueError` for addresses and payload types that cannot be used; changes nothing."""
        audio = audio_parameters(agreement.audio)
        StreamParameters(audio.remote, audio.remote_rtcp, audio.receive_payload_types)

    def agree(self, agreement: Agreement) -> None:
        """Let sound flow as agreed. Raises `ValueError`."""
        self.apply(audio_parameters(agreement.audio))

    def unanswered(self) -> None:
        """It was there before the offer."""

    def listen_early(self, agreement: Agreement) -> None:
        """Hear a far end that has not answered yet, which does not hear us; nothing where keys need a handshake.

        Raises `ValueError`.
        """
        parameters = audio_parameters(agreement.audio)
        if parameters.direction.receives and not isinstance(parameters.security, DtlsSrtp):
            self._leg.start(replace(parameters, direction=StreamDirection.RECVONLY))

    def send_digits(self, digits: str) -> None:
        """Send DTMF as telephone events. Raises `DigitsNotSupported` when the far end takes none."""
        try:
            self._leg.send_digits(digits)
        except ValueError as error:
            log.warning("digits not sent: %s", error)

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """Audio sent and audio received."""
        return self._leg.statistics()

    def close(self) -> None:
        """Let go of sockets and codec; twice is harmless."""
        self._leg.close()


def formats_of(codecs: tuple[str, ...]) -> tuple[MediaFormat, ...]:
    """SDP formats of codecs by their names in settings, in their order."""
    return tuple(AUDIO_FORMATS[name].offer for name in codecs)


def audio_parameters(chosen: NegotiatedMedia) -> AudioParameters:
    """Parameters of an agreed line."""
    events = frozenset() if chosen.event_receive is None else frozenset({chosen.event_receive})
    return AudioParameters(
        codec=chosen.format.encoding,
        send_payload_type=chosen.payload_type_send,
        receive_payload_types=frozenset({chosen.payload_type_receive}),
        remote=(chosen.remote_address, chosen.remote_port),
        remote_rtcp=(chosen.remote_rtcp_address, chosen.remote_rtcp_port),
        event_send_payload_type=chosen.event_send,
        event_receive_payload_types=events,
        event_clock=chosen.event_clock,
        rtcp_mux=chosen.rtcp_mux,
        signalling_host=chosen.signalling_host,
        direction=chosen.direction,
        security=security_of(chosen),
        most_kbps=_most_kbps(chosen.bandwidth),
    )


def _most_kbps(bandwidth: int | None) -> int | None:
    """Bandwidth that is left for sound, `None` when it is as much as we would send."""
    left = max(bandwidth - PACKETS_KBPS, 1) if bandwidth else AUDIO_RATE_KBPS  # 0 is how a hold may look
    return None if left >= AUDIO_RATE_KBPS else left
