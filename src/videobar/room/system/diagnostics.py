"""Network diagnostics from the room: which hosts answer, and the route to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from videobar.errors import Unavailable
from videobar.room.egress import EgressPolicy

AT_ONCE = 4
"""Maximum number of simultaneous probes; one more is refused rather than kept waiting."""
DEADLINE_S = 10.0
"""Deadline of a probe, whatever it has found by then."""
FIELD = "destination"


@dataclass(frozen=True)
class Hop:
    """One router on the way, or the host itself. `address` is empty and `milliseconds` 0 when nobody answered."""

    number: int
    address: str
    milliseconds: float


@dataclass(frozen=True)
class Reachability:
    """Reachability of a host. `milliseconds` is the mean round trip of ICMP, 0 when it does not answer that."""

    icmp: bool
    milliseconds: float
    sip: bool
    h323: bool


@dataclass(frozen=True)
class TracedRoute:
    """The hops to a host in order, and whether the last of them is the host."""

    arrived: bool
    hops: Sequence[Hop]


class Prober(Protocol):
    """Sends packets to numeric addresses. Silence is an answer: nothing here raises for it."""

    async def echo(self, address: str) -> float | None:
        """The mean round trip in milliseconds, or `None` when the host does not answer."""
        ...

    async def speaks_sip(self, address: str) -> bool:
        """True if the host answers SIP, with whatever status."""
        ...

    async def speaks_h323(self, address: str) -> bool:
        """True if an H.323 endpoint or gatekeeper answers."""
        ...

    async def hops(self, address: str, numbers: Sequence[int]) -> Sequence[tuple[Hop, bool]]:
        """Hops that answer at these distances, each with true if the route ends there."""
        ...


class Diagnostics:
    """Probes hosts, a few at a time, and only those that the egress policy allows."""

    FURTHEST = 30
    """Hops that are tried at most."""
    STRIDE = 4
    """Hops that are tried at the same time."""

    def __init__(self, egress: EgressPolicy, prober: Prober) -> None:
        self._reach = egress
        self._prober = prober
        self._looking = 0

    async def ping(self, destination: str) -> Reachability:
        """Reachability of a host by ICMP, SIP and H.323.

        Raises `InvalidRequest` (also as `HostNotFound` and `AddressForbidden`), or `Unavailable` when too many look.
        """
        async with self._turn():
            address = (await self._reach.addresses(destination, FIELD))[0]
            looks = [
                asyncio.ensure_future(self._prober.echo(address)),
                asyncio.ensure_future(self._prober.speaks_sip(address)),
                asyncio.ensure_future(self._prober.speaks_h323(address)),
            ]
            try:
                await asyncio.wait(looks, timeout=DEADLINE_S)
            finally:
                for look in looks:
                    look.cancel()
            echo, sip, h323 = (
                look.result() if look.done() and not look.cancelled() else None for look in looks
            )
        return Reachability(echo is not None, echo or 0.0, bool(sip), bool(h323))

    async def trace(self, destination: str) -> TracedRoute:
        """The way to a host, as far as it could be seen before the deadline. Raises as `ping` does."""
        async with self._turn():
            address = (await self._reach.addresses(destination, FIELD))[0]
            hops: list[Hop] = []
            try:
                async with asyncio.timeout(DEADLINE_S):
                    for first in range(1, self.FURTHEST + 1, self.STRIDE):
                        numbers = range(first, min(first + self.STRIDE, self.FURTHEST + 1))
                        for hop, ends in await self._prober.hops(address, numbers):
                            hops.append(hop)
                            if ends:
                                return TracedRoute(hop.address == address, hops)
            except TimeoutError:
                pass
            while hops and not hops[-1].address:
                hops.pop()
            return TracedRoute(False, hops)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._looking >= AT_ONCE:
            raise Unavailable(f"{AT_ONCE} network tests are running already; try again")
        self._looking += 1
        try:
            yield
        finally:
            self._looking -= 1
