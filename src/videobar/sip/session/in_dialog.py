"""A session in its dialog, whatever is agreed on there: it asks, answers, tells its owner, and ends.

A session that ended may still have something to finish, such as a BYE that waits for its answer; the agent keeps it
until then. The rules of RFC 3261 sections 12.2 and 15.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Callable

from videobar.sip.errors import InvalidState
from videobar.sip.session.core import UserAgentCore
from videobar.sip.session.dialog import Dialog, is_focus
from videobar.sip.session.digest import Credentials, DigestClient
from videobar.sip.session.request import send_in_dialog
from videobar.sip.session.retransmission import SuccessRetransmission
from videobar.sip.session.session import Ended, EndedBy, Session, SessionListener, SessionState
from videobar.sip.session.timer import SHORTEST_S
from videobar.sip.syntax.body import ACCEPTED
from videobar.sip.syntax.message import Message, Request, Response
from videobar.sip.syntax.reasons import agent_of, reason_phrase
from videobar.sip.syntax.uri import NameAddr
from videobar.sip.transaction.layer import IncomingRequest
from videobar.sip.transaction.state_machine import Failure
from videobar.sip.transport.flow import Flow

_log = logging.getLogger("videobar.sip")


class InDialog(Session):
    """What does not depend on who called, nor on what was offered."""

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
        self.state = state
        self.call_id = call_id
        self.local_tag = local_tag
        self.remote = remote
        self.remote_agent = ""
        self.remote_is_focus = False
        self.transport_name = transport_name
        self.offer: bytes | None = None
        self.listener = listener
        self._core = core
        self._authorizer = DigestClient(credentials)
        self._dialog: Dialog | None = None
        self._flow: Flow | None = None
        self._accepted: SuccessRetransmission | None = None
        self._unfinished = 0
        self._bye_when_acknowledged = False
        self._probing = False
        self._updates = True
        """Whether the far end knows UPDATE, as far as it says."""

    @property
    def signalling_host(self) -> str:
        """See `Session`."""
        return self._flow.host if self._flow is not None else ""

    def send_info(
        self, content_type: str, body: bytes, on_answer: Callable[[int], None] | None = None
    ) -> None:
        """See `Session.send_info`."""
        if self.state not in (SessionState.ACCEPTED, SessionState.ESTABLISHED):
            raise InvalidState("the session is not established")

        def answered(outcome: Response | Failure) -> None:
            self._info_answered(outcome)
            if on_answer is not None:
                on_answer(outcome.status if isinstance(outcome, Response) else 408)

        self._request("INFO", answered, content_type=content_type, body=body)

    def probe(self) -> None:
        """See `Session.probe`."""
        if self.state is SessionState.ESTABLISHED and not self._probing:
            self._probing = True
            self._request("OPTIONS", self._probe_answered)

    # What the agent calls.

    def belongs(self, request: Request) -> bool:
        """Whether a request with our tag is really of this session."""
        if request.call_id != self.call_id:
            return False
        return self._dialog is None or self._dialog.is_with(request.from_.tag)

    def uses(self, flow: Flow) -> bool:
        """Whether this session needs a flow to stay open."""
        return self._flow == flow

    @property
    def is_released(self) -> bool:
        """Whether nothing is left to be done."""
        return self.state is SessionState.ENDED and self._unfinished == 0

    # What we ask for.

    def _request(
        self,
        method: str,
        on_final: Callable[[Response | Failure], None],
        *,
        content_type: str = "",
        body: bytes = b"",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        if self._dialog is not None and self._flow is not None:
            send_in_dialog(
                self._core,
                self._dialog,
                self._flow,
                self._authorizer,
                method,
                on_final,
                content_type=content_type,
                body=body,
                headers=headers,
            )

    def _send_bye(self, reason: str = "") -> None:
        headers = (("reason", reason),) if reason else ()
        if self._dialog is not None and self._flow is not None:
            self._unfinished += 1
            self._request("BYE", lambda result: self._finished(), headers=headers)

    def _info_answered(self, outcome: Response | Failure) -> None:
        if isinstance(outcome, Response) and outcome.status == 481:
            self._end(Ended(481, reason_phrase(outcome), EndedBy.REMOTE))

    def _probe_answered(self, outcome: Response | Failure) -> None:
        self._probing = False
        if self.state is SessionState.ENDED:
            return
        if isinstance(outcome, Failure):
            self._lost("the far end is gone", outcome)
        elif outcome.status in (408, 481):
            self._send_bye()
            self._end(Ended(outcome.status, reason_phrase(outcome), EndedBy.REMOTE))

    # Ends.

    def _lost(self, what: str, failure: Failure) -> None:
        self._send_bye()
        timeout = failure is Failure.TIMEOUT
        self._end(Ended(408 if timeout else None, what, EndedBy.TIMEOUT if timeout else EndedBy.NETWORK))

    def _end(self, ended: Ended) -> None:
        if self.state is SessionState.ENDED:
            return
        self.state = SessionState.ENDED
        if self._accepted is not None and not self._bye_when_acknowledged:
            self._accepted.stop()
            self._accepted = None
        self._stop_offering()
        self._ended_early()
        self._tell(lambda listener: listener.on_ended(self, ended))
        self._release()

    def _finished(self) -> None:
        self._unfinished -= 1
        self._release()

    def _release(self) -> None:
        if self.is_released:
            self._core.on_released(self.local_tag)

    @abstractmethod
    def _give_up_early(self) -> Ended:
        """Hang up before the session stands; says how it ended."""

    @abstractmethod
    def _leave_early(self, bye: Request) -> None:
        """Answer what is still unanswered, because a BYE has come."""

    @abstractmethod
    def _ended_early(self) -> None:
        """Stop the timers of setting up."""

    @abstractmethod
    def _stop_offering(self) -> None:
        """Stop the timers of a session that stands, and forget what was to be offered."""

    # Small things.

    def _has_ended(self) -> bool:
        return self.state is SessionState.ENDED

    def _introduced(self, request: Request, flow: Flow, status: int) -> Response:
        """A response that says where we are, and what we understand."""
        response = self._core.response(request, status, tag=self.local_tag)
        user = getattr(self._dialog.local.uri, "user", "") if self._dialog is not None else ""
        secure = self._dialog is not None and self._dialog.secure
        self._core.introduce(response, flow, user, secure=secure)
        return response

    def _answer_plainly(self, incoming: IncomingRequest) -> None:
        """Answer a request that changes nothing of the session, be it early or not."""
        request = incoming.request
        if request.method == "OPTIONS":
            incoming.respond(self._introduced(request, incoming.flow, 200))
        elif request.method == "INFO":
            self._respond(incoming, 200)
            body, content_type = request.body, request.content_type
            self._tell(lambda listener: listener.on_info(self, content_type, body))
        else:
            self._respond(incoming, 481)

    def _respond(
        self, incoming: IncomingRequest, status: int, reason: str | None = None, *, retry_after: bool = False
    ) -> None:
        response = self._core.response(incoming.request, status, reason, tag=self.local_tag)
        if retry_after:
            response.headers.add("retry-after", str(self._core.rng.randint(0, 10)))
        if status == 415:
            for name, value in ACCEPTED:
                response.headers.add(name, value)
        elif status == 422:
            response.headers.add("min-se", str(SHORTEST_S))
        incoming.respond(response)

    def _note_peer(self, message: Message) -> None:
        self.remote_agent = agent_of(message) or self.remote_agent
        if message.headers.get("contact") is not None:
            self.remote_is_focus = is_focus(message)
        if message.headers.get("allow") is not None:
            self._updates = "UPDATE" in message.headers.items_of("allow")

    def _tell(self, tell: Callable[[SessionListener], None]) -> None:
        if self.listener is None:
            return
        try:
            tell(self.listener)
        except Exception:
            _log.exception("a session's listener failed")
