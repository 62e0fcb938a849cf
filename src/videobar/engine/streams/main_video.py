"""The main video of one call: its line in the description, its stream, and what the room hears of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from videobar.codecs.registry import video_format
from videobar.engine.call.description import Agreement, CallDescription
from videobar.engine.call.keying import LineKeying, security_of
from videobar.engine.mixing.video_router import PictureRouting
from videobar.engine.streams.video import StreamFigures, VideoLeg
from videobar.engine.streams.video_formats import video_line, video_parameters
from videobar.room.calls.port import LegId, StreamStatistics
from videobar.rtp.io import RtpIo
from videobar.rtp.ports import PortRange
from videobar.sip.sdp.description import MediaRole
from videobar.sip.sdp.rtp_line import NegotiatedMedia
from videobar.vocabulary import MediaDirection, MediaType

LEAST_RATE_KBPS = 64
"""Below that, pictures are not worth while."""
FAST_UPDATE = (
    "application/media_control+xml",
    b"<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>",
)
"""How a keyframe is asked for by signalling, where RTCP feedback was not agreed on (RFC 5168)."""


class VideoCapacity:
    """How many calls may have video at a time."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.used = 0

    def take(self) -> bool:
        """One more, if there is room."""
        if self.used >= self.most:
            return False
        self.used += 1
        return True

    def give_back(self) -> None:
        """One less."""
        self.used -= 1


@dataclass(frozen=True)
class VideoMedia:
    """What the video of all calls shares. `codecs` are in order of preference; none of them means no video."""

    routing: PictureRouting
    capacity: VideoCapacity
    codecs: tuple[str, ...]


class CallVideo:
    """The main video of one call, whose sockets exist while it is open. Belongs to the event loop.

    `level` tells how loud the far end is, in dBFS. `ask_by_signalling` is called on any thread.
    """

    def __init__(
        self,
        name: LegId,
        media: VideoMedia,
        io: RtpIo,
        ports: PortRange,
        *,
        level: Callable[[], float],
        ask_by_signalling: Callable[[], None],
    ) -> None:
        self._name = name
        self._media = media
        self._io = io
        self._ports = ports
        self._level = level
        self._ask_by_signalling = ask_by_signalling
        self._leg: VideoLeg | None = None
        self._kbps = 0
        """What pictures may take of the call, for our part."""
        self._agreed_kbps = 0
        """The same for both sides."""
        self._left_kbps = 0
        """What is left to other pictures of the call."""
        self._chosen: NegotiatedMedia | None = None
        self.flowing = False
        """Whether there is a video stream in at least one direction, or one that is only held."""

    @property
    def far_muted(self) -> bool:
        """Whether the far end shows nothing, though there is video."""
        return self._leg is not None and self.flowing and self._leg.far_muted

    @property
    def far_locked(self) -> bool:
        """Whether the far end cannot show anything before the call is changed."""
        return self._leg is not None and self.flowing and self._leg.far_locked

    def open(
        self, description: CallDescription, address: str, kbps: int, security: Callable[[], LineKeying]
    ) -> bool:
        """Have a line in our descriptions from now on, if there is room for it, at a rate that is worth while."""
        if self._leg is not None:
            return True
        if not self._media.codecs or kbps < LEAST_RATE_KBPS or not self._media.capacity.take():
            return False
        try:
            cname = f"{random.getrandbits(48):012x}"
            self._leg = VideoLeg(self._io, self._ports, address, cname, self._ask_by_signalling)
        except OSError:
            self._media.capacity.give_back()
            return False
        self._kbps = kbps
        line = video_line(self._leg.port, codecs=self._media.codecs, kbps=kbps)
        line.security = security()
        description.lines[MediaRole.VIDEO_MAIN] = line
        return True

    def agree(self, agreement: Agreement, description: CallDescription) -> None:
        """Let pictures flow as agreed, or end that where nothing was agreed on. Raises `ValueError`."""
        chosen = agreement.lines.get(MediaRole.VIDEO_MAIN)
        if self._leg is None:
            return
        if chosen is None:
            self.close()
            description.lines.pop(MediaRole.VIDEO_MAIN, None)
            return
        self._agreed_kbps = agreement.video_kbps(self._kbps)
        self._apply(self._leg, chosen)
        self._chosen = chosen
        self.flowing = True

    def leave(self, kbps: int) -> None:
        """Send so much less than what the call may take, because something else is sent besides."""
        self._left_kbps = kbps
        if self._leg is not None and self._chosen is not None:
            self._apply(self._leg, self._chosen)

    def _apply(self, leg: VideoLeg, chosen: NegotiatedMedia) -> None:
        kbps = max(LEAST_RATE_KBPS, self._agreed_kbps - self._left_kbps)
        leg.apply(video_parameters(chosen, kbps, security_of(chosen)))
        self._media.routing.add(self._name, leg, self._level)

    def request_keyframe(self) -> None:
        """The far end asks for a keyframe by signalling."""
        if self._leg is not None and self._leg.encoding is not None:
            self._leg.encoding.request_keyframe()

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """Video sent and video received."""
        if self._leg is None or not self.flowing:
            return ()
        figures = self._leg.statistics()
        return (
            video_row(MediaType.VIDEO, MediaDirection.TX, figures.sent),
            video_row(MediaType.VIDEO, MediaDirection.RX, figures.received, figures.refused),
        )

    def close(self) -> None:
        """Let go of sockets and codecs; twice is harmless."""
        leg, self._leg = self._leg, None
        self._chosen = None
        self.flowing = False
        if leg is not None:
            self._media.routing.remove(self._name)
            leg.close()
            self._media.capacity.give_back()


def video_row(
    media: MediaType, direction: MediaDirection, figures: StreamFigures, refused: str = ""
) -> StreamStatistics:
    """The statistics of a stream of pictures, main or content; `refused` says why they are not shown."""
    counted = figures.counted
    return StreamStatistics(
        media=media,
        direction=direction,
        codec=video_format(figures.codec).shown if figures.codec else "",
        kbps=counted.kbps,
        packets=counted.packets,
        lost=counted.lost,
        lost_percent=counted.lost_percent,
        jitter_ms=counted.jitter_ms,
        rtt_ms=counted.rtt_ms,
        width=figures.size[0],
        height=figures.size[1],
        pictures_per_s=figures.pictures_per_s,
        suite=counted.suite,
        unused=counted.unused,
        refused=refused,
    )


def is_fast_update(content_type: str, body: bytes) -> bool:
    """Whether an INFO asks for a keyframe (RFC 5168)."""
    return content_type.partition(";")[0].strip().lower() == FAST_UPDATE[0] and b"picture_fast_update" in body
