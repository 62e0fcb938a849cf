"""The session of the one who is called (RFC 3261 sections 9.2 and 13.3)."""

from __future__ import annotations

from videobar.sip.errors import InvalidState
from videobar.sip.session.core import UserAgentCore, new_tag
from videobar.sip.session.dialog import Dialog
from videobar.sip.session.dialog_session import DialogSession
from videobar.sip.session.digest import Credentials
from videobar.sip.session.retransmission import ReliableProvisional, is_required
from videobar.sip.session.session import Ended, EndedBy, SessionDirection, SessionState
from videobar.sip.syntax.body import SDP, attach_body, description_of
from videobar.sip.syntax.message import Request, Response
from videobar.sip.syntax.reasons import reason_text
from videobar.sip.transaction.layer import IncomingRequest
from videobar.sip.transaction.state_machine import Failure, TimerHandle

_REMINDER = 60.0
"""Seconds after which a provisional response is repeated, so that no proxy gives up (section 13.3.1.1)."""


class IncomingSession(DialogSession):
    """An INVITE that came; `credentials` are for whoever asks for them in our requests within the dialog.

    Raises:
        MalformedMessage: the INVITE has no usable Contact, or its route cannot be read.
    """

    direction = SessionDirection.INCOMING

    def __init__(
        self, core: UserAgentCore, incoming: IncomingRequest, credentials: Credentials | None = None
    ) -> None:
        request = incoming.request
        tag = new_tag()
        dialog = Dialog.for_uas(request, tag, core.rng.randint(1, 10_000))
        super().__init__(
            core,
            state=SessionState.INCOMING,
            call_id=request.call_id,
            local_tag=tag,
            remote=request.from_,
            transport_name=incoming.flow.protocol,
            listener=None,
            credentials=credentials,
        )
        self._incoming = incoming
        self._dialog = dialog
        self._flow = incoming.flow
        self._reminder: TimerHandle | None = None
        self._provisional: ReliableProvisional | None = None
        self._rseq = core.rng.randint(1, 10_000)
        self.offer = description_of(request)
        self._note_peer(request)
        incoming.transaction.on_failure = self._response_failed

    def ring(self) -> None:
        """See `Session.ring`; once more does no harm."""
        if self.state is SessionState.ENDED:
            return
        self._needs_answer()
        self._ring()

    def accept(self, description: bytes) -> None:
        """See `Session.accept`."""
        self._needs_answer()
        self._stop_reminder()
        self._stop_provisional()
        response = self._dialog_response(200)
        attach_body(response, SDP, description)
        self.state = SessionState.ACCEPTED
        self._agreed = description
        self._timer.grant(self._incoming.request, response)
        self._accept_with(self._incoming, response, owes_answer=self.offer is None)

    def reject(self, status: int, reason: str | None = None) -> None:
        """See `Session.reject`."""
        if not 300 <= status < 700:
            raise ValueError(f"{status} is not the status of a refusal")
        if self.state is SessionState.ENDED:
            return
        self._needs_answer()
        self._respond(self._incoming, status, reason)
        self._end(Ended(status, reason or "rejected here", EndedBy.LOCAL))

    def cancelled(self, cancel: Request) -> None:
        """The caller has given up (section 9.2); too late if the INVITE is answered."""
        if self.state is SessionState.INCOMING:
            self._respond(self._incoming, 487)
            self._end(Ended(487, reason_text(cancel) or "cancelled by the caller", EndedBy.REMOTE))

    def is_of(self, incoming_invite: Request) -> bool:
        """Whether this session came from that very request."""
        return self._incoming.request is incoming_invite

    def _needs_answer(self) -> None:
        if self.state is not SessionState.INCOMING:
            raise InvalidState("the session does not wait for an answer")

    def receive(self, incoming: IncomingRequest) -> None:
        """Handle a request within the dialog; PRACK is about what was said before it stands."""
        if incoming.request.method != "PRACK":
            super().receive(incoming)
        elif self._provisional is not None and self._provisional.acknowledge(incoming.request):
            self._admit_prack(incoming)
        else:
            self._respond(incoming, 481)

    def _admit_prack(self, incoming: IncomingRequest) -> None:
        if self._dialog is not None:
            self._dialog.admit(incoming.request)
        self._provisional = None
        # An offer has no place here: ours is still to be answered, or theirs to be made.
        self._respond(incoming, 200 if description_of(incoming.request) is None else 488)

    def _ring(self) -> None:
        """Say that it rings; to a caller who insists on it until a PRACK comes, and never twice at a time."""
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
                on_timeout=self._not_heard,
            )
        self._stop_reminder()
        self._reminder = self._core.transactions.scheduler.call_later(_REMINDER, self._ring)

    def _dialog_response(self, status: int) -> Response:
        """A response that makes the dialog: it repeats Record-Route, and says where we are (section 12.1.1)."""
        request = self._incoming.request
        response = self._introduced(request, self._incoming.flow, status)
        for route in request.headers.all("record-route"):
            response.headers.add("record-route", route)
        return response

    def _not_heard(self) -> None:
        """No PRACK came: the call fails (RFC 3262 section 3)."""
        self._respond(self._incoming, 504)
        self._end(Ended(504, "the caller does not hear that it rings", EndedBy.TIMEOUT))

    def _response_failed(self, failure: Failure) -> None:
        if failure is Failure.TRANSPORT:
            self._end(Ended(None, "the caller cannot be reached", EndedBy.NETWORK))

    def _give_up_early(self) -> Ended:
        self._respond(self._incoming, 480)
        return Ended(480, "rejected here", EndedBy.LOCAL)

    def _leave_early(self, bye: Request) -> None:
        if self.state is SessionState.INCOMING:
            self._respond(self._incoming, 487)

    def _ended_early(self) -> None:
        self._stop_reminder()
        self._stop_provisional()

    def _stop_provisional(self) -> None:
        if self._provisional is not None:
            self._provisional.stop()

    def _stop_reminder(self) -> None:
        if self._reminder is not None:
            self._reminder.cancel()
            self._reminder = None
