"""The video lines of a description: what we offer, and what the far end's words allow us to send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from videobar.codecs.registry import video_format
from videobar.media.video.coding import EncoderSettings
from videobar.media.video.ladder import FULL_HD_KBPS, LADDER
from videobar.media.video.receive_limit import NOTHING_AGREED, ReceiveLimits
from videobar.rtp.access_unit import PAYLOAD_SIZE
from videobar.rtp.parameters import Address
from videobar.rtp.security import StreamSecurity
from videobar.sip.sdp.description import Attribute
from videobar.sip.sdp.rtp_line import MediaFormat, NegotiatedMedia, RtpLine, feedback_of
from videobar.vocabulary import StreamDirection

VIDEO_CLOCK: Final = 90_000
NACK: Final = "nack"
PLI: Final = "nack pli"
FIR: Final = "ccm fir"
TMMBR: Final = "ccm tmmbr"
REMB: Final = "goog-remb"
FEEDBACK: Final = (NACK, PLI, FIR, TMMBR, REMB)
"""What we understand of RTCP feedback (RFC 4585, RFC 5104)."""

CONSTRAINED_BASELINE: Final = "42e0"
H264_LEVELS: Final[Mapping[int, tuple[int, int, int]]] = {
    9: (1485, 99, 128),
    10: (1485, 99, 64),
    11: (3000, 396, 192),
    12: (6000, 396, 384),
    13: (11880, 396, 768),
    20: (11880, 396, 2000),
    21: (19800, 792, 4000),
    22: (20250, 1620, 4000),
    30: (40500, 1620, 10_000),
    31: (108_000, 3600, 14_000),
    32: (216_000, 5120, 20_000),
    40: (245_760, 8192, 20_000),
    41: (245_760, 8192, 50_000),
    42: (522_240, 8704, 50_000),
    50: (589_824, 22_080, 135_000),
    51: (983_040, 36_864, 240_000),
    52: (2_073_600, 36_864, 240_000),
}
"""Macroblocks a second, macroblocks in a picture, and kbit/s in Baseline, by `level_idc` (H.264 table A-1)."""
UNSAID_LEVEL: Final = 10
"""What counts where no profile-level-id is given (RFC 6184 section 8.1)."""


@dataclass(frozen=True, slots=True)
class SendLimits:
    """What the far end can take: macroblocks of 16x16 in a picture and a second, pictures a second, kbit/s."""

    macroblocks: int
    macroblocks_per_s: int
    pictures_per_s: int
    kbps: int

    def allows(self, width: int, height: int, pictures_per_s: int) -> bool:
        """Whether it can take pictures of that size so often."""
        count = macroblocks(width, height)
        # A picture may not be wider or higher than eight times as many macroblocks as its area's root (A.3.1).
        longest = (8 * self.macroblocks) ** 0.5 * 16
        return (
            count <= self.macroblocks
            and count * pictures_per_s <= self.macroblocks_per_s
            and pictures_per_s <= self.pictures_per_s
            and max(width, height) <= longest
        )


@dataclass(frozen=True, slots=True)
class VideoParameters:
    """What offer and answer have agreed on. Addresses are numeric.

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
    """Whether the far end's description says that it sends pictures."""
    limits: SendLimits
    feedback: frozenset[str]
    security: StreamSecurity | None = None
    signalling_host: str = ""
    """Numeric address that the far end speaks SIP from."""
    receive_limits: ReceiveLimits = NOTHING_AGREED
    """What we have said we can take."""


class VideoLine(RtpLine):
    """Our side of a video line."""

    def answered_format(self, ours: MediaFormat, theirs: MediaFormat) -> MediaFormat:
        """With the offer's payload type, and H.264 with its profile, as RFC 6184 section 8.2.2 wants it both ways; with
        its level, too, where that is lower than ours and the offer does not allow levels to differ.
        """
        answered = replace(ours, payload_type=theirs.payload_type)
        offered = theirs.parameter("profile-level-id") or ""
        own = ours.parameter("profile-level-id") or ""
        if theirs.encoding.lower() != "h264" or len(offered) != len(own):
            return answered
        is_bound = theirs.parameter("level-asymmetry-allowed") != "1" and _level(theirs) < _level(ours)
        said = offered if is_bound else offered[:4] + own[4:]
        return replace(answered, fmtp=answered.fmtp.replace(own, said, 1))


