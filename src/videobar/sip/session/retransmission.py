"""Retransmission of responses until they are acknowledged: the 2xx to INVITE, and reliable provisional ones."""

from __future__ import annotations

from collections.abc import Callable

from videobar.sip.syntax.message import Message, Request, Response
from videobar.sip.transaction.layer import IncomingRequest
from videobar.sip.transaction.state_machine import Scheduler, TimerHandle, Timers


class Retransmission:
    """Retransmission timer: calls `send` after T1, 2*T1, … up to `longest`, and `on_timeout` after 64*T1."""

    def __init__(
        self,
        send: Callable[[], None],
        on_timeout: Callable[[], None],
        *,
        timers: Timers,
        scheduler: Scheduler,
        longest: float,
    ) -> None:
        self._send = send
        self._on_timeout = on_timeout
        self._scheduler = scheduler
        self._interval = timers.t1
        self._longest = longest
        self._limit: TimerHandle | None = scheduler.call_later(timers.timeout, self._expired)
        self._repeat: TimerHandle | None = scheduler.call_later(self._interval, self._again)

    @property
    def is_running(self) -> bool:
        """True until it is stopped or has run out."""
        return self._limit is not None

    def stop(self) -> None:
        """Repeat no more; twice is harmless."""
        for timer in (self._repeat, self._limit):
            if timer is not None:
                timer.cancel()
        self._repeat = self._limit = None

    def _again(self) -> None:
        self._interval = min(2 * self._interval, self._longest)
        self._repeat = self._scheduler.call_later(self._interval, self._again)
        self._send()

    def _expired(self) -> None:
        self.stop()
        self._on_timeout()


class SuccessRetransmission:
    """2xx to INVITE, sent at T1, 2*T1 … T2 until its ACK comes, over TCP as well (RFC 3261 section 13.3.1.4).

    After 64*T1 `on_timeout` is called. `expects_answer` means that the response made an offer, which the ACK answers.
    """

    def __init__(
        self,
        incoming: IncomingRequest,
        response: Response,
        *,
        expects_answer: bool,
        timers: Timers,
        scheduler: Scheduler,
        on_ack: Callable[[Request], None],
        on_timeout: Callable[[], None],
    ) -> None:
        self.expects_answer = expects_answer
        self._incoming = incoming
        self._response = response
        self._on_ack = on_ack
        self._retransmission = Retransmission(
            self.send, on_timeout, timers=timers, scheduler=scheduler, longest=timers.t2
        )
        # A peer that acknowledges with the INVITE's branch ends in the transaction; RFC 2543 did so.
        incoming.transaction.on_ack = self.receive_ack

    def send(self) -> None:
        """Send it, the same each time."""
        self._incoming.respond(self._response)

    def receive_ack(self, ack: Request) -> None:
        """Handle an ACK; it counts if it is the first with this INVITE's number."""
        if self._retransmission.is_running and ack.cseq == self._incoming.request.cseq:
            self.stop()
            self._on_ack(ack)

    def stop(self) -> None:
        """Retransmit no more, and expect no ACK."""
        self._retransmission.stop()


RELIABLY = "100rel"
"""The option tag."""
MAX_RSEQ = 2**31 - 1


class ReliableProvisional:
    """Reliable provisional response (RFC 3262), sent at T1, 2*T1, … until its PRACK; `on_timeout` is after 64*T1."""

    def __init__(
        self,
        incoming: IncomingRequest,
        response: Response,
        number: int,
        *,
        timers: Timers,
        scheduler: Scheduler,
        on_timeout: Callable[[], None],
    ) -> None:
        response.headers.add("require", RELIABLY)
        response.headers.add("rseq", str(number))
        self._expected = (number, incoming.request.cseq, "INVITE")
        self._retransmission = Retransmission(
            lambda: incoming.respond(response),
            on_timeout,
            timers=timers,
            scheduler=scheduler,
            longest=timers.timeout,
        )
        incoming.respond(response)

    def receive_prack(self, prack: Request) -> bool:
        """Handle a PRACK (section 3); False if it is not for this response, else that is retransmitted no more."""
        if read_rack(prack) != self._expected:
            return False
        self.stop()
        return True

    def stop(self) -> None:
        """Retransmit no more, and require no PRACK; one that comes is still known."""
        self._retransmission.stop()


def is_required(message: Message) -> bool:
    """True if a request or response requires reliability."""
    return any(option.lower() == RELIABLY for option in message.headers.items_of("require"))


def rseq_of(response: Response) -> int | None:
    """The number of a reliable provisional response; None where it is none."""
    text = (response.headers.get("rseq") or "").strip()
    if not is_required(response) or not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    return int(text) if 0 < int(text) <= MAX_RSEQ else None


def read_rack(prack: Request) -> tuple[int, int, str] | None:
    """RAck of a PRACK: response number, CSeq number and method; None where it cannot be read."""
    parts = (prack.headers.get("rack") or "").split()
    if len(parts) != 3 or not all(
        each.isascii() and each.isdigit() and len(each) <= 10 for each in parts[:2]
    ):
        return None
    return int(parts[0]), int(parts[1]), parts[2]
