"""Call with a far end: joins its signalling side and its media lines, neither of which knows the other's protocol."""

from __future__ import annotations

import logging
from collections.abc import Callable

from videobar.engine.call.description import Agreement
from videobar.engine.call.hold import Hold
from videobar.engine.call.leg import Leg
from videobar.engine.call.media import MediaSide
from videobar.engine.signalling.signalling import FarEnd, Signalling
from videobar.engine.streams.audio import DigitsNotSupported
from videobar.room.calls.port import (
    Cause,
    Connected,
    DigitReceived,
    Encrypted,
    Ended,
    FarPicture,
    HeldByFarEnd,
    HeldHere,
    LegEvent,
    LegId,
    MediaChanged,
    Refusal,
    Ringing,
    StreamStatistics,
)
from videobar.room.far_cameras import Motion
from videobar.text import one_line
from videobar.vocabulary import CallMedia

log = logging.getLogger("videobar.engine")

SILENCE_S = 60.0
"""After so long without any packet a far end is asked whether it is still there: it may have lost power, and no BYE
will ever come. Silence alone ends nothing, since one who holds the call may well send nothing."""


class Call(Leg):
    """A call in either direction; the listener of both its sides. Belongs to the event loop.

    `report` gets what the room must know; after `Ended` nothing more.
    """

    def __init__(
        self, leg: LegId, media: MediaSide, signalling: Signalling, report: Callable[[LegEvent], None]
    ) -> None:
        self._leg = leg
        self._media = media
        self._signalling = signalling
        self._report = report
        self._hold = Hold(lambda: media.rtp_lines, lambda held: report(HeldHere(leg, held)))
        self._encrypted = False
        self._agreed: tuple[CallMedia, int] = (CallMedia.AUDIO_ONLY, 0)
        """Media that flow, and their rate in kbit/s."""
        self._far_picture = (False, False)
        self._held = False
        self._rang = False
        self._over = False
        media.listener = signalling.listener = self

    # Commands

    def answer(self) -> None:
        """Accept the call, and let sound flow where the caller has said what to do with it."""
        if not self._over:
            self._signalling.answer()

    def refuse(self, refusal: Refusal) -> None:
        """Do not accept the call."""
        if not self._over:
            self._signalling.refuse(refusal)

    def hang_up(self) -> None:
        """End the call."""
        self._signalling.hang_up()

    def send_digits(self, digits: str) -> None:
        """Send DTMF as telephone events, or by signalling to a far end that takes none."""
        if not self.connected:
            return
        try:
            self._media.audio.send_digits(digits)
        except DigitsNotSupported:
            self._signalling.send_digits(digits)

    def hold(self, held: bool) -> None:
        """Put the call on hold, or take it back; `HeldHere` is reported when the far end has agreed."""
        if self.connected and held is not self._hold.wanted:
            self._hold.want(held)
            self._signalling.change()

    def add_video(self) -> None:
        """Offer video, if there is none."""
        if not self.connected or self._media.video.flowing:
            return
        if self._media.open():
            self._change_lines()
        else:
            log.info("leg %s: no video can be added", self._leg)

    def move_far_camera(self, motion: Motion) -> None:
        """Move the far end's camera until the next order."""
        self._media.far_camera.move_far(motion)

    def select_far_source(self, number: int) -> None:
        """Ask the far end to show another source."""
        self._media.far_camera.select_far(number)

    def watch(self) -> None:
        """Report when what the far end signals of its picture has changed."""
        seen = (self._media.video.far_muted, self._media.video.far_locked)
        if self.connected and seen != self._far_picture:
            self._far_picture = seen
            self._report(FarPicture(self._leg, muted=seen[0], locked=seen[1]))

    def check(self) -> None:
        """Ask a far end that has sent nothing for a while whether it knows of the call; if not, the call ends."""
        if self.connected and self._media.audio.silent_s >= SILENCE_S:
            self._signalling.probe()

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """Audio sent and received, then video, then content."""
        return self._media.statistics()

    # From the signalling side

    def on_ringing(self) -> None:
        """Report it once."""
        if not self._over and not self._rang:
            self._rang = True
            self._report(Ringing(self._leg))

    def on_early_media(self, agreement: Agreement) -> None:
        """Only sound, and only to us."""
        if not self._over:
            self._media.audio.listen_early(agreement)

    def on_agreed(self, agreement: Agreement) -> None:
        """Let media flow as agreed. Raises `ValueError`."""
        self._media.agree(agreement)
        changed = agreement.held_by_far_end is not self._held
        self._held = agreement.held_by_far_end
        if self.connected and changed:
            self._report(HeldByFarEnd(self._leg, self._held))
        before, self._agreed = self._agreed, (agreement.media, agreement.rate_kbps(self._media.rate_kbps))
        if self.connected and self._agreed != before:
            self._report(MediaChanged(self._leg, *self._agreed))
        self._report_encryption()

    def on_connected(self, far: FarEnd) -> None:
        """Report it, and what is known by now."""
        self.connected = True
        self._encrypted = self._media.keying.encrypted
        self._report(
            Connected(
                self._leg,
                far_name=one_line(far.name),
                far_product=one_line(far.product),
                is_conference_server=far.is_conference_server,
                rate_kbps=self._agreed[1],
                encrypted=self._encrypted,
                media=self._agreed[0],
            )
        )
        if self._held:
            self._report(HeldByFarEnd(self._leg, True))

    def on_change_answered(self, taken: bool) -> None:
        """The far end has agreed to hold or not, or refuses: then it is as it was."""
        self._hold.on_answered(taken)

    def on_keyframe_requested(self) -> None:
        """Send a keyframe."""
        self._media.video.request_keyframe()

    def on_ended(self, cause: int, detail: str) -> None:
        """Close everything, and report it once."""
        if self._over:
            return
        self._over = True
        self.connected = False
        self._signalling.close()
        self._media.close()
        self._report(Ended(self._leg, cause, one_line(detail)))

    # From the media lines; digits come from both sides

    def on_digit(self, digit: str) -> None:
        """Report a digit."""
        if not self._over:
            self._report(DigitReceived(self._leg, digit))

    def on_keyframe_needed(self) -> None:
        """Ask by signalling, where RTCP feedback was not agreed on."""
        if self.connected:
            self._signalling.request_keyframe()

    def on_content_wanted(self) -> None:
        """Offer content in a call that has none."""
        if self.connected and self._media.video.flowing:
            self._media.open_content()
            self._change_lines()

    def on_keys_changed(self) -> None:
        """Report whether the call is encrypted now; one that will never have its keys ends."""
        if self._over:
            return
        if self._media.keying.failure:
            self.on_ended(Cause.NOT_ACCEPTABLE, self._media.keying.failure)
            self._signalling.hang_up()
        else:
            self._report_encryption()

    def _change_lines(self) -> None:
        self._hold.include_new_lines()
        self._signalling.change()

    def _report_encryption(self) -> None:
        if self.connected and self._encrypted is not self._media.keying.encrypted:
            self._encrypted = self._media.keying.encrypted
            self._report(Encrypted(self._leg, self._encrypted))