def video_line(
    port: int, *, codecs: Sequence[str], kbps: int, attributes: Sequence[Attribute] = ()
) -> VideoLine:
    """A line for video at `kbps` at most; `codecs` are `h264` and `vp8` in the order of our preference."""
    return VideoLine(
        "video",
        port,
        video_formats(codecs, kbps),
        bandwidth=kbps,
        feedback=FEEDBACK,
        attributes=attributes,
    )


def video_formats(codecs: Sequence[str], kbps: int) -> tuple[MediaFormat, ...]:
    """What can be received: H.264 in packetization mode 1 and 0, VP8; sizes as the rate is good for."""
    level = "28" if kbps >= FULL_HD_KBPS else "1f"
    largest = H264_LEVELS[int(level, 16)][1]
    profile = f"profile-level-id={CONSTRAINED_BASELINE}{level};level-asymmetry-allowed=1"
    formats = {
        "h264": (
            MediaFormat("H264", VIDEO_CLOCK, 1, 103, f"{profile};packetization-mode=1"),
            MediaFormat("H264", VIDEO_CLOCK, 1, 104, profile),
        ),
        "vp8": (MediaFormat("VP8", VIDEO_CLOCK, 1, 105, f"max-fr=30;max-fs={largest}"),),
    }
    return tuple(each for codec in codecs for each in formats[codec])


def video_parameters(
    chosen: NegotiatedMedia, kbps: int, security: StreamSecurity | None = None
) -> VideoParameters:
    """What a leg must know of an agreed line that may send `kbps`, less where the far end says so."""
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
    """What we take in the formats that we have named: as much as the largest of them."""
    each = [send_limits(format_, 0) for format_ in ours]
    return ReceiveLimits(
        max((limits.macroblocks for limits in each), default=0),
        max((limits.macroblocks_per_s for limits in each), default=0),
    )


def send_limits(far_format: MediaFormat, kbps: int) -> SendLimits:
    """What a far end takes in the format that it names (RFC 6184 section 8.1, RFC 7741 section 6.1)."""
    most_pictures = min(30, _number(far_format, "max-fr") or 30)
    size = _number(far_format, "max-fs")
    if far_format.encoding.lower() != "h264":
        count = size or H264_LEVELS[31][1]
        return SendLimits(count, count * most_pictures, most_pictures, kbps)
    per_s, count, most_kbps = H264_LEVELS.get(_level(far_format), H264_LEVELS[UNSAID_LEVEL])
    return SendLimits(
        max(count, size or 0),
        max(per_s, _number(far_format, "max-mbps") or 0),
        most_pictures,
        min(kbps, max(most_kbps, _number(far_format, "max-br") or 0)),
    )


def encoder_settings(
    parameters: VideoParameters, largest: tuple[int, int] = (1920, 1080), most_pictures: int = 30
) -> EncoderSettings:
    """What to send: the best of the ladder that the rate is good for, the far end can take, and `largest` holds."""
    limits = parameters.limits
    width, height, pictures = LADDER[-1][1:]
    for kbps, each_width, each_height, each_pictures in LADDER:
        rate = min(each_pictures, most_pictures, limits.pictures_per_s)
        fits = each_width <= largest[0] and each_height <= largest[1]
        if limits.kbps >= kbps and fits and limits.allows(each_width, each_height, rate):
            width, height, pictures = each_width, each_height, rate
            break
    whole_units = parameters.codec.lower() == "h264" and parameters.mode == 0
    return EncoderSettings(
        video_format(parameters.codec),
        width,
        height,
        pictures,
        max(32, limits.kbps),
        PAYLOAD_SIZE if whole_units else None,
    )


def macroblocks(width: int, height: int) -> int:
    """Blocks of 16x16 that cover a picture."""
    return -(-width // 16) * -(-height // 16)


def _level(format_: MediaFormat) -> int:
    """`level_idc` of a profile-level-id, level 1b as 9."""
    text = format_.parameter("profile-level-id") or ""
    try:
        profile, constraints, level = bytes.fromhex(text)
    except ValueError:
        return UNSAID_LEVEL
    return 9 if level == 11 and constraints & 0x10 and profile in (66, 77, 88) else level


def _number(format_: MediaFormat, name: str) -> int | None:
    text = format_.parameter(name) or ""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 8 else None
