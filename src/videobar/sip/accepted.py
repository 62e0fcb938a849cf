"""A 2xx to an INVITE, repeated until its ACK comes (RFC 3261 section 13.3.1.4), over TCP as well as UDP."""

from __future__ import annotations

from collections.abc import Callable

from videobar.sip.exchange import Incoming
from videobar.sip.message import Request, Response
from videobar.sip.transaction import Scheduler, TimerHandle, Timers


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
        self._timers = timers
        self._scheduler = scheduler
        self._on_ack = on_ack
        self._on_timeout = on_timeout
        self._interval = timers.t1
        self._repeat: TimerHandle | None = None
        self._limit: TimerHandle | None = None
        # A peer that acknowledges with the INVITE's branch ends in the transaction; RFC 2543 did so.
        incoming.transaction.on_ack = self.acknowledge

    def start(self) -> None:
        """Send it for the first time."""
        self._limit = self._scheduler.call_later(self._timers.timeout, self._expired)
        self._repeat = self._scheduler.call_later(self._interval, self._again)
        self._incoming.respond(self._response)

    def acknowledge(self, ack: Request) -> None:
        """An ACK has come; it counts if it is the first with this INVITE's number."""
        if self._limit is not None and ack.cseq == self._incoming.request.cseq:
            self.stop()
            self._on_ack(ack)

    def stop(self) -> None:
        """Repeat no more, and expect no ACK."""
        for timer in (self._repeat, self._limit):
            if timer is not None:
                timer.cancel()
        self._repeat = self._limit = None

    def _again(self) -> None:
        self._interval = min(2 * self._interval, self._timers.t2)
        self._repeat = self._scheduler.call_later(self._interval, self._again)
        self._incoming.respond(self._response)

    def _expired(self) -> None:
        self.stop()
        self._on_timeout()
