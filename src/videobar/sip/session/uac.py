"""UAC of an INVITE (RFC 3261 sections 9.1 and 13.2): forks, reliable provisional responses, redirections, CANCEL."""

from __future__ import annotations

from videobar.sip.errors import MalformedMessage, UnsupportedTransport
from videobar.sip.session.core import UserAgentCore, new_tag
from videobar.sip.session.dialog import Dialog
from videobar.sip.session.digest import Credentials
from videobar.sip.session.redirection import TargetSet
from videobar.sip.session.request import Ack, send_in_dialog
from videobar.sip.session.retransmission import is_required, rseq_of
from videobar.sip.session.session import Session, SessionListener
from videobar.sip.session.setup import Setup
from videobar.sip.session.states import Ended, EndedBy, SessionDirection, SessionState
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
"""Most early dialogs, and most superfluous 2xx dialogs, that one INVITE may have."""

_UNKNOWN_HERE = (404, 405, 480, 501)
"""Refusals over TCP by a peer that knows its user over UDP alone, as some do that were set to one transport."""


class InviteClient(Setup):
    """Setup of a session as UAC: an INVITE that we send, to the addresses of redirections as well, and `session`.

    `no_response_timeout` is how many seconds to wait for the first response; None for 64*T1. `route` are the proxies
    to go through, and `credentials` answer challenges.

    Raises:
        UnsupportedTransport: the target or the first proxy asks for a transport that does not exist here, or a
            `sips:` address is to be called through a proxy without TLS.
    """

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
        self.session = Session(
            core,
            self,
            state=SessionState.CALLING,
            call_id=new_tag(),
            local_tag=tag,
            remote=NameAddr(target.without("transport", "method")),
            transport_name=self._hop.protocol or "UDP",
            listener=listener,
            credentials=credentials,
        )
        self._core = core
        self._target = target
        self._targets = TargetSet(target)
        self._route = route
        self._from = from_.with_tag(tag)
        self._offer = offer
        self._sequence = core.rng.randint(1, 10_000)
        self._attempts = 0
        self._transaction: ClientTransaction | None = None
        self._pending = False
        """True from the first INVITE to its final response, or until there will be none."""
        self._early: dict[str, Dialog] = {}
        self._reliable: dict[str, int] = {}
        """RSeq of the last reliable provisional response (RFC 3262), by early dialog."""
        self._answers: dict[str, bytes] = {}
        """First answer to our offer, by early dialog; the 2xx need not repeat it (section 13.2.1)."""
        self._ack: Ack | None = None
        self._fork_acks: dict[str, Ack] = {}
        self._got_provisional = False
        self._only_large: bool | None = None
        """True if the INVITE goes over a connection only because it is large; determined once."""
        self._cancel_wanted = False
        self._cancel_sent = False
        self._cancel_timer: TimerHandle | None = None
        timeout = core.transactions.timers.timeout
        self._no_response_timeout = timeout if no_response_timeout is None else no_response_timeout
        self._no_response_timer = self._start_no_response_timer()

    def start(self) -> None:
        """Send the INVITE, as soon as the flow to the target is known."""
        size = HEADERS_SIZE + len(self._offer) + sum(len(str(each)) for each in self._route)
        self._core.transactions.reach(self._hop, None, self._send_invite, self._on_unreachable, size=size)

    # For the session.

    def is_early_with(self, remote_tag: str) -> bool:
        """See `Setup.is_early_with`."""
        return remote_tag in self._early

    def receive(self, incoming: IncomingRequest) -> bool:
        """Handle a request within an early dialog: it may only refresh its target, our offer is still unanswered."""
        request, session = incoming.request, self.session
        early = self._early.get(request.from_.tag)
        if session.dialog is not None or early is None or session.has_ended:
            return False
        if not early.admit(request):
            session.respond(incoming, 500, "Request Out Of Order")
        elif request.method in ("INFO", "OPTIONS"):
            session.receive_stateless(incoming)
        elif request.method != "UPDATE":
            session.respond(incoming, 481)
        elif description_of(request) is not None:
            session.respond(incoming, 491)
        else:
            early.refresh_target(request)
            incoming.respond(session.new_response(request, incoming.flow, 200))
        return True

    def abort(self) -> Ended:
        """Cancel the INVITE."""
        self._cancel()
        return Ended(487, "cancelled here", EndedBy.LOCAL)

    def stop(self) -> None:
        """Wait for no response any more."""
        self._no_response_timer.cancel()

    # The INVITE.

    def _send_invite(self, flow: Flow) -> None:
        session = self.session
        if self._cancel_wanted or session.has_ended:
            return
        self._only_large = self._only_large is None and flow.reliable and not self._hop.protocol
        session.flow = flow
        session.transport_name = flow.protocol
        request = self._new_invite(flow)
        if not self._pending:
            self._pending = True
            session.retain()
        self._transaction = self._core.transactions.send_request(
            request, flow, on_response=self._on_response, on_failure=self._on_failure
        )

    def _new_invite(self, flow: Flow) -> Request:
        self._attempts += 1
        self._sequence += 1
        request = Request.create(
            "INVITE",
            str(self._target.without("method")),
            from_=str(self._from),
            to=str(self.session.remote),
            call_id=self.session.call_id,
            cseq=self._sequence,
            routes=[f"<{each}>" for each in self._route],
        )
        secure = self._target.scheme == "sips"
        self._core.add_capabilities(request, flow, getattr(self._from.uri, "user", ""), secure=secure)
        for name, value in self.session.timer.request_headers(first=True):
            request.headers.add(name, value)
        attach_body(request, SDP, self._offer)
        self.session.digest.authorize(request)
        return request

    def _on_response(self, response: Response) -> None:
        if response.status < 200:
            self._on_provisional(response)
        elif response.status < 300:
            self._on_success(response)
        else:
            self._on_refusal(response)

    # Provisional responses.

    def _on_provisional(self, response: Response) -> None:
        session = self.session
        self._got_provisional = True
        self._no_response_timer.cancel()
        if self._cancel_wanted:
            self._send_cancel()
        if session.has_ended:
            return
        session.update_peer(response)
        if response.status > 100:
            session.state = SessionState.EARLY
            self._add_early_dialog(response)
            if is_required(response) and not self._send_prack(response):
                return
        status, description, tag = response.status, description_of(response), response.to.tag
        if description is not None and tag in self._early:
            self._answers.setdefault(tag, description)
        session.notify(lambda listener: listener.on_progress(session, status, description))

    def _add_early_dialog(self, response: Response) -> None:
        tag = response.to.tag
        if tag and tag not in self._early and len(self._early) < MAX_FORKS and self._transaction is not None:
            try:
                self._early[tag] = Dialog.for_uac(self._transaction.request, response)
            except MalformedMessage:
                return

    def _send_prack(self, response: Response) -> bool:
        """Acknowledge a reliable provisional response (RFC 3262 section 4); False for a retransmission or a gap."""
        number, tag = rseq_of(response), response.to.tag
        early, flow = self._early.get(tag), self.session.flow
        if number is None or early is None or self._transaction is None or flow is None:
            return False
        last = self._reliable.get(tag)
        if last is not None and number != last + 1:
            return False
        self._reliable[tag] = number
        rack = f"{number} {self._transaction.request.cseq} INVITE"
        send_in_dialog(
            self._core,
            early,
            flow,
            self.session.digest,
            "PRACK",
            lambda result: None,
            headers=(("rack", rack),),
        )
        return True

    # 2xx, one for each fork.

    def _on_success(self, response: Response) -> None:
        session, tag = self.session, response.to.tag
        if session.dialog is not None and session.dialog.is_with(tag):
            if self._ack is not None:
                self._ack.send()
        elif tag in self._fork_acks:
            self._fork_acks[tag].send()
        elif session.dialog is None and not session.has_ended:
            self._establish(response)
        elif len(self._fork_acks) < MAX_FORKS:
            self._refuse_fork(response)
        if session.has_ended or session.dialog is not None:
            self._close_invite()

    def _establish(self, response: Response) -> None:
        session = self.session
        dialog = self._dialog_of(response)
        if dialog is None or self._transaction is None or session.flow is None:
            session.end(Ended(None, "the far end's answer cannot be understood", EndedBy.REMOTE))
            return
        session.dialog = dialog
        session.remote = dialog.remote
        session.update_peer(response)
        self._ack = Ack(self._core, dialog, self._transaction.request, session.flow)
        self._ack.send()
        session.state = SessionState.ESTABLISHED
        self.stop()
        session.offers.agreed = self._offer
        session.timer.on_success(response)
        description = description_of(response) or self._answers.get(dialog.remote.tag)
        session.notify(lambda listener: listener.on_established(session, description))

    def _refuse_fork(self, response: Response) -> None:
        """Acknowledge a 2xx of another fork, or one after hanging up, and end its dialog at once."""
        session = self.session
        dialog = self._dialog_of(response)
        if dialog is None or self._transaction is None or session.flow is None:
            return
        ack = Ack(self._core, dialog, self._transaction.request, session.flow)
        self._fork_acks[dialog.remote.tag] = ack
        ack.send()
        session.retain()
        send_in_dialog(
            self._core, dialog, session.flow, session.digest, "BYE", lambda result: session.release()
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

    # Refusals, redirections and failures.

    def _on_refusal(self, response: Response) -> None:
        session = self.session
        if not session.has_ended and session.flow is not None:
            if self._only_large and response.status in _UNKNOWN_HERE:
                self._only_large = False
                self._forget_early_dialogs()
                self._core.transactions.prefer_datagrams(session.flow)
                self.start()
                return
            challenged = session.digest.handle_challenge(response, self._attempts)
            if challenged or session.timer.handle_refusal(response):
                self._forget_early_dialogs()
                self._send_invite(session.flow)
                return
        self._targets.handle_response(response)
        session.update_peer(response)
        self._end_unless_redirected(Ended(response.status, reason_phrase(response), EndedBy.REMOTE))

    def _on_failure(self, failure: Failure) -> None:
        if failure is Failure.TIMEOUT:
            ended = Ended(408, "the far end does not answer", EndedBy.TIMEOUT)
        else:
            ended = Ended(None, f"{self._hop.host} cannot be reached", EndedBy.NETWORK)
        self._end_unless_redirected(ended)

    def _on_unreachable(self, reason: str) -> None:
        self._end_unless_redirected(Ended(None, reason, EndedBy.NETWORK))

    def _forget_early_dialogs(self) -> None:
        self._got_provisional = False
        self._early.clear()

    def _end_unless_redirected(self, ended: Ended) -> None:
        """End, or begin again with the next address of a redirection."""
        session = self.session
        target = self._targets.next() if not session.has_ended else None
        if target is None:
            self._close_invite()
            session.end(ended)
            return
        self._target = target
        self._hop = NextHop.of(self._route[0] if self._route else target)
        self._forget_early_dialogs()
        self._attempts, self._only_large = 0, None
        session.state = SessionState.CALLING
        self._no_response_timer.cancel()
        self._no_response_timer = self._start_no_response_timer()
        self.start()

    def _start_no_response_timer(self) -> TimerHandle:
        return self._core.transactions.scheduler.call_later(self._no_response_timeout, self._on_no_response)

    def _on_no_response(self) -> None:
        if self.session.state is SessionState.CALLING:
            self._cancel()
            self.session.end(Ended(408, "the far end does not answer", EndedBy.TIMEOUT))

    # CANCEL.

    def _cancel(self) -> None:
        """Cancel now, or as soon as a provisional response allows it (section 9.1)."""
        self._cancel_wanted = True
        if self._got_provisional:
            self._send_cancel()

    def _send_cancel(self) -> None:
        proceeding = self._transaction is not None and self._transaction.state is State.PROCEEDING
        flow = self.session.flow
        if self._cancel_sent or not proceeding or self._transaction is None or flow is None:
            return
        self._cancel_sent = True
        transactions = self._core.transactions
        transactions.send_cancel(cancel(self._transaction.request), flow)
        self._cancel_timer = transactions.scheduler.call_later(
            transactions.timers.timeout, self._on_cancel_timeout
        )

    def _on_cancel_timeout(self) -> None:
        """The INVITE got no final response in 64*T1 after the CANCEL: it counts as cancelled."""
        if self._transaction is not None:
            self._transaction.abandon()
        self._close_invite()

    def _close_invite(self) -> None:
        """The INVITE has its final response, or never will."""
        if self._cancel_timer is not None:
            self._cancel_timer.cancel()
        if self._pending:
            self._pending = False
            self.session.release()
