"""What both ends of a session do once it stands: they offer changes, answer those of the other, and refresh it.

The rules of RFC 3261 sections 12.2.2 and 14, of RFC 3311 for UPDATE, and of RFC 4028 for the session timer.
"""

from __future__ import annotations

import logging

from videobar.sip.errors import InvalidState, OfferRefused
from videobar.sip.session.core import UserAgentCore
from videobar.sip.session.digest import Credentials
from videobar.sip.session.in_dialog import InDialog
from videobar.sip.session.retransmission import SuccessRetransmission
from videobar.sip.session.session import Ended, EndedBy, SessionDirection, SessionListener, SessionState
from videobar.sip.session.timer import SessionTimer, is_too_brief
from videobar.sip.syntax.body import SDP, accepts_media_type, attach_body, description_of
from videobar.sip.syntax.message import Request, Response
from videobar.sip.syntax.reasons import reason_header, reason_phrase, reason_text, retry_after
from videobar.sip.syntax.uri import NameAddr
from videobar.sip.transaction.layer import IncomingRequest
from videobar.sip.transaction.state_machine import Failure, TimerHandle

_log = logging.getLogger("videobar.sip")

_LONGEST_RETRY = 10
"""Most seconds that a far end may ask us to wait with an offer (section 14.2)."""
_REFRESH_AGAIN = 5.0
"""Seconds after which a refresh is tried again that was refused or came at a bad moment."""


