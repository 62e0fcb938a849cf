"""Receiving side of an RTP stream: which of what comes is the far end's, and its counters."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from videobar.rtp.io import MediaTime
from videobar.rtp.latching import Latch
from videobar.rtp.packet import RtpPacket
from videobar.rtp.parameters import Address, StreamParameters
from videobar.rtp.rate.rate_control import RateControl
from videobar.rtp.rtcp import ReceiverReport, ReportBlock, RtcpPacket, SenderReport
from videobar.rtp.security import is_handshake
from videobar.rtp.statistics import DiscardCounts, Reception

_SOURCE_SILENCE_S: Final = 1.0
"""A source that comes back within so long was not silent, and what took its place no successor of it."""
_MOST_ASKED_FOR: Final = 1024
_ASKED_FOR_S: Final = 2.0
"""A packet that comes later than this after it was asked for is another one of the same sequence number."""


@dataclass(slots=True)
class _AskedFor:
    """A packet that the far end was asked to send again."""

    at_s: float
    came: bool = False

    def is_recent(self, now: float) -> bool:
        return now - self.at_s < _ASKED_FOR_S


class RtpReceiver:
    """RTP receiver: believes one address and one source at a time, and counts what comes from it.

    Not thread-safe, except for `unprotected`; times are monotonic seconds. What is not used is counted in `faults`.
    """

    def __init__(self, local: str, time: MediaTime, faults: DiscardCounts, rate: RateControl | None) -> None:
        self._time = time
        self._faults = faults
        self._rate = rate
        self._latch, self._rtcp_latch = Latch(local), Latch(local)
        self._heard_at = time.now()
        self._reception: Reception | None = None
        self._asked_for: OrderedDict[int, _AskedFor] = OrderedDict()
        """Requested packets, by sequence number."""
        self._source_heard_at = float("-inf")
        self._displaced: tuple[Reception, float] | None = None
        """The source before the present one, and when it was heard last."""
        self._contested = False
        """True once a source has tried to take the place of one that was not silent."""
        self._candidate: tuple[int, int] | None = None
        self._last_sr: tuple[int, float] | None = None

    @property
    def reception(self) -> Reception | None:
        """Counters of the source that is believed; `None` before there is one."""
        return self._reception

    @property
    def ssrc(self) -> int | None:
        """SSRC of the source that is believed; `None` before there is one."""
        return self._reception.ssrc if self._reception is not None else None

    @property
    def heard_at(self) -> float:
        """Time of the last RTP or RTCP packet of the far end, or at which the receiver was made."""
        return self._heard_at

    def configure(self, before: StreamParameters | None, parameters: StreamParameters, now: float) -> None:
        """Begin, or go on with other parameters than `before`; counters stay."""
        self._latch.expect(parameters.remote, parameters.signalling_host, now)
        self._rtcp_latch.expect(parameters.remote_rtcp, parameters.signalling_host, now)
        self._displaced, self._contested = None, False
        if self._reception is not None:
            self._reception.clock_rate = parameters.clock_rate
            if before is not None and before.direction is not parameters.direction:
                self._reception.begin_anew()

    def is_stranger(self, parameters: StreamParameters | None, address: Address, *, rtcp: bool) -> bool:
        """True if nothing that comes from there can be the far end's; it need not be looked at then."""
        if parameters is None or parameters.security is not None:
            return False
        latch = self._rtcp_latch if rtcp and not parameters.rtcp_mux else self._latch
        return address != latch.learned and not latch.may_learn(address, self._time.now())

    def unprotected(
        self, parameters: StreamParameters | None, datagram: bytes, address: Address, *, rtcp: bool
    ) -> bytes | None:
        """The plain packet; `None` when it was none. Raises `NotTrusted` or `NoKeys`.

        A key exchange has nothing that protects it, so strangers could break it: it is only had with the address that
        the signalling named.
        """
        if parameters is None or parameters.security is None:
            return datagram
        if is_handshake(datagram) and not _is_at(
            address, parameters.remote_rtcp if rtcp else parameters.remote
        ):
            self._faults.foreign += 1
            return None
        return parameters.security.unprotect(datagram, rtcp=rtcp)

    def believes(self, parameters: StreamParameters, packet: RtpPacket, address: Address) -> bool:
        """True if the packet's address is that of the far end, which it may prove to be."""
        negotiated = parameters.is_negotiated(packet.payload_type)
        if not negotiated:
            self._faults.refused += 1
        now = self._time.now()
        if parameters.security is None and not (  # else it had the key
            self._latch.believes(address, now)
            or (negotiated and self._latch.proves(address, packet.ssrc, packet.sequence, now))
        ):
            self._faults.foreign += negotiated
            return False
        self._heard_at = now
        return True

    def take(self, parameters: StreamParameters, packet: RtpPacket) -> bool:
        """Count a packet that is believed; whether it is to be used."""
        now = self._time.now()
        negotiated = parameters.is_negotiated(packet.payload_type)
        reception = self._source_of(packet, parameters.clock_rate, now, negotiated=negotiated)
        if reception is None:
            return False
        asked = self._asked_for.get(packet.sequence)
        if asked is not None and not asked.is_recent(now):
            asked = None
        timed = negotiated and packet.payload_type not in parameters.event_types
        if self._rate is not None and timed:
            self._rate.take(packet.timestamp, len(packet.payload), now, resent=asked is not None)
        if asked is not None:
            if not asked.came:
                reception.record_resent(len(packet.payload), now)
            asked.came = True  # asked for more than once, it comes more than once
            return negotiated
        reception.record(packet.sequence, packet.timestamp if timed else None, len(packet.payload), now)
        return negotiated

    def believes_reports(
        self, parameters: StreamParameters, packets: tuple[RtcpPacket, ...], address: Address
    ) -> bool:
        """True if the far end has sent this compound packet, which shows that it is alive."""
        now = self._time.now()
        if not self._are_from_far_end(parameters, packets, address, now):
            self._faults.foreign += 1
            return False
        self._heard_at = now
        self._latch.stay(now)
        return True

    def take_sender_report(self, report: SenderReport, now: float) -> None:
        """Keep the time of a sender report, if it is of the source that is believed."""
        if report.ssrc == self.ssrc:
            self._last_sr = (report.ntp >> 16 & 0xFFFF_FFFF, now)

    def report_blocks(self, now: float) -> tuple[ReportBlock, ...]:
        """Report block about the source since the last call (RFC 3550 section 6.4.1); none without a source."""
        if self._reception is None:
            return ()
        if self._last_sr is None:
            return (self._reception.block(0, 0),)
        middle, at = self._last_sr
        return (self._reception.block(middle, int((now - at) * 65536) & 0xFFFF_FFFF),)

    def expect_again(self, sequences: Sequence[int]) -> None:
        """Note which packets the far end is asked to send again."""
        now = self._time.now()
        for sequence in sequences:
            self._asked_for[sequence] = _AskedFor(now)
            self._asked_for.move_to_end(sequence)
        while len(self._asked_for) > _MOST_ASKED_FOR:
            self._asked_for.popitem(last=False)

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
        senders = [each.ssrc for each in packets if isinstance(each, SenderReport | ReceiverReport)]
        if self.ssrc not in senders or not self._rtcp_latch.may_learn(address, now):
            return False
        self._rtcp_latch.learn(address, now)
        return True

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
            self._faults.foreign += 1
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


def _is_at(address: Address, expected: Address) -> bool:
    host = ipaddress.ip_address(address[0].partition("%")[0])
    return address[1] == expected[1] and host == ipaddress.ip_address(expected[0])
