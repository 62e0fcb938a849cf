"""Provisional responses that are repeated until a PRACK comes (RFC 3262), for callers that insist on them."""

from __future__ import annotations

from collections.abc import Callable

from videobar.sip.exchange import Incoming
from videobar.sip.message import Message, Request, Response
from videobar.sip.repetition import Repetition
from videobar.sip.transaction import Scheduler, Timers

RELIABLY = "100rel"
"""The option tag."""
MAX_RSEQ = 2**31 - 1


class ReliableProvisional:
    """Sends the response at T1, 2*T1, … until `acknowledge`, at most for 64*T1; then calls `on_timeout`."""

    def __init__(
        self,
        incoming: Incoming,
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
        self._repetition = Repetition(
            lambda: incoming.respond(response),
            on_timeout,
            timers=timers,
            scheduler=scheduler,
            longest=timers.timeout,
        )
        incoming.respond(response)

    def acknowledge(self, prack: Request) -> bool:
        """Whether a PRACK is for this response, which then is not repeated any more (section 3)."""
        if read_rack(prack) != self._expected:
            return False
        self.stop()
        return True

    def stop(self) -> None:
        """Repeat no more, and insist on no PRACK; one that comes all the same is still known."""
        self._repetition.stop()


def is_required(message: Message) -> bool:
    """Whether a request or response insists on reliability."""
    return any(option.lower() == RELIABLY for option in message.headers.items_of("require"))


def rseq_of(response: Response) -> int | None:
    """The number of a reliable provisional response; None where it is none."""
    text = (response.headers.get("rseq") or "").strip()
    if not is_required(response) or not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    return int(text) if 0 < int(text) <= MAX_RSEQ else None


def read_rack(prack: Request) -> tuple[int, int, str] | None:
    """What a PRACK acknowledges: response number, CSeq number and method; None where that cannot be read."""
    parts = (prack.headers.get("rack") or "").split()
    if len(parts) != 3 or not all(
        each.isascii() and each.isdigit() and len(each) <= 10 for each in parts[:2]
    ):
        return None
    return int(parts[0]), int(parts[1]), parts[2]
