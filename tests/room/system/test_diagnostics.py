import asyncio

import pytest

from videobar.errors import InvalidRequest, Unavailable
from videobar.room.egress import EgressPolicy
from videobar.room.system import diagnostics
from videobar.room.system.diagnostics import Diagnostics, Hop, Reachability, TracedRoute


class Names:
    async def addresses(self, host):
        return [host]


class Network:
    """A host `length` hops away; with `blocked`, the hop at which a router says that there is no way."""

    def __init__(self, length=6, silent=(), blocked=None):
        self.length, self.silent, self.blocked = length, silent, blocked
        self.asked = []
        self.hang = asyncio.Event()

    async def echo(self, address):
        return 12.5

    async def speaks_sip(self, address):
        await self.hang.wait()

    async def speaks_h323(self, address):
        raise OSError("a defect in one look")

    async def hops(self, address, numbers):
        self.asked.append(list(numbers))
        found = []
        for number in numbers:
            if number in self.silent:
                found.append((Hop(number, "", 0.0), False))
            elif number >= self.length:
                found.append((Hop(number, address, 3.0), True))
            else:
                found.append((Hop(number, f"192.0.2.{number}", 1.0), number == self.blocked))
        return found


def make(network):
    return Diagnostics(EgressPolicy(Names(), ()), network)


async def test_a_way_ends_at_the_host():
    network = Network(length=6, silent={3})
    way = await make(network).trace("198.51.100.7")
    assert way.arrived
    assert [hop.address for hop in way.hops] == [
        "192.0.2.1",
        "192.0.2.2",
        "",
        "192.0.2.4",
        "192.0.2.5",
        "198.51.100.7",
    ]
    assert network.asked == [[1, 2, 3, 4], [5, 6, 7, 8]]


async def test_a_router_that_knows_no_way_ends_it():
    way = await make(Network(blocked=2)).trace("198.51.100.7")
    assert way == TracedRoute(False, [Hop(1, "192.0.2.1", 1.0), Hop(2, "192.0.2.2", 1.0)])


async def test_silence_is_not_counted_as_hops():
    network = Network(length=99, silent=range(3, 31))
    way = await make(network).trace("198.51.100.7")
    assert (way.arrived, len(way.hops)) == (False, 2)
    assert network.asked[-1] == [29, 30]


async def test_what_takes_too_long_or_breaks_counts_as_silence(monkeypatch):
    monkeypatch.setattr(diagnostics, "DEADLINE_S", 0.05)
    network = Network()
    with pytest.raises(OSError, match="a defect"):
        await make(network).ping("198.51.100.7")
    network.speaks_h323 = network.speaks_sip
    assert await make(network).ping("198.51.100.7") == Reachability(True, 12.5, False, False)


async def test_few_at_a_time():
    network = Network()
    network.speaks_h323 = network.speaks_sip
    looking = make(network)
    pings = [asyncio.create_task(looking.ping("198.51.100.7")) for _ in range(diagnostics.AT_ONCE)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="try again"):
        await looking.trace("198.51.100.7")
    network.hang.set()
    await asyncio.gather(*pings)
    assert (await looking.trace("198.51.100.7")).arrived


async def test_a_destination_that_is_no_host():
    with pytest.raises(InvalidRequest, match="destination"):
        await make(Network()).ping("; reboot")
