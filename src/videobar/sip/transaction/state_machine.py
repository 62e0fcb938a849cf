"""State machines of the four transactions of RFC 3261 section 17, corrected by RFC 6026: tables, without I/O.

A transaction sees *events* (a message, a timer, a broken transport) and looks up the step in its table: the next
state, and what to do. **An event that is not in the table for a state is ignored in that state**: late
retransmissions, timers that lost a race, a second final response. Timers belong to states: entering a state stops
the timers of the one before, except F, which guards the whole of a non-INVITE request.

The letters in the tables are the RFC's timers. On a reliable transport A, E and G do not run, and D, I, J and K,
which wait for retransmissions to die out, are zero.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import ClassVar, Protocol

from videobar.sip.syntax.message import Request, Response


@dataclass(frozen=True)
class Timers:
    """The base values of RFC 3261 table 4, in seconds."""

    t1: float = 0.5
    """Estimate of the round trip: the first retransmission."""
    t2: float = 4.0
    """Longest interval between retransmissions of non-INVITE requests and INVITE responses."""
    t4: float = 5.0
    """Longest life of a message in the network."""

    @property
    def timeout(self) -> float:
        """64 times T1: timers B, D, F, H, J, L and M."""
        return 64 * self.t1


class TimerHandle(Protocol):
    """Handle of a running timer."""

    def cancel(self) -> None:
        """Stop it; without effect once it has fired."""
        ...


class Scheduler(Protocol):
    """Scheduler of timers; an asyncio loop is one."""

    def call_later(self, delay: float, callback: Callable[[], object], /) -> TimerHandle:
        """Call back once, after `delay` seconds."""
        ...


class State(Enum):
    """State of a transaction; names as in RFC 3261 and RFC 6026."""

    CALLING = auto()
    TRYING = auto()
    PROCEEDING = auto()
    ACCEPTED = auto()
    COMPLETED = auto()
    CONFIRMED = auto()
    TERMINATED = auto()


class Event(Enum):
    """Event of a transaction: messages in and out, and timers by their letter."""

    PROVISIONAL = auto()
    SUCCESS = auto()
    FAILURE = auto()
    REQUEST = auto()
    ACK = auto()
    TRANSPORT_ERROR = auto()
    A = auto()
    B = auto()
    D = auto()
    E = auto()
    F = auto()
    G = auto()
    H = auto()
    I = auto()  # noqa: E741 - the RFC's letter
    J = auto()
    K = auto()
    L = auto()
    M = auto()


class Action(Enum):
    """Action of a step besides the change of state."""

    DELIVER = auto()
    """Hand the message to the user."""
    SEND = auto()
    """Send the user's response, and keep it for retransmission."""
    RESEND = auto()
    """Send the last message again."""
    SEND_ACK = auto()
    """Acknowledge a failure response to INVITE (section 17.1.1.3)."""
    REPORT_TIMEOUT = auto()
    """Report to the user that no response came."""
    REPORT_BROKEN = auto()
    """Report to the user that the message cannot be delivered."""


class Failure(Enum):
    """Failure of a transaction: it ended without a response."""

    TIMEOUT = auto()
    TRANSPORT = auto()


@dataclass(frozen=True)
class Step:
    """Step: an entry of a table."""

    to: State
    do: tuple[Action, ...] = ()


Table = Mapping[tuple[State, Event], Step]

INVITE_CLIENT: Table = {
    (State.CALLING, Event.A): Step(State.CALLING, (Action.RESEND,)),
    (State.CALLING, Event.B): Step(State.TERMINATED, (Action.REPORT_TIMEOUT,)),
    (State.CALLING, Event.TRANSPORT_ERROR): Step(State.TERMINATED, (Action.REPORT_BROKEN,)),
    (State.CALLING, Event.PROVISIONAL): Step(State.PROCEEDING, (Action.DELIVER,)),
    (State.CALLING, Event.SUCCESS): Step(State.ACCEPTED, (Action.DELIVER,)),
    (State.CALLING, Event.FAILURE): Step(State.COMPLETED, (Action.SEND_ACK, Action.DELIVER)),
    (State.PROCEEDING, Event.PROVISIONAL): Step(State.PROCEEDING, (Action.DELIVER,)),
    (State.PROCEEDING, Event.SUCCESS): Step(State.ACCEPTED, (Action.DELIVER,)),
    (State.PROCEEDING, Event.FAILURE): Step(State.COMPLETED, (Action.SEND_ACK, Action.DELIVER)),
    (State.ACCEPTED, Event.SUCCESS): Step(State.ACCEPTED, (Action.DELIVER,)),
    (State.ACCEPTED, Event.M): Step(State.TERMINATED),
    (State.COMPLETED, Event.FAILURE): Step(State.COMPLETED, (Action.SEND_ACK,)),
    (State.COMPLETED, Event.TRANSPORT_ERROR): Step(State.TERMINATED),
    (State.COMPLETED, Event.D): Step(State.TERMINATED),
}
"""RFC 3261 figure 5 with RFC 6026 figure 1."""

