"""One RTP stream: joins a sender, a receiver and their RTCP on a UDP port pair."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import structs

from videobar.rtp.io import RtpIo
from videobar.rtp.packet import LARGEST_DATAGRAM, MalformedPacket, RtpPacket, is_rtcp
from videobar.rtp.parameters import Address, StreamParameters
from videobar.rtp.ports import PortPair
from videobar.rtp.rate.rate_control import RateControl
from videobar.rtp.receiver import RtpReceiver
from videobar.rtp.rtcp import parse_compound
from videobar.rtp.rtcp_exchange import RtcpExchange
from videobar.rtp.security import NoKeys, NotTrusted
from videobar.rtp.sender import RtpSender
from videobar.rtp.statistics import DiscardCounts, Reception
from videobar.stream_counters import StreamCounters

_VIDEO_CLOCK: Final = 90_000
_DATAGRAMS_PER_TURN: Final = 64


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
        self._on_packet = on_packet
        self._on_keyframe_request = on_keyframe_request
        self._rate = RateControl(_VIDEO_CLOCK) if adapts else None
        self._lock = threading.Lock()
        self._parameters: StreamParameters | None = None
        self._closed = False
        self._moved_away = False
        chance = chance or random.SystemRandom()
        self._sender = RtpSender(pair, io.time, self.faults, self._rate, chance, resendable)
        self._receiver = RtpReceiver(pair.address, io.time, self.faults, self._rate)
        self._rtcp = RtcpExchange(cname, io.time, self._sender, self._receiver, self._rate, chance)
        try:
            io.add(self)
        except BaseException:
            pair.close()
            raise

    @property
    def ssrc(self) -> int:
        """SSRC of this side's packets."""
        return self._sender.ssrc

    @property
    def allowed_kbps(self) -> float:
        """Rate that payloads may take, as far as is known; infinity before it is."""
        return self._rtcp.allowed_kbps

    @property
    def round_trip_s(self) -> float | None:
        """The longest of the last reported round trips; `None` before the first report."""
        return self._sender.transmission.round_trip_s

    @property
    def is_receiving_full(self) -> bool:
        """True if what comes queues so much on its way that nothing more should be asked for."""
        return self._rate is not None and self._rate.is_receiving_full

    @property
    def silent_s(self) -> float:
        """Seconds since the last RTP or RTCP packet came, or since the stream was made."""
        return self._time.now() - self._receiver.heard_at

    def configure(self, parameters: StreamParameters) -> None:
        """Begin, or go on with other parameters; counters and SSRC stay."""
        with self._lock:
            before, self._parameters = self._parameters, parameters
            now = self._time.now()
            self._sender.configure(parameters)
            self._rtcp.configure(before, parameters, now)
            self._receiver.configure(before, parameters, now)
        if parameters.security is not None:
            parameters.security.attach(self._send_handshake)
            self._io.wake()

    def send(self, payload_type: int, timestamp: int, payload: bytes, *, marker: bool = False) -> None:
        """Send one packet; never raises for what the network does. Nothing before `configure` or after `close`."""
        with self._lock:
            parameters = self._sendable
            if parameters is not None:
                self._sender.send(parameters, payload_type, timestamp, payload, marker=marker)

    def send_picture(self, payload_type: int, timestamp: int, payloads: Sequence[bytes]) -> None:
        """Like `send`, for all packets of a picture; the last has the marker. What is beyond the first few follows in
        steps, on the thread of `io` (see `Pacing`).
        """
        with self._lock:
            parameters = self._sendable
            if parameters is None:
                return
            self._sender.send_picture(parameters, payload_type, timestamp, payloads)
            is_left = self._sender.due != float("inf")
        if is_left:
            self._io.wake()

    def statistics(self) -> tuple[StreamCounters, StreamCounters]:
        """Statistics of sending and of receiving. Cheap."""
        with self._lock:
            now = self._time.now()
            sent = self._sender.transmission
            heard = self._receiver.reception or Reception(0, 8000)
            tx, rx = sent.figures(now), heard.figures(now, sent.rtt_ms)
            security = self._parameters.security if self._parameters is not None else None
        suite = security.suite if security is not None else ""
        return structs.replace(tx, suite=suite), structs.replace(rx, suite=suite, unused=self.faults.unused)

    def send_report(self) -> None:
        """Send a report now, out of turn."""
        with self._lock:
            parameters = self._sendable
            if parameters is not None:
                self._rtcp.send_report(parameters)

    def send_nack(self, sequences: Sequence[int]) -> None:
        """Generic NACK: tell the far end which packets are missing (RFC 4585 section 6.2.1)."""
        with self._lock:
            parameters = self._sendable
            if parameters is not None:
                self._rtcp.send_nack(parameters, sequences)

    def send_pli(self) -> None:
        """PLI: tell the far end that pictures are damaged until there is a keyframe (RFC 4585 section 6.3.1)."""
        with self._lock:
            parameters = self._sendable
            if parameters is not None:
                self._rtcp.send_pli(parameters)

    def send_fir(self) -> None:
        """FIR: request a keyframe of the far end (RFC 5104 section 4.3.1)."""
        with self._lock:
            parameters = self._sendable
            if parameters is not None:
                self._rtcp.send_fir(parameters)

    def close(self) -> None:
        """Say goodbye, and give the ports back shortly after; twice is harmless."""
        with self._lock:
            if self._closed:
                return
            if self._parameters is not None:
                self._rtcp.send_goodbye(self._parameters)
            self._closed = True
            self._sender.clear()
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
        due = min(self._rtcp.due, self._sender.due)
        return due if security is None else min(due, security.due())

    def on_due(self, now: float) -> None:
        """For `RtpIo`: send what is due, or go on exchanging keys."""
        security = self._parameters.security if self._parameters is not None else None
        if security is not None and security.due() <= now:
            security.on_due(now)
        with self._lock:
            parameters = self._sendable
            if parameters is not None and self._sender.due <= now:
                self._sender.send_due(parameters, now)
            if self._rtcp.due <= now:
                self._rtcp.on_due(parameters, now)

    def release(self) -> None:
        """For `RtpIo`: close the sockets."""
        self._pair.close()

    @property
    def _sendable(self) -> StreamParameters | None:
        """Parameters while something may be sent: from `configure` to `close`."""
        return None if self._closed else self._parameters

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
        plain = self._plain(datagram, address, rtcp=False)
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
        if not self._receiver.believes(parameters, packet, address):
            return False
        if packet.ssrc == self.ssrc and not self._pair.sends_from(address):
            self._resolve_collision(parameters)
        return self._receiver.take(parameters, packet)

    def _plain(self, datagram: bytes, address: Address, *, rtcp: bool) -> bytes | None:
        """The plain packet; `None` when it was none, or comes from a stranger. Raises `NotTrusted` or `NoKeys`."""
        with self._lock:
            parameters = self._parameters
            is_stranger = self._receiver.is_stranger(parameters, address, rtcp=rtcp)
        if is_stranger:
            self.faults.foreign += 1
            return None
        return self._receiver.unprotected(parameters, datagram, address, rtcp=rtcp)

    def _resolve_collision(self, parameters: StreamParameters) -> None:
        """Leave a colliding SSRC once (RFC 3550 section 8.2); one that takes the next too reflects our packets."""
        if self._moved_away:
            return
        self._moved_away = True
        self.faults.collisions += 1
        self._rtcp.send_goodbye(parameters)
        self._sender.change_ssrc()

    def _take_rtcp(self, datagram: bytes, address: Address) -> None:
        plain = self._plain(datagram, address, rtcp=True)
        if plain is None:
            return
        packets = parse_compound(plain)
        with self._lock:
            parameters = self._sendable
            if parameters is None:
                self.faults.early += not self._closed
                return
            if not self._receiver.believes_reports(parameters, packets, address):
                return
            for packet in packets:
                self._rtcp.on_packet(parameters, packet)
        if self._on_keyframe_request is not None and any(map(self._rtcp.is_keyframe_request, packets)):
            self._on_keyframe_request()

    def _send_handshake(self, datagram: bytes, *, rtcp: bool) -> None:
        parameters = self._sendable
        if parameters is not None:
            self._sender.send_handshake(parameters, datagram, rtcp=rtcp)
