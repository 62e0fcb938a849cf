"""Address validation of peers over UDP, and how much they may be sent before it (as RFC 9000 section 8 has it)."""

from __future__ import annotations

from typing import Final

from videobar.sip.syntax.message import Request
from videobar.sip.transaction.state_machine import Scheduler, TimerHandle
from videobar.sip.transport.flow import Flow

FACTOR: Final = 3
"""Bytes that may be sent for each one that came."""
RESERVED_BYTES: Final = 600
"""Approximate size of a final response to an INVITE, without its description; provisional ones must leave that much."""
OFFER_BYTES: Final = 1600
"""Size of our own description, where the INVITE brings none."""
VALIDATED_S: Final = 600.0
MOST_VALIDATED: Final = 1024


class ResponseBudget:
    """Bytes that one server transaction may send while its peer's address is not validated."""

    def __init__(self, request: Request, size: int) -> None:
        self._left = FACTOR * size
        is_invite = request.method == "INVITE"
        self._reserved = RESERVED_BYTES + (len(request.body) or OFFER_BYTES) if is_invite else 0

    def earn(self, size: int) -> None:
        """The request came once more, or its ACK."""
        self._left += FACTOR * size

    def spend(self, size: int, *, provisional: bool) -> bool:
        """Spend the bytes of a response; true if it may be sent."""
        if size + (self._reserved if provisional else 0) > self._left:
            return False
        self._left -= size
        return True


class AddressValidation:
    """Address validation: the hosts that have shown that they receive what we send there.

    A host has by repeating what only a message to it said: our tag, in an ACK or another request, or the branch of a
    request of ours, in the response. On connections the transport has seen to it. It is remembered for ten minutes.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._validated: dict[str, TimerHandle] = {}
        self._tags: dict[str, str] = {}

    def is_validated(self, flow: Flow) -> bool:
        """True if anything may be sent there."""
        return flow.reliable or flow.host in self._validated

    def validate(self, flow: Flow) -> None:
        """The host has shown it."""
        if flow.reliable:
            return
        earlier = self._validated.pop(flow.host, None)
        if earlier is not None:
            earlier.cancel()
        while len(self._validated) >= MOST_VALIDATED:
            self._validated.pop(next(iter(self._validated))).cancel()
        forget = self._scheduler.call_later(VALIDATED_S, lambda: self._validated.pop(flow.host, None))
        self._validated[flow.host] = forget

    def issue(self, tag: str, flow: Flow) -> None:
        """Expect this tag of ours from the one host that it is sent to, until it is withdrawn."""
        if tag and not flow.reliable:
            self._tags[tag] = flow.host

    def withdraw(self, tag: str) -> None:
        """Expect it no more; twice is harmless."""
        self._tags.pop(tag, None)

    def receive(self, request: Request, flow: Flow) -> None:
        """A request has come, which may repeat a tag."""
        if self._tags.get(request.to.tag) == flow.host:
            self.validate(flow)

    def allows(self, flow: Flow, size: int, came: int) -> bool:
        """True if a response without transaction of `size` bytes may go back for a request of `came` bytes."""
        return self.is_validated(flow) or size <= FACTOR * came

    def close(self) -> None:
        """Forget all."""
        for forget in self._validated.values():
            forget.cancel()
        self._validated.clear()