NON_INVITE_CLIENT: Table = {
    (State.TRYING, Event.E): Step(State.TRYING, (Action.RESEND,)),
    (State.TRYING, Event.F): Step(State.TERMINATED, (Action.REPORT_TIMEOUT,)),
    (State.TRYING, Event.TRANSPORT_ERROR): Step(State.TERMINATED, (Action.REPORT_BROKEN,)),
    (State.TRYING, Event.PROVISIONAL): Step(State.PROCEEDING, (Action.DELIVER,)),
    (State.TRYING, Event.SUCCESS): Step(State.COMPLETED, (Action.DELIVER,)),
    (State.TRYING, Event.FAILURE): Step(State.COMPLETED, (Action.DELIVER,)),
    (State.PROCEEDING, Event.E): Step(State.PROCEEDING, (Action.RESEND,)),
    (State.PROCEEDING, Event.F): Step(State.TERMINATED, (Action.REPORT_TIMEOUT,)),
    (State.PROCEEDING, Event.TRANSPORT_ERROR): Step(State.TERMINATED, (Action.REPORT_BROKEN,)),
    (State.PROCEEDING, Event.PROVISIONAL): Step(State.PROCEEDING, (Action.DELIVER,)),
    (State.PROCEEDING, Event.SUCCESS): Step(State.COMPLETED, (Action.DELIVER,)),
    (State.PROCEEDING, Event.FAILURE): Step(State.COMPLETED, (Action.DELIVER,)),
    (State.COMPLETED, Event.K): Step(State.TERMINATED),
}
"""RFC 3261 figure 6."""

INVITE_SERVER: Table = {
    (State.PROCEEDING, Event.REQUEST): Step(State.PROCEEDING, (Action.RESEND,)),
    (State.PROCEEDING, Event.PROVISIONAL): Step(State.PROCEEDING, (Action.SEND,)),
    (State.PROCEEDING, Event.SUCCESS): Step(State.ACCEPTED, (Action.SEND,)),
    (State.PROCEEDING, Event.FAILURE): Step(State.COMPLETED, (Action.SEND,)),
    (State.PROCEEDING, Event.TRANSPORT_ERROR): Step(State.TERMINATED, (Action.REPORT_BROKEN,)),
    (State.ACCEPTED, Event.SUCCESS): Step(State.ACCEPTED, (Action.SEND,)),
    (State.ACCEPTED, Event.ACK): Step(State.ACCEPTED, (Action.DELIVER,)),
    (State.ACCEPTED, Event.TRANSPORT_ERROR): Step(State.ACCEPTED, (Action.REPORT_BROKEN,)),
    (State.ACCEPTED, Event.L): Step(State.TERMINATED),
    (State.COMPLETED, Event.REQUEST): Step(State.COMPLETED, (Action.RESEND,)),
    (State.COMPLETED, Event.G): Step(State.COMPLETED, (Action.RESEND,)),
    (State.COMPLETED, Event.ACK): Step(State.CONFIRMED),
    (State.COMPLETED, Event.H): Step(State.TERMINATED, (Action.REPORT_TIMEOUT,)),
    (State.COMPLETED, Event.TRANSPORT_ERROR): Step(State.TERMINATED, (Action.REPORT_BROKEN,)),
    (State.CONFIRMED, Event.I): Step(State.TERMINATED),
}
"""RFC 3261 figure 7 with RFC 6026 figure 2. In ACCEPTED the user retransmits, because only it sees the ACK."""

