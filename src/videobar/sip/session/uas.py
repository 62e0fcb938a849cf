"""UAS of an INVITE (RFC 3261 sections 9.2 and 13.3): provisional responses, 2xx, refusals, CANCEL."""

from __future__ import annotations

from videobar.sip.errors import InvalidState
from videobar.sip.session.core import UserAgentCore, new_tag
from videobar.sip.session.dialog import Dialog
from videobar.sip.session.digest import Credentials
from videobar.sip.session.retransmission import ReliableProvisional, is_required
from videobar.sip.session.session import Session
from videobar.sip.session.setup import Setup
from videobar.sip.session.states import Ended, EndedBy, SessionDirection, SessionState
from videobar.sip.syntax.body import SDP, attach_body, description_of
from videobar.sip.syntax.message import Request, Response
from videobar.sip.syntax.reasons import reason_text
from videobar.sip.transaction.layer import IncomingRequest
from videobar.sip.transaction.state_machine import Failure, TimerHandle

_REMINDER = 60.0
"""Seconds after which a provisional response is repeated, so that no proxy gives up (section 13.3.1.1)."""


class InviteServer(Setup):
    """Setup of a session as UAS: an INVITE that came, and `session`, which it makes.

    `credentials` answer challenges to our requests within the dialog.

    Raises:
        MalformedMessage: the INVITE has no usable Contact, or its route cannot be read.
    """

    direction = SessionDirection.INCOMING

    def __init__(
        self, core: UserAgentCore, incoming: IncomingRequest, credentials: Credentials | None = None
    ) -> None:
        request = incoming.request
        tag = new_tag()
        self._core = core
        self._incoming = incoming
        self._reminder: TimerHandle | None = None
        self._provisional: ReliableProvisional | None = None
        dialog = Dialog.for_uas(request, tag, core.rng.randint(1, 10_000))
        self._rseq = core.rng.randint(1, 10_000)
        self.session = Session(
            core,
            self,
            state=SessionState.INCOMING,
            call_id=request.call_id,
            local_tag=tag,
            remote=request.from_,
            transport_name=incoming.flow.protocol,
            credentials=credentials,
            offer=description_of(request),
            dialog=dialog,
            flow=incoming.flow,
        )
        self.session.update_peer(request)
        incoming.transaction.on_failure = self._on_response_failure

    def ring(self) -> None:
        """See `Session.ring`."""
        if self.session.has_ended:
            return
        self._check_unanswered()
        self._ring()

    def accept(self, description: bytes) -> None:
        """See `Session.accept`."""
        self._check_unanswered()
        self._stop_reminder()
        self._stop_provisional()
        response = self._dialog_response(200)
        attach_body(response, SDP, description)
        session = self.session
        session.state = SessionState.ACCEPTED
        session.offers.agreed = description
        session.timer.answer(self._incoming.request, response)
        session.offers.send_success(self._incoming, response, expects_answer=session.offer is None)

    def reject(self, status: int, reason: str | None) -> None:
        """See `Session.reject`."""
        if not 300 <= status < 700:
            raise ValueError(f"{status} is not the status of a refusal")
        if self.session.has_ended:
            return
        self._check_unanswered()
        self.session.respond(self._incoming, status, reason)
        self.session.end(Ended(status, reason or "rejected here", EndedBy.LOCAL))

    def on_cancel(self, cancel: Request) -> None:
        """End the session, unless it is too late because the INVITE is answered."""
        if self.session.state is SessionState.INCOMING:
            self.session.respond(self._incoming, 487)
            self.session.end(Ended(487, reason_text(cancel) or "cancelled by the caller", EndedBy.REMOTE))

    def answers(self, invite: Request) -> bool:
        """See `Setup.answers`."""
        return self._incoming.request is invite

    def _check_unanswered(self) -> None:
        if self.session.state is not SessionState.INCOMING:
            raise InvalidState("the session does not wait for an answer")

    def receive(self, incoming: IncomingRequest) -> bool:
        """Handle a PRACK, which is about our provisional responses; leave the rest to the session."""
        if incoming.request.method != "PRACK":
            return False
        if self._provisional is not None and self._provisional.receive_prack(incoming.request):
            self._accept_prack(incoming)
        else:
            self.session.respond(incoming, 481)
        return True

    def _accept_prack(self, incoming: IncomingRequest) -> None:
        if self.session.dialog is not None:
            self.session.dialog.admit(incoming.request)
        self._provisional = None
        # An offer has no place here: ours is still to be answered, or theirs to be made.
        self.session.respond(incoming, 200 if description_of(incoming.request) is None else 488)

    def _ring(self) -> None:
        """Send a 180: reliably to a caller that requires it, one at a time."""
        if not is_required(self._incoming.request):
            self._incoming.respond(self._dialog_response(180))
        elif self._provisional is None:
            self._rseq += 1
            self._provisional = ReliableProvisional(
                self._incoming,
                self._dialog_response(180),
                self._rseq,
                timers=self._core.transactions.timers,
                scheduler=self._core.transactions.scheduler,
                on_timeout=self._on_prack_timeout,
            )
        self._stop_reminder()
        self._reminder = self._core.transactions.scheduler.call_later(_REMINDER, self._ring)

    def _dialog_response(self, status: int) -> Response:
        """Response that makes the dialog: with Record-Route and our Contact (section 12.1.1)."""
        request = self._incoming.request
        response = self.session.new_response(request, self._incoming.flow, status)
        for route in request.headers.all("record-route"):
            response.headers.add("record-route", route)
        return response

    def _on_prack_timeout(self) -> None:
        """No PRACK came: the call fails (RFC 3262 section 3)."""
        self.session.respond(self._incoming, 504)
        self.session.end(Ended(504, "the caller does not hear that it rings", EndedBy.TIMEOUT))

    def _on_response_failure(self, failure: Failure) -> None:
        if failure is Failure.TRANSPORT:
            self.session.end(Ended(None, "the caller cannot be reached", EndedBy.NETWORK))

    def abort(self) -> Ended:
        """Refuse with 480."""
        self.session.respond(self._incoming, 480)
        return Ended(480, "rejected here", EndedBy.LOCAL)

    def on_bye(self) -> None:
        """Answer the INVITE with 487."""
        self.session.respond(self._incoming, 487)

    def stop(self) -> None:
        """Stop ringing."""
        self._stop_reminder()
        self._stop_provisional()

    def _stop_provisional(self) -> None:
        if self._provisional is not None:
            self._provisional.stop()

    def _stop_reminder(self) -> None:
        if self._reminder is not None:
            self._reminder.cancel()
            self._reminder = None
