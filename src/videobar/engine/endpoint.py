"""All that carries calls, in one class: signalling, media streams and the mix. Runs on one event loop.

Its methods return at once; what comes of them is told by `report`. The supervised process around it is `host`.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable

from videobar.engine.call import Call, CallMedia, Loopback, SipCall
from videobar.engine.causes import STATUSES
from videobar.engine.protocol import (
    Answer,
    AskStatistics,
    Command,
    Dial,
    EngineConfiguration,
    HangUp,
    MuteMicrophones,
    Refuse,
    Report,
    SendDigits,
    SetVolume,
    StatisticsAnswer,
)
from videobar.media.clock import AudioClock
from videobar.media.mixer import Mixer
from videobar.media.sinks import NoSink, SinkSettingInvalid, SpeakerSink, parse_sink
from videobar.media.sources import NearSource, SilenceSource, SourceSettingInvalid, parse_source
from videobar.room.calls.port import Cause, DialOrder, Ended, Incoming, LegId
from videobar.rtp.io import RtpIo
from videobar.rtp.ports import PortRange
from videobar.sip.agent import UserAgent
from videobar.sip.errors import SipError
from videobar.sip.session import Session
from videobar.sip.transport import Transport
from videobar.sip.uri import NameAddr, SipUri

log = logging.getLogger("videobar.engine")


class Endpoint:
    """One SIP endpoint with one microphone and one speaker, and any number of calls between them."""

    def __init__(
        self,
        configuration: EngineConfiguration,
        *,
        udp: socket.socket,
        tcp: socket.socket,
        report: Callable[[Report], None],
    ) -> None:
        self._configuration = configuration
        self._report = report
        self._io = RtpIo()
        self._mixer = Mixer(_source(configuration.microphone), _sink(configuration.speaker))
        self._audio_clock = AudioClock(self._mixer.tick)
        self._media = CallMedia(
            io=self._io,
            ports=PortRange(configuration.first_rtp_port, configuration.last_rtp_port),
            mixer=self._mixer,
            codecs=configuration.codecs,
        )
        self._transport = Transport(udp=udp, tcp=tcp, drop=_dropper(configuration.drop_every))
        self._agent = UserAgent(self._transport, product=configuration.product, on_invite=self._ring_in)
        self._calls: dict[LegId, Call] = {}
        self._incoming = 0

    async def start(self) -> None:
        """Begin to listen, to tick and to exchange media."""
        self._io.start()
        self._audio_clock.start()
        await self._transport.start()

    async def close(self) -> None:
        """Hang up everything, then stop."""
        for call in list(self._calls.values()):
            call.hang_up()
        await self._agent.close()
        await self._transport.stop()
        self._audio_clock.stop()
        self._mixer.close()
        self._io.close()

    def obey(self, command: Command) -> None:
        """Do what the room asks. Nothing that a command says can raise here; a leg that is gone is passed over."""
        match command:
            case Dial(leg, order):
                self._dial(leg, order)
            case Answer(leg) if (call := self._calls.get(leg)) is not None:
                call.answer()
            case Refuse(leg, refusal) if (call := self._calls.get(leg)) is not None:
                call.refuse(STATUSES[refusal])
            case HangUp(leg) if (call := self._calls.get(leg)) is not None:
                call.hang_up()
            case SendDigits(leg, digits) if (call := self._calls.get(leg)) is not None:
                call.send_digits(digits)
            case MuteMicrophones(muted):
                self._mixer.muted = muted
            case SetVolume(volume):
                self._mixer.volume = volume
            case AskStatistics(number):
                legs = {leg: call.statistics() for leg, call in self._calls.items() if call.connected}
                self._report(StatisticsAnswer(number, legs))
            case _:
                pass

    def _dial(self, leg: LegId, order: DialOrder) -> None:
        try:
            if order.loopback:
                loopback = Loopback(leg, self._media, self._hear)
                self._calls[leg] = loopback
                loopback.connect()
            else:
                self._calls[leg] = self._dial_sip(leg, order)
        except (SipError, OSError) as error:
            log.warning("leg %s cannot be dialled: %s", leg, error)
            self._hear(Ended(leg, Cause.OUT_OF_ORDER, str(error)))

    def _dial_sip(self, leg: LegId, order: DialOrder) -> SipCall:
        target = SipUri.parse(order.target)
        address = self._transport.local_address(target.host)
        call = SipCall(leg, self._media, self._hear, address)
        own = NameAddr(SipUri(address, user=self._configuration.user), display_name=order.display_name)
        call.session = self._agent.invite(
            target,
            from_=own,
            offer=call.offer(),
            listener=call,
            no_response_timeout=self._configuration.response_seconds,
        )
        return call

    def _ring_in(self, session: Session) -> None:
        self._incoming += 1
        leg = f"in-{self._incoming}-{session.call_id[:16]}"
        call = SipCall(leg, self._media, self._hear, session.local_address)
        call.session = session
        if not call.consider(session.offer):
            session.reject(488)
            return
        session.listener = call
        self._calls[leg] = call
        session.ring()
        self._hear(
            Incoming(leg, session.remote.uri.address, session.remote.display_name, session.remote_agent)
        )

    def _hear(self, report: Report) -> None:
        if isinstance(report, Ended):
            self._calls.pop(report.leg, None)
        self._report(report)


def _source(setting: str) -> NearSource:
    try:
        return parse_source(setting)
    except SourceSettingInvalid as error:
        log.error("far ends hear silence: %s", error)
        return SilenceSource()


def _sink(setting: str) -> SpeakerSink:
    try:
        return parse_sink(setting)
    except SinkSettingInvalid as error:
        log.error("far ends are not recorded: %s", error)
        return NoSink()


def _dropper(every: int) -> Callable[[bytes], bool] | None:
    """Tells to ignore every n-th datagram, for tests of retransmission."""
    if not every:
        return None
    received = 0

    def drop(_: bytes) -> bool:
        nonlocal received
        received += 1
        return received % every == 0

    return drop
