"""Offers and answers in the course of a session: INVITE and UPDATE (RFC 3261 section 14, RFC 3311, RFC 6337)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from videobar.sip.errors import OfferRefused
from videobar.sip.session.retransmission import SuccessRetransmission
from videobar.sip.session.states import SessionDirection, SessionState
from videobar.sip.session.timer import is_too_brief
from videobar.sip.syntax.body import SDP, accepts_media_type, attach_body, description_of
from videobar.sip.syntax.message import Request, Response
from videobar.sip.syntax.reasons import reason_phrase, retry_after
from videobar.sip.transaction.layer import IncomingRequest
from videobar.sip.transaction.state_machine import Failure, TimerHandle

if TYPE_CHECKING:
    from videobar.sip.session.session import Session

_log = logging.getLogger("videobar.sip")

_LONGEST_RETRY = 10
"""Most seconds that a far end may ask us to wait with an offer (section 14.2)."""
_REFRESH_AGAIN = 5.0
"""Seconds after which a refresh is tried again that was refused or came at a bad moment."""


class OfferExchange:
    """Offer/answer exchange of one session: one offer at a time, in either direction.

    It queues our offers, resolves glare (491) and retries (500), refreshes the session, answers the far end's offers,
    and retransmits a 2xx to INVITE until its ACK comes.

    Attributes:
        agreed: our description in force; None until there is one.
        peer_allows_update: False once the far end is known not to implement UPDATE.
    """

    def __init__(self, session: Session) -> None:
        self.agreed: bytes | None = None
        self.peer_allows_update = True
        self._session = session
        self._core = session.core
        self._pending = False
        self._queued: bytes | None = None
        self._retry: TimerHandle | None = None
        self._retried_after_500 = False
        self._refreshing = False
        self._success: SuccessRetransmission | None = None

    @property
    def awaits_retry(self) -> bool:
        """True while a refused offer waits to be sent again."""
        return self._retry is not None

    # Our offers.

    def offer(self, description: bytes) -> None:
        """Send an offer by re-INVITE, after the one under way; one that waits already is replaced."""
        self._queued = description
        self.send_next()

    def send_next(self) -> None:
        """Send the offer that waits, if now is the time."""
        ready = self._session.state is SessionState.ESTABLISHED and self._success is None
        if not ready or self._queued is None or self._pending or self._retry is not None:
            return
        offer, self._queued = self._queued, None
        self._pending = True
        self._session.request(
            "INVITE",
            lambda result: self._on_reinvite_final(offer, result),
            content_type=SDP,
            body=offer,
            headers=self._session.timer.request_headers(),
        )

    def _on_reinvite_final(self, offer: bytes, result: Response | Failure) -> None:
        self._pending = False
        response = self._session.check_final(result, "the far end did not answer a re-INVITE")
        if response is None:
            return
        self._session.update_peer(response)
        answer = description_of(response)
        if (delay := self._retry_delay(response)) is not None:
            self._retry_in(delay, offer)
        elif self._session.timer.handle_refusal(response):
            self._queued = self._queued or offer
        elif response.status < 300 and answer is not None:
            self.agreed = offer
            self._session.timer.on_success(response)
            self._session.notify(lambda listener: listener.on_answer(self._session, answer))
        else:
            status, reason = response.status, reason_phrase(response)
            self._session.notify(lambda listener: listener.on_reinvite_refused(self._session, status, reason))
        self.send_next()

    def _retry_delay(self, refusal: Response) -> float | None:
        """Seconds after which to send a refused offer again; None where that makes no sense.

        Section 14.1, glare: the caller waits 2.1 to 4 s, the other side 0 to 2 s, in steps of 10 ms. Section 14.2: a
        500 says by Retry-After when the far end will be done with another offer; that is followed once.
        """
        retried, self._retried_after_500 = self._retried_after_500, False
        if refusal.status == 491:
            caller = self._session.direction is SessionDirection.OUTGOING
            return self._core.rng.randint(*((210, 400) if caller else (0, 200))) / 100
        seconds = retry_after(refusal)
        if refusal.status != 500 or retried or seconds is None or seconds > _LONGEST_RETRY:
            return None
        self._retried_after_500 = True
        return seconds

    def _retry_in(self, delay: float, offer: bytes) -> None:
        if self._queued is None:
            self._queued = offer

        def retry() -> None:
            self._retry = None
            self.send_next()

        self._retry = self._core.transactions.scheduler.call_later(delay, retry)

    # Session refreshes (RFC 4028 section 10).

    def refresh(self) -> None:
        """Refresh the session: by UPDATE where the far end allows it, else by a re-INVITE with what is in force."""
        timer = self._session.timer
        busy = self._refreshing or self._pending or self._success is not None
        if self._session.state is not SessionState.ESTABLISHED or busy:
            timer.refresh_again_in(_REFRESH_AGAIN)
            return
        self._refreshing = True
        headers = timer.request_headers()
        if self.peer_allows_update or self.agreed is None:
            self._session.request("UPDATE", self._on_refresh_final, headers=headers)
        else:
            self._pending = True
            self._session.request(
                "INVITE", self._on_refresh_final, content_type=SDP, body=self.agreed, headers=headers
            )

    def _on_refresh_final(self, result: Response | Failure) -> None:
        self._refreshing = False
        by_update = isinstance(result, Response) and result.cseq_method == "UPDATE"
        if not by_update:
            self._pending = False
        response = self._session.check_final(result, "the far end did not answer a refresh")
        if response is None:
            return
        timer = self._session.timer
        if response.status < 300:
            timer.on_success(response)
            answer = description_of(response)
            if answer is not None:
                self._session.notify(lambda listener: listener.on_answer(self._session, answer))
        else:
            refused = by_update and response.status in (405, 501)
            self.peer_allows_update = self.peer_allows_update and not refused
            at_once = timer.handle_refusal(response) or (by_update and not self.peer_allows_update)
            timer.refresh_again_in(0 if at_once else _REFRESH_AGAIN)
        self.send_next()

    # The far end's offers.

    def receive(self, incoming: IncomingRequest) -> None:
        """Handle an INVITE or UPDATE within the dialog."""
        session, request = self._session, incoming.request
        refusal = self._refusal(request)
        if refusal is not None:
            session.respond(incoming, refusal, retry_after=refusal == 500)
            return
        if not accepts_media_type(request):
            session.respond(incoming, 415)
            return
        if is_too_brief(request):
            session.respond(incoming, 422)
            return
        self.imply_ack()
        if session.dialog is None or session.has_ended:
            session.respond(incoming, 481)
            return
        offer = description_of(request)
        if request.method == "UPDATE" and offer is None:
            session.dialog.refresh_target(request)
            self._answer(incoming, b"", expects_answer=False)
            return
        answer, refused = self._answer_of_listener(offer)
        if session.has_ended:
            session.respond(incoming, 487)
        elif answer is None:
            session.respond(incoming, refused.status, refused.reason)
        else:
            session.dialog.refresh_target(request)
            self._answer(incoming, answer, expects_answer=offer is None)

    def _refusal(self, request: Request) -> int | None:
        """Status for a request that crosses another offer (section 14.2, RFC 3311 section 5.2); None if none does."""
        offers = request.method == "INVITE" or description_of(request) is not None
        if self._session.state is SessionState.INCOMING and offers:
            return 500
        if self._pending and offers:
            return 491
        return 500 if self._success is not None and self._success.expects_answer else None

    def _answer_of_listener(self, offer: bytes | None) -> tuple[bytes | None, OfferRefused]:
        """The listener's description; where it is None, the refusal to send."""
        refused = OfferRefused()
        if self._session.listener is None:
            return None, refused
        try:
            return self._session.listener.on_offer(self._session, offer), refused
        except OfferRefused as refusal:
            return None, refusal if 400 <= refusal.status < 700 else refused
        except Exception:
            _log.exception("the listener failed on an offer")
            return None, OfferRefused(500)

    def _answer(self, incoming: IncomingRequest, description: bytes, *, expects_answer: bool) -> None:
        response = self._session.new_response(incoming.request, incoming.flow, 200)
        attach_body(response, SDP, description)
        self.agreed = description or self.agreed
        if self._session.is_active:
            self._session.timer.answer(incoming.request, response)
        if incoming.request.method == "INVITE":
            self.send_success(incoming, response, expects_answer=expects_answer)
        else:
            incoming.respond(response)

    # 2xx to INVITE, and ACK.

    def send_success(self, incoming: IncomingRequest, response: Response, *, expects_answer: bool) -> None:
        """Send a 2xx to INVITE until its ACK comes, which brings the answer if the 2xx makes an offer."""
        self._success = SuccessRetransmission(
            incoming,
            response,
            expects_answer=expects_answer,
            timers=self._core.transactions.timers,
            scheduler=self._core.transactions.scheduler,
            on_ack=self._on_ack,
            on_timeout=self._on_ack_timeout,
        )
        self._success.send()

    def receive_ack(self, ack: Request) -> None:
        """Handle an ACK within the dialog."""
        if self._success is not None:
            self._success.receive_ack(ack)

    def imply_ack(self) -> None:
        """A later request shows that the far end has our 2xx, so that its lost ACK is not missed."""
        if self._success is not None and not self._success.expects_answer:
            self._success.stop()
            self._on_ack(None)

    def _on_ack(self, ack: Request | None) -> None:
        expected = self._success is not None and self._success.expects_answer
        self._success = None
        self._session.on_ack(description_of(ack) if ack is not None and expected else None)
        self.send_next()

    def _on_ack_timeout(self) -> None:
        self._success = None
        self._session.on_ack_timeout()

    # Ends.

    def stop(self) -> None:
        """Forget the offers that wait; a 2xx goes on until `stop_success`."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        self._queued = None

    def stop_success(self) -> None:
        """Retransmit the 2xx no more, and expect no ACK."""
        if self._success is not None:
            self._success.stop()
            self._success = None