NON_INVITE_SERVER: Table = {
    (State.TRYING, Event.PROVISIONAL): Step(State.PROCEEDING, (Action.SEND,)),
    (State.TRYING, Event.SUCCESS): Step(State.COMPLETED, (Action.SEND,)),
    (State.TRYING, Event.FAILURE): Step(State.COMPLETED, (Action.SEND,)),
    (State.TRYING, Event.TRANSPORT_ERROR): Step(State.TERMINATED, (Action.REPORT_BROKEN,)),
    (State.PROCEEDING, Event.REQUEST): Step(State.PROCEEDING, (Action.RESEND,)),
    (State.PROCEEDING, Event.PROVISIONAL): Step(State.PROCEEDING, (Action.SEND,)),
    (State.PROCEEDING, Event.SUCCESS): Step(State.COMPLETED, (Action.SEND,)),
    (State.PROCEEDING, Event.FAILURE): Step(State.COMPLETED, (Action.SEND,)),
    (State.PROCEEDING, Event.TRANSPORT_ERROR): Step(State.TERMINATED, (Action.REPORT_BROKEN,)),
    (State.COMPLETED, Event.REQUEST): Step(State.COMPLETED, (Action.RESEND,)),
    (State.COMPLETED, Event.J): Step(State.TERMINATED),
}
"""RFC 3261 figure 8."""

Send = Callable[[bytes], None]


class Transaction(ABC):
    """Transaction, common to all four: the table, the timers, and the last message sent.

    `send` puts bytes on the wire at once; a failure it learns of later comes back as `transport_failed`.
    """

    table: ClassVar[Table]

    def __init__(
        self,
        request: Request,
        send: Send,
        *,
        scheduler: Scheduler,
        timers: Timers,
        reliable: bool,
        on_failure: Callable[[Failure], None],
        on_terminated: Callable[[], None],
        state: State,
    ) -> None:
        self.request = request
        self.state = state
        self.reliable = reliable
        self._send = send
        self._scheduler = scheduler
        self._timers = timers
        self._running: dict[Event, TimerHandle] = {}
        self._sent = b""
        self._on_failure = on_failure
        self._on_terminated = on_terminated

    def transport_failed(self) -> None:
        """Handle a failure of the transport."""
        self._fire(Event.TRANSPORT_ERROR)

    def abandon(self) -> None:
        """Stop, and report nothing to the user."""
        self.state = State.TERMINATED
        self._stop_timers()
        self._on_terminated()

    def _fire(self, event: Event, message: Request | Response | None = None) -> None:
        step = self.table.get((self.state, event))
        if step is None:
            return
        if step.to is not self.state:
            self.state = step.to
            self._stop_timers(keep=Event.F if step.to is State.PROCEEDING else None)
            self._entered(step.to)
        for action in step.do:
            self._perform(action, message)
        if step.to is State.TERMINATED:
            self._on_terminated()

    def _fire_for(self, response: Response) -> None:
        if response.status < 200:
            self._fire(Event.PROVISIONAL, response)
        elif response.status < 300:
            self._fire(Event.SUCCESS, response)
        else:
            self._fire(Event.FAILURE, response)

    def _perform(self, action: Action, message: Request | Response | None) -> None:
        if action is Action.RESEND:
            if self._sent:
                self._send(self._sent)
        elif action is Action.REPORT_TIMEOUT:
            self._on_failure(Failure.TIMEOUT)
        elif action is Action.REPORT_BROKEN:
            self._on_failure(Failure.TRANSPORT)
        elif message is not None:
            self._handle(action, message)

    def _start(self, event: Event, delay: float) -> None:
        def expired() -> None:
            self._running.pop(event, None)
            self._fire(event)

        self._running[event] = self._scheduler.call_later(delay, expired)

    def _repeat(self, event: Event, delay: float, longest: float) -> None:
        """Start a timer that fires again and again, each time after double the delay, up to `longest`."""

        def expired() -> None:
            self._repeat(event, min(2 * delay, longest), longest)
            self._fire(event)

        self._running[event] = self._scheduler.call_later(delay, expired)

    def _unless_reliable(self, seconds: float) -> float:
        return 0.0 if self.reliable else seconds

    def _stop_timers(self, keep: Event | None = None) -> None:
        for event in [event for event in self._running if event is not keep]:
            self._running.pop(event).cancel()

    @abstractmethod
    def _entered(self, state: State) -> None:
        """Start the timers of a state."""

    @abstractmethod
    def _handle(self, action: Action, message: Request | Response) -> None:
        """Do what is particular to this kind of transaction."""
