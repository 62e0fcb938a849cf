"""Client requests of a UAC core (RFC 3261 sections 8.1 and 12.2.1), and the ACK that a 2xx to INVITE needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from videobar.sip.session.core import UserAgentCore
from videobar.sip.session.dialog import Dialog
from videobar.sip.session.digest import DigestClient
from videobar.sip.syntax.body import attach_body
from videobar.sip.syntax.message import Request, Response
from videobar.sip.transaction.client import ClientTransaction
from videobar.sip.transaction.layer import HEADERS_SIZE
from videobar.sip.transaction.state_machine import Failure, TimerHandle
from videobar.sip.transport.flow import Flow
from videobar.sip.transport.resolver import NextHop, hop_or_flow

TIMER_C = 360
"""Timer C in units of T1 (3 minutes): longest wait of a re-INVITE after a provisional response (section 16.6)."""


class Ack:
    """ACK of one 2xx: sent when the 2xx comes, and again whenever that is retransmitted (section 13.2.2.4)."""

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


class ClientRequest:
    """Client request: one request until its final response or failure, sent again with credentials when challenged.

    `build` makes the request for a flow, anew for each attempt; `next_hop` gives where an attempt goes, from the flow
    of the one before. `on_final` is called exactly once, unless the request is abandoned before. `size` is the
    request's size in bytes where it may be too large for a datagram; `timeout` in seconds counts from the start, and
    only the transaction's own counts where it is None. `new_ack` makes the ACK of a 2xx, for an INVITE.
    """

    def __init__(
        self,
        core: UserAgentCore,
        digest: DigestClient,
        *,
        build: Callable[[Flow], Request],
        next_hop: Callable[[Flow | None], NextHop],
        on_final: Callable[[Response | Failure], None],
        size: int = 0,
        timeout: float | None = None,
        new_ack: Callable[[Request, Response, Flow], Ack] | None = None,
    ) -> None:
        self._core = core
        self._digest = digest
        self._build = build
        self._next_hop = next_hop
        self._on_final = on_final
        self._size = size
        self._timeout = timeout
        self._new_ack = new_ack
        self._attempts = 0
        self._done = False
        self._flow: Flow | None = None
        self._transaction: ClientTransaction | None = None
        self._deadline: TimerHandle | None = None
        self._ack: Ack | None = None

    def send(self, prefer: Flow | None) -> None:
        """Begin, on a connection that is preferred if it is open."""
        if self._timeout is not None:
            self._set_deadline(self._timeout)
        self._reach(prefer)

    def abandon(self) -> None:
        """Drop the request: its result does not matter any more."""
        self._done = True
        if self._deadline is not None:
            self._deadline.cancel()
        if self._transaction is not None:
            self._transaction.abandon()

    def _reach(self, prefer: Flow | None) -> None:
        self._core.transactions.reach(
            self._next_hop(self._flow),
            prefer,
            self._send_on,
            lambda reason: self._finish(Failure.TRANSPORT),
            size=self._size,
        )

    def _send_on(self, flow: Flow) -> None:
        if self._done:
            return
        self._flow = flow
        self._attempts += 1
        request = self._build(flow)
        self._digest.authorize(request)
        self._transaction = self._core.transactions.send_request(
            request, flow, on_response=self._on_response, on_failure=self._finish
        )

    def _on_response(self, response: Response) -> None:
        if response.status < 200:
            self._start_timer_c()
        elif self._done:
            if self._ack is not None and response.status < 300:
                self._ack.send()
        elif self._digest.handle_challenge(response, self._attempts):
            self._reach(self._flow)
        else:
            self._acknowledge(response)
            self._finish(response)

    def _acknowledge(self, response: Response) -> None:
        invite = self._transaction.request if self._transaction is not None else None
        if (
            self._new_ack is not None
            and response.status < 300
            and invite is not None
            and self._flow is not None
        ):
            self._ack = self._new_ack(invite, response, self._flow)
            self._ack.send()

    def _start_timer_c(self) -> None:
        invites = self._transaction is not None and self._transaction.request.method == "INVITE"
        if invites and self._deadline is None and not self._done:
            self._set_deadline(TIMER_C * self._core.transactions.timers.t1)

    def _set_deadline(self, delay: float) -> None:
        self._deadline = self._core.transactions.scheduler.call_later(delay, self._on_deadline)

    def _on_deadline(self) -> None:
        if self._done:
            return
        if self._transaction is not None:
            self._transaction.abandon()
        self._finish(Failure.TIMEOUT)

    def _finish(self, result: Response | Failure) -> None:
        if self._done:
            return
        self._done = True
        if self._deadline is not None:
            self._deadline.cancel()
        self._on_final(result)


def send_in_dialog(
    core: UserAgentCore,
    dialog: Dialog,
    flow: Flow,
    digest: DigestClient,
    method: str,
    on_final: Callable[[Response | Failure], None],
    *,
    content_type: str = "",
    body: bytes = b"",
    headers: Iterable[tuple[str, str]] = (),
) -> None:
    """Send a request within a dialog (section 12.2.1); an INVITE's 2xx is acknowledged, and refreshes the target."""

    def build(flow: Flow) -> Request:
        request = dialog.new_request(method)
        for name, value in headers:
            request.headers.add(name, value)
        attach_body(request, content_type, body)
        core.add_capabilities(request, flow, getattr(dialog.local.uri, "user", ""), secure=dialog.secure)
        return request

    def new_ack(invite: Request, response: Response, flow: Flow) -> Ack:
        dialog.refresh_target(response)
        return Ack(core, dialog, invite, flow)

    ClientRequest(
        core,
        digest,
        build=build,
        next_hop=lambda used: hop_or_flow(dialog.next_hop, used or flow),
        on_final=on_final,
        size=HEADERS_SIZE + len(body) + sum(len(str(route)) for route in dialog.route_set),
        new_ack=new_ack if method == "INVITE" else None,
    ).send(flow)
