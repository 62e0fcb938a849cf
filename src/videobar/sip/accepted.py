"""A 2xx to an INVITE, repeated until its ACK comes (RFC 3261 section 13.3.1.4), over TCP as well as UDP."""

from __future__ import annotations

from collections.abc import Callable

from videobar.sip.exchange import Incoming
from videobar.sip.message import Request, Response
from videobar.sip.repetition import Repetition
from videobar.sip.transaction import Scheduler, Timers


class AcceptedInvite:
    """Sends the response at T1, 2*T1 … T2 until `acknowledge`, at most for 64*T1; then calls `on_timeout`.

    `owes_answer` says that the response made an offer, which the ACK must answer.
    """

    def __init__(
        self,
        incoming: Incoming,
        response: Response,
        *,
        owes_answer: bool,
        timers: Timers,
        scheduler: Scheduler,
        on_ack: Callable[[Request], None],
        on_timeout: Callable[[], None],
    ) -> None:
        self.owes_answer = owes_answer
        self._incoming = incoming
        self._response = response
        self._on_ack = on_ack
        self._repetition = Repetition(
            self.send, on_timeout, timers=timers, scheduler=scheduler, longest=timers.t2
        )
        # A peer that acknowledges with the INVITE's branch ends in the transaction; RFC 2543 did so.
        incoming.transaction.on_ack = self.acknowledge

    def send(self) -> None:
        """Send it, the same each time."""
        self._incoming.respond(self._response)

    def acknowledge(self, ack: Request) -> None:
        """An ACK has come; it counts if it is the first with this INVITE's number."""
        if self._repetition.goes_on and ack.cseq == self._incoming.request.cseq:
            self.stop()
            self._on_ack(ack)

    def stop(self) -> None:
        """Repeat no more, and expect no ACK."""
        self._repetition.stop()
