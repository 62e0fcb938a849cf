"""A request outside of any dialog, such as REGISTER, at the one who sends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from videobar.sip.session.core import UserAgentCore
from videobar.sip.session.dialog_request import Outcome
from videobar.sip.session.digest import DigestClient
from videobar.sip.syntax.headers import Headers
from videobar.sip.syntax.message import Request, Response
from videobar.sip.syntax.uri import NameAddr, SipUri
from videobar.sip.transaction.client import ClientTransaction
from videobar.sip.transaction.state_machine import Failure, TimerHandle
from videobar.sip.transport.flow import Flow
from videobar.sip.transport.resolver import NextHop


@dataclass(frozen=True)
class Letter:
    """What to send: `target` is the Request-URI, `route` the proxies, `hop` where it goes first."""

    method: str
    target: SipUri
    hop: NextHop
    from_: NameAddr
    to: NameAddr
    call_id: str
    route: Sequence[str] = ()


class OutsideRequest:
    """Sends one request; answers challenges, and calls `on_final` once, unless it is abandoned before.

    `sequence` gives the next CSeq number, `complete` adds what the flow decides, such as Contact.
    """

    def __init__(
        self,
        core: UserAgentCore,
        letter: Letter,
        authorizer: DigestClient,
        *,
        sequence: Callable[[], int],
        complete: Callable[[Request, Flow], None],
        timeout: float,
        on_final: Callable[[Outcome, Flow | None], None],
    ) -> None:
        self._core = core
        self._letter = letter
        self._authorizer = authorizer
        self._sequence = sequence
        self._complete = complete
        self._timeout = timeout
        self._on_final = on_final
        self._attempt = 0
        self._done = False
        self._flow: Flow | None = None
        self._transaction: ClientTransaction | None = None
        self._guard: TimerHandle | None = None

    def send(self, prefer: Flow | None = None) -> None:
        """Begin, on a connection that is preferred if it is open."""
        scheduler = self._core.transactions.scheduler
        self._guard = scheduler.call_later(self._timeout, self._give_up)
        self._core.transactions.reach(
            self._letter.hop, prefer, self._send_on, lambda reason: self._finish(Failure.TRANSPORT)
        )

    def abandon(self) -> None:
        """Nobody wants to know any more."""
        self._done = True
        if self._guard is not None:
            self._guard.cancel()
        if self._transaction is not None:
            self._transaction.abandon()

    def _send_on(self, flow: Flow) -> None:
        if self._done:
            return
        self._flow = flow
        self._attempt += 1
        letter = self._letter
        headers = Headers(("route", each) for each in letter.route)
        headers.add("max-forwards", "70")
        headers.add("from", str(letter.from_))
        headers.add("to", str(letter.to))
        headers.add("call-id", letter.call_id)
        headers.add("cseq", f"{self._sequence()} {letter.method}")
        request = Request(headers, b"", letter.method, str(letter.target))
        request.headers.add("user-agent", self._core.product)
        self._complete(request, flow)
        self._authorizer.sign(request)
        self._transaction = self._core.transactions.send_request(
            request, flow, on_response=self._on_response, on_failure=self._finish
        )

    def _on_response(self, response: Response) -> None:
        if response.status < 200 or self._done:
            return
        if self._flow is not None and self._authorizer.learn(response, self._attempt):
            self._send_on(self._flow)
        else:
            self._finish(response)

    def _give_up(self) -> None:
        if not self._done:
            self._finish(Failure.TIMEOUT)
            if self._transaction is not None:
                self._transaction.abandon()

    def _finish(self, outcome: Outcome) -> None:
        if self._done:
            return
        self._done = True
        if self._guard is not None:
            self._guard.cancel()
        self._on_final(outcome, self._flow)
