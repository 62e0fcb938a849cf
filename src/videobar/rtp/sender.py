"""Sending side of an RTP stream: everything that leaves its port pair."""

from __future__ import annotations

import contextlib
import ipaddress
import random
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from videobar.rtp.io import MediaTime
from videobar.rtp.packet import RtpPacket
from videobar.rtp.parameters import Address, StreamParameters
from videobar.rtp.ports import PortPair
from videobar.rtp.rate.pacing import Pacing, spread_s
from videobar.rtp.rate.rate_control import RateControl
from videobar.rtp.rate.retransmission import RetransmissionBuffer
from videobar.rtp.rtcp import ReceiverReport, ReportBlock, RtcpPacket, SenderReport, pack_compound
from videobar.rtp.statistics import DiscardCounts, Transmission


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """A packet of a picture that waits for its turn."""

    payload_type: int
    timestamp: int
    payload: bytes
    marker: bool


class RtpSender:
    """RTP sender: numbers, protects, paces and counts the packets of one SSRC, and sends RTCP and key exchanges.

    Not thread-safe, except for `send_handshake`; times are monotonic seconds. No method raises for what the network
    does: what the operating system or the keys do not let through is counted in `faults`.
    """

    def __init__(
        self,
        pair: PortPair,
        time: MediaTime,
        faults: DiscardCounts,
        rate: RateControl | None,
        chance: random.Random,
        resendable: int,
    ) -> None:
        self.transmission = Transmission()
        self._pair = pair
        self._time = time
        self._faults = faults
        self._rate = rate
        self._chance = chance
        self._retransmission = RetransmissionBuffer(resendable)
        self._pacing: Pacing[_Outgoing | bytes] = Pacing()
        """Packets that are sent, and whole datagrams that are sent again."""
        self._ssrc = chance.getrandbits(32)
        self._sequence = chance.getrandbits(15)  # far from wrapping, as RFC 3711 advises
        self._last_sent: tuple[int, float] | None = None

    @property
    def ssrc(self) -> int:
        """SSRC of the packets."""
        return self._ssrc

    @property
    def due(self) -> float:
        """Time of the next call of `send_due`; infinity while nothing waits."""
        return self._pacing.due

    def configure(self, parameters: StreamParameters) -> None:
        """Begin, or go on with other parameters; what waits is dropped where nothing may be sent."""
        self.limit(parameters.kbps)
        if not parameters.direction.sends:
            self.clear()

    def clear(self) -> None:
        """Drop what waits."""
        self._pacing.clear()

    def limit(self, kbps: float | None) -> None:
        """Set the rate of the whole stream; `None` where it is not known."""
        self._retransmission.kbps = kbps

    def change_ssrc(self) -> None:
        """Take another SSRC for what is sent from now on."""
        self._ssrc = self._chance.getrandbits(32)

    def send(
        self, parameters: StreamParameters, payload_type: int, timestamp: int, payload: bytes, *, marker: bool
    ) -> None:
        """Send one packet now."""
        packet = RtpPacket(payload_type, self._sequence, timestamp & 0xFFFF_FFFF, self._ssrc, payload, marker)
        datagram = self._protected(parameters, packet.pack(), rtcp=False)
        if datagram is None or not self._sendto(self._pair.rtp, datagram, parameters.remote):
            return
        now = self._time.now()
        self._retransmission.keep(self._sequence, datagram, now)
        if self._rate is not None:
            self._rate.record(datagram, now)
        self._sequence = (self._sequence + 1) & 0xFFFF
        if self._last_sent is None or self._last_sent[0] != packet.timestamp:
            self._last_sent = (packet.timestamp, now)  # later packets of a picture do not make it later
        self.transmission.record(len(payload), now)

    def send_picture(
        self, parameters: StreamParameters, payload_type: int, timestamp: int, payloads: Sequence[bytes]
    ) -> None:
        """Send the packets of a picture, the first few now and the rest when they are due; the last has the marker."""
        last = len(payloads) - 1
        packets = [
            _Outgoing(payload_type, timestamp, each, marker=at == last) for at, each in enumerate(payloads)
        ]
        now = self._time.now()
        self._pacing.put(packets, now, spread_s(sum(map(len, payloads)), self._retransmission.kbps))
        self.send_due(parameters, now)

    def send_again(self, parameters: StreamParameters, sequences: Sequence[int], now: float) -> None:
        """Send packets that the far end asks for, as far as they are kept and may be sent again, like a picture."""
        datagrams = self._retransmission.wanted(sequences, now, self.transmission.round_trip_s)
        if datagrams:
            self._pacing.put(datagrams, now, spread_s(sum(map(len, datagrams)), self._retransmission.kbps))
            self.send_due(parameters, now)

    def send_due(self, parameters: StreamParameters, now: float) -> None:
        """Send what is due of pictures, and of what is sent again."""
        for each in self._pacing.take(now):
            if isinstance(each, _Outgoing):
                self.send(parameters, each.payload_type, each.timestamp, each.payload, marker=each.marker)
            elif self._sendto(self._pair.rtp, each, parameters.remote) and self._rate is not None:
                self._rate.record(each, now, resent=True)

    def report(
        self, parameters: StreamParameters, blocks: tuple[ReportBlock, ...], now: float
    ) -> SenderReport | ReceiverReport:
        """Sender report, or a receiver report while nothing has been sent (RFC 3550 section 6.4)."""
        if self._last_sent is None:
            return ReceiverReport(self._ssrc, blocks)
        timestamp, sent_at = self._last_sent
        elapsed = int((now - sent_at) * parameters.clock_rate)
        return SenderReport(
            ssrc=self._ssrc,
            ntp=self._time.ntp(now),
            rtp_timestamp=(timestamp + elapsed) & 0xFFFF_FFFF,
            packets=self.transmission.packets & 0xFFFF_FFFF,
            octets=self.transmission.bytes & 0xFFFF_FFFF,
            blocks=blocks,
        )

    def send_rtcp(self, parameters: StreamParameters, packets: tuple[RtcpPacket, ...]) -> None:
        """Send a compound packet, from the RTP port where both are multiplexed (RFC 5761)."""
        datagram = self._protected(parameters, pack_compound(packets), rtcp=True)
        if datagram is None:
            return
        if parameters.rtcp_mux:
            self._sendto(self._pair.rtp, datagram, parameters.remote)
        else:
            self._sendto(self._pair.rtcp, datagram, parameters.remote_rtcp)

    def send_handshake(self, parameters: StreamParameters, datagram: bytes, *, rtcp: bool) -> None:
        """Send a datagram of a key exchange as it is."""
        source = self._pair.rtcp if rtcp else self._pair.rtp
        self._sendto(source, datagram, parameters.remote_rtcp if rtcp else parameters.remote)

    def _protected(self, parameters: StreamParameters, datagram: bytes, *, rtcp: bool) -> bytes | None:
        """The datagram as it may be sent; `None` when it may not be."""
        if parameters.security is None:
            return datagram
        try:
            return parameters.security.protect(datagram, rtcp=rtcp)
        except ValueError:
            self._faults.unsent += 1
            return None

    def _sendto(self, source: socket.socket, datagram: bytes, remote: Address) -> bool:
        if remote[1] == 0 or ipaddress.ip_address(remote[0]).is_unspecified:
            return False
        with contextlib.suppress(OSError):
            source.sendto(datagram, remote)
            return True
        self._faults.unsent += 1
        return False
