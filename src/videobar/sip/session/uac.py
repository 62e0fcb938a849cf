"""The session of the one who calls (RFC 3261 sections 9.1 and 13.2)."""

from __future__ import annotations

from videobar.sip.errors import MalformedMessage, UnsupportedTransport
from videobar.sip.session.core import UserAgentCore, new_tag
from videobar.sip.session.dialog import Dialog
from videobar.sip.session.dialog_session import DialogSession
from videobar.sip.session.digest import Credentials
from videobar.sip.session.redirection import TargetSet
from videobar.sip.session.request import Ack, send_in_dialog
from videobar.sip.session.retransmission import is_required, rseq_of
from videobar.sip.session.session import Ended, EndedBy, SessionDirection, SessionListener, SessionState
from videobar.sip.syntax.body import SDP, attach_body, description_of
from videobar.sip.syntax.message import Request, Response
from videobar.sip.syntax.reasons import reason_phrase
from videobar.sip.syntax.uri import NameAddr, SipUri
from videobar.sip.transaction.client import ClientTransaction, cancel
from videobar.sip.transaction.layer import HEADERS_SIZE, IncomingRequest
from videobar.sip.transaction.state_machine import Failure, State, TimerHandle
from videobar.sip.transport.flow import Flow
from videobar.sip.transport.resolver import NextHop

MAX_FORKS = 16
"""Most early dialogs, and most superfluous 2xx legs, that one INVITE may have."""


_UNKNOWN_HERE = (404, 405, 480, 501)
"""What a peer may say over TCP that knows its user over UDP alone, as some do that were set to one transport."""


