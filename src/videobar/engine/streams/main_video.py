"""Main video line of one call: the people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from videobar.engine.call.description import Agreement
from videobar.engine.call.keying import security_of
from videobar.engine.mixing.video_router import VideoRouter
from videobar.engine.streams.line import LineContext, new_cname
from videobar.engine.streams.video import VideoLeg
from videobar.engine.streams.video_formats import video_line, video_parameters
from videobar.room.calls.port import StreamStatistics
from videobar.sip.sdp.description import MediaRole
from videobar.sip.sdp.rtp_line import NegotiatedMedia, RtpLine
from videobar.vocabulary import MediaType

LEAST_RATE_KBPS = 64
"""Minimum rate at which pictures are worth while."""


class VideoCapacity:
    """Capacity for video: how many calls may have it at a time."""

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
class SharedVideo:
    """Video that all calls share. `codecs` are in order of preference; none of them means no video."""

    routing: VideoRouter
    capacity: VideoCapacity
    codecs: tuple[str, ...]


class VideoLine:
    """Implements `MediaLine` for the main video. `level` gives the sound level of the far end in dBFS.

    `ask_by_signalling` is called on any thread.
    """

    def __init__(
        self,
        context: LineContext,
        shared: SharedVideo,
        *,
        level: Callable[[], float],
        ask_by_signalling: Callable[[], None],
    ) -> None:
        self._context = context
        self._shared = shared
        self._level = level
        self._ask_by_signalling = ask_by_signalling
        self._terms: RtpLine | None = None
        self._leg: VideoLeg | None = None
        self._kbps = 0
        """Bandwidth for pictures of the call, for our part."""
        self._agreed_kbps = 0
        """The same for both sides."""
        self._left_kbps = 0
        """Bandwidth that is left for other pictures of the call."""
        self._chosen: NegotiatedMedia | None = None
        self.flowing = False
        """True if there is a video stream in at least one direction, or one that is only held."""

    @property
    def far_muted(self) -> bool:
        """True if the far end shows nothing, though there is video."""
        return self._leg is not None and self.flowing and self._leg.far_muted

    @property
    def far_locked(self) -> bool:
        """True if the far end cannot show anything before the call is changed."""
        return self._leg is not None and self.flowing and self._leg.far_locked

    @property
    def terms(self) -> Mapping[MediaRole, RtpLine]:
        """The video line."""
        return {MediaRole.VIDEO_MAIN: self._terms} if self._terms is not None else {}

    def open(self, kbps: int) -> bool:
        """Open it, if the endpoint has room for it, at a rate that is worth while."""
        if self._leg is not None:
            return True
        if not self._shared.codecs or kbps < LEAST_RATE_KBPS or not self._shared.capacity.take():
            return False
        context = self._context
        try:
            self._leg = VideoLeg(
                context.io, context.ports, context.address, new_cname(), self._ask_by_signalling
            )
        except OSError:
            self._shared.capacity.give_back()
            return False
        self._kbps = kbps
        self._terms = video_line(self._leg.port, codecs=self._shared.codecs, kbps=kbps)
        self._terms.security = context.keying.line()
        return True

    def agree(self, agreement: Agreement) -> None:
        """Let pictures flow as agreed, or close the line where nothing was agreed on. Raises `ValueError`."""
        chosen = agreement.lines.get(MediaRole.VIDEO_MAIN)
        if self._leg is None:
            return
        if chosen is None:
            self.close()
            return
        self._agreed_kbps = agreement.video_kbps(self._kbps)
        self._apply(self._leg, chosen)
        self._chosen = chosen
        self.flowing = True

    def unanswered(self) -> None:
        """Close it unless it flows."""
        if not self.flowing:
            self.close()

    def leave(self, kbps: int) -> None:
        """Send so much less than what the call may take, because something else is sent besides."""
        self._left_kbps = kbps
        if self._leg is not None and self._chosen is not None:
            self._apply(self._leg, self._chosen)

    def _apply(self, leg: VideoLeg, chosen: NegotiatedMedia) -> None:
        kbps = max(LEAST_RATE_KBPS, self._agreed_kbps - self._left_kbps)
        leg.apply(video_parameters(chosen, kbps, security_of(chosen)))
        self._shared.routing.add(self._context.leg, leg, self._level)

    def request_keyframe(self) -> None:
        """The far end asks for a keyframe by signalling."""
        if self._leg is not None and self._leg.encoding is not None:
            self._leg.encoding.request_keyframe()

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """Video sent and video received."""
        if self._leg is None or not self.flowing:
            return ()
        return self._leg.statistics(MediaType.VIDEO)

    def close(self) -> None:
        """Let go of sockets and codecs; twice is harmless."""
        leg, self._leg = self._leg, None
        self._chosen = self._terms = None
        self.flowing = False
        if leg is not None:
            self._shared.routing.remove(self._context.leg)
            leg.close()
            self._shared.capacity.give_back()
