"""Client transactions (RFC 3261 section 17.1): a request is retransmitted until a response comes."""

from __future__ import annotations

from collections.abc import Callable

from videobar.sip.syntax.message import Request, Response
from videobar.sip.transaction.state_machine import (
    INVITE_CLIENT,
    NON_INVITE_CLIENT,
    Action,
    Event,
    Failure,
    Scheduler,
    Send,
    State,
    Timers,
    Transaction,
)


class ClientTransaction(Transaction):
    """Client transaction, common to both kinds; `start` sends the request for the first time.

    `on_response` gets each provisional response, and the final one once; the INVITE transaction also hands over
    every further 2xx, because each needs an ACK (RFC 6026 section 8.4).
    """

    def __init__(
        self,
        request: Request,
        send: Send,
        *,
        scheduler: Scheduler,
        timers: Timers,
        reliable: bool,
        on_response: Callable[[Response], None],
        on_failure: Callable[[Failure], None],
        on_terminated: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(
            request,
            send,
            scheduler=scheduler,
            timers=timers,
            reliable=reliable,
            on_failure=on_failure,
            on_terminated=on_terminated,
            state=State.CALLING if request.method == "INVITE" else State.TRYING,
        )
        self._on_response = on_response

    def start(self) -> None:
        """Send the request, and begin to wait."""
        self._entered(self.state)
        self._sent = bytes(self.request)
        self._send(self._sent)

    def receive(self, response: Response) -> None:
        """Handle a response with this transaction's branch and method."""
        self._fire_for(response)

    def _handle(self, action: Action, message: Request | Response) -> None:
        if isinstance(message, Response):
            if action is Action.DELIVER:
                self._on_response(message)
            elif action is Action.SEND_ACK:
                self._send(bytes(acknowledge_failure(self.request, message)))


class InviteClientTransaction(ClientTransaction):
    """INVITE client transaction (section 17.1.1)."""

    table = INVITE_CLIENT

    def _entered(self, state: State) -> None:
        if state is State.CALLING:
            self._start(Event.B, self._timers.timeout)
            if not self.reliable:
                self._repeat(Event.A, self._timers.t1, self._timers.timeout)
        elif state is State.COMPLETED:
            self._start(Event.D, self._unless_reliable(self._timers.timeout))
        elif state is State.ACCEPTED:
            self._start(Event.M, self._timers.timeout)


class NonInviteClientTransaction(ClientTransaction):
    """Non-INVITE client transaction (section 17.1.2)."""

    table = NON_INVITE_CLIENT

    def _entered(self, state: State) -> None:
        if state is State.TRYING:
            self._start(Event.F, self._timers.timeout)
            if not self.reliable:
                self._repeat(Event.E, self._timers.t1, self._timers.t2)
        elif state is State.PROCEEDING:
            if not self.reliable:
                self._repeat(Event.E, self._timers.t2, self._timers.t2)
        elif state is State.COMPLETED:
            self._start(Event.K, self._unless_reliable(self._timers.t4))


def acknowledge_failure(invite: Request, response: Response) -> Request:
    """The ACK to a 300 to 699 response: the INVITE's branch and route, the response's To (section 17.1.1.3)."""
    return _companion(invite, "ACK", response.headers.get("to") or "")


def cancel(invite: Request) -> Request:
    """The CANCEL of an INVITE: the same branch, route and To (section 9.1)."""
    return _companion(invite, "CANCEL", invite.headers.get("to") or "")


def _companion(invite: Request, method: str, to: str) -> Request:
    request = Request.create(
        method,
        invite.target,
        from_=invite.headers.get("from") or "",
        to=to,
        call_id=invite.call_id,
        cseq=invite.cseq,
        routes=invite.headers.all("route"),
    )
    request.headers.prepend("via", str(invite.via))
    return request
