"""Transactions with one peer (RFC 8855 sections 6.2 and 8): over UDP repeated until acknowledged, and delivered once.

Nothing here waits or asks the time by itself: bytes come in through `receive`, go out through `send`, and `on_due`
is to be called at the time of `due`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from videobar.bfcp.fragments import Reassembly
from videobar.bfcp.message import (
    RELIABLE,
    UNRELIABLE,
    Attribute,
    BfcpMessage,
    MalformedBfcp,
    error,
    parse_piece,
)
from videobar.bfcp.vocabulary import ErrorCode, Primitive

T1_S: Final = 0.5
"""Timer T1: something unanswered is sent again after this; doubled each time (section 8.3.1)."""
MOST_SENT: Final = 4
T2_S: Final = 10.0
"""Timer T2: a response is kept so long for a request that comes again (section 8.3.2)."""
LARGEST_DATAGRAM: Final = 1200
MOST_WAITING: Final = 64

_ANSWERS: Final = frozenset(
    {
        Primitive.FLOOR_REQUEST_STATUS,
        Primitive.USER_STATUS,
        Primitive.FLOOR_STATUS,
        Primitive.CHAIR_ACTION_ACK,
        Primitive.HELLO_ACK,
        Primitive.ERROR,
        Primitive.FLOOR_REQUEST_STATUS_ACK,
        Primitive.FLOOR_STATUS_ACK,
        Primitive.GOODBYE_ACK,
    }
)
_KNOWN: Final = frozenset(int(primitive) for primitive in Primitive)
_ACKNOWLEDGED_BY: Final = {
    Primitive.FLOOR_REQUEST_STATUS: Primitive.FLOOR_REQUEST_STATUS_ACK,
    Primitive.FLOOR_STATUS: Primitive.FLOOR_STATUS_ACK,
}

Answered = Callable[[BfcpMessage | None], None]
"""Gets the response, or `None` when there was none."""


@dataclass
class _Waiting:
    datagrams: tuple[bytes, ...]
    answered: Answered
    due: float
    interval: float = T1_S
    sent: int = 1


class Association:
    """Association with one peer in one conference: transactions, retransmission and responses.

    `reliable` is whether a stream carries it. `on_message` gets each request and notice of the peer once;
    `user` and `conference` are those of the description that the server gave.
    """

    def __init__(
        self,
        *,
        conference: int,
        user: int,
        reliable: bool,
        send: Callable[[bytes], None],
        time: Callable[[], float],
    ) -> None:
        self.conference = conference
        self.user = user
        self.reliable = reliable
        self.on_message: Callable[[BfcpMessage], None] = lambda _: None
        self.malformed = 0
        """Datagrams that were no messages."""
        self._send = send
        self._time = time
        self._version = RELIABLE if reliable else UNRELIABLE
        self._transaction = random.randrange(1, 0xFFFF)
        self._waiting: dict[int, _Waiting] = {}
        self._said: dict[tuple[int, int], tuple[float, tuple[bytes, ...]]] = {}
        self._reassembly = Reassembly()

    @property
    def due(self) -> float:
        """Time of the next call of `on_due`, by the same clock as `time`."""
        if self.reliable:
            return float("inf")
        return min((each.due for each in self._waiting.values()), default=float("inf"))

    def request(self, primitive: Primitive, *attributes: Attribute, answered: Answered) -> None:
        """Ask something; `answered` is called once."""
        if len(self._waiting) >= MOST_WAITING:
            answered(None)
            return
        self._transaction = self._transaction % 0xFFFF + 1
        datagrams = self._pack(BfcpMessage(primitive, *self._ids(self._transaction), attributes))
        self._waiting[self._transaction] = _Waiting(datagrams, answered, self._time() + T1_S)
        self._transmit(datagrams)

    def notify(self, primitive: Primitive, *attributes: Attribute) -> None:
        """Tell something that was not asked for: over UDP it is repeated until acknowledged."""
        if self.reliable:
            self._transmit(self._pack(BfcpMessage(primitive, *self._ids(0), attributes)))
        else:
            self.request(primitive, *attributes, answered=lambda _: None)

    def respond(self, to: BfcpMessage, primitive: Primitive, *attributes: Attribute) -> None:
        """Answer a request."""
        answer = BfcpMessage(primitive, to.conference, to.transaction, to.user, attributes, not self.reliable)
        datagrams = self._pack(answer)
        if not self.reliable:
            now = self._time()
            self._said = {key: kept for key, kept in self._said.items() if kept[0] > now}
            if len(self._said) >= MOST_WAITING:
                del self._said[next(iter(self._said))]
            self._said[to.transaction, to.primitive] = (now + T2_S, datagrams)
        self._transmit(datagrams)

    def refuse(self, to: BfcpMessage, code: ErrorCode, *unknown: int) -> None:
        """Answer a request with an error."""
        self.respond(to, Primitive.ERROR, error(code, *unknown))

    def awaits(self, transaction: int) -> bool:
        """True while an answer to this transaction is waited for."""
        return transaction in self._waiting

    def receive(self, datagram: bytes) -> None:
        """Take what the peer sent: a datagram, or one message of a stream. Never raises."""
        try:
            piece = parse_piece(datagram)
        except MalformedBfcp:
            self.malformed += 1
            return
        if piece.message.version != self._version:
            self.malformed += 1
            return
        try:
            message = self._reassembly.add(piece)
            if message is not None:
                self._take(message)
        except MalformedBfcp as fault:
            self.malformed += 1
            if not piece.message.response and piece.message.primitive not in _ANSWERS:
                self.refuse(piece.message, fault.code)

    def on_due(self) -> None:
        """Send again what is unanswered; give up what was sent often enough."""
        now = self._time()
        for transaction, waiting in list(self._waiting.items()):
            if self.reliable or waiting.due > now:
                continue
            if waiting.sent >= MOST_SENT:
                del self._waiting[transaction]
                waiting.answered(None)
                continue
            waiting.sent += 1
            waiting.interval *= 2
            waiting.due = now + waiting.interval
            self._transmit(waiting.datagrams)

    def close(self) -> None:
        """End all transactions that wait."""
        waiting, self._waiting = self._waiting, {}
        for each in waiting.values():
            each.answered(None)

    def _take(self, message: BfcpMessage) -> None:
        if self._is_answer(message):
            waiting = self._waiting.pop(message.transaction, None)
            if waiting is not None:
                waiting.answered(message)
            return
        said = self._said.get((message.transaction, message.primitive))
        if said is not None and said[0] > self._time():
            self._transmit(said[1])
            return
        if message.conference != self.conference:
            self.refuse(message, ErrorCode.NO_SUCH_CONFERENCE)
        elif message.primitive not in _KNOWN:
            self.refuse(message, ErrorCode.UNKNOWN_PRIMITIVE)
        elif message.unknown_mandatory:
            self.refuse(message, ErrorCode.UNKNOWN_MANDATORY_ATTRIBUTE, *message.unknown_mandatory)
        else:
            self._acknowledge(message)
            self.on_message(message)

    def _is_answer(self, message: BfcpMessage) -> bool:
        if self.reliable:
            return message.primitive in _ANSWERS and message.transaction != 0
        return message.response

    def _acknowledge(self, message: BfcpMessage) -> None:
        acknowledgement = _ACKNOWLEDGED_BY.get(Primitive(message.primitive))
        if acknowledgement is not None and not self.reliable:
            self.respond(message, acknowledgement)

    def _ids(self, transaction: int) -> tuple[int, int, int]:
        return self.conference, transaction, self.user

    def _pack(self, message: BfcpMessage) -> tuple[bytes, ...]:
        whole = replace(message, version=self._version)
        return (whole.pack(),) if self.reliable else tuple(whole.fragments(LARGEST_DATAGRAM))

    def _transmit(self, datagrams: tuple[bytes, ...]) -> None:
        for datagram in datagrams:
            self._send(datagram)
