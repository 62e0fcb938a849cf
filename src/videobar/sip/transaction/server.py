"""Server transactions (RFC 3261 section 17.2): a retransmitted request gets the same response again."""

from __future__ import annotations

from collections.abc import Callable

from videobar.sip.syntax.message import Request, Response
from videobar.sip.transaction.state_machine import (
    INVITE_SERVER,
    NON_INVITE_SERVER,
    Action,
    Event,
    Failure,
    Scheduler,
    Send,
    State,
    Timers,
    Transaction,
)


class ServerTransaction(Transaction):
    """Server transaction, common to both kinds. Its user may set `on_failure` and `on_ack`."""

    def __init__(
        self,
        request: Request,
        send: Send,
        *,
        scheduler: Scheduler,
        timers: Timers,
        reliable: bool,
        on_terminated: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(
            request,
            send,
            scheduler=scheduler,
            timers=timers,
            reliable=reliable,
            on_failure=self._failed,
            on_terminated=on_terminated,
            state=State.PROCEEDING if request.method == "INVITE" else State.TRYING,
        )
        self.on_failure: Callable[[Failure], None] | None = None
        self.on_ack: Callable[[Request], None] | None = None
        self.local_tag = ""
        """Our tag in the To of the responses, once there was one."""

    @property
    def answered(self) -> bool:
        """True if a final response was given."""
        return self.state not in (State.TRYING, State.PROCEEDING)

    def respond(self, response: Response) -> None:
        """Send a response; after a final one only the 2xx of an INVITE can be sent again."""
        self.local_tag = response.to.tag or self.local_tag
        self._fire_for(response)

    def receive(self, request: Request) -> None:
        """Handle a retransmission of the request, or its ACK."""
        self._fire(Event.ACK if request.method == "ACK" else Event.REQUEST, request)

    def _failed(self, failure: Failure) -> None:
        if self.on_failure is not None:
            self.on_failure(failure)

    def _handle(self, action: Action, message: Request | Response) -> None:
        if action is Action.SEND and isinstance(message, Response):
            self._sent = bytes(message)
            self._send(self._sent)
        elif action is Action.DELIVER and isinstance(message, Request) and self.on_ack is not None:
            self.on_ack(message)


class InviteServerTransaction(ServerTransaction):
    """INVITE server transaction (section 17.2.1)."""

    table = INVITE_SERVER

    def _entered(self, state: State) -> None:
        if state is State.COMPLETED:
            self._start(Event.H, self._timers.timeout)
            if not self.reliable:
                self._repeat(Event.G, self._timers.t1, self._timers.t2)
        elif state is State.CONFIRMED:
            self._start(Event.I, self._unless_reliable(self._timers.t4))
        elif state is State.ACCEPTED:
            self._start(Event.L, self._timers.timeout)


class NonInviteServerTransaction(ServerTransaction):
    """Non-INVITE server transaction (section 17.2.2)."""

    table = NON_INVITE_SERVER

    def _entered(self, state: State) -> None:
        if state is State.COMPLETED:
            self._start(Event.J, self._unless_reliable(self._timers.timeout))
