"""What a call with video has beside sound and people: content with its floor, and far-end camera control."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from videobar.engine.call.description import Agreement, CallDescription
from videobar.engine.call.keying import Keying
from videobar.engine.mixing.presentation import ContentHub
from videobar.engine.streams.content import CallContent
from videobar.engine.streams.far_camera import FarCamera, FarControl
from videobar.room.calls.port import LegId, StreamStatistics
from videobar.room.far_cameras import FarCameraReport, Motion
from videobar.rtp.io import RtpIo
from videobar.rtp.ports import PortRange
from videobar.sip.sdp.description import MediaRole

EVERYTHING: Final = frozenset(MediaRole)
"""What our own offer may have."""


@dataclass(frozen=True)
class BesideMedia:
    """What all calls share. `far_control` tells what far ends may do with our cameras now."""

    content: ContentHub
    codecs: tuple[str, ...]
    far_control: Callable[[], FarControl]
    hear: Callable[[FarCameraReport], None]


class Beside:
    """Content and camera control of one call. Belongs to the event loop.

    `add_content` is called when content is to be offered in a call that has none; `content_takes` hears how many
    kbit/s content takes of what the call may send.
    """

    def __init__(
        self,
        leg: LegId,
        media: BesideMedia,
        io: RtpIo,
        ports: PortRange,
        *,
        add_content: Callable[[], None],
        content_takes: Callable[[int], None],
    ) -> None:
        self._name = leg
        self._media = media
        self._io = io
        self._ports = ports
        self._content = CallContent(
            leg, media.content, media.codecs, io, ports, add=add_content, takes=content_takes
        )
        self._camera: FarCamera | None = None
        self._camera_refused = False

    def open(
        self,
        description: CallDescription,
        address: str,
        kbps: int,
        keying: Keying,
        roles: Collection[MediaRole],
    ) -> None:
        """Have lines for `roles` in our descriptions from now on."""
        if MediaRole.VIDEO_CONTENT in roles:
            self._content.open(description, address, kbps, keying.line)
        if MediaRole.FAR_CAMERA in roles and self._camera is None and not self._camera_refused:
            media = self._media
            try:
                self._camera = FarCamera(
                    self._name, self._io, self._ports, address, keying, media.far_control, media.hear
                )
            except OSError:
                return
            description.lines[MediaRole.FAR_CAMERA] = self._camera.line

    def agree(self, agreement: Agreement, description: CallDescription) -> None:
        """Use what was agreed on. Raises `ValueError`."""
        answered = not agreement.description
        self._content.agree(agreement, description, answered=answered)
        if self._camera is not None:
            agreed = agreement.lines.get(MediaRole.FAR_CAMERA)
            self._camera.apply(agreed)
            if agreed is None and answered:
                self._refuse_camera(description)

    def unanswered(self, description: CallDescription) -> None:
        """Our offer was refused as a whole: what it would have added is not there."""
        self._content.unanswered(description)

    def leave_out(self, description: CallDescription) -> bool:
        """The far end has refused our first offer: the next has none of this. Whether the refused one had any."""
        offered = MediaRole.VIDEO_CONTENT in description.lines or self._camera is not None
        self._content.unanswered(description)
        self._refuse_camera(description)
        return offered

    def move_far(self, motion: Motion) -> None:
        """Move the far camera until told otherwise."""
        if self._camera is not None:
            self._camera.move_far(motion)

    def select_far(self, number: int) -> None:
        """Ask to see another source of the far end."""
        if self._camera is not None:
            self._camera.select_far(number)

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """Content sent and received, while there is any."""
        return self._content.statistics()

    def close(self) -> None:
        """Let go of everything; twice is harmless."""
        self._content.close()
        if self._camera is not None:
            self._camera.close()
            self._camera = None

    def _refuse_camera(self, description: CallDescription) -> None:
        self._camera_refused = True
        if self._camera is not None:
            description.lines.pop(MediaRole.FAR_CAMERA, None)
            self._camera.close()
            self._camera = None
