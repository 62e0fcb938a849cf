"""One RTP stream with its RTCP: a UDP port pair, one SSRC each way, statistics and reports."""

from __future__ import annotations

import contextlib
import ipaddress
import random
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import structs

from videobar.rtp.io import RtpIo
from videobar.rtp.latching import Latch
from videobar.rtp.pacing import Pacing, spread_s
from videobar.rtp.packet import LARGEST_DATAGRAM, MalformedPacket, RtpPacket, is_rtcp
from videobar.rtp.parameters import Address, StreamParameters
from videobar.rtp.ports import PortPair
from videobar.rtp.rate_control import RateControl
from videobar.rtp.retransmission import RetransmissionBuffer
from videobar.rtp.rtcp import (
    FullIntraRequest,
    GenericNack,
    Goodbye,
    PictureLossIndication,
    ReceiverReport,
    Remb,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    Tmmbn,
    Tmmbr,
    pack_compound,
    parse_compound,
)
from videobar.rtp.security import NoKeys, NotTrusted, is_handshake
from videobar.rtp.statistics import DiscardCounts, Reception, Transmission
from videobar.stream_counters import StreamCounters

_REPORT_INTERVAL_S: Final = 5.0
_RATED_REPORT_INTERVAL_S: Final = 1.0
"""Report interval of a stream whose rate follows reports; still a small part of its rate (RFC 3550 section 6.2)."""
_RECONSIDERATION: Final = 1.21828
"""e less 3/2: what the randomised interval is divided by (RFC 3550 section 6.3.1)."""
_VIDEO_CLOCK: Final = 90_000
_FIRST_REPORT_S: Final = (0.3, 0.8)
_DATAGRAMS_PER_TURN: Final = 64
_SOURCE_SILENCE_S: Final = 1.0
"""A source that comes back within so long was not silent, and what took its place no successor of it."""
_MOST_ASKED_FOR: Final = 1024
_ASKED_FOR_S: Final = 2.0
"""A packet that comes later than this after it was asked for is another one of the same sequence number."""


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """A packet of a picture that waits for its turn."""

    payload_type: int
    timestamp: int
    payload: bytes
    marker: bool


@dataclass(slots=True)
class _AskedFor:
    """A packet that the far end was asked to send again."""

    at_s: float
    came: bool = False

    def is_recent(self, now: float) -> bool:
        return now - self.at_s < _ASKED_FOR_S