class DialogSession(InDialog):
    """The part of a session that does not care who called."""

    def __init__(
        self,
        core: UserAgentCore,
        *,
        state: SessionState,
        call_id: str,
        local_tag: str,
        remote: NameAddr,
        transport_name: str,
        listener: SessionListener | None,
        credentials: Credentials | None,
    ) -> None:
        super().__init__(
            core,
            state=state,
            call_id=call_id,
            local_tag=local_tag,
            remote=remote,
            transport_name=transport_name,
            listener=listener,
            credentials=credentials,
        )
        self._offer_pending = False
        self._next_offer: bytes | None = None
        self._retry: TimerHandle | None = None
        self._put_off = False
        """Whether the last offer was refused with a time to come again."""
        self._timer = SessionTimer(core.transactions.scheduler, self._refresh, self._not_refreshed)
        self._refreshing = False
        self._agreed: bytes | None = None
        """Our description that holds now."""

    def hang_up(self) -> None:
        """See `Session.hang_up`."""
        if self.state is SessionState.ENDED:
            return
        ended = Ended(None, "hung up here", EndedBy.LOCAL)
        if self.state is SessionState.ESTABLISHED:
            self._send_bye()
        elif self.state is SessionState.ACCEPTED:
            # The one who was called must not send BYE before the ACK (section 15).
            self._bye_when_acknowledged = True
            self._unfinished += 1
        else:
            ended = self._give_up_early()
        self._end(ended)

    def reinvite(self, offer: bytes) -> None:
        """See `Session.reinvite`."""
        if self.state not in (SessionState.ACCEPTED, SessionState.ESTABLISHED):
            raise InvalidState("the session is not established")
        self._next_offer = offer
        self._send_next_offer()

    # What the agent calls.

    def receive(self, incoming: IncomingRequest) -> None:
        """Handle a request within this dialog (section 12.2.2)."""
        request = incoming.request
        if self.state is SessionState.ENDED or self._dialog is None:
            self._receive_after_end(incoming)
            return
        if not self._dialog.admit(request):
            self._respond(incoming, 500, "Request Out Of Order")
            return
        self._flow = incoming.flow
        self.transport_name = incoming.flow.protocol
        self._note_peer(request)
        if request.method == "BYE":
            self._receive_bye(incoming)
        elif request.method in ("INVITE", "UPDATE"):
            self._receive_offer(incoming)
        else:
            self._answer_plainly(incoming)

    def receive_ack(self, ack: Request) -> None:
        """Handle an ACK within this dialog."""
        if self._accepted is not None:
            self._accepted.acknowledge(ack)

    # What the far end asks for.

    def _receive_after_end(self, incoming: IncomingRequest) -> None:
        """Only a BYE still matters, and only where ours waits for the ACK: then it makes ours unnecessary."""
        crossed = self._bye_when_acknowledged and incoming.request.method == "BYE"
        self._respond(incoming, 200 if crossed else 481)
        if crossed:
            self._bye_when_acknowledged = False
            if self._accepted is not None:
                self._accepted.stop()
                self._accepted = None
            self._finished()

    def _receive_bye(self, incoming: IncomingRequest) -> None:
        self._respond(incoming, 200)
        self._imply_ack()
        self._leave_early(incoming.request)
        self._end(Ended(None, reason_text(incoming.request) or "hung up by the far end", EndedBy.REMOTE))

    def _receive_offer(self, incoming: IncomingRequest) -> None:
        request = incoming.request
        refusal = self._why_not_now(request)
        if refusal is not None:
            self._respond(incoming, refusal, retry_after=refusal == 500)
            return
        if not accepts_media_type(request):
            self._respond(incoming, 415)
            return
        if is_too_brief(request):
            self._respond(incoming, 422)
            return
        self._imply_ack()
        if self._dialog is None or self._has_ended():
            self._respond(incoming, 481)
            return
        offer = description_of(request)
        if request.method == "UPDATE" and offer is None:
            self._dialog.refresh_target(request)
            self._answer_offer(incoming, b"", owes_answer=False)
            return
        answer, refused = self._ask_for_answer(offer)
        if self._has_ended():
            self._respond(incoming, 487)
        elif answer is None:
            self._respond(incoming, refused.status, refused.reason)
        else:
            self._dialog.refresh_target(request)
            self._answer_offer(incoming, answer, owes_answer=offer is None)

    def _why_not_now(self, request: Request) -> int | None:
        """491 or 500 where offers would cross (section 14.2, RFC 3311 section 5.2)."""
        offers = request.method == "INVITE" or description_of(request) is not None
        if self.state is SessionState.INCOMING and offers:
            return 500
        if self._offer_pending and offers:
            return 491
        owed = self._accepted is not None and self._accepted.owes_answer
        return 500 if owed else None

    def _ask_for_answer(self, offer: bytes | None) -> tuple[bytes | None, OfferRefused]:
        """The listener's description, or why there is none."""
        refused = OfferRefused()
        if self.listener is None:
            return None, refused
        try:
            return self.listener.on_offer(self, offer), refused
        except OfferRefused as refusal:
            return None, refusal if 400 <= refusal.status < 700 else refused
        except Exception:
            _log.exception("the listener failed on an offer")
            return None, OfferRefused(500)

    def _answer_offer(self, incoming: IncomingRequest, description: bytes, *, owes_answer: bool) -> None:
        response = self._introduced(incoming.request, incoming.flow, 200)
        attach_body(response, SDP, description)
        self._agreed = description or self._agreed
        if self.state in (SessionState.ACCEPTED, SessionState.ESTABLISHED):
            self._timer.grant(incoming.request, response)
        if incoming.request.method == "INVITE":
            self._accept_with(incoming, response, owes_answer)
        else:
            incoming.respond(response)

    def _accept_with(self, incoming: IncomingRequest, response: Response, owes_answer: bool) -> None:
        self._accepted = SuccessRetransmission(
            incoming,
            response,
            owes_answer=owes_answer,
            timers=self._core.transactions.timers,
            scheduler=self._core.transactions.scheduler,
            on_ack=self._acknowledged,
            on_timeout=self._not_acknowledged,
        )
        self._accepted.send()

    def _imply_ack(self) -> None:
        """A later request shows that the far end has our 2xx, so that its lost ACK is not missed."""
        if self._accepted is not None and not self._accepted.owes_answer:
            self._accepted.stop()
            self._acknowledged(None)

    def _acknowledged(self, ack: Request | None) -> None:
        owed = self._accepted is not None and self._accepted.owes_answer
        self._accepted = None
        answer = description_of(ack) if ack is not None and owed else None
        if self._bye_when_acknowledged:
            self._bye_when_acknowledged = False
            self._send_bye()
            self._finished()
        elif self.state is SessionState.ACCEPTED:
            self.state = SessionState.ESTABLISHED
            self._tell(lambda listener: listener.on_established(self, answer))
        elif answer is not None:
            self._tell(lambda listener: listener.on_answer(self, answer))
        self._send_next_offer()

    def _not_acknowledged(self) -> None:
        self._accepted = None
        self._send_bye(reason_header(408, "no ACK came"))
        self._end(Ended(408, "the far end did not acknowledge the answer", EndedBy.TIMEOUT))
        if self._bye_when_acknowledged:
            self._bye_when_acknowledged = False
            self._finished()

    # What we ask for.

    def _send_next_offer(self) -> None:
        ready = self.state is SessionState.ESTABLISHED and self._accepted is None
        if not ready or self._next_offer is None or self._offer_pending or self._retry is not None:
            return
        offer, self._next_offer = self._next_offer, None
        self._offer_pending = True
        self._request(
            "INVITE",
            lambda outcome: self._reinvite_answered(offer, outcome),
            content_type=SDP,
            body=offer,
            headers=self._timer.asks(),
        )

    def _reinvite_answered(self, offer: bytes, outcome: Response | Failure) -> None:
        self._offer_pending = False
        if self.state is SessionState.ENDED:
            return
        if isinstance(outcome, Failure):
            self._lost("the far end did not answer a re-INVITE", outcome)
            return
        self._note_peer(outcome)
        answer = description_of(outcome)
        if (delay := self._worth_a_retry(outcome)) is not None:
            self._retry_later(offer, delay)
        elif self._timer.learns(outcome):
            self._next_offer = self._next_offer or offer
        elif outcome.status in (408, 481):
            self._send_bye()
            self._end(Ended(outcome.status, reason_phrase(outcome), EndedBy.REMOTE))
        elif outcome.status < 300 and answer is not None:
            self._agreed = offer
            self._timer.agreed(outcome)
            self._tell(lambda listener: listener.on_answer(self, answer))
        else:
            status, reason = outcome.status, reason_phrase(outcome)
            self._tell(lambda listener: listener.on_reinvite_refused(self, status, reason))
        self._send_next_offer()

    def _worth_a_retry(self, refusal: Response) -> float | None:
        """After how many seconds the same offer may be taken: both of us offered at once, or the far end is not ready.

        Section 14.1: the caller waits 2.1 to 4 s, the one who was called 0 to 2 s, in steps of 10 ms. Section 14.2: a
        500 says by Retry-After when the far end will be done with another offer; that is believed once.
        """
        put_off, self._put_off = self._put_off, False
        if refusal.status == 491:
            caller = self.direction is SessionDirection.OUTGOING
            return (self._core.rng.randint(210, 400) if caller else self._core.rng.randint(0, 200)) / 100
        seconds = retry_after(refusal)
        if refusal.status != 500 or put_off or seconds is None or seconds > _LONGEST_RETRY:
            return None
        self._put_off = True
        return seconds

    def _retry_later(self, offer: bytes, delay: float) -> None:
        if self._next_offer is None:
            self._next_offer = offer

        def again() -> None:
            self._retry = None
            self._send_next_offer()

        self._retry = self._core.transactions.scheduler.call_later(delay, again)

    # The session timer.

    def _refresh(self) -> None:
        """Show that we are still there: by UPDATE where the far end knows it, else by offering what holds anyway."""
        busy = self._refreshing or self._offer_pending or self._accepted is not None
        if self.state is not SessionState.ESTABLISHED or busy:
            self._timer.refresh_again_in(_REFRESH_AGAIN)
            return
        self._refreshing = True
        headers = self._timer.asks()
        if self._updates or self._agreed is None:
            self._request("UPDATE", self._refreshed, headers=headers)
        else:
            self._offer_pending = True
            self._request("INVITE", self._refreshed, content_type=SDP, body=self._agreed, headers=headers)

    def _refreshed(self, outcome: Response | Failure) -> None:
        self._refreshing = False
        if self._has_ended():
            return
        by_update = isinstance(outcome, Response) and outcome.cseq_method == "UPDATE"
        if not by_update:
            self._offer_pending = False
        if isinstance(outcome, Failure):
            self._lost("the far end did not answer a refresh", outcome)
        elif outcome.status in (408, 481):
            self._send_bye()
            self._end(Ended(outcome.status, reason_phrase(outcome), EndedBy.REMOTE))
        elif outcome.status < 300:
            self._timer.agreed(outcome)
            answer = description_of(outcome)
            if answer is not None:
                self._tell(lambda listener: listener.on_answer(self, answer))
        else:
            self._updates = self._updates and not (by_update and outcome.status in (405, 501))
            again_at_once = self._timer.learns(outcome) or (by_update and not self._updates)
            self._timer.refresh_again_in(0 if again_at_once else _REFRESH_AGAIN)
        self._send_next_offer()

    def _not_refreshed(self) -> None:
        self._send_bye(reason_header(408, "the session was not refreshed"))
        self._end(Ended(408, "the far end did not refresh the session", EndedBy.TIMEOUT))

    def _stop_offering(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        self._next_offer = None
        self._timer.stop()
