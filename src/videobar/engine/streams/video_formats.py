"""The video lines of a description: what we offer, and what the far end's words allow us to send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from videobar.codecs.limits import SendLimits
from videobar.codecs.registry import VIDEO_FORMATS, video_format
from videobar.media.video.coding import EncoderSettings
from videobar.media.video.ladder import LADDER
from videobar.media.video.receive_limit import NOTHING_AGREED, ReceiveLimits
from videobar.rtp.parameters import Address
from videobar.rtp.security import StreamSecurity
from videobar.sip.sdp.description import Attribute
from videobar.sip.sdp.rtp_line import MediaFormat, NegotiatedMedia, RtpLine, feedback_of
from videobar.vocabulary import StreamDirection

NACK: Final = "nack"
PLI: Final = "nack pli"
FIR: Final = "ccm fir"
TMMBR: Final = "ccm tmmbr"
REMB: Final = "goog-remb"
FEEDBACK: Final = (NACK, PLI, FIR, TMMBR, REMB)
"""RTCP feedback that we understand (RFC 4585, RFC 5104)."""


@dataclass(frozen=True, slots=True)
class VideoParameters:
    """Parameters of video that offer and answer have agreed on. Addresses are numeric.

    `receives` names the codec by payload type. `mode` is H.264's packetization mode. `feedback` is what the far end
    understands of `FEEDBACK`.
    """

    codec: str
    mode: int
    send_payload_type: int
    receives: Mapping[int, str]
    remote: Address
    remote_rtcp: Address
    rtcp_mux: bool
    direction: StreamDirection
    far_sends: bool
    """True if the far end's description sends pictures."""
    limits: SendLimits
    feedback: frozenset[str]
    security: StreamSecurity | None = None
    signalling_host: str = ""
    """Numeric address that the far end speaks SIP from."""
    receive_limits: ReceiveLimits = NOTHING_AGREED
    """Receive limits that we have announced."""


class VideoTerms(RtpLine):
    """Our side of a video line."""

    def answered_format(self, ours: MediaFormat, theirs: MediaFormat) -> MediaFormat:
        """Format as its codec answers, with the offer's payload type."""
        return video_format(ours.encoding).answered(replace(ours, payload_type=theirs.payload_type), theirs)


def video_line(
    port: int, *, codecs: Sequence[str], kbps: int, attributes: Sequence[Attribute] = ()
) -> VideoTerms:
    """A line for video at `kbps` at most; `codecs` are `h264` and `vp8` in the order of our preference."""
    return VideoTerms(
        "video",
        port,
        video_formats(codecs, kbps),
        bandwidth=kbps,
        feedback=FEEDBACK,
        attributes=attributes,
    )


def video_formats(codecs: Sequence[str], kbps: int) -> tuple[MediaFormat, ...]:
    """SDP formats that can be received, with sizes as the rate is good for."""
    return tuple(each for codec in codecs for each in VIDEO_FORMATS[codec].offers(kbps))


def video_parameters(
    chosen: NegotiatedMedia, kbps: int, security: StreamSecurity | None = None
) -> VideoParameters:
    """Parameters of an agreed line that may send `kbps`, less where the far end asks for less."""
    rate = min(kbps, chosen.bandwidth) if chosen.bandwidth else kbps
    return VideoParameters(
        codec=chosen.format.encoding,
        mode=1 if chosen.format.parameter("packetization-mode") == "1" else 0,
        send_payload_type=chosen.payload_type_send,
        receives={each.payload_type: each.encoding for each in chosen.receivable},
        remote=(chosen.remote_address, chosen.remote_port),
        remote_rtcp=(chosen.remote_rtcp_address, chosen.remote_rtcp_port),
        rtcp_mux=chosen.rtcp_mux,
        direction=chosen.direction,
        far_sends=chosen.far_sends,
        limits=send_limits(chosen.format, rate),
        feedback=frozenset(feedback_of(chosen.theirs)) & frozenset(FEEDBACK),
        security=security,
        signalling_host=chosen.signalling_host,
        receive_limits=receive_limits(chosen.receivable),
    )


def receive_limits(ours: Iterable[MediaFormat]) -> ReceiveLimits:
    """Receive limits: what we take in the formats that we have named: as much as the largest of them."""
    each = [send_limits(format_, 0) for format_ in ours]
    return ReceiveLimits(
        max((limits.macroblocks for limits in each), default=0),
        max((limits.macroblocks_per_s for limits in each), default=0),
    )


def send_limits(far_format: MediaFormat, kbps: int) -> SendLimits:
    """Send limits: what a far end takes in the format that it names."""
    return video_format(far_format.encoding).limits(far_format, kbps)


def encoder_settings(
    parameters: VideoParameters, largest: tuple[int, int] = (1920, 1080), most_pictures: int = 30
) -> EncoderSettings:
    """Encoder settings: the best of the ladder that the rate is good for, the far end can take, and `largest` holds."""
    limits = parameters.limits
    width, height, pictures = LADDER[-1][1:]
    for kbps, each_width, each_height, each_pictures in LADDER:
        rate = min(each_pictures, most_pictures, limits.pictures_per_s)
        fits = each_width <= largest[0] and each_height <= largest[1]
        if limits.kbps >= kbps and fits and limits.allows(each_width, each_height, rate):
            width, height, pictures = each_width, each_height, rate
            break
    codec = video_format(parameters.codec)
    return EncoderSettings(
        codec,
        width,
        height,
        pictures,
        max(32, limits.kbps),
        codec.largest_slice(parameters.mode),
    )
