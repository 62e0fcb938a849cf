"""Probes against real sockets on loopback, and across routers in network namespaces of their own."""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys

import pytest

from videobar.adapters.host.prober import GATEKEEPER_REQUEST, NetworkProber
from videobar.adapters.host.resolver import SystemResolver
from videobar.adapters.host.udp_probe import probe

CLOSED = 1
"""tcpmux: nothing listens there."""


def make(**ports):
    return NetworkProber(
        **{"sip_port": CLOSED, "sips_port": CLOSED, "h323_call_port": CLOSED, "h323_ras_port": CLOSED} | ports
    )


class Answering(asyncio.DatagramProtocol):
    def __init__(self, answer):
        self.answer = answer
        self.heard = []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.heard.append(data)
        self.transport.sendto(self.answer, address)


@contextlib.asynccontextmanager
async def datagram_server(answer):
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: Answering(answer), local_addr=("127.0.0.1", 0)
    )
    try:
        yield transport.get_extra_info("sockname")[1], server
    finally:
        transport.close()


async def test_this_host_answers_echo():
    assert (await make().echo("127.0.0.1")) is not None


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_a_closed_port_complains_itself(address):
    complaint = await probe(address, 1, 33434, 30)
    if complaint is None and address == "::1":
        pytest.skip("this host has no IPv6 loopback")
    assert (complaint.address, complaint.final, complaint.from_port) == (address, True, True)


async def test_a_silent_port_is_waited_for_and_no_longer():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        assert await probe("127.0.0.1", 64, silent.getsockname()[1], 0.05) is None


async def test_one_hop_to_this_host():
    ((hop, ends), *_) = await make().hops("127.0.0.1", [1])
    assert (hop.number, hop.address, ends) == (1, "127.0.0.1", True)


async def test_any_sip_status_over_udp_counts():
    async with datagram_server(b"SIP/2.0 405 Method Not Allowed\r\n\r\n") as (port, server):
        assert await make(sip_port=port).speaks_sip("127.0.0.1")
    assert server.heard[0].startswith(b"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:")


async def test_sip_over_tcp_counts_and_other_protocols_do_not():
    async def sip(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SIP/2.0 200 OK\r\n\r\n")
        writer.close()

    async def http(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    for serve, expected in ((sip, True), (http, False)):
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            assert await make(sip_port=server.sockets[0].getsockname()[1]).speaks_sip("127.0.0.1") is expected


async def test_nobody_there():
    assert not await make().speaks_sip("127.0.0.1")
    assert not await make().speaks_h323("127.0.0.1")


async def test_an_h323_call_port_or_a_gatekeeper_counts():
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        assert await make(h323_call_port=server.sockets[0].getsockname()[1]).speaks_h323("127.0.0.1")
    async with datagram_server(b"\x04\x00") as (port, gatekeeper):
        assert await make(h323_ras_port=port).speaks_h323("127.0.0.1")
    assert gatekeeper.heard[0].startswith(GATEKEEPER_REQUEST + socket.inet_aton("127.0.0.1"))


async def test_names():
    assert "127.0.0.1" in await SystemResolver().addresses("localhost")
    assert await SystemResolver().addresses("192.0.2.7") == ("192.0.2.7",)
    assert await SystemResolver().addresses("no-such-name.invalid") == ()
    assert await SystemResolver().addresses("x" * 300) == ()


LOOK = """
import asyncio, encodings.idna, json, os, sys
from videobar.adapters.host.prober import NetworkProber
from videobar.adapters.host.resolver import SystemResolver
from videobar.room.egress import EgressPolicy
from videobar.room.system.diagnostics import Diagnostics
async def main():
    await asyncio.to_thread(int)  # whoever this becomes may not be able to read the interpreter's own modules
    os.setgid(65534)
    os.setuid(65534)
    looking = Diagnostics(EgressPolicy(SystemResolver(), ()), NetworkProber())
    way = await looking.trace(sys.argv[1])
    there, nowhere = await looking.ping(sys.argv[1]), await looking.ping("10.77.3.9")
    print(json.dumps([way.arrived, [hop.address for hop in way.hops], there.icmp, nowhere.icmp]))
asyncio.run(main())
"""


@pytest.fixture
def routers():
    """Four namespaces in a row: this side, two routers, the destination 10.77.3.2; gives the first one's name."""
    if os.getuid() != 0 or not shutil.which("ip"):
        pytest.skip("needs root and iproute2 for network namespaces")
    names = [f"vb-{os.getpid()}-{number}" for number in range(4)]

    def ip(*words):
        subprocess.run(["ip", *words], check=True, capture_output=True, text=True)

    try:
        for name in names:
            try:
                ip("netns", "add", name)
            except subprocess.CalledProcessError as error:
                pytest.skip(f"no network namespaces here: {error.stderr.strip()}")
            ip("-n", name, "link", "set", "lo", "up")
        for number in (1, 2, 3):
            ends = (f"vb{number}a", f"vb{number}b")
            ip("link", "add", ends[0], "netns", names[number - 1], "type", "veth", "peer", "name", ends[1],
               "netns", names[number])  # fmt: skip
            for place, (end, name) in enumerate(zip(ends, names[number - 1 : number + 1], strict=True)):
                ip("-n", name, "addr", "add", f"10.77.{number}.{place + 1}/24", "dev", end)
                ip("-n", name, "link", "set", end, "up")
        for name in names[1:3]:
            for setting in ("net.ipv4.ip_forward=1", "net.ipv4.icmp_ratelimit=0"):
                subprocess.run(["ip", "netns", "exec", name, "sysctl", "-qw", setting], check=True)
        ip("-n", names[0], "route", "add", "default", "via", "10.77.1.2")
        ip("-n", names[1], "route", "add", "10.77.3.0/24", "via", "10.77.2.2")
        ip("-n", names[2], "route", "add", "10.77.1.0/24", "via", "10.77.2.1")
        ip("-n", names[3], "route", "add", "default", "via", "10.77.3.1")
        yield names[0]
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


@pytest.mark.apt
def test_three_hops_seen_without_privileges(routers):
    found = subprocess.run(
        ["ip", "netns", "exec", routers, sys.executable, "-c", LOOK, "10.77.3.2"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert found.returncode == 0, found.stderr
    arrived, hops, there, nowhere = json.loads(found.stdout)
    assert (arrived, hops) == (True, ["10.77.1.2", "10.77.2.2", "10.77.3.2"])
    assert there
    assert not nowhere
