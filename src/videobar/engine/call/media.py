"""Media side of one call: its media lines. It knows no signalling protocol."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, Protocol

from videobar.engine.call.description import AUDIO_RATE_KBPS, Agreement
from videobar.engine.call.keying import Keying
from videobar.engine.call.shared import SharedMedia
from videobar.engine.mixing.on_loop import on_loop
from videobar.engine.streams.audio_line import AudioLine
from videobar.engine.streams.content import ContentLine
from videobar.engine.streams.far_camera import FarCameraLine
from videobar.engine.streams.line import LineContext, MediaLine
from videobar.engine.streams.main_video import VideoLine
from videobar.room.calls.port import LegId, StreamStatistics
from videobar.sip.sdp import offer_answer
from videobar.sip.sdp.description import MediaRole
from videobar.sip.sdp.rtp_line import RtpLine

EVERYTHING: Final = frozenset(MediaRole)
"""Media roles that our own offer may have."""
WITH_VIDEO: Final = (MediaRole.VIDEO_CONTENT, MediaRole.FAR_CAMERA)
"""Lines that a call has only with video."""


class MediaListener(Protocol):
    """Listener for events of the media lines, called on the event loop."""

    def on_digit(self, digit: str) -> None:
        """The far end has sent a telephone event: one of `0123456789*#ABCD`."""
        ...

    def on_keyframe_needed(self) -> None:
        """A keyframe of the far end is needed, and RTCP cannot ask for it."""
        ...

    def on_content_wanted(self) -> None:
        """Content is to be sent, and there is no line for it."""
        ...

    def on_keys_changed(self) -> None:
        """A DTLS handshake has ended, well or not."""
        ...


class MediaSide:
    """The media lines of one call at a local address. Belongs to the event loop.

    There is always audio. `offers_video` is true if our own first offer has video; a far end's may have it anyway.
    Set `listener` before anything is agreed on. Raises `OSError` when there is no port.
    """

    listener: MediaListener

    def __init__(
        self,
        leg: LegId,
        shared: SharedMedia,
        address: str,
        *,
        rate_kbps: int | None = None,
        offers_video: bool = True,
    ) -> None:
        self.rate_kbps = shared.rate_kbps if rate_kbps is None else rate_kbps
        self.offers_video = offers_video
        self.leg = leg
        self.address = address
        self.keying = Keying(
            shared.encryption,
            shared.identity,
            on_loop(self._on_keys_changed),
        )
        context = LineContext(leg, shared.io, shared.ports, address, self.keying)
        self.audio = AudioLine(context, shared.mixer, shared.codecs, self._on_digit)
        self.video = VideoLine(
            context,
            shared.video,
            level=lambda: self.audio.level,
            ask_by_signalling=on_loop(self._on_keyframe_needed),
        )
        self.content = ContentLine(
            context,
            shared.content,
            shared.video.codecs,
            add=self._on_content_wanted,
            takes=self.video.leave,
        )
        self.far_camera = FarCameraLine(context, shared.far_control, shared.report)
        self.lines: Mapping[MediaRole, MediaLine] = {
            MediaRole.AUDIO: self.audio,
            MediaRole.VIDEO_MAIN: self.video,
            MediaRole.VIDEO_CONTENT: self.content,
            MediaRole.FAR_CAMERA: self.far_camera,
        }

    @property
    def terms(self) -> dict[MediaRole, offer_answer.MediaLine]:
        """Media lines that can be agreed on now, in the order in which they are offered."""
        return {role: terms for line in self.lines.values() for role, terms in line.terms.items()}

    @property
    def rtp_lines(self) -> list[RtpLine]:
        """Lines that are RTP."""
        return [terms for terms in self.terms.values() if isinstance(terms, RtpLine)]

    def open(self, offered: Collection[MediaRole] | None = None) -> bool:
        """Open video and what goes with it, as far as it is `offered` and possible: whether there is video.

        `None` for an offer of our own, which may have everything.
        """
        roles = EVERYTHING if offered is None else offered
        if MediaRole.VIDEO_MAIN not in roles or not self.video.open(self._beside_audio_kbps):
            return False
        for role in WITH_VIDEO:
            if role in roles:
                self.lines[role].open(self._beside_audio_kbps)
        return True

    def open_content(self) -> None:
        """Open the line of content."""
        self.content.open(self._beside_audio_kbps)

    def check(self, agreement: Agreement) -> None:
        """Raises `ValueError` for addresses and payload types that cannot be used; changes nothing."""
        self.audio.check(agreement)

    def agree(self, agreement: Agreement) -> None:
        """Use what was agreed on. Raises `ValueError` for what cannot be used."""
        for line in self.lines.values():
            line.agree(agreement)

    def unanswered(self) -> None:
        """Our offer of a change was refused: close what it would have added."""
        for line in self.lines.values():
            line.unanswered()

    def leave_out(self) -> bool:
        """Our first offer was refused: close all but audio and video. Whether there was anything else."""
        offered = any(self.lines[role].terms for role in WITH_VIDEO)
        for role in WITH_VIDEO:
            self.lines[role].unanswered()
        return offered

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """Statistics of all streams: audio, then video, then content."""
        return tuple(row for line in self.lines.values() for row in line.statistics())

    def close(self) -> None:
        """Close all lines; twice is harmless."""
        for role in (MediaRole.VIDEO_MAIN, *WITH_VIDEO, MediaRole.AUDIO):
            self.lines[role].close()

    @property
    def _beside_audio_kbps(self) -> int:
        return self.rate_kbps - AUDIO_RATE_KBPS

    # The listener is set after the lines are made.

    def _on_digit(self, digit: str) -> None:
        self.listener.on_digit(digit)

    def _on_keyframe_needed(self) -> None:
        self.listener.on_keyframe_needed()

    def _on_content_wanted(self) -> None:
        self.listener.on_content_wanted()

    def _on_keys_changed(self) -> None:
        self.listener.on_keys_changed()