class RtpStream:
    """Sends and receives. `on_packet` gets each accepted packet, on the thread of `io`.

    Thread-safe: `send` is meant for the audio thread, the rest for any. Packets are believed from one address, which is
    learned (see `Latch`), because far ends behind NAT do not send from where their description says; on a protected
    stream from any, because its keys tell who sends. There, a new source is only believed after two packets in sequence
    while the present one is silent (RFC 3550 A.1).

    The port pair is the stream's from here on: it is closed with it, and where the stream cannot be made.

    For video: with `adapts`, how much may be sent follows what the path carries, and the far end is asked likewise (see
    `RateControl`); who makes pictures keeps to `allowed_kbps`. `on_keyframe_request` is called on the thread of `io`
    when the far end asks for a keyframe, and the last `resendable` packets are kept for a far end that misses some.
    """

    def __init__(
        self,
        io: RtpIo,
        pair: PortPair,
        cname: str,
        on_packet: Callable[[RtpPacket], None],
        *,
        on_keyframe_request: Callable[[], None] | None = None,
        resendable: int = 0,
        adapts: bool = False,
        chance: random.Random | None = None,
    ) -> None:
        self.port = pair.port
        self.faults = DiscardCounts()
        self._io = io
        self._time = io.time
        self._pair = pair
        self._cname = cname
        self._on_packet = on_packet
        self._on_keyframe_request = on_keyframe_request
        self._retransmission = RetransmissionBuffer(resendable)
        self._rate = RateControl(_VIDEO_CLOCK) if adapts else None
        self.allowed_kbps = float("inf")
        """Rate that payloads may take, as far as is known."""
        self._pacing: Pacing[_Outgoing | bytes] = Pacing()
        """Packets that are sent, and whole datagrams that are sent again."""
        self._keyframe_requests = 0
        self._chance = chance or random.SystemRandom()
        self._lock = threading.Lock()
        self._parameters: StreamParameters | None = None
        self._closed = False
        self._ssrc = self._chance.getrandbits(32)
        self._sequence = self._chance.getrandbits(15)  # far from wrapping, as RFC 3711 advises
        self._moved_away = False
        self._transmission = Transmission()
        self._reception: Reception | None = None
        self._asked_for: OrderedDict[int, _AskedFor] = OrderedDict()
        """Requested packets, by sequence number."""
        self._latch, self._rtcp_latch = Latch(pair.address), Latch(pair.address)
        self._source_heard_at = float("-inf")
        self._displaced: tuple[Reception, float] | None = None
        """The source before the present one, and when it was heard last."""
        self._contested = False
        """True once a source has tried to take the place of one that was not silent."""
        self._candidate: tuple[int, int] | None = None
        self._last_sent: tuple[int, float] | None = None
        self._last_sr: tuple[int, float] | None = None
        self._due = float("inf")
        self._heard_at = self._time.now()
        try:
            io.add(self)
        except BaseException:
            pair.close()
            raise

    @property
    def ssrc(self) -> int:
        """SSRC of this side's packets."""
        return self._ssrc

    @property
    def round_trip_s(self) -> float | None:
        """The longest of the last reported round trips; `None` before the first report."""
        return self._transmission.round_trip_s

    @property
    def is_receiving_full(self) -> bool:
        """True if what comes queues so much on its way that nothing more should be asked for."""
        return self._rate is not None and self._rate.is_receiving_full

    @property
    def silent_s(self) -> float:
        """Seconds since the last RTP or RTCP packet came, or since the stream was made."""
        return self._time.now() - self._heard_at

    def configure(self, parameters: StreamParameters) -> None:
        """Begin, or go on with other parameters; counters and SSRC stay."""
        with self._lock:
            before, self._parameters = self._parameters, parameters
            now = self._time.now()
            self._retransmission.kbps = parameters.kbps
            if self._rate is not None:
                self._rate.configure(parameters.clock_rate, parameters.kbps, parameters.rate_feedback, now)
                self._spread_rates(self._rate, now)
            self._latch.expect(parameters.remote, parameters.signalling_host, now)
            self._rtcp_latch.expect(parameters.remote_rtcp, parameters.signalling_host, now)
            self._displaced, self._contested = None, False
            if not parameters.direction.sends:
                self._pacing.clear()
            if before is None:
                self._due = self._time.now() + self._chance.uniform(*_FIRST_REPORT_S)
            if self._reception is not None:
                self._reception.clock_rate = parameters.clock_rate
                if before is not None and before.direction is not parameters.direction:
                    self._reception.begin_anew()
        if parameters.security is not None:
            parameters.security.attach(self._send_handshake)
            self._io.wake()

    def send(self, payload_type: int, timestamp: int, payload: bytes, *, marker: bool = False) -> None:
        """Send one packet; never raises for what the network does. Nothing before `configure` or after `close`."""
        with self._lock:
            self._send(payload_type, timestamp, payload, marker=marker)

    def send_picture(self, payload_type: int, timestamp: int, payloads: Sequence[bytes]) -> None:
        """Like `send`, for all packets of a picture; the last has the marker. What is beyond the first few follows in
        steps, on the thread of `io` (see `Pacing`).
        """
        last = len(payloads) - 1
        packets = [
            _Outgoing(payload_type, timestamp, each, marker=at == last) for at, each in enumerate(payloads)
        ]
        with self._lock:
            if self._parameters is None:
                return
            now = self._time.now()
            self._pacing.put(packets, now, spread_s(sum(map(len, payloads)), self._retransmission.kbps))
            self._send_due(now)
            is_left = self._pacing.due != float("inf")
        if is_left:
            self._io.wake()

    def statistics(self) -> tuple[StreamCounters, StreamCounters]:
        """Statistics of sending and of receiving. Cheap."""
        with self._lock:
            now = self._time.now()
            rtt_ms = self._transmission.rtt_ms
            heard = self._reception or Reception(0, 8000)
            tx, rx = self._transmission.figures(now), heard.figures(now, rtt_ms)
            security = self._parameters.security if self._parameters is not None else None
        suite = security.suite if security is not None else ""
        return structs.replace(tx, suite=suite), structs.replace(rx, suite=suite, unused=self.faults.unused)

    def send_report(self) -> None:
        """Send a report now, out of turn."""
        with self._lock:
            if self._parameters is not None and not self._closed:
                self._send_rtcp(self._report())

    def send_nack(self, sequences: Sequence[int]) -> None:
        """Generic NACK: tell the far end which packets are missing (RFC 4585 section 6.2.1)."""
        with self._lock:
            if self._reception is not None and sequences:
                now = self._time.now()
                for sequence in sequences:
                    self._asked_for[sequence] = _AskedFor(now)
                    self._asked_for.move_to_end(sequence)
                while len(self._asked_for) > _MOST_ASKED_FOR:
                    self._asked_for.popitem(last=False)
                self._send_feedback(GenericNack(self._ssrc, self._reception.ssrc, tuple(sequences)))

    def send_pli(self) -> None:
        """PLI: tell the far end that pictures are damaged until there is a keyframe (RFC 4585 section 6.3.1)."""
        with self._lock:
            if self._reception is not None:
                self._send_feedback(PictureLossIndication(self._ssrc, self._reception.ssrc))
                self._keyframe_requests += 1

    def send_fir(self) -> None:
        """FIR: request a keyframe of the far end (RFC 5104 section 4.3.1)."""
        with self._lock:
            if self._reception is not None:
                number = self._keyframe_requests & 0xFF
                self._send_feedback(FullIntraRequest(self._ssrc, ((self._reception.ssrc, number),)))
                self._keyframe_requests += 1

    def close(self) -> None:
        """Say goodbye, and give the ports back shortly after; twice is harmless."""
        with self._lock:
            if self._closed:
                return
            if self._parameters is not None:
                self._send_rtcp((*self._report(), Goodbye((self._ssrc,))))
            self._closed = True
        self._io.discard(self)

    def readers(self) -> Sequence[tuple[socket.socket, Callable[[], None]]]:
        """For `RtpIo`."""
        return (
            (self._pair.rtp, lambda: self._receive_all(self._pair.rtp, self._take_datagram)),
            (self._pair.rtcp, lambda: self._receive_all(self._pair.rtcp, self._take_rtcp)),
        )

    def due(self) -> float:
        """For `RtpIo`: when the next report is due, packets of a picture, or a step of a key exchange."""
        security = self._parameters.security if self._parameters is not None else None
        due = min(self._due, self._pacing.due, self._rate.due if self._rate is not None else float("inf"))
        return due if security is None else min(due, security.due())

    def on_due(self, now: float) -> None:
        """For `RtpIo`: send what is due, and choose the time of the next report; or go on exchanging keys."""
        security = self._parameters.security if self._parameters is not None else None
        if security is not None and security.due() <= now:
            security.on_due(now)
        if self._pacing.due <= now:
            with self._lock:
                self._send_due(now)
        if self._rate is not None and self._rate.due <= now:
            with self._lock:
                self._look(self._rate, now)
        if self._due > now:
            return
        with self._lock:
            interval_s = _REPORT_INTERVAL_S if self._rate is None else _RATED_REPORT_INTERVAL_S
            self._due = now + interval_s * self._chance.uniform(0.5, 1.5) / _RECONSIDERATION
        self.send_report()

    def release(self) -> None:
        """For `RtpIo`: close the sockets."""
        self._pair.close()

    def _look(self, rate: RateControl, now: float) -> None:
        """See what has become of the rates, and say what is to be said about it."""
        theirs = self._reception.ssrc if self._reception is not None else None
        said = rate.look(now, self._ssrc, theirs)
        if said is not None:
            self._send_feedback(said)
        self._spread_rates(rate, now)

    def _spread_rates(self, rate: RateControl, now: float) -> None:
        """Set the rates for the encoder, for what is sent again, and for the time that pictures take."""
        self.allowed_kbps = rate.payload_kbps(now)
        self._retransmission.kbps = rate.kbps if rate.kbps != float("inf") else None

    def _send_due(self, now: float) -> None:
        for each in self._pacing.take(now):
            if isinstance(each, _Outgoing):
                self._send(each.payload_type, each.timestamp, each.payload, marker=each.marker)
            elif self._parameters is not None and not self._closed:
                is_sent = self._sendto(self._pair.rtp, each, self._parameters.remote)
                if is_sent and self._rate is not None:
                    self._rate.record(each, now, resent=True)

    def _send(self, payload_type: int, timestamp: int, payload: bytes, *, marker: bool) -> None:
        if self._parameters is None or self._closed:
            return
        packet = RtpPacket(payload_type, self._sequence, timestamp & 0xFFFF_FFFF, self._ssrc, payload, marker)
        datagram = self._protected(packet.pack(), rtcp=False)
        if datagram is None or not self._sendto(self._pair.rtp, datagram, self._parameters.remote):
            return
        now = self._time.now()
        self._retransmission.keep(self._sequence, datagram, now)
        if self._rate is not None:
            self._rate.record(datagram, now)
        self._sequence = (self._sequence + 1) & 0xFFFF
        if self._last_sent is None or self._last_sent[0] != packet.timestamp:
            self._last_sent = (packet.timestamp, now)  # later packets of a picture do not make it later
        self._transmission.record(len(payload), now)

    def _receive_all(self, source: socket.socket, take: Callable[[bytes, Address], None]) -> None:
        for _ in range(_DATAGRAMS_PER_TURN):
            try:
                datagram, address = source.recvfrom(LARGEST_DATAGRAM + 1)
            except OSError:
                return
            if self._closed:
                continue
            try:
                take(datagram, address[:2])
            except MalformedPacket:
                self.faults.malformed += 1
            except NoKeys:
                self.faults.unkeyed += 1
            except NotTrusted:
                self.faults.untrusted += 1

    def _take_datagram(self, datagram: bytes, address: Address) -> None:
        parameters = self._parameters
        if parameters is not None and parameters.rtcp_mux and is_rtcp(datagram):
            self._take_rtcp(datagram, address)
            return
        if self._is_stranger(self._latch, address):
            self.faults.foreign += 1
            return
        plain = self._unprotected(datagram, address, rtcp=False)
        if plain is None:
            return
        packet = RtpPacket.parse(plain)
        with self._lock:
            wanted = self._admit(packet, address)
        if wanted:
            self._on_packet(packet)

    def _admit(self, packet: RtpPacket, address: Address) -> bool:
        """Count the packet; whether it is to be used."""
        parameters = self._parameters
        if parameters is None:
            self.faults.early += 1
            return False
        is_event = packet.payload_type in parameters.event_types
        negotiated = is_event or packet.payload_type in parameters.media_types
        if not negotiated:
            self.faults.refused += 1
        if not self._is_from_far_end(parameters, packet, address, negotiated=negotiated):
            self.faults.foreign += negotiated
            return False
        now = self._heard_at = self._time.now()
        if packet.ssrc == self._ssrc and not self._is_own(address):
            self._resolve_collision()
        reception = self._source_of(packet, parameters.clock_rate, now, negotiated=negotiated)
        if reception is None:
            return False
        asked = self._asked_for.get(packet.sequence)
        if asked is not None and not asked.is_recent(now):
            asked = None
        if self._rate is not None and negotiated and not is_event:
            self._rate.take(packet.timestamp, len(packet.payload), now, resent=asked is not None)
        if asked is not None:
            if not asked.came:
                reception.record_resent(len(packet.payload), now)
            asked.came = True  # asked for more than once, it comes more than once
            return negotiated
        timed = negotiated and not is_event
        reception.record(packet.sequence, packet.timestamp if timed else None, len(packet.payload), now)
        return negotiated

    def _is_stranger(self, latch: Latch, address: Address) -> bool:
        """True if nothing that comes from there can be the far end's; it need not be looked at then."""
        if self._parameters is None or self._parameters.security is not None:
            return False
        with self._lock:
            return address != latch.learned and not latch.may_learn(address, self._time.now())

    def _is_from_far_end(
        self, parameters: StreamParameters, packet: RtpPacket, address: Address, *, negotiated: bool
    ) -> bool:
        """True if the packet's address is that of the far end, which it may prove to be."""
        if parameters.security is not None:
            return True  # it had the key
        now = self._time.now()
        return self._latch.believes(address, now) or (
            negotiated and self._latch.proves(address, packet.ssrc, packet.sequence, now)
        )

    def _source_of(
        self, packet: RtpPacket, clock_rate: int, now: float, *, negotiated: bool
    ) -> Reception | None:
        """The counters of the packet's source, or `None` if that source is not (yet) believed."""
        present = self._reception
        if present is not None and packet.ssrc == present.ssrc:
            self._candidate = None
            self._source_heard_at = now
            return present
        if not negotiated:
            return None
        if self._displaced is not None:
            before, heard_at = self._displaced
            if packet.ssrc == before.ssrc and now - heard_at < _SOURCE_SILENCE_S:
                self._contested = True
                return self._change_source(before, now)
        is_silent = not self._contested or now - self._source_heard_at >= _SOURCE_SILENCE_S
        if present is not None and not (is_silent and self._candidate == (packet.ssrc, packet.sequence)):
            self._candidate = (packet.ssrc, (packet.sequence + 1) & 0xFFFF)
            self.faults.foreign += 1
            return None
        self._displaced = (present, self._source_heard_at) if present is not None else None
        return self._change_source(Reception(packet.ssrc, clock_rate), now)

    def _change_source(self, source: Reception, now: float) -> Reception:
        self._candidate = None
        self._last_sr = None
        self._asked_for.clear()
        if self._contested:
            self._displaced = None
        if self._rate is not None and self._reception not in (None, source):
            self._rate.begin_anew()
        self._reception, self._source_heard_at = source, now
        return source

    def _is_own(self, address: Address) -> bool:
        """True if the datagram came from this very stream: a stream whose remote is itself receives its own packets."""
        if address[1] != self.port:
            return False
        return address[0] == self._pair.address or ipaddress.ip_address(self._pair.address).is_unspecified

    def _resolve_collision(self) -> None:
        """Leave a colliding SSRC once (RFC 3550 section 8.2); one that takes the next too reflects our packets."""
        if self._moved_away:
            return
        self._moved_away = True
        self.faults.collisions += 1
        self._send_rtcp((*self._report(), Goodbye((self._ssrc,))))
        self._ssrc = self._chance.getrandbits(32)

    def _take_rtcp(self, datagram: bytes, address: Address) -> None:
        mux = self._parameters is not None and self._parameters.rtcp_mux
        if self._is_stranger(self._latch if mux else self._rtcp_latch, address):
            self.faults.foreign += 1
            return
        plain = self._unprotected(datagram, address, rtcp=True)
        if plain is None:
            return
        packets = parse_compound(plain)
        with self._lock:
            if self._parameters is None:
                self.faults.early += 1
                return
            now = self._time.now()
            if not self._are_from_far_end(self._parameters, packets, address, now):
                self.faults.foreign += 1
                return
            self._heard_at = now
            self._latch.stay(now)
            for packet in packets:
                self._on_rtcp(packet, self._parameters.clock_rate)
        if self._on_keyframe_request is not None and any(map(self._is_keyframe_request, packets)):
            self._on_keyframe_request()

    def _are_from_far_end(
        self, parameters: StreamParameters, packets: tuple[RtcpPacket, ...], address: Address, now: float
    ) -> bool:
        """True if the far end has sent these reports: they come from where its description says or, while nothing comes
        from there, from a likely address and with the number of the source that is heard.
        """
        if parameters.security is not None:
            return True
        if parameters.rtcp_mux:
            return self._latch.believes(address, now)
        if self._rtcp_latch.believes(address, now):
            return True
        heard = self._reception.ssrc if self._reception is not None else None
        senders = [each.ssrc for each in packets if isinstance(each, SenderReport | ReceiverReport)]
        if heard not in senders or not self._rtcp_latch.may_learn(address, now):
            return False
        self._rtcp_latch.learn(address, now)
        return True

    def _is_keyframe_request(self, packet: RtcpPacket) -> bool:
        """True for a PLI or FIR that is for what we send."""
        match packet:
            case PictureLossIndication(media=media):
                return media == self._ssrc
            case FullIntraRequest(entries=entries):
                return any(ssrc == self._ssrc for ssrc, _ in entries)
            case _:
                return False

    def _on_rtcp(self, packet: RtcpPacket, clock_rate: int) -> None:
        now = self._time.now()
        match packet:
            case SenderReport():
                if self._reception is not None and packet.ssrc == self._reception.ssrc:
                    self._last_sr = (packet.ntp >> 16 & 0xFFFF_FFFF, now)
                self._on_report_blocks(packet.blocks, clock_rate, now)
            case ReceiverReport():
                self._on_report_blocks(packet.blocks, clock_rate, now)
            case GenericNack() if packet.media == self._ssrc and self._parameters is not None:
                self._resend(packet.sequences, now)
            case Tmmbr() | Tmmbn() | Remb():
                if self._rate is not None:
                    answer = self._rate.on_feedback(packet, self._ssrc)
                    if answer is not None:
                        self._send_feedback(answer)
                    self._spread_rates(self._rate, now)
            case GenericNack() | PictureLossIndication() | FullIntraRequest():
                pass  # of another stream, or answered without the lock
            case SourceDescription() | Goodbye():
                pass  # who speaks and when it ends is the signalling's to say

    def _resend(self, sequences: Sequence[int], now: float) -> None:
        datagrams = self._retransmission.wanted(sequences, now, self.round_trip_s)
        if datagrams:
            self._pacing.put(datagrams, now, spread_s(sum(map(len, datagrams)), self._retransmission.kbps))
            self._send_due(now)

    def _on_report_blocks(self, blocks: tuple[ReportBlock, ...], clock_rate: int, now: float) -> None:
        for block in blocks:
            if block.ssrc == self._ssrc:
                self._transmission.take_report(block, clock_rate, self._time.ntp_middle(now))
                if self._rate is not None:
                    rtt_ms = self._transmission.rtt_ms if block.last_sr else None
                    round_trip_s = rtt_ms / 1000 if rtt_ms is not None else None
                    self._rate.take_report(block.fraction_lost / 256, round_trip_s, now)
                    self._spread_rates(self._rate, now)

    def _report(self) -> tuple[RtcpPacket, ...]:
        now = self._time.now()
        blocks = () if self._reception is None else (self._reception.block(*self._sr_reference(now)),)
        names = SourceDescription(((self._ssrc, self._cname),))
        if self._last_sent is None or self._parameters is None:
            return ReceiverReport(self._ssrc, blocks), names
        timestamp, sent_at = self._last_sent
        elapsed = int((now - sent_at) * self._parameters.clock_rate)
        report = SenderReport(
            ssrc=self._ssrc,
            ntp=self._time.ntp(now),
            rtp_timestamp=(timestamp + elapsed) & 0xFFFF_FFFF,
            packets=self._transmission.packets & 0xFFFF_FFFF,
            octets=self._transmission.bytes & 0xFFFF_FFFF,
            blocks=blocks,
        )
        return report, names

    def _sr_reference(self, now: float) -> tuple[int, int]:
        """LSR and DLSR of a report block (section 6.4.1)."""
        if self._last_sr is None:
            return 0, 0
        middle, at = self._last_sr
        return middle, int((now - at) * 65536) & 0xFFFF_FFFF

    def _send_feedback(self, feedback: RtcpPacket) -> None:
        """Send feedback in a compound packet (RFC 4585 section 3.5), whose report is empty: none is counted twice."""
        if not self._closed:
            names = SourceDescription(((self._ssrc, self._cname),))
            self._send_rtcp((ReceiverReport(self._ssrc), names, feedback))

    def _send_rtcp(self, packets: tuple[RtcpPacket, ...]) -> None:
        parameters = self._parameters
        if parameters is None:
            return
        datagram = self._protected(pack_compound(packets), rtcp=True)
        if datagram is None:
            return
        if parameters.rtcp_mux:
            self._sendto(self._pair.rtp, datagram, parameters.remote)
        else:
            self._sendto(self._pair.rtcp, datagram, parameters.remote_rtcp)

    def _protected(self, datagram: bytes, *, rtcp: bool) -> bytes | None:
        """The datagram as it may be sent; `None` when it may not be."""
        security = self._parameters.security if self._parameters is not None else None
        if security is None:
            return datagram
        try:
            return security.protect(datagram, rtcp=rtcp)
        except ValueError:
            self.faults.unsent += 1
            return None

    def _unprotected(self, datagram: bytes, address: Address, *, rtcp: bool) -> bytes | None:
        """The plain packet; `None` when it was none. Raises `NotTrusted` or `NoKeys`.

        A key exchange has nothing that protects it, so strangers could break it: it is only had with the address that
        the signalling named.
        """
        parameters = self._parameters
        if parameters is None or parameters.security is None:
            return datagram
        if is_handshake(datagram) and not _is_at(
            address, parameters.remote_rtcp if rtcp else parameters.remote
        ):
            self.faults.foreign += 1
            return None
        return parameters.security.unprotect(datagram, rtcp=rtcp)

    def _send_handshake(self, datagram: bytes, *, rtcp: bool) -> None:
        parameters = self._parameters
        if parameters is not None and not self._closed:
            source = self._pair.rtcp if rtcp else self._pair.rtp
            self._sendto(source, datagram, parameters.remote_rtcp if rtcp else parameters.remote)

    def _sendto(self, source: socket.socket, datagram: bytes, remote: Address) -> bool:
        if remote[1] == 0 or ipaddress.ip_address(remote[0]).is_unspecified:
            return False
        with contextlib.suppress(OSError):
            source.sendto(datagram, remote)
            return True
        self.faults.unsent += 1
        return False


def _is_at(address: Address, expected: Address) -> bool:
    host = ipaddress.ip_address(address[0].partition("%")[0])
    return address[1] == expected[1] and host == ipaddress.ip_address(expected[0])
