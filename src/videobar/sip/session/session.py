"""Sessions that an INVITE makes (RFC 3261 section 13), and the listener of their events."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from videobar.sip.errors import InvalidState
from videobar.sip.session.core import UserAgentCore
from videobar.sip.session.dialog import Dialog, is_focus
from videobar.sip.session.digest import Credentials, DigestClient
from videobar.sip.session.offers import OfferExchange
from videobar.sip.session.request import send_in_dialog
from videobar.sip.session.setup import Setup
from videobar.sip.session.states import Ended, EndedBy, SessionState
from videobar.sip.session.timer import SHORTEST_S, SessionTimer
from videobar.sip.syntax.body import ACCEPTED
from videobar.sip.syntax.message import Message, Request, Response
from videobar.sip.syntax.reasons import agent_of, reason_header, reason_phrase, reason_text
from videobar.sip.syntax.uri import NameAddr
from videobar.sip.transaction.layer import IncomingRequest
from videobar.sip.transaction.state_machine import Failure
from videobar.sip.transport.flow import Flow

_log = logging.getLogger("videobar.sip")


class SessionListener(Protocol):
    """Listener of one session's events, called on the event loop and one at a time; what it raises is logged.

    Descriptions are bodies of `application/sdp`, as they came.
    """

    def on_progress(self, session: Session, status: int, description: bytes | None) -> None:
        """A provisional response (100 to 199) came to our INVITE, perhaps with an answer for early media."""
        ...

    def on_established(self, session: Session, description: bytes | None) -> None:
        """The session is established.

        Outgoing: `description` is the answer in the 2xx. Incoming: the ACK has come; None, or the answer to the
        offer that `accept` made because the INVITE had none.
        """
        ...

    def on_offer(self, session: Session, offer: bytes | None) -> bytes | None:
        """The far end changes the session: return the answer, or our offer where there is no offer in it.

        Raises:
            OfferRefused: refuse with its status; the session goes on as it was.
        """
        ...

    def on_answer(self, session: Session, answer: bytes) -> None:
        """The far end has answered our `reinvite`, or the offer that `on_offer` returned."""
        ...

    def on_reinvite_refused(self, session: Session, status: int, reason: str) -> None:
        """The far end refused our `reinvite`; the session goes on as it was."""
        ...

    def on_info(self, session: Session, content_type: str, body: bytes) -> None:
        """An INFO came; `content_type` is in lower case without parameters, and empty where there was none."""
        ...

    def on_ended(self, session: Session, ended: Ended) -> None:
        """The session is over. Called exactly once, and nothing after it."""
        ...


class Session:
    """Session: one call. Made by `UserAgent.invite`, or given to its `on_invite`.

    It comes into being by its `Setup`, as UAC or as UAS. Then its `dialog` numbers its requests, its `offers` change
    it, and its `timer` ends it if the far end falls silent. A session that ended may still have to finish something,
    such as a BYE that waits for its response; the user agent keeps it until then.

    Attributes:
        direction: from us or to us.
        state: see `states`.
        call_id: the Call-ID.
        local_tag: our tag, which no other session of this agent has.
        remote: the far end's address and display name.
        remote_agent: its product from User-Agent or Server; empty until known.
        remote_is_focus: True if it says that it is a conference.
        transport_name: `UDP`, `TCP` or `TLS`.
        offer: the description in an incoming INVITE, if there was one.
        listener: gets its events; set it within `on_invite` for incoming sessions.
    """

    def __init__(
        self,
        core: UserAgentCore,
        setup: Setup,
        *,
        state: SessionState,
        call_id: str,
        local_tag: str,
        remote: NameAddr,
        transport_name: str,
        credentials: Credentials | None,
        listener: SessionListener | None = None,
        offer: bytes | None = None,
        dialog: Dialog | None = None,
        flow: Flow | None = None,
    ) -> None:
        self.direction = setup.direction
        self.state = state
        self.call_id = call_id
        self.local_tag = local_tag
        self.remote = remote
        self.remote_agent = ""
        self.remote_is_focus = False
        self.transport_name = transport_name
        self.offer = offer
        self.listener = listener
        self.core = core
        self.dialog = dialog
        self.flow = flow
        self.digest = DigestClient(credentials)
        self.offers = OfferExchange(self)
        self.timer = SessionTimer(core.transactions.scheduler, self.offers.refresh, self._on_expired)
        self._setup = setup
        self._retained = 0
        self._bye_after_ack = False
        self._probing = False

    # For its owner.

    @property
    def signalling_host(self) -> str:
        """Numeric address that its messages come from and go to; empty until the flow is known."""
        return self.flow.host if self.flow is not None else ""

    @property
    def is_peer_validated(self) -> bool:
        """True if the far end has shown that it receives what it is sent (see `AddressValidation`)."""
        return self.flow is not None and self.core.transactions.is_validated(self.flow)

    def ring(self) -> None:
        """Incoming: send 180 (Ringing); without effect once the session has ended.

        Raises:
            InvalidState: it is not an incoming session that waits.
        """
        self._setup.ring()

    def accept(self, description: bytes) -> None:
        """Incoming: answer with 200 and our description.

        It is the answer to `offer`, or our offer where the INVITE had none; then the far end's answer comes with
        `on_established`.

        Raises:
            InvalidState: it is not an incoming session that waits.
        """
        self._setup.accept(description)

    def reject(self, status: int, reason: str | None = None) -> None:
        """Incoming: refuse with a status from 300 to 699; without effect once the session has ended.

        Raises:
            InvalidState: it is not an incoming session that waits.
            ValueError: the status is not a refusal's.
        """
        self._setup.reject(status, reason)

    def hang_up(self) -> None:
        """End the session in any state: by CANCEL, by BYE, or by a refusal (480) of an incoming one.

        `on_ended` is called before this returns. Doing it twice does no harm.
        """
        if self.has_ended:
            return
        ended = Ended(None, "hung up here", EndedBy.LOCAL)
        if self.state is SessionState.ESTABLISHED:
            self.send_bye()
        elif self.state is SessionState.ACCEPTED:
            # The UAS must not send BYE before the ACK (section 15).
            self._bye_after_ack = True
            self.retain()
        else:
            ended = self._setup.abort()
        self.end(ended)

    def reinvite(self, offer: bytes) -> None:
        """Offer a change of an established session; the result comes by `on_answer` or `on_reinvite_refused`.

        One offer is under way at a time; of those that wait meanwhile only the last is sent, and only it has a
        result. When both ends offer at once (491) it is repeated after the random delay of section 14.1.

        Raises:
            InvalidState: the session is not established.
        """
        self._check_active()
        self.offers.offer(offer)

    def probe(self) -> None:
        """Ask the far end by OPTIONS if it still knows the call (RFC 3261 section 12.2).

        If it does not, or does not answer, the session ends; otherwise nothing is reported. Only an established
        session asks, and only one question is under way at a time.
        """
        if self.state is SessionState.ESTABLISHED and not self._probing:
            self._probing = True
            self.request("OPTIONS", self._on_probe_final)

    def send_info(
        self, content_type: str, body: bytes, on_answer: Callable[[int], None] | None = None
    ) -> None:
        """Send an INFO (RFC 6086). `on_answer` gets the status of the response, 408 where none comes.

        Raises:
            InvalidState: the session is not established.
        """
        self._check_active()

        def on_final(result: Response | Failure) -> None:
            status = result.status if isinstance(result, Response) else 408
            if isinstance(result, Response) and status == 481:
                self.end(Ended(481, reason_phrase(result), EndedBy.REMOTE))
            if on_answer is not None:
                on_answer(status)

        self.request("INFO", on_final, content_type=content_type, body=body)

    # For the user agent.

    @property
    def is_released(self) -> bool:
        """True if nothing is left to do."""
        return self.has_ended and self._retained == 0

    def matches(self, request: Request) -> bool:
        """True if a request with our tag is really of this session, or of an early dialog of it."""
        if request.call_id != self.call_id:
            return False
        if self.dialog is None:
            return self._setup.is_early_with(request.from_.tag)
        return self.dialog.is_with(request.from_.tag)

    def uses(self, flow: Flow) -> bool:
        """True if this session needs a flow to stay open."""
        return self.flow == flow

    def answers(self, invite: Request) -> bool:
        """True if this session came with that very INVITE."""
        return self._setup.answers(invite)

    def on_cancel(self, cancel: Request) -> None:
        """The caller has sent a CANCEL of the INVITE (section 9.2)."""
        self._setup.on_cancel(cancel)

    def receive(self, incoming: IncomingRequest) -> None:
        """Handle a request within this dialog (section 12.2.2)."""
        request = incoming.request
        if self._setup.receive(incoming):
            return
        if self.has_ended or self.dialog is None:
            self._receive_after_end(incoming)
            return
        if not self.dialog.admit(request):
            self.respond(incoming, 500, "Request Out Of Order")
            return
        self.flow = incoming.flow
        self.transport_name = incoming.flow.protocol
        self.update_peer(request)
        if request.method == "BYE":
            self._receive_bye(incoming)
        elif request.method in ("INVITE", "UPDATE"):
            self.offers.receive(incoming)
        else:
            self.receive_stateless(incoming)

    def receive_ack(self, ack: Request) -> None:
        """Handle an ACK within this dialog."""
        self.offers.receive_ack(ack)

    # For its parts: requests and responses.

    @property
    def has_ended(self) -> bool:
        """True once it is over."""
        return self.state is SessionState.ENDED

    @property
    def is_active(self) -> bool:
        """True from the 2xx to the end."""
        return self.state in (SessionState.ACCEPTED, SessionState.ESTABLISHED)

    def request(
        self,
        method: str,
        on_final: Callable[[Response | Failure], None],
        *,
        content_type: str = "",
        body: bytes = b"",
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Send a request within the dialog, if there is one."""
        if self.dialog is not None and self.flow is not None:
            send_in_dialog(
                self.core,
                self.dialog,
                self.flow,
                self.digest,
                method,
                on_final,
                content_type=content_type,
                body=body,
                headers=headers,
            )

    def send_bye(self, reason: str = "") -> None:
        """Send a BYE, with the value of a Reason header (RFC 3326) if there is one."""
        if self.dialog is not None and self.flow is not None:
            self.retain()
            headers = (("reason", reason),) if reason else ()
            self.request("BYE", lambda result: self.release(), headers=headers)

    def check_final(self, result: Response | Failure, failure: str) -> Response | None:
        """The final response to a request of ours, or None where the session is over.

        A failure, which is described for people, and a 408 or 481 end it (section 12.2.1.2).
        """
        if self.has_ended:
            return None
        if isinstance(result, Failure):
            timeout = result is Failure.TIMEOUT
            self.send_bye()
            cause = EndedBy.TIMEOUT if timeout else EndedBy.NETWORK
            self.end(Ended(408 if timeout else None, failure, cause))
            return None
        if result.status in (408, 481):
            self.send_bye()
            self.end(Ended(result.status, reason_phrase(result), EndedBy.REMOTE))
            return None
        return result

    def new_response(self, request: Request, flow: Flow, status: int) -> Response:
        """Response with our Contact and what we implement."""
        response = self.core.response(request, status, tag=self.local_tag)
        user = getattr(self.dialog.local.uri, "user", "") if self.dialog is not None else ""
        secure = self.dialog is not None and self.dialog.secure
        self.core.add_capabilities(response, flow, user, secure=secure)
        return response

    def respond(
        self,
        incoming: IncomingRequest,
        status: int,
        reason: str | None = None,
        *,
        retry_after: bool = False,
    ) -> None:
        """Answer a request with a status, and with the headers that must go with it."""
        response = self.core.response(incoming.request, status, reason, tag=self.local_tag)
        if retry_after:
            response.headers.add("retry-after", str(self.core.rng.randint(0, 10)))
        if status == 415:
            for name, value in ACCEPTED:
                response.headers.add(name, value)
        elif status == 422:
            response.headers.add("min-se", str(SHORTEST_S))
        incoming.respond(response)

    def receive_stateless(self, incoming: IncomingRequest) -> None:
        """Handle a request that changes nothing of the session, be it early or established."""
        request = incoming.request
        if request.method == "OPTIONS":
            incoming.respond(self.new_response(request, incoming.flow, 200))
        elif request.method == "INFO":
            self.respond(incoming, 200)
            body, content_type = request.body, request.content_type
            self.notify(lambda listener: listener.on_info(self, content_type, body))
        else:
            self.respond(incoming, 481)

    def update_peer(self, message: Message) -> None:
        """Take the far end's product, focus and methods from a message."""
        self.remote_agent = agent_of(message) or self.remote_agent
        if message.headers.get("contact") is not None:
            self.remote_is_focus = is_focus(message)
        if message.headers.get("allow") is not None:
            self.offers.peer_allows_update = "UPDATE" in message.headers.items_of("allow")

    def notify(self, call: Callable[[SessionListener], None]) -> None:
        """Call the listener, if there is one."""
        if self.listener is None:
            return
        try:
            call(self.listener)
        except Exception:
            _log.exception("a session's listener failed")

    # For its parts: states and ends.

    def on_ack(self, answer: bytes | None) -> None:
        """Our 2xx to an INVITE is acknowledged, with the answer where it made an offer."""
        if self._bye_after_ack:
            self._bye_after_ack = False
            self.send_bye()
            self.release()
        elif self.state is SessionState.ACCEPTED:
            self.state = SessionState.ESTABLISHED
            self.notify(lambda listener: listener.on_established(self, answer))
        elif answer is not None:
            self.notify(lambda listener: listener.on_answer(self, answer))

    def on_ack_timeout(self) -> None:
        """Our 2xx to an INVITE is not acknowledged (section 13.3.1.4).

        A BYE goes only to a peer that has shown before that it is there: an address may be forged.
        """
        if self.is_peer_validated:
            self.send_bye(reason_header(408, "no ACK came"))
        self.end(Ended(408, "the far end did not acknowledge the answer", EndedBy.TIMEOUT))
        if self._bye_after_ack:
            self._bye_after_ack = False
            self.release()

    def end(self, ended: Ended) -> None:
        """Enter the state ENDED, and report it; without effect the second time."""
        if self.has_ended:
            return
        self.state = SessionState.ENDED
        if not self._bye_after_ack:
            self.offers.stop_success()
        self.offers.stop()
        self.timer.stop()
        self._setup.stop()
        self.notify(lambda listener: listener.on_ended(self, ended))
        self._check_released()

    def retain(self) -> None:
        """Keep the session with the user agent after its end, until `release`."""
        self._retained += 1

    def release(self) -> None:
        """Take one `retain` back."""
        self._retained -= 1
        self._check_released()

    def _check_released(self) -> None:
        if self.is_released:
            self.core.on_released(self.local_tag)

    def _check_active(self) -> None:
        if not self.is_active:
            raise InvalidState("the session is not established")

    def _receive_after_end(self, incoming: IncomingRequest) -> None:
        """Only a BYE still matters, and only where ours waits for the ACK: then it makes ours unnecessary."""
        crossed = self._bye_after_ack and incoming.request.method == "BYE"
        self.respond(incoming, 200 if crossed else 481)
        if crossed:
            self._bye_after_ack = False
            self.offers.stop_success()
            self.release()

    def _receive_bye(self, incoming: IncomingRequest) -> None:
        self.respond(incoming, 200)
        self.offers.imply_ack()
        if self.state is SessionState.INCOMING:
            self._setup.on_bye()
        reason = reason_text(incoming.request) or "hung up by the far end"
        self.end(Ended(None, reason, EndedBy.REMOTE))

    def _on_probe_final(self, result: Response | Failure) -> None:
        self._probing = False
        self.check_final(result, "the far end is gone")

    def _on_expired(self) -> None:
        self.send_bye(reason_header(408, "the session was not refreshed"))
        self.end(Ended(408, "the far end did not refresh the session", EndedBy.TIMEOUT))
