from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from videobar.bfcp.association import Association
from videobar.bfcp.client import FloorClient, Holding
from videobar.bfcp.server import FloorServer


@dataclass
class Wire:
    """Two associations and what is under way between them; nothing moves unless a test says so."""

    reliable: bool
    now: float = 100.0
    to_server: list[bytes] = field(default_factory=list)
    to_client: list[bytes] = field(default_factory=list)
    seen: list[bytes] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)
    others: list[bool] = field(default_factory=list)
    wanted: int = 0
    released: int = 0
    grant_at_once: bool = True

    def __post_init__(self) -> None:
        self.client_side = self._association(self.to_server)
        self.server_side = self._association(self.to_client)
        self.client = FloorClient(self.client_side, 1, self.holdings.append, self.others.append)
        self.server = FloorServer(self.server_side, 1, on_wanted=self._wanted, on_released=self._released)
        self.client_side.on_message = self.client.hear
        self.server_side.on_message = self.server.hear

    def _association(self, out: list[bytes]) -> Association:
        def send(data: bytes) -> None:
            out.append(data)
            self.seen.append(data)

        return Association(conference=7, user=3, reliable=self.reliable, send=send, time=lambda: self.now)

    def _wanted(self) -> None:
        self.wanted += 1
        if self.grant_at_once:
            self.server.grant()

    def _released(self) -> None:
        self.released += 1

    def deliver(self) -> None:
        """Let everything arrive, and all that it causes."""
        while self.to_server or self.to_client:
            for out, side in ((self.to_server, self.server_side), (self.to_client, self.client_side)):
                arriving = out[:]
                out.clear()
                for data in arriving:
                    side.receive(data)

    def lose(self) -> None:
        self.to_server.clear()
        self.to_client.clear()

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.client_side.on_due()
        self.server_side.on_due()


@pytest.fixture(params=[False, True], ids=["udp", "tcp"])
def wire(request: pytest.FixtureRequest) -> Wire:
    return Wire(reliable=request.param)


@pytest.fixture
def udp_wire() -> Wire:
    return Wire(reliable=False)


@pytest.fixture(scope="session")
def make_wire() -> type[Wire]:
    return Wire
