"""One call: a SIP session and the media that it negotiated."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Sequence

from videobar.engine.call import addresses
from videobar.engine.call.beside import EVERYTHING, Beside
from videobar.engine.call.description import (
    AUDIO_RATE_KBPS,
    Agreement,
    CallDescription,
    NotNegotiable,
    audio_parameters,
    formats_of,
    offered_lines,
)
from videobar.engine.call.hold import Hold
from videobar.engine.call.keying import Keying, Round, answers_with_dtls
from videobar.engine.call.leg import Call
from videobar.engine.call.shared import CallMedia
from videobar.engine.mixing.on_loop import on_loop
from videobar.engine.signalling.causes import cause_of
from videobar.engine.signalling.info_digits import InfoDigits
from videobar.engine.signalling.offers import Offers
from videobar.engine.streams.audio import DigitsNotSupported
from videobar.engine.streams.call_audio import Audio
from videobar.engine.streams.main_video import FAST_UPDATE, CallVideo, is_fast_update
from videobar.media.audio.volume import SILENCE_DBFS
from videobar.room.calls.port import (
    Cause,
    Connected,
    DialOrder,
    DigitReceived,
    Encrypted,
    Ended,
    FarPicture,
    HeldByFarEnd,
    HeldHere,
    LegEvent,
    LegId,
    MediaChanged,
    Ringing,
    StreamStatistics,
)
from videobar.room.far_cameras import Motion
from videobar.rtp.dtls import DtlsSrtp
from videobar.rtp.parameters import StreamParameters
from videobar.sip.errors import OfferRefused, SipError
from videobar.sip.sdp.description import MediaRole
from videobar.sip.sdp.rtp_line import RtpLine, audio_line
from videobar.sip.session.session import Session
from videobar.sip.session.states import Ended as SessionEnded
from videobar.sip.session.states import EndedBy
from videobar.sip.syntax import dtmf
from videobar.text import one_line
from videobar.vocabulary import CallMedia as MediaKind

log = logging.getLogger("videobar.engine")

SILENCE_S = 60.0
"""After so long without any packet a far end is asked whether it is still there: it may have lost power, and no BYE
will ever come. Silence alone ends nothing, since one who holds the call may well send nothing."""


class SipCall(Call):
    """A call with a far end, in either direction; listens to its session.

    Everything happens on the event loop. `hear` gets what the room must know; after `Ended` nothing more.
    """

    def __init__(
        self, leg: LegId, media: CallMedia, hear: Callable[[LegEvent], None], bound: Sequence[str]
    ) -> None:
        self._leg = leg
        self._media = media
        self._hear = hear
        self._bound = bound
        self._session: Session | None = None
        self._invite: Callable[[bytes], Session] | None = None
        self._keying = Keying(media.encryption, media.identity, self._keys_changed_on_rtp_thread)
        self._loop = asyncio.get_running_loop()
        self._encrypted = False
        self._video_wanted = True
        self._rate_kbps = media.rate_kbps
        self._agreed: tuple[MediaKind, int] = (MediaKind.AUDIO_ONLY, 0)
        """What flows, and at what rate in kbit/s."""
        self._offers = Offers(self._send_offer)
        self._hold = Hold(self._rtp_lines, lambda held: self._hear(HeldHere(leg, held)))
        self._info_digits = InfoDigits(self._send_info)
        self._audio: Audio | None = None
        self._video = CallVideo(
            leg,
            media.video,
            media.io,
            media.ports,
            level=lambda: self._audio.level if self._audio is not None else SILENCE_DBFS,
            ask_by_signalling=on_loop(self._ask_for_picture),
        )
        self._beside = Beside(
            leg,
            media.beside,
            media.io,
            media.ports,
            add_content=self._add_content,
            content_takes=self._video.leave,
        )
        self._far_picture = (False, False)
        self._description: CallDescription | None = None
        self._answer: bytes | None = None
        self._awaits_ack = False
        """Whether nothing is sent to the addresses of the agreement yet, because the caller's own may be forged."""
        """Our description for an incoming call that has not been answered."""
        self._agreement: Agreement | None = None
        """What that description means, where the call came with an offer."""
        self._held = False
        self._rang = False
        self._over = False
        self.connected = False

    @property
    def local_address(self) -> str:
        """The numeric address that the far end can reach us at, once there is an offer."""
        return self._audio.local_address if self._audio is not None else self._bound[0]

    @property
    def over(self) -> bool:
        """Whether the room has heard, or need not hear, its end."""
        return self._over

    # Commands

    @property
    def offered(self) -> tuple[MediaKind, int]:
        """What the caller of an incoming call asks for, as far as we can take it: media, and a rate or 0."""
        if self._agreement is None:
            return MediaKind.AUDIO_ONLY, 0
        return self._agreement.media, self._agreement.bandwidth or 0

    def begin(self, session: Session) -> None:
        """The session that this call is."""
        self._session = session
        session.listener = self

    def dial(self, invite: Callable[[bytes], Session], towards: str, order: DialOrder) -> None:
        """Call a far end at a numeric address: `invite` sends an offer, and may be asked to send another.

        Raises `OSError` when there is no way or no port, and what `invite` raises.
        """
        self._invite = invite
        self._video_wanted, self._rate_kbps = order.video, order.rate_kbps
        self._describe(towards)
        if order.video and self._open_video():
            self._open_beside(EVERYTHING)
        self.begin(invite(self._describe(towards).offer()))

    def consider(self, offer: bytes | None, towards: str) -> bool:
        """Whether an incoming call's offer can be taken; an INVITE without one is offered something later.

        No sound flows before `answer`: a caller whom nobody has answered must not hear the room.
        """
        try:
            description = self._describe(towards)
            offered = EVERYTHING if offer is None else offered_lines(offer).keys()
            if MediaRole.VIDEO_MAIN in offered and self._open_video():
                self._open_beside(offered)
            if offer is None:
                self._answer = description.offer()
            else:
                agreement = description.answer(offer)
                self._answer, self._agreement = agreement.description, agreement
        except (NotNegotiable, OSError, ValueError) as error:
            log.info("leg %s: no common ground: %s", self._leg, error)
            self._close()
            return False
        return True

    def answer(self) -> None:
        """Take the call, and let sound flow where the caller has said what to do with it."""
        if self._session is None or self._answer is None or self._over:
            return
        answer, self._answer = self._answer, None
        if self._agreement is not None:
            self._awaits_ack = not self._session.is_peer_validated
            usable = _check(self._agreement) if self._awaits_ack else self._use(self._agreement)
            if not usable:
                self._session.reject(488)
                return
        self._session.accept(answer)

    def refuse(self, status: int) -> None:
        """Do not take the call."""
        if self._session is not None and not self._over:
            self._session.reject(status)

    def hang_up(self) -> None:
        """End the call, or give up dialling before there is a session."""
        if self._session is not None:
            self._session.hang_up()
        else:
            self.fail(Cause.NORMAL, "given up")

    def fail(self, cause: int, detail: str) -> None:
        """It ends without a session having said so."""
        if not self._over:
            self._close()
            self._hear(Ended(self._leg, cause, one_line(detail)))

    def send_digits(self, digits: str) -> None:
        """Send DTMF: as telephone events, or to a far end that takes none, by INFO."""
        if self._audio is None or not self.connected:
            return
        try:
            self._audio.send_digits(digits)
        except DigitsNotSupported:
            self._info_digits.queue(digits)

    def hold(self, held: bool) -> None:
        """Put the call on hold, or take it back; `HeldHere` is told when the far end has agreed."""
        if self._description is not None and self.connected and held is not self._hold.wanted:
            self._hold.want(held)
            self._offers.want()

    def add_video(self) -> None:
        """Offer video, if there is none."""
        if self._session is None or not self.connected or self._video.flowing or self._description is None:
            return
        if not self._open_video():
            log.info("leg %s: no video can be added", self._leg)
            return
        self._open_beside(EVERYTHING)
        self._hold.include_new_lines()
        self._offers.want()

    def move_far_camera(self, motion: Motion) -> None:
        """Move the far end's camera until told otherwise."""
        self._beside.move_far(motion)

    def select_far_source(self, number: int) -> None:
        """Ask the far end to show another source."""
        self._beside.select_far(number)

    def watch(self) -> None:
        """Tell the room when what the far end signals of its picture has changed."""
        seen = (self._video.far_muted, self._video.far_locked)
        if self.connected and seen != self._far_picture:
            self._far_picture = seen
            self._hear(FarPicture(self._leg, muted=seen[0], locked=seen[1]))

    def check(self) -> None:
        """Ask a far end that has sent nothing for a while whether it knows of the call; if not, the call ends."""
        silent_s = self._audio.silent_s if self._audio is not None else 0.0
        if self._session is not None and self.connected and silent_s >= SILENCE_S:
            self._session.probe()

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """Audio sent and received, then video."""
        audio = self._audio.statistics() if self._audio is not None else ()
        return (*audio, *self._video.statistics(), *self._beside.statistics())

    # What the session says

    def on_progress(self, session: Session, status: int, description: bytes | None) -> None:
        """180 rings; a description lets a network's ringing tone or announcement be heard before the answer."""
        if self._over:
            return
        if status == 180 and not self._rang:
            self._rang = True
            self._hear(Ringing(self._leg))
        if description is not None:
            self._listen_early(description)

    def on_established(self, session: Session, description: bytes | None) -> None:
        """The call stands: let sound flow, or end it when the far end's answer makes no sense."""
        if description is not None and not self._take_answer(description):
            if not (answers_with_dtls(description) and self._dial_again(on=Round.DTLS)):
                self._give_up(session, "the far end's answer cannot be used")
            else:
                session.hang_up()
            return
        if self._awaits_ack and self._agreement is not None:
            self._awaits_ack = False
            self._use(self._agreement)
        if self._audio is None or not self._audio.flowing:
            self._give_up(session, "nothing was negotiated")
            return
        self.connected = True
        self._invite = None
        self._encrypted = self._keying.encrypted
        self._hear(
            Connected(
                self._leg,
                far_name=one_line(session.remote.display_name),
                far_product=one_line(session.remote_agent),
                is_conference_server=session.remote_is_focus,
                rate_kbps=self._agreed[1],
                encrypted=self._encrypted,
                media=self._agreed[0],
            )
        )
        if self._held:
            self._hear(HeldByFarEnd(self._leg, True))

    def on_offer(self, session: Session, offer: bytes | None) -> bytes | None:
        """The far end changes the call: hold, resume, video, another address or codec."""
        if self._description is None:
            raise OfferRefused
        offered = offered_lines(offer) if offer is not None else {}
        if MediaRole.VIDEO_MAIN in offered and self._open_video():
            self._open_beside(offered)
        if offer is None:
            self._offers.expect()
            return self._description.offer(everything=True)
        try:
            agreement = self._description.answer(offer)
            self._agree(agreement)
        except (NotNegotiable, ValueError) as error:
            log.info("leg %s: refused a change: %s", self._leg, error)
            raise OfferRefused from error
        finally:
            self._offers.crossed()
        return agreement.description

    def on_answer(self, session: Session, answer: bytes) -> None:
        """The answer to an offer of ours within the call."""
        taken = self._take_answer(answer)
        self._offers.done()
        if self._offers.settled:
            self._hold.settle(taken)

    def on_reinvite_refused(self, session: Session, status: int, reason: str) -> None:
        """The call goes on as it was: without video, if that was to be added."""
        log.info("leg %s: the far end refused a change: %d %s", self._leg, status, reason)
        if not self._video.flowing and self._description is not None:
            self._video.close()
            self._description.lines.pop(MediaRole.VIDEO_MAIN, None)
        if self._description is not None:
            self._beside.unanswered(self._description)
        self._offers.done()
        if self._offers.settled:
            self._hold.settle(False)

    def on_info(self, session: Session, content_type: str, body: bytes) -> None:
        """Digits, and the wish for a keyframe; nothing else that is carried by INFO is understood."""
        if is_fast_update(content_type, body):
            self._video.request_keyframe()
        digit = dtmf.digit_of(content_type, body)
        if digit is not None and self.connected and not self._over:
            self._hear(DigitReceived(self._leg, digit))

    def on_ended(self, session: Session, ended: SessionEnded) -> None:
        """The call is over, unless another offer may be taken than the one that was refused: then it begins again."""
        if session is not self._session:
            return  # another one has taken its place
        if ended.status in (415, 488, 606) and ended.by is EndedBy.REMOTE and self._dial_again():
            return
        cause = cause_of(ended.status)
        if ended.by is EndedBy.NETWORK:
            cause = Cause.OUT_OF_ORDER
        elif ended.by is EndedBy.TIMEOUT:
            cause = Cause.NO_RESPONSE
        self.fail(cause, ended.reason)

    # How

    def _describe(self, towards: str) -> CallDescription:
        if self._description is None:
            self._audio = Audio(
                self._leg, self._media, addresses.local_address(self._bound, towards), self._hear_unless_over
            )
            rate = self._rate_kbps if self._video_wanted else None
            self._description = CallDescription(self._audio.local_address, rate, self._keying)
            audio = audio_line(self._audio.port, formats_of(self._media.codecs))
            audio.security = self._keying.line()
            self._description.lines[MediaRole.AUDIO] = audio
        return self._description

    def _open_video(self) -> bool:
        """Whether there is a video line in our descriptions now."""
        if self._description is None or self._audio is None:
            return False
        kbps = self._rate_kbps - AUDIO_RATE_KBPS
        return self._video.open(self._description, self._audio.local_address, kbps, self._keying.line)

    def _open_beside(self, roles: Collection[MediaRole]) -> None:
        """Have lines of what goes with video, as far as it is wanted."""
        if self._description is not None and self._audio is not None:
            kbps = self._rate_kbps - AUDIO_RATE_KBPS
            self._beside.open(self._description, self._audio.local_address, kbps, self._keying, roles)

    def _add_content(self) -> None:
        """Offer content in a call that has none."""
        if self.connected and self._video.flowing:
            self._open_beside((MediaRole.VIDEO_CONTENT,))
            self._hold.include_new_lines()
            self._offers.want()

    def _ask_for_picture(self) -> None:
        """By signalling, where RTCP feedback was not agreed on."""
        if self._session is not None and self.connected:
            with contextlib.suppress(SipError):
                self._session.send_info(*FAST_UPDATE)

    def _hear_unless_over(self, event: LegEvent) -> None:
        if not self._over:
            self._hear(event)

    def _take_answer(self, answer: bytes) -> bool:
        if self._description is None:
            return False
        try:
            agreement = self._description.take_answer(answer)
        except (NotNegotiable, ValueError) as error:
            log.info("leg %s: the answer cannot be used: %s", self._leg, error)
            return False
        return self._use(agreement)

    def _listen_early(self, answer: bytes) -> None:
        """Only sound, and only to us. Where its keys need a handshake nothing is heard before the answer."""
        if self._description is None or self._audio is None:
            return
        try:
            preview = self._description.preview(answer).signalled_from(self._signalling_host)
            parameters = audio_parameters(preview.audio)
            if parameters.direction.receives and not isinstance(parameters.security, DtlsSrtp):
                self._audio.listen(parameters)
        except (NotNegotiable, ValueError) as error:
            log.info("leg %s: nothing is heard before the answer: %s", self._leg, error)

    def _give_up(self, session: Session, detail: str) -> None:
        """First the reason, which the session does not know; what it says of its end then comes too late."""
        self.fail(Cause.NOT_ACCEPTABLE, detail)
        session.hang_up()

    def _use(self, agreement: Agreement) -> bool:
        """Whether sound can flow as agreed."""
        try:
            self._agree(agreement)
        except ValueError as error:
            log.info("leg %s: what was agreed cannot be used: %s", self._leg, error)
            return False
        return True

    @property
    def _signalling_host(self) -> str:
        return self._session.signalling_host if self._session is not None else ""

    def _agree(self, agreement: Agreement) -> None:
        agreement = agreement.signalled_from(self._signalling_host)
        if self._audio is not None:
            self._audio.apply(audio_parameters(agreement.audio))
            changed = agreement.held_by_far_end is not self._held
            self._held = agreement.held_by_far_end
            if self.connected and changed:
                self._hear(HeldByFarEnd(self._leg, self._held))
            if self._description is not None:
                self._video.agree(agreement, self._description)
                self._beside.agree(agreement, self._description)
            self._tell_media(agreement)
            self._tell_encryption()

    def _tell_media(self, agreement: Agreement) -> None:
        before, self._agreed = self._agreed, (agreement.media, agreement.rate_kbps(self._rate_kbps))
        if self.connected and self._agreed != before:
            self._hear(MediaChanged(self._leg, *self._agreed))

    def _rtp_lines(self) -> list[RtpLine]:
        lines = self._description.lines.values() if self._description is not None else ()
        return [line for line in lines if isinstance(line, RtpLine)]

    def _send_offer(self) -> None:
        if self._session is not None and self._description is not None and not self._over:
            self._session.reinvite(self._description.offer())

    def _send_info(self, content_type: str, body: bytes, answered: Callable[[int], None]) -> None:
        if self._session is not None and not self._over:
            self._session.send_info(content_type, body, answered)

    def _dial_again(self, *, on: Round | None = None) -> bool:
        """Offer the same with another protection, if there is one that is worth a try.

        Who has refused all of them is offered sound and people alone: some refuse a call for a line that they do not
        know, instead of the line (linphone 5.1, which wants a secure profile of BFCP).
        """
        if self._invite is None or self._description is None or self._over:
            return False
        if not self._keying.insist(on=on):
            if on is not None or not self._beside.leave_out(self._description):
                return False
            self._keying.start_over()
        try:
            self.begin(self._invite(self._description.offer()))
        except SipError:
            return False
        return True

    def _keys_changed_on_rtp_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._keys_changed)

    def _keys_changed(self) -> None:
        """A DTLS handshake has ended."""
        if self._over or self._session is None:
            return
        if self._keying.failure:
            self._give_up(self._session, self._keying.failure)
        else:
            self._tell_encryption()

    def _tell_encryption(self) -> None:
        if self.connected and self._encrypted is not self._keying.encrypted:
            self._encrypted = self._keying.encrypted
            self._hear(Encrypted(self._leg, self._encrypted))

    def _close(self) -> None:
        self._over = True
        self.connected = False
        self._info_digits.close()
        self._video.close()
        self._beside.close()
        if self._audio is not None:
            self._audio.close()


def _check(agreement: Agreement) -> bool:
    """Whether what was agreed on can be used, as far as addresses and payload types go."""
    try:
        audio = audio_parameters(agreement.audio)
        StreamParameters(audio.remote, audio.remote_rtcp, audio.receive_payload_types)
    except ValueError as error:
        log.info("what was agreed cannot be used: %s", error)
        return False
    return True