class OutgoingSession(DialogSession):
    """An INVITE that we send, to the addresses of redirections as well."""

    direction = SessionDirection.OUTGOING

    def __init__(
        self,
        core: UserAgentCore,
        *,
        target: SipUri,
        from_: NameAddr,
        offer: bytes,
        listener: SessionListener,
        credentials: Credentials | None,
        no_response_timeout: float | None,
        route: tuple[SipUri, ...] = (),
    ) -> None:
        self._hop = NextHop.of(route[0] if route else target)
        if target.scheme == "sips" and self._hop.protocol != "TLS":
            raise UnsupportedTransport("a sips: address cannot be called through a proxy without TLS")
        tag = new_tag()
        super().__init__(
            core,
            state=SessionState.CALLING,
            call_id=new_tag(),
            local_tag=tag,
            remote=NameAddr(target.without("transport", "method")),
            transport_name=self._hop.protocol or "UDP",
            listener=listener,
            credentials=credentials,
        )
        self._target = target
        self._redirections = TargetSet(target)
        self._route = route
        self._from = from_.with_tag(tag)
        self._our_offer = offer
        self._sequence = core.rng.randint(1, 10_000)
        self._attempt = 0
        self._transaction: ClientTransaction | None = None
        self._early: dict[str, Dialog] = {}
        self._reliable: dict[str, int] = {}
        """By early dialog, the number of the last reliable provisional response (RFC 3262)."""
        self._answers: dict[str, bytes] = {}
        """By early dialog, the first answer to our offer, which the 2xx need not say again (section 13.2.1)."""
        self._other_legs: dict[str, Ack] = {}
        self._ack: Ack | None = None
        self._provisional_came = False
        self._moved: bool | None = None
        """Whether the INVITE goes over a connection only because it is large; asked once."""
        self._cancel_wanted = False
        self._cancel_sent = False
        self._invite_open = False
        self._guard: TimerHandle | None = None
        timeout = core.transactions.timers.timeout
        self._patience_s = timeout if no_response_timeout is None else no_response_timeout
        self._patience = core.transactions.scheduler.call_later(self._patience_s, self._no_response)

    def start(self) -> None:
        """Send the INVITE, as soon as the way to the target is known."""
        size = HEADERS_SIZE + len(self._our_offer) + sum(len(str(each)) for each in self._route)
        self._core.transactions.reach(self._hop, None, self._send_invite, self._unreachable, size=size)

    def belongs(self, request: Request) -> bool:
        """Whether a request is of this session, or of one of its early dialogs."""
        if request.call_id != self.call_id:
            return False
        if self._dialog is not None:
            return self._dialog.is_with(request.from_.tag)
        return request.from_.tag in self._early

    def receive(self, incoming: IncomingRequest) -> None:
        """Handle a request within the dialog, or within an early one."""
        early = self._early.get(incoming.request.from_.tag)
        if self._dialog is not None or early is None or self.state is SessionState.ENDED:
            super().receive(incoming)
        else:
            self._receive_early(incoming, early)

    def _receive_early(self, incoming: IncomingRequest, early: Dialog) -> None:
        """Before the answer the called one may only refresh its target: our own offer is still unanswered."""
        request = incoming.request
        if not early.admit(request):
            self._respond(incoming, 500, "Request Out Of Order")
        elif request.method in ("INFO", "OPTIONS"):
            self._answer_plainly(incoming)
        elif request.method != "UPDATE":
            self._respond(incoming, 481)
        elif description_of(request) is not None:
            self._respond(incoming, 491)
        else:
            early.refresh_target(request)
            self._answer_offer(incoming, b"", owes_answer=False)

    def _send_invite(self, flow: Flow) -> None:
        if self._cancel_wanted or self.state is SessionState.ENDED:
            return
        self._moved = self._moved is None and flow.reliable and not self._hop.protocol
        self._flow = flow
        self.transport_name = flow.protocol
        request = self._invite(flow)
        if not self._invite_open:
            self._invite_open = True
            self._unfinished += 1
        self._transaction = self._core.transactions.send_request(
            request, flow, on_response=self._on_response, on_failure=self._on_failure
        )

    def _invite(self, flow: Flow) -> Request:
        self._attempt += 1
        self._sequence += 1
        request = Request.create(
            "INVITE",
            str(self._target.without("method")),
            from_=str(self._from),
            to=str(self.remote),
            call_id=self.call_id,
            cseq=self._sequence,
            routes=[f"<{each}>" for each in self._route],
        )
        secure = self._target.scheme == "sips"
        self._core.introduce(request, flow, getattr(self._from.uri, "user", ""), secure=secure)
        for name, value in self._timer.asks(first=True):
            request.headers.add(name, value)
        attach_body(request, SDP, self._our_offer)
        self._authorizer.authorize(request)
        return request

    # Answers to the INVITE.

    def _on_response(self, response: Response) -> None:
        if response.status < 200:
            self._on_provisional(response)
        elif response.status < 300:
            self._on_success(response)
        else:
            self._on_refusal(response)

    def _on_provisional(self, response: Response) -> None:
        self._provisional_came = True
        self._patience.cancel()
        if self._cancel_wanted:
            self._send_cancel()
        if self.state is SessionState.ENDED:
            return
        self._note_peer(response)
        if response.status > 100:
            self.state = SessionState.EARLY
            self._note_early_dialog(response)
            if is_required(response) and not self._acknowledge(response):
                return
        status, description, tag = response.status, description_of(response), response.to.tag
        if description is not None and tag in self._early:
            self._answers.setdefault(tag, description)
        self._tell(lambda listener: listener.on_progress(self, status, description))

    def _note_early_dialog(self, response: Response) -> None:
        tag = response.to.tag
        if tag and tag not in self._early and len(self._early) < MAX_FORKS and self._transaction is not None:
            try:
                self._early[tag] = Dialog.for_uac(self._transaction.request, response)
            except MalformedMessage:
                return

    def _acknowledge(self, response: Response) -> bool:
        """Send a PRACK; whether the response is the next in order, and not a repetition (RFC 3262 section 4)."""
        number, tag = rseq_of(response), response.to.tag
        early = self._early.get(tag)
        if number is None or early is None or self._transaction is None or self._flow is None:
            return False
        last = self._reliable.get(tag)
        if last is not None and number != last + 1:
            return False
        self._reliable[tag] = number
        rack = f"{number} {self._transaction.request.cseq} INVITE"
        send_in_dialog(
            self._core,
            early,
            self._flow,
            self._authorizer,
            "PRACK",
            lambda result: None,
            headers=(("rack", rack),),
        )
        return True

    def _on_success(self, response: Response) -> None:
        tag = response.to.tag
        if self._dialog is not None and self._dialog.is_with(tag):
            if self._ack is not None:
                self._ack.send()
        elif tag in self._other_legs:
            self._other_legs[tag].send()
        elif self._dialog is None and self.state is not SessionState.ENDED:
            self._establish(response)
        elif len(self._other_legs) < MAX_FORKS:
            self._refuse_leg(response)
        if self.state is SessionState.ENDED or self._dialog is not None:
            self._close_invite()

    def _establish(self, response: Response) -> None:
        dialog = self._dialog_of(response)
        if dialog is None or self._transaction is None or self._flow is None:
            self._end(Ended(None, "the far end's answer cannot be understood", EndedBy.REMOTE))
            return
        self._dialog = dialog
        self.remote = dialog.remote
        self._note_peer(response)
        self._ack = Ack(self._core, dialog, self._transaction.request, self._flow)
        self._ack.send()
        self.state = SessionState.ESTABLISHED
        self._ended_early()
        self._agreed = self._our_offer
        self._timer.agreed(response)
        description = description_of(response) or self._answers.get(dialog.remote.tag)
        self._tell(lambda listener: listener.on_established(self, description))

    def _refuse_leg(self, response: Response) -> None:
        """A 2xx that is not wanted, by another fork or after hanging up: acknowledge it, and end it at once."""
        dialog = self._dialog_of(response)
        if dialog is None or self._transaction is None or self._flow is None:
            return
        ack = Ack(self._core, dialog, self._transaction.request, self._flow)
        self._other_legs[dialog.remote.tag] = ack
        ack.send()
        self._unfinished += 1
        send_in_dialog(
            self._core, dialog, self._flow, self._authorizer, "BYE", lambda result: self._finished()
        )

    def _dialog_of(self, response: Response) -> Dialog | None:
        """The dialog of a 2xx: the route set is the 2xx's, the far end's numbering that of the early dialog."""
        if self._transaction is None:
            return None
        try:
            dialog = Dialog.for_uac(self._transaction.request, response)
        except MalformedMessage:
            return None
        early = self._early.get(dialog.remote.tag)
        if early is not None:
            dialog.remote_sequence = early.remote_sequence
            dialog.local_sequence = early.local_sequence
        return dialog

    def _on_refusal(self, response: Response) -> None:
        wanted = self.state is not SessionState.ENDED and self._flow is not None
        if wanted and self._moved and response.status in _UNKNOWN_HERE and self._flow is not None:
            self._moved = False
            self._forget_early()
            self._core.transactions.prefer_datagrams(self._flow)
            self.start()
            return
        again = wanted and (
            self._authorizer.handle_challenge(response, self._attempt) or self._timer.learns(response)
        )
        if again and self._flow is not None:
            self._forget_early()
            self._send_invite(self._flow)
            return
        self._redirections.learn(response)
        self._note_peer(response)
        self._end_unless_redirected(Ended(response.status, reason_phrase(response), EndedBy.REMOTE))

    def _on_failure(self, failure: Failure) -> None:
        if failure is Failure.TIMEOUT:
            ended = Ended(408, "the far end does not answer", EndedBy.TIMEOUT)
        else:
            ended = Ended(None, f"{self._hop.host} cannot be reached", EndedBy.NETWORK)
        self._end_unless_redirected(ended)

    def _unreachable(self, reason: str) -> None:
        self._end_unless_redirected(Ended(None, reason, EndedBy.NETWORK))

    def _forget_early(self) -> None:
        self._provisional_came = False
        self._early.clear()

    def _end_unless_redirected(self, ended: Ended) -> None:
        """End, or begin again with the next address of a redirection."""
        target = self._redirections.next() if self.state is not SessionState.ENDED else None
        if target is None:
            self._close_invite()
            self._end(ended)
            return
        self._target = target
        self._hop = NextHop.of(self._route[0] if self._route else target)
        self._forget_early()
        self._attempt, self._moved = 0, None
        self.state = SessionState.CALLING
        self._patience.cancel()
        self._patience = self._core.transactions.scheduler.call_later(self._patience_s, self._no_response)
        self.start()

    def _no_response(self) -> None:
        if self.state is SessionState.CALLING:
            self._cancel()
            self._end(Ended(408, "the far end does not answer", EndedBy.TIMEOUT))

    # Giving up.

    def _give_up_early(self) -> Ended:
        self._cancel()
        return Ended(487, "cancelled here", EndedBy.LOCAL)

    def _cancel(self) -> None:
        """Cancel now, or as soon as a provisional response allows it (section 9.1)."""
        self._cancel_wanted = True
        if self._provisional_came:
            self._send_cancel()

    def _send_cancel(self) -> None:
        pending = self._transaction is not None and self._transaction.state is State.PROCEEDING
        if self._cancel_sent or not pending or self._transaction is None or self._flow is None:
            return
        self._cancel_sent = True
        self._core.transactions.send_cancel(cancel(self._transaction.request), self._flow)
        timers = self._core.transactions.timers
        self._guard = self._core.transactions.scheduler.call_later(timers.timeout, self._never_answered)

    def _never_answered(self) -> None:
        """The INVITE got no final response in 64*T1 after the CANCEL: it counts as cancelled."""
        if self._transaction is not None:
            self._transaction.abandon()
        self._close_invite()

    def _close_invite(self) -> None:
        """The INVITE has its final answer, or never will."""
        if self._guard is not None:
            self._guard.cancel()
        if self._invite_open:
            self._invite_open = False
            self._finished()

    def _leave_early(self, bye: Request) -> None:
        return

    def _ended_early(self) -> None:
        self._patience.cancel()
