"""RTCP exchange of an RTP stream: reports, feedback, and the rates that follow from them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from videobar.rtp.io import MediaTime
from videobar.rtp.parameters import StreamParameters
from videobar.rtp.rate.rate_control import RateControl
from videobar.rtp.receiver import RtpReceiver
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
)
from videobar.rtp.sender import RtpSender

_REPORT_INTERVAL_S: Final = 5.0
_RATED_REPORT_INTERVAL_S: Final = 1.0
"""Report interval of a stream whose rate follows reports; still a small part of its rate (RFC 3550 section 6.2)."""
_RECONSIDERATION: Final = 1.21828
"""e less 3/2: what the randomised interval is divided by (RFC 3550 section 6.3.1)."""
_FIRST_REPORT_S: Final = (0.3, 0.8)


class RtcpExchange:
    """RTCP exchange: reports for the sender and the receiver of a stream, and feedback both ways.

    Not thread-safe, except for `is_keyframe_request`; times are monotonic seconds.
    """

    def __init__(
        self,
        cname: str,
        time: MediaTime,
        sender: RtpSender,
        receiver: RtpReceiver,
        rate: RateControl | None,
        chance: random.Random,
    ) -> None:
        self.allowed_kbps = float("inf")
        """Rate that payloads may take, as far as is known."""
        self._cname = cname
        self._time = time
        self._sender = sender
        self._receiver = receiver
        self._rate = rate
        self._chance = chance
        self._keyframe_requests = 0
        self._report_due = float("inf")

    @property
    def due(self) -> float:
        """Time of the next call of `on_due`."""
        return self._report_due if self._rate is None else min(self._report_due, self._rate.due)

    def configure(self, before: StreamParameters | None, parameters: StreamParameters, now: float) -> None:
        """Begin, or go on with other parameters than `before`."""
        if self._rate is not None:
            self._rate.configure(parameters.clock_rate, parameters.kbps, parameters.rate_feedback, now)
            self._spread_rates(self._rate, now)
        if before is None:
            self._report_due = now + self._chance.uniform(*_FIRST_REPORT_S)

    def on_due(self, parameters: StreamParameters | None, now: float) -> None:
        """Send what is due, and choose the time of the next report. Without parameters nothing is sent."""
        if self._rate is not None and self._rate.due <= now:
            feedback = self._rate.look(now, self._sender.ssrc, self._receiver.ssrc)
            if feedback is not None and parameters is not None:
                self._send_feedback(parameters, feedback)
            self._spread_rates(self._rate, now)
        if self._report_due > now:
            return
        interval_s = _REPORT_INTERVAL_S if self._rate is None else _RATED_REPORT_INTERVAL_S
        self._report_due = now + interval_s * self._chance.uniform(0.5, 1.5) / _RECONSIDERATION
        if parameters is not None:
            self.send_report(parameters)

    def send_report(self, parameters: StreamParameters) -> None:
        """Send a report now, out of turn."""
        self._sender.send_rtcp(parameters, self._report(parameters))

    def send_goodbye(self, parameters: StreamParameters) -> None:
        """BYE: tell the far end, after a last report, that this SSRC ends (RFC 3550 section 6.6)."""
        self._sender.send_rtcp(parameters, (*self._report(parameters), Goodbye((self._sender.ssrc,))))

    def send_nack(self, parameters: StreamParameters, sequences: Sequence[int]) -> None:
        """Generic NACK: ask the source that is heard for packets (RFC 4585 section 6.2.1)."""
        theirs = self._receiver.ssrc
        if theirs is not None and sequences:
            self._receiver.expect_again(sequences)
            self._send_feedback(parameters, GenericNack(self._sender.ssrc, theirs, tuple(sequences)))

    def send_pli(self, parameters: StreamParameters) -> None:
        """PLI: tell the source that is heard of damaged pictures (RFC 4585 section 6.3.1)."""
        theirs = self._receiver.ssrc
        if theirs is not None:
            self._send_feedback(parameters, PictureLossIndication(self._sender.ssrc, theirs))
            self._keyframe_requests += 1

    def send_fir(self, parameters: StreamParameters) -> None:
        """FIR: ask the source that is heard for a keyframe (RFC 5104 section 4.3.1)."""
        theirs = self._receiver.ssrc
        if theirs is not None:
            number = self._keyframe_requests & 0xFF
            self._send_feedback(parameters, FullIntraRequest(self._sender.ssrc, ((theirs, number),)))
            self._keyframe_requests += 1

    def is_keyframe_request(self, packet: RtcpPacket) -> bool:
        """True for a PLI or FIR that is for what we send."""
        match packet:
            case PictureLossIndication(media=media):
                return media == self._sender.ssrc
            case FullIntraRequest(entries=entries):
                return any(ssrc == self._sender.ssrc for ssrc, _ in entries)
            case _:
                return False

    def on_packet(self, parameters: StreamParameters, packet: RtcpPacket) -> None:
        """Heed a packet of the far end; requests for keyframes are left to the stream."""
        now = self._time.now()
        match packet:
            case SenderReport():
                self._receiver.take_sender_report(packet, now)
                self._on_report_blocks(packet.blocks, parameters.clock_rate, now)
            case ReceiverReport():
                self._on_report_blocks(packet.blocks, parameters.clock_rate, now)
            case GenericNack() if packet.media == self._sender.ssrc:
                self._sender.send_again(parameters, packet.sequences, now)
            case Tmmbr() | Tmmbn() | Remb():
                if self._rate is not None:
                    answer = self._rate.on_feedback(packet, self._sender.ssrc)
                    if answer is not None:
                        self._send_feedback(parameters, answer)
                    self._spread_rates(self._rate, now)
            case GenericNack() | PictureLossIndication() | FullIntraRequest():
                pass  # of another stream, or answered without the lock
            case SourceDescription() | Goodbye():
                pass  # who speaks and when it ends is the signalling's to say

    def _on_report_blocks(self, blocks: tuple[ReportBlock, ...], clock_rate: int, now: float) -> None:
        sent = self._sender.transmission
        for block in blocks:
            if block.ssrc == self._sender.ssrc:
                sent.take_report(block, clock_rate, self._time.ntp_middle(now))
                if self._rate is not None:
                    rtt_ms = sent.rtt_ms if block.last_sr else None
                    round_trip_s = rtt_ms / 1000 if rtt_ms is not None else None
                    self._rate.take_report(block.fraction_lost / 256, round_trip_s, now)
                    self._spread_rates(self._rate, now)

    def _spread_rates(self, rate: RateControl, now: float) -> None:
        """Set the rates for the encoder, for what is sent again, and for the time that pictures take."""
        self.allowed_kbps = rate.payload_kbps(now)
        self._sender.limit(rate.kbps if rate.kbps != float("inf") else None)

    def _report(self, parameters: StreamParameters) -> tuple[RtcpPacket, ...]:
        now = self._time.now()
        blocks = self._receiver.report_blocks(now)
        return self._sender.report(parameters, blocks, now), self._names()

    def _names(self) -> SourceDescription:
        return SourceDescription(((self._sender.ssrc, self._cname),))

    def _send_feedback(self, parameters: StreamParameters, feedback: RtcpPacket) -> None:
        """Send feedback in a compound packet (RFC 4585 section 3.5), whose report is empty: none is counted twice."""
        self._sender.send_rtcp(parameters, (ReceiverReport(self._sender.ssrc), self._names(), feedback))
