"""Time that tests move by hand, agents on loopback, and a peer that says exactly what a test wants."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tests.waiting import until

from videobar.sip.errors import OfferRefused
from videobar.sip.session.session import Session
from videobar.sip.syntax.message import Request, Response, parse_message
from videobar.sip.syntax.uri import NameAddr, SipUri
from videobar.sip.transaction.state_machine import Timers
from videobar.sip.transport.flow import BoundSocket, ConnectionLimits
from videobar.sip.transport.transport import Transport
from videobar.sip.user_agent import UserAgent

PATIENCE = 30.0


class ManualScheduler:
    """A scheduler whose time only `advance` moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self._queue: list[tuple[float, int, ManualTimer]] = []
        self._ids = itertools.count()

    def call_later(self, delay: float, callback: Callable[[], object], /) -> ManualTimer:
        timer = ManualTimer(callback)
        heapq.heappush(self._queue, (self.now + delay, next(self._ids), timer))
        return timer

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while self._queue and self._queue[0][0] <= end + 1e-9:
            self.now, _, timer = heapq.heappop(self._queue)
            timer.fire()
        self.now = end

    @property
    def waiting(self) -> int:
        return sum(timer.callback is not None for _, _, timer in self._queue)


class ManualTimer:
    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        self.callback = None

    def fire(self) -> None:
        callback, self.callback = self.callback, None
        if callback is not None:
            callback()


class Recorder:
    """A listener that remembers; `answer` is what it returns to an offer, or a refusal to raise."""

    def __init__(self) -> None:
        self.events: list[tuple[str, tuple[Any, ...]]] = []
        self.answer: bytes | OfferRefused | None = b"v=0\r\ns=answer\r\n"

    def named(self, name: str) -> list[tuple[Any, ...]]:
        return [arguments for event, arguments in self.events if event == name]

    @property
    def names(self) -> list[str]:
        return [event for event, _ in self.events]

    @property
    def ended(self) -> Any:
        ends = self.named("ended")
        assert len(ends) <= 1, "ended more than once"
        return ends[0][0] if ends else None

    async def wait(self, name: str, count: int = 1) -> tuple[Any, ...]:
        await until(lambda: len(self.named(name)) >= count)
        return self.named(name)[count - 1]

    def on_progress(self, session: Session, status: int, description: bytes | None) -> None:
        self.events.append(("progress", (status, description)))

    def on_established(self, session: Session, description: bytes | None) -> None:
        self.events.append(("established", (description,)))

    def on_offer(self, session: Session, offer: bytes | None) -> bytes | None:
        self.events.append(("offer", (offer,)))
        if isinstance(self.answer, OfferRefused):
            raise self.answer
        return self.answer

    def on_answer(self, session: Session, answer: bytes) -> None:
        self.events.append(("answer", (answer,)))

    def on_reinvite_refused(self, session: Session, status: int, reason: str) -> None:
        self.events.append(("refused", (status, reason)))

    def on_info(self, session: Session, content_type: str, body: bytes) -> None:
        self.events.append(("info", (content_type, body)))

    def on_ended(self, session: Session, ended: Any) -> None:
        self.events.append(("ended", (ended,)))


class Phone:
    """A user agent with its transport; incoming sessions get a recorder and wait in `incoming`."""

    def __init__(self, agent: UserAgent, transport: Transport, port: int, incoming: list[Session]) -> None:
        self.agent = agent
        self.transport = transport
        self.port = port
        self.incoming = incoming

    def uri(self, protocol: str = "UDP") -> SipUri:
        parameters = (("transport", "tcp"),) if protocol == "TCP" else ()
        return SipUri("127.0.0.1", "room", self.port, parameters)

    def call(self, target: SipUri, listener: Recorder, **more: Any) -> Session:
        from_ = NameAddr(SipUri("example.org", "caller"), "The Caller")
        offer = more.pop("offer", b"v=0\r\ns=offer\r\na=tool:" + b"-" * 700 + b"\r\n")
        return self.agent.invite(target, from_=from_, offer=offer, listener=listener, **more)


