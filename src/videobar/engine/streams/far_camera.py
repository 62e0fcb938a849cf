"""Far-end camera control line of one call: its RTP, and the conversation."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from videobar.engine.call.description import Agreement
from videobar.engine.call.keying import security_of
from videobar.engine.streams.line import LineContext, new_cname
from videobar.h224 import camera
from videobar.h224.camera import CameraAbilities, SourceAbility
from videobar.h224.session import CameraSession
from videobar.room.calls.port import StreamStatistics
from videobar.room.far_cameras import (
    CameraAbility,
    FarCameraReport,
    FarCamerasKnown,
    FarEndMoves,
    FarEndPreset,
    FarEndSelects,
    Motion,
)
from videobar.rtp.packet import RtpPacket
from videobar.rtp.parameters import StreamParameters
from videobar.rtp.stream import RtpStream
from videobar.sip.sdp.description import MediaRole
from videobar.sip.sdp.rtp_line import MediaFormat, NegotiatedMedia, RtpLine

H224: Final = MediaFormat("H224", 4800, 1, 100)
"""RFC 4573; the clock counts bits of an H.320 channel."""
BANDWIDTH_KBPS: Final = 6


@dataclass(frozen=True)
class FarControl:
    """Permission for far ends to move our cameras: none of `sources` allows nothing."""

    sources: tuple[CameraAbility, ...] = ()
    presets: int = 0


class FarCameraLine:
    """Implements `MediaLine` for far-end camera control, both ways (H.281 over H.224). Belongs to the event loop.

    `near` gives, when the conversation begins, the far end's permission for our cameras.
    """

    def __init__(
        self,
        context: LineContext,
        near: Callable[[], FarControl],
        report: Callable[[FarCameraReport], None],
    ) -> None:
        self._context = context
        self._leg = context.leg
        self._near = near
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._session: CameraSession | None = None
        self._payload_type = H224.payload_type
        self._sending = False
        self._started = time.monotonic()
        self._offset = random.getrandbits(32)
        self._stream: RtpStream | None = None
        self._terms: RtpLine | None = None
        self._agreed = False
        """True once both ends have used it."""
        self._refused = False
        """True if the far end has refused it: it is not offered again."""

    @property
    def terms(self) -> Mapping[MediaRole, RtpLine]:
        """The line of H.224."""
        return {MediaRole.FAR_CAMERA: self._terms} if self._terms is not None else {}

    def open(self, kbps: int) -> bool:
        """Open it, unless the far end has refused it."""
        if self._stream is not None:
            return True
        if self._refused:
            return False
        context = self._context
        try:
            pair = context.ports.allocate(context.address)
        except OSError:
            return False
        self._stream = RtpStream(context.io, pair, new_cname(), self._on_packet_on_rtp_thread)
        self._terms = RtpLine("application", pair.port, (H224,), bandwidth=BANDWIDTH_KBPS)
        self._terms.security = context.keying.line()
        return True

    def agree(self, agreement: Agreement) -> None:
        """Converse as agreed, or not (any more). Raises `ValueError`."""
        agreed = agreement.lines.get(MediaRole.FAR_CAMERA)
        if self._stream is None:
            return
        if agreed is not None:
            self._apply(self._stream, agreed)
            return
        self._end()
        if agreement.answered:
            self._refuse()

    def unanswered(self) -> None:
        """Close it if it was never agreed on."""
        if self._stream is not None and not self._agreed:
            self._refuse()

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """There are none of its few packets."""
        return ()

    def move_far(self, motion: Motion) -> None:
        """Move the far camera until the next order."""
        if self._session is not None:
            self._session.move_far(camera.CameraMotion(motion.pan, motion.tilt, motion.zoom, motion.focus))
            self._set_timer()

    def select_far(self, number: int) -> None:
        """Ask to see another source of the far end."""
        if self._session is not None:
            self._session.tell_far(camera.SelectSource(number))

    def close(self) -> None:
        """Stop what moves, and close the sockets; twice is harmless."""
        self._end()
        stream, self._stream = self._stream, None
        self._terms = None
        if stream is not None:
            stream.close()

    # What the far end does with our cameras: `h224.session.NearCameras`

    def move(self, motion: camera.CameraMotion) -> None:
        """Report it."""
        ability = Motion(motion.pan, motion.tilt, motion.zoom, motion.focus)
        self._report(FarEndMoves(self._leg, ability))

    def select(self, source: int) -> None:
        """Report it."""
        self._report(FarEndSelects(self._leg, source))

    def store_preset(self, preset: int) -> None:
        """Report it."""
        self._report(FarEndPreset(self._leg, preset, store=True))

    def activate_preset(self, preset: int) -> None:
        """Report it."""
        self._report(FarEndPreset(self._leg, preset, store=False))

    # How

    def _apply(self, stream: RtpStream, agreed: NegotiatedMedia) -> None:
        stream.configure(
            StreamParameters(
                remote=(agreed.remote_address, agreed.remote_port),
                remote_rtcp=(agreed.remote_rtcp_address, agreed.remote_rtcp_port),
                media_types=frozenset(each.payload_type for each in agreed.receivable),
                clock_rate=H224.clock_rate,
                rtcp_mux=agreed.rtcp_mux,
                signalling_host=agreed.signalling_host,
                security=security_of(agreed),
            )
        )
        self._agreed = True
        self._payload_type = agreed.payload_type_send
        self._sending = agreed.direction.sends
        if self._session is None:
            near = self._near()
            self._session = CameraSession(
                send=self._send,
                time=self._loop.time,
                near=self if near.sources else None,
                abilities=CameraAbilities(near.presets, tuple(map(_h281_ability, near.sources))),
                on_change=self._report_cameras,
            )
        self._set_timer()

    def _refuse(self) -> None:
        self._refused = True
        self.close()

    def _end(self) -> None:
        session, self._session = self._session, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if session is not None:
            session.close()
            if session.can_move_far:
                self._report(FarCamerasKnown(self._leg, (), 0))

    def _report_cameras(self) -> None:
        if self._session is not None:
            far = self._session.far
            sources = tuple(map(_room_ability, far.sources)) if far is not None else ()
            self._report(FarCamerasKnown(self._leg, sources, self._session.far_source))

    def _send(self, payload: bytes) -> None:
        if self._sending and self._stream is not None:
            ticks = int((time.monotonic() - self._started) * H224.clock_rate)
            self._stream.send(self._payload_type, self._offset + ticks, payload)

    def _on_packet_on_rtp_thread(self, packet: RtpPacket) -> None:
        self._loop.call_soon_threadsafe(self._on_payload, packet.payload)

    def _on_payload(self, payload: bytes) -> None:
        if self._session is not None:
            self._session.receive(payload)
            self._set_timer()

    def _set_timer(self) -> None:
        """Have the timer go off when something is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self._session.due if self._session is not None else float("inf")
        if due != float("inf"):
            self._timer = self._loop.call_at(due, self._on_due)

    def _on_due(self) -> None:
        if self._session is not None:
            self._session.on_due()
        self._set_timer()


def _h281_ability(ability: CameraAbility) -> SourceAbility:
    return SourceAbility(ability.number, ability.pan, ability.tilt, ability.zoom, ability.focus)


def _room_ability(ability: SourceAbility) -> CameraAbility:
    return CameraAbility(ability.source, ability.pan, ability.tilt, ability.zoom, ability.focus)
