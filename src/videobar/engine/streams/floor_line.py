"""Floor line of one call: BFCP beside its content."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from videobar.bfcp.client import Holding
from videobar.bfcp.floor import Floor
from videobar.bfcp.transport import TcpTransport, UdpTransport
from videobar.engine.call.description import Agreement
from videobar.engine.streams.floor_negotiation import AgreedFloor, FloorNegotiation
from videobar.engine.streams.line import LineContext
from videobar.room.calls.port import StreamStatistics
from videobar.rtp.ports import PortRange, PortsExhausted
from videobar.sip.sdp.description import MediaRole

_PORTS_TRIED: Final = 20


class FloorListener(Protocol):
    """Listener for the holder of the floor, called on the event loop."""

    def on_holding(self, holding: Holding) -> None:
        """Our hold of the floor of the far end's server has changed."""
        ...

    def on_others(self, held: bool) -> None:
        """Others have got the floor of the far end's server (`held`), or given it back."""
        ...

    def on_wanted(self) -> None:
        """The far end asks our server for the floor."""
        ...

    def on_released(self) -> None:
        """The far end has given the floor of our server back."""
        ...


class FloorLine:
    """Implements `MediaLine` for the floor of the content. Belongs to the event loop.

    `wanted` returns true while we want the floor, also of a far end that has only now agreed to one.
    """

    def __init__(self, context: LineContext, listener: FloorListener, wanted: Callable[[], bool]) -> None:
        self._context = context
        self._listener = listener
        self._wanted = wanted
        self._udp: UdpTransport | None = None
        self._tcp: TcpTransport | None = None
        self._negotiation: FloorNegotiation | None = None
        self._floor: Floor | None = None

    @property
    def terms(self) -> Mapping[MediaRole, FloorNegotiation]:
        """The line of BFCP."""
        return {MediaRole.FLOOR_CONTROL: self._negotiation} if self._negotiation is not None else {}

    @property
    def lets_us_send(self) -> bool:
        """True if we have the floor, where the far end's server has one to give."""
        client = self._floor.client if self._floor is not None else None
        return client is None or client.holding is Holding.HELD

    def open(self, kbps: int) -> bool:
        """Open it, if there is a port."""
        if self._negotiation is None:
            try:
                self._udp, self._tcp = _transports(self._context.ports, self._context.address)
            except OSError:
                return False
            self._negotiation = FloorNegotiation(self._udp.port, self._tcp.port)
        return True

    def agree(self, agreement: Agreement) -> None:
        """Converse as agreed, or not (any more)."""
        agreed: AgreedFloor | None = agreement.lines.get(MediaRole.FLOOR_CONTROL)
        if self._negotiation is not None:
            self._negotiation.commit(agreed)
        if agreed is None:
            self._drop()
            return
        transport = self._transport(agreed)
        if transport is None or (self._floor is not None and self._floor.terms == agreed.terms):
            return
        self._drop()
        self._floor = Floor(
            transport,
            agreed.terms,
            on_holding=self._listener.on_holding,
            on_others=self._listener.on_others,
            on_wanted=self._grant,
            on_released=self._listener.on_released,
        )
        self._floor.start()
        if self._wanted():
            self._claim(self._floor)

    def unanswered(self) -> None:
        """It goes with its content."""

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """There are none."""
        return ()

    def begin(self) -> None:
        """Take the floor, that of the far end's server or our own, from its present holder."""
        if self._floor is not None:
            self._floor.revoke()
            self._claim(self._floor)

    def end(self) -> None:
        """Give the floor back."""
        if self._floor is not None:
            self._floor.give_back()
            self._floor.hold(False)

    def close(self) -> None:
        """Close the conversation and its sockets; twice is harmless."""
        self._drop()
        for transport in (self._udp, self._tcp):
            if transport is not None:
                transport.close()
        self._udp = self._tcp = self._negotiation = None

    def _claim(self, floor: Floor) -> None:
        floor.ask()
        floor.hold(True)

    def _transport(self, agreed: AgreedFloor) -> UdpTransport | TcpTransport | None:
        if agreed.reliable and self._tcp is not None:
            self._tcp.connect(agreed.remote_address, agreed.remote_port, active=agreed.active)
            return self._tcp
        if self._udp is not None:
            self._udp.connect(agreed.remote_address, agreed.remote_port)
        return self._udp

    def _drop(self) -> None:
        floor, self._floor = self._floor, None
        if floor is not None:
            floor.close()

    def _grant(self) -> None:
        """Grant every request: the latest to begin shows."""
        if self._floor is not None:
            self._floor.grant()
        self._listener.on_wanted()


def _transports(ports: PortRange, address: str) -> tuple[UdpTransport, TcpTransport]:
    """Both ways to the floor on one port number; what is free for UDP may be taken for TCP by anything else here."""
    for _ in range(_PORTS_TRIED):
        udp = UdpTransport(ports.allocate_one(address))
        try:
            return udp, TcpTransport.bind(address, udp.port)
        except OSError:
            udp.close()
    raise PortsExhausted(errno.EADDRINUSE, f"no port on {address} is free for UDP and TCP")