class RawPeer(asyncio.DatagramProtocol):
    """Sends what it is told to, and keeps what comes."""

    def __init__(self) -> None:
        self.messages: list[Request | Response] = []
        self.transport: Any = None
        self.port = 0
        self.read = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if data.strip():
            self.messages.append(parse_message(data))

    def send(self, message: bytes | str | Request | Response, port: int) -> None:
        data = message.replace("\n", "\r\n").encode() if isinstance(message, str) else bytes(message)
        self.transport.sendto(data, ("127.0.0.1", port))

    async def next(self) -> Any:
        await until(lambda: len(self.messages) > self.read)
        self.read += 1
        return self.messages[self.read - 1]

    async def next_new(self) -> Any:
        """The next message that is no retransmission of one before."""
        while True:
            message = await self.next()
            if all(bytes(message) != bytes(earlier) for earlier in self.messages[: self.read - 1]):
                return message

    def request(
        self, method: str, *, branch: str, cseq: int = 1, to_tag: str = "", body: str = "", extra: str = ""
    ) -> str:
        tag = f";tag={to_tag}" if to_tag else ""
        kind = "Content-Type: application/sdp\n" if body else ""
        length = len(body.replace("\n", "\r\n"))
        # As long as those of real phones: who sends less gets less before its address is validated.
        extra += f"Subject: {'-' * 1500}\n" if method == "INVITE" and not to_tag else ""
        return (
            f"{method} sip:room@127.0.0.1 SIP/2.0\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{branch};rport\n"
            "Max-Forwards: 70\n"
            f'From: "Raw" <sip:raw@127.0.0.1:{self.port}>;tag=rawtag\n'
            f"To: <sip:room@127.0.0.1>{tag}\n"
            "Call-ID: raw-call\n"
            f"CSeq: {cseq} {method}\n"
            f"Contact: <sip:raw@127.0.0.1:{self.port}>\n"
            f"{extra}{kind}Content-Length: {length}\n\n{body}"
        )


def bound_pair() -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket on the same free loopback port."""
    while True:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            tcp.bind(udp.getsockname())
        except OSError:
            udp.close()
            tcp.close()
            continue
        return udp, tcp


@pytest.fixture
def scheduler() -> ManualScheduler:
    return ManualScheduler()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def new_recorder() -> type[Recorder]:
    return Recorder


@pytest.fixture
def eventually() -> Any:
    return until


@pytest.fixture
def sockets() -> Any:
    return bound_pair


@pytest.fixture
async def phone() -> AsyncIterator[Any]:
    """Makes agents: `await phone()`; `on_invite` is called after the session has its recorder."""
    made: list[Phone] = []

    async def make(
        on_invite: Callable[[Session], None] = lambda session: None,
        *,
        timers: Timers | None = None,
        limits: ConnectionLimits | None = None,
        **more: Any,
    ) -> Phone:
        udp, tcp = bound_pair()
        port = udp.getsockname()[1]
        sockets = [BoundSocket("UDP", udp), BoundSocket("TCP", tcp)]
        transport = await Transport.open(sockets, limits=limits)
        if "scheduler" in more:
            # With time by hand nobody answers what a test left open.
            more.setdefault("shutdown_timeout", 0.01)
        incoming: list[Session] = []

        def invited(session: Session) -> None:
            session.listener = Recorder()
            incoming.append(session)
            on_invite(session)

        agent = UserAgent(transport, product="videobar-test/1", on_invite=invited, timers=timers, **more)
        made.append(Phone(agent, transport, port, incoming))
        return made[-1]

    yield make
    await asyncio.gather(*(each.agent.close() for each in made))


@pytest.fixture
async def peer() -> AsyncIterator[RawPeer]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(RawPeer, local_addr=("127.0.0.1", 0))
    yield protocol
    transport.close()


@pytest.fixture
async def other_peer() -> AsyncIterator[RawPeer]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(RawPeer, local_addr=("127.0.0.1", 0))
    yield protocol
    transport.close()
