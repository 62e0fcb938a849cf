"""A request inside a dialog at the one who sends it, and the ACK that a 2xx to INVITE needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from videobar.sip.session.core import UserAgentCore
from videobar.sip.session.dialog import Dialog
from videobar.sip.session.digest import DigestClient
from videobar.sip.syntax.body import attach_body
from videobar.sip.syntax.message import Request, Response
from videobar.sip.transaction.client import ClientTransaction
from videobar.sip.transaction.layer import HEADERS_SIZE
from videobar.sip.transaction.state_machine import Failure, TimerHandle
from videobar.sip.transport.flow import Flow
from videobar.sip.transport.resolver import hop_or_flow

Outcome = Response | Failure
"""How a request ended: with a final response, or without."""

_TIMER_C = 360
"""How many T1 (3 minutes) a re-INVITE may be pending after a provisional response."""


@dataclass
class Body:
    """A body with its media type, and headers that only this request has."""

    content_type: str = ""
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class Acknowledgement:
    """The ACK of one 2xx: sent when the 2xx comes, and again whenever it is repeated (section 13.2.2.4)."""

    def __init__(self, core: UserAgentCore, dialog: Dialog, invite: Request, flow: Flow) -> None:
        self._core = core
        self._flow = flow
        self._hop = hop_or_flow(dialog.next_hop, flow)
        self._again: Callable[[], None] | None = None
        self._request = dialog.new_request("ACK", sequence=invite.cseq)
        for name in ("authorization", "proxy-authorization"):
            for value in invite.headers.all(name):
                self._request.headers.add(name, value)

    def send(self) -> None:
        """Send it, the same bytes each time."""
        if self._again is not None:
            self._again()
        else:
            self._core.transactions.reach(self._hop, self._flow, self._send_first, lambda reason: None)

    def _send_first(self, flow: Flow) -> None:
        if self._again is None:
            self._again = self._core.transactions.send_ack(self._request, flow)


class DialogRequest:
    """Sends one request within a dialog; answers a challenge once, and acknowledges what has to be.

    `on_final` is called exactly once.
    """

    def __init__(
        self,
        core: UserAgentCore,
        dialog: Dialog,
        flow: Flow,
        authorizer: DigestClient,
        method: str,
        body: Body,
        on_final: Callable[[Outcome], None],
    ) -> None:
        self._core = core
        self._dialog = dialog
        self._flow = flow
        self._authorizer = authorizer
        self._method = method
        self._body = body
        self._on_final = on_final
        self._attempt = 0
        self._done = False
        self._transaction: ClientTransaction | None = None
        self._guard: TimerHandle | None = None
        self._ack: Acknowledgement | None = None

    def send(self) -> None:
        """Begin."""
        self._core.transactions.reach(
            hop_or_flow(self._dialog.next_hop, self._flow),
            self._flow,
            self._send_on,
            lambda reason: self._finish(Failure.TRANSPORT),
            size=HEADERS_SIZE + len(self._body.content) + sum(len(str(r)) for r in self._dialog.route_set),
        )

    def _send_on(self, flow: Flow) -> None:
        self._flow = flow
        self._attempt += 1
        request = self._dialog.new_request(self._method)
        for name, value in self._body.headers:
            request.headers.add(name, value)
        attach_body(request, self._body.content_type, self._body.content)
        own = self._dialog.local.uri
        self._core.introduce(request, flow, getattr(own, "user", ""), secure=self._dialog.secure)
        self._authorizer.sign(request)
        self._transaction = self._core.transactions.send_request(
            request, flow, on_response=self._on_response, on_failure=self._finish
        )

    def _on_response(self, response: Response) -> None:
        if response.status < 200:
            self._start_guard()
        elif self._done:
            if self._ack is not None and response.status < 300:
                self._ack.send()
        elif self._authorizer.learn(response, self._attempt):
            self.send()
        else:
            if self._method == "INVITE" and response.status < 300 and self._transaction is not None:
                self._dialog.refresh_target(response)
                self._ack = Acknowledgement(self._core, self._dialog, self._transaction.request, self._flow)
                self._ack.send()
            self._finish(response)

    def _start_guard(self) -> None:
        if self._method == "INVITE" and self._guard is None and not self._done:
            delay = _TIMER_C * self._core.transactions.timers.t1
            self._guard = self._core.transactions.scheduler.call_later(delay, self._give_up)

    def _give_up(self) -> None:
        if self._transaction is not None:
            self._transaction.abandon()
        self._finish(Failure.TIMEOUT)

    def _finish(self, outcome: Outcome) -> None:
        if self._done:
            return
        self._done = True
        if self._guard is not None:
            self._guard.cancel()
        self._on_final(outcome)
