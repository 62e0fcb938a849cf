"""From names to servers, with a name server of a few lines on loopback."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import dns.flags
import dns.message
import dns.rrset
import pytest

from videobar.sip.errors import DestinationUnreachable
from videobar.sip.transport.resolver import Destination, NextHop, Resolver

ALL = ("UDP", "TCP", "TLS")


class NameServer(asyncio.DatagramProtocol):
    """Answers from `zone`: (name, type) to record texts. What is not there does not exist."""

    def __init__(self, zone: dict[tuple[str, str], list[str]]) -> None:
        self.zone = zone
        self.asked: list[tuple[str, str]] = []
        self.silent = False
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = str(question.name).rstrip("."), question.rdtype.name
        self.asked.append((name, kind))
        if self.silent:
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        records = self.zone.get((name, kind))
        if records is None:
            answer.set_rcode(3)
        else:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records))
        self.transport.sendto(answer.to_wire(), addr)


@pytest.fixture
async def names() -> AsyncIterator[Any]:
    """Makes a name server for a zone, and the resolver that asks it."""
    transports = []

    async def make(zone: dict[tuple[str, str], list[str]], **more: Any) -> tuple[Resolver, NameServer]:
        transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: NameServer(zone), local_addr=("127.0.0.1", 0)
        )
        transports.append(transport)
        address = transport.get_extra_info("sockname")
        return Resolver(nameservers=[address], **more), server

    yield make
    for transport in transports:
        transport.close()


async def test_literals_and_ports_ask_nobody(names: Any) -> None:
    resolver, server = await names({})
    assert await resolver.locate(NextHop("127.0.0.1"), ALL) == [
        Destination("UDP", "127.0.0.1", 5060, "127.0.0.1")
    ]
    assert await resolver.locate(NextHop("::1", None, "TLS"), ALL) == [Destination("TLS", "::1", 5061, "::1")]
    found = await resolver.locate(NextHop("localhost", 5070, "TCP"), ALL)
    assert Destination("TCP", "127.0.0.1", 5070, "localhost") in found
    assert await resolver.locate(NextHop("localhost"), ALL)
    assert server.asked == []


async def test_servers_by_priority_and_their_ports(names: Any) -> None:
    resolver, _ = await names(
        {("_sip._tcp.example.test", "SRV"): ["20 0 5072 127.0.0.2.", "10 0 5071 127.0.0.1.", "5 0 1 ."]}
    )
    assert await resolver.locate(NextHop("example.test", None, "TCP"), ALL) == [
        Destination("TCP", "127.0.0.1", 5071, "example.test"),
        Destination("TCP", "127.0.0.2", 5072, "example.test"),
    ]


async def test_equal_servers_are_chosen_by_weight(names: Any) -> None:
    resolver, _ = await names(
        {("_sip._udp.example.test", "SRV"): ["10 90 5061 127.0.0.1.", "10 10 5062 127.0.0.1."]},
        rng=random.Random(1),
    )
    first = [(await resolver.locate(NextHop("example.test", None, "UDP"), ALL))[0].port for _ in range(100)]
    assert 75 < first.count(5061) < 100


async def test_the_domain_says_which_transport_it_prefers(names: Any) -> None:
    zone = {
        ("example.test", "NAPTR"): [
            '20 50 "s" "SIP+D2U" "" _sip._udp.example.test.',
            '10 50 "s" "SIPS+D2T" "" _sips._tcp.example.test.',
            '30 50 "s" "X-OTHER" "" other.test.',
        ],
        ("_sip._udp.example.test", "SRV"): ["1 1 5070 127.0.0.1."],
        ("_sips._tcp.example.test", "SRV"): ["1 1 5071 127.0.0.1."],
    }
    resolver, _ = await names(zone)
    hop = NextHop("example.test")
    assert [d.protocol for d in await resolver.locate(hop, ALL)] == ["TLS"]
    assert [d.protocol for d in await resolver.locate(hop, ("UDP", "TCP"))] == ["UDP"]


async def test_without_naptr_the_transports_are_tried_in_order(names: Any) -> None:
    resolver, _ = await names({("_sip._tcp.example.test", "SRV"): ["1 1 5070 127.0.0.1."]})
    assert await resolver.locate(NextHop("example.test"), ALL) == [
        Destination("TCP", "127.0.0.1", 5070, "example.test")
    ]


async def test_without_any_record_it_is_a_host(names: Any) -> None:
    resolver, server = await names({})
    with pytest.raises(DestinationUnreachable, match=r"host\.invalid cannot be resolved"):
        await resolver.locate(NextHop("host.invalid"), ALL)
    assert ("host.invalid", "NAPTR") in server.asked


async def test_a_name_server_that_is_silent_costs_a_bounded_time(names: Any) -> None:
    resolver, server = await names({}, timeout=0.2)
    server.silent = True
    with pytest.raises(DestinationUnreachable):
        await resolver.locate(NextHop("host.invalid"), ALL)
    assert len(server.asked) < 4
