"""SIP as the signalling side of a call: a session, and the offers and answers that it carries."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable

from videobar.engine.call.description import Agreement, CallDescription, NotNegotiable, offered_lines
from videobar.engine.call.keying import Round, answers_with_dtls
from videobar.engine.call.media import MediaSide
from videobar.engine.signalling.causes import STATUSES, cause_of
from videobar.engine.signalling.info_digits import InfoDigits
from videobar.engine.signalling.offers import Offers
from videobar.engine.signalling.signalling import FarEnd, SignallingListener
from videobar.room.calls.port import Cause, Refusal
from videobar.sip.errors import OfferRefused, SipError
from videobar.sip.session.session import Session
from videobar.sip.session.states import Ended, EndedBy
from videobar.sip.syntax import dtmf
from videobar.vocabulary import CallMedia

log = logging.getLogger("videobar.engine")

FAST_UPDATE = (
    "application/media_control+xml",
    b"<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>",
)
"""Request for a keyframe by INFO (RFC 5168)."""


class SipSignalling:
    """Implements `Signalling` by one SIP session after the other; the listener of its session.

    It offers the lines of `media`, and opens those that the far end offers. Begins with `dial` or `take`.
    """

    listener: SignallingListener
    _session: Session

    def __init__(self, media: MediaSide) -> None:
        self._media = media
        self._keying = media.keying
        self._description = CallDescription(
            media.address, media.rate_kbps if media.offers_video else None, media.keying, lambda: media.terms
        )
        self._offers = Offers(self._send_offer)
        self._info_digits = InfoDigits(self._send_info)
        self._invite: Callable[[bytes], Session] | None = None
        """Sends an offer to a far end that has not answered yet."""
        self._answer: bytes | None = None
        """Our description for an incoming call that has not been answered."""
        self._agreement: Agreement | None = None
        """Agreement of that description, where the call came with an offer."""
        self._awaits_ack = False
        """True while nothing is sent to the addresses of the agreement, because the caller's own may be forged."""
        self._connected = self._over = False

    def dial(self, invite: Callable[[bytes], Session]) -> None:
        """Call a far end: `invite` sends an offer, and may be asked to send another. Raises what that raises."""
        self._invite = invite
        if self._media.offers_video:
            self._media.open()
        self._begin(invite(self._description.offer()))

    def take(self, session: Session) -> bool:
        """Take an incoming session, if its offer can be taken: whether it can; an INVITE without offer gets ours.

        No sound flows before `answer`: a caller whom nobody has answered must not hear the room.
        """
        offer = session.offer
        try:
            self._media.open(None if offer is None else offered_lines(offer).keys())
            if offer is None:
                self._answer = self._description.offer()
            else:
                self._agreement = self._description.answer(offer)
                self._answer = self._agreement.description
        except (NotNegotiable, OSError, ValueError) as error:
            log.info("leg %s: no common media: %s", self._media.leg, error)
            self._media.close()
            return False
        self._begin(session)
        return True

    @property
    def offered(self) -> tuple[CallMedia, int]:
        """Media and rate (or 0) that the caller of an incoming call offers, as far as we can take them."""
        if self._agreement is None:
            return CallMedia.AUDIO_ONLY, 0
        return self._agreement.media, self._agreement.bandwidth or 0

    # Commands: see `Signalling`

    def answer(self) -> None:
        """200, or 488 where what was offered turns out to be of no use."""
        if self._answer is None:
            return
        answer, self._answer = self._answer, None
        if self._agreement is not None:
            self._awaits_ack = not self._session.is_peer_validated
            if not self._use(self._agreement, only_check=self._awaits_ack):
                self._session.reject(488)
                return
        self._session.accept(answer)

    def refuse(self, refusal: Refusal) -> None:
        """A final response."""
        self._session.reject(STATUSES[refusal])

    def hang_up(self) -> None:
        """BYE, CANCEL or a final response."""
        self._session.hang_up()

    def change(self) -> None:
        """re-INVITE, as soon as no other is under way."""
        self._offers.want()

    def send_digits(self, digits: str) -> None:
        """An INFO for each."""
        self._info_digits.queue(digits)

    def request_keyframe(self) -> None:
        """INFO (RFC 5168)."""
        with contextlib.suppress(SipError):
            self._session.send_info(*FAST_UPDATE)

    def probe(self) -> None:
        """A request within the dialog."""
        self._session.probe()

    def close(self) -> None:
        """Send no more offers and digits."""
        self._over = True
        self._info_digits.close()

    # From the session: see `SessionListener`

    def on_progress(self, session: Session, status: int, description: bytes | None) -> None:
        """180 rings; a description lets a network's ringing tone or announcement be heard before the answer."""
        if self._over:
            return
        if status == 180:
            self.listener.on_ringing()
        if description is not None:
            try:
                self.listener.on_early_media(self._signalled(self._description.preview(description)))
            except (NotNegotiable, ValueError) as error:
                log.info("leg %s: no early media: %s", self._media.leg, error)

    def on_established(self, session: Session, description: bytes | None) -> None:
        """The call stands, or ends when the far end's answer makes no sense."""
        if description is not None and not self._take_answer(description):
            if not (answers_with_dtls(description) and self._dial_again(on=Round.DTLS)):
                self._give_up(session, "the far end's answer cannot be used")
            else:
                session.hang_up()
            return
        if self._awaits_ack and self._agreement is not None:
            self._awaits_ack = False
            self._use(self._agreement)
        if not self._media.audio.flowing:
            self._give_up(session, "nothing was negotiated")
            return
        self._invite = None
        self._connected = True
        self.listener.on_connected(
            FarEnd(session.remote.display_name, session.remote_agent, session.remote_is_focus)
        )

    def on_offer(self, session: Session, offer: bytes | None) -> bytes | None:
        """The far end changes the call: hold, resume, video, another address or codec."""
        self._media.open(offered_lines(offer).keys() if offer is not None else ())
        if offer is None:
            self._offers.expect()
            return self._description.offer(everything=True)
        try:
            agreement = self._description.answer(offer)
            self.listener.on_agreed(self._signalled(agreement))
        except (NotNegotiable, ValueError) as error:
            log.info("leg %s: refused a change: %s", self._media.leg, error)
            raise OfferRefused from error
        finally:
            self._offers.crossed()
        return agreement.description

    def on_answer(self, session: Session, answer: bytes) -> None:
        """The answer to an offer of ours within the call."""
        self._on_change_answered(self._take_answer(answer))

    def on_reinvite_refused(self, session: Session, status: int, reason: str) -> None:
        """The call goes on as it was: without video, if that was to be added."""
        log.info("leg %s: the far end refused a change: %d %s", self._media.leg, status, reason)
        self._media.unanswered()
        self._on_change_answered(False)

    def on_info(self, session: Session, content_type: str, body: bytes) -> None:
        """Digits and requests for keyframes; nothing else that is carried by INFO is understood."""
        if is_fast_update(content_type, body):
            self.listener.on_keyframe_requested()
        digit = dtmf.digit_of(content_type, body)
        if digit is not None and self._connected and not self._over:
            self.listener.on_digit(digit)

    def on_ended(self, session: Session, ended: Ended) -> None:
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
        self.listener.on_ended(cause, ended.reason)

    # How

    def _begin(self, session: Session) -> None:
        self._session = session
        session.listener = self

    def _signalled(self, agreement: Agreement) -> Agreement:
        return agreement.signalled_from(self._session.signalling_host)

    def _take_answer(self, answer: bytes) -> bool:
        """True if the far end's answer can be used."""
        try:
            agreement = self._description.take_answer(answer)
        except (NotNegotiable, ValueError) as error:
            log.info("leg %s: the answer cannot be used: %s", self._media.leg, error)
            return False
        return self._use(agreement)

    def _use(self, agreement: Agreement, *, only_check: bool = False) -> bool:
        """True if media can flow as agreed; they are started, unless `only_check`."""
        try:
            if only_check:
                self._media.check(agreement)
            else:
                self.listener.on_agreed(self._signalled(agreement))
        except ValueError as error:
            log.info("leg %s: what was agreed cannot be used: %s", self._media.leg, error)
            return False
        return True

    def _on_change_answered(self, taken: bool) -> None:
        self._offers.done()
        if self._offers.idle:
            self.listener.on_change_answered(taken)

    def _give_up(self, session: Session, detail: str) -> None:
        """First the reason, which the session does not know; what it says of its end then comes too late."""
        self.listener.on_ended(Cause.NOT_ACCEPTABLE, detail)
        session.hang_up()

    def _send_offer(self) -> None:
        if not self._over:
            self._session.reinvite(self._description.offer())

    def _send_info(self, content_type: str, body: bytes, answered: Callable[[int], None]) -> None:
        if not self._over:
            self._session.send_info(content_type, body, answered)

    def _dial_again(self, *, on: Round | None = None) -> bool:
        """Offer the same with another protection, if there is one that is worth a try.

        A far end that has refused all of them is offered audio and main video alone: some refuse a call for a line that
        they do not know, instead of the line (linphone 5.1, which wants a secure profile of BFCP).
        """
        if self._invite is None or self._over:
            return False
        if not self._keying.insist(on=on):
            if on is not None or not self._media.leave_out():
                return False
            self._keying.start_over()
        try:
            self._begin(self._invite(self._description.offer()))
        except SipError:
            return False
        return True


def is_fast_update(content_type: str, body: bytes) -> bool:
    """Fast update: whether an INFO asks for a keyframe (RFC 5168)."""
    return content_type.partition(";")[0].strip().lower() == FAST_UPDATE[0] and b"picture_fast_update" in body
