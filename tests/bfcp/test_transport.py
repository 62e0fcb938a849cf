"""The floor over real sockets, read by tshark where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.capture import pcap
from tests.waiting import until

from videobar.bfcp.client import Holding
from videobar.bfcp.floor import Floor, FloorTerms, Ids
from videobar.bfcp.transport import StreamSplitter, TcpTransport, UdpTransport

HOST = "127.0.0.1"


def floors(
    one: UdpTransport | TcpTransport, other: UdpTransport | TcpTransport
) -> tuple[Floor, Floor, list[Holding]]:
    holdings: list[Holding] = []
    client = Floor(
        one,
        FloorTerms(Ids(7, 3), None),
        on_holding=holdings.append,
        on_others=lambda _: None,
        on_wanted=lambda: None,
        on_released=lambda: None,
    )
    server = Floor(
        other,
        FloorTerms(None, Ids(7, 3)),
        on_holding=lambda _: None,
        on_others=lambda _: None,
        on_wanted=lambda: server.grant(),
        on_released=lambda: None,
    )
    return client, server, holdings


async def converse(client: Floor, server: Floor, holdings: list[Holding]) -> None:
    client.start()
    server.start()
    client.ask()
    await until(lambda: Holding.HELD in holdings)
    assert server.server is not None
    assert server.server.granted
    server.revoke()
    await until(lambda: holdings[-1] is Holding.NONE)
    client.close()
    server.close()


async def test_over_udp() -> None:
    one, other = UdpTransport.bind(HOST), UdpTransport.bind(HOST)
    one.connect(HOST, other.port)
    other.connect(HOST, one.port)
    await converse(*floors(one, other))
    one.close()
    other.close()
    one.close()


async def test_over_tcp_what_is_said_early_is_heard() -> None:
    one, other = TcpTransport.bind(HOST), TcpTransport.bind(HOST)
    client, server, holdings = floors(one, other)
    client.ask()
    one.connect(HOST, other.port, active=True)
    other.connect(HOST, one.port, active=False)
    await converse(client, server, holdings)
    one.close()
    other.close()


async def test_both_sides_may_have_both_roles() -> None:
    one, other = UdpTransport.bind(HOST), UdpTransport.bind(HOST)
    one.connect(HOST, other.port)
    other.connect(HOST, one.port)
    ours, theirs = Ids(7, 3), Ids(8, 4)
    holdings: dict[str, list[Holding]] = {"one": [], "other": []}
    sides: dict[str, Floor] = {}
    for name, transport, terms in (
        ("one", one, FloorTerms(theirs, ours)),
        ("other", other, FloorTerms(ours, theirs)),
    ):
        sides[name] = Floor(
            transport,
            terms,
            on_holding=holdings[name].append,
            on_others=lambda _: None,
            on_wanted=lambda name=name: sides[name].grant(),
            on_released=lambda: None,
        )
    for side in sides.values():
        side.start()
        side.ask()
    await until(lambda: all(Holding.HELD in each for each in holdings.values()))
    for side in sides.values():
        side.revoke()
    await until(lambda: all(each[-1] is Holding.NONE for each in holdings.values()))
    for side in sides.values():
        side.close()
    one.close()
    other.close()


async def test_strangers_are_not_heard() -> None:
    one = UdpTransport.bind(HOST)
    heard: list[bytes] = []
    one.on_data = heard.append
    stranger, peer = UdpTransport.bind("127.0.0.2"), UdpTransport.bind(HOST)
    one.connect(HOST, peer.port)
    stranger.connect(HOST, one.port)
    peer.connect(HOST, one.port)
    stranger.send(b"stranger")
    peer.send(b"peer")
    await until(lambda: bool(heard))
    assert heard == [b"peer"]
    for each in (one, stranger, peer):
        each.close()


def test_a_stream_is_cut_into_messages_wherever_it_breaks(make_wire: Any) -> None:
    wire = make_wire(reliable=True)
    wire.client.hello()
    wire.client.ask()
    wire.deliver()
    stream = b"".join(wire.seen)
    splitter = StreamSplitter()
    found = [message for byte in stream for message in splitter.feed(bytes((byte,)))]
    assert found == wire.seen
    with pytest.raises(ValueError, match="BFCP"):
        splitter.feed(b"GET / HTTP/1.1\r\n")


@pytest.mark.apt
@pytest.mark.parametrize("reliable", [True, False], ids=["tcp", "udp"])
@pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark (Debian: tshark)")
def test_tshark_reads_every_message(make_wire: Any, tmp_path: Path, reliable: bool) -> None:
    wire = make_wire(reliable=reliable)
    wire.client.hello()
    wire.deliver()
    for act in (wire.client.ask, wire.server.revoke, wire.client.ask, wire.client.give_back):
        act()
        wire.deliver()
    # tshark 4.0 knows version 1 only; version 2 differs in that number, the R bit and the acknowledgements.
    datagrams = [bytes((data[0] & 0x1F | 0x20,)) + data[1:] for data in wire.seen]
    assert reliable is (datagrams == wire.seen)
    capture = tmp_path / "bfcp.pcap"
    capture.write_bytes(pcap(datagrams, 5070))
    fields = ("primitive", "conference_id", "user_id", "request_status")
    command = ["tshark", "-r", str(capture), "-d", "udp.port==5070,bfcp", "-T", "fields"]
    for field in (*(f"bfcp.{name}" for name in fields), "_ws.malformed", "_ws.expert.message"):
        command += ["-e", field]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    rows = [line.split("\t") for line in ran.stdout.splitlines()]
    assert len(rows) == len(wire.seen)
    assert not any(row[4] or row[5] for row in rows), ran.stdout
    assert {(row[1], row[2]) for row in rows} == {("7", "3")}
    acknowledgements = set() if reliable else {14, 15}
    assert {int(row[0]) for row in rows} == {1, 2, 4, 7, 8, 11, 12} | acknowledgements
    assert [row[3] for row in rows if row[0] == "4"] == ["3", "7", "3", "6"]


HELLO = bytes.fromhex("400b0000 00000001 0001 0002".replace(" ", ""))


async def spoken(*ports: int) -> list[int]:
    """From which ports of one host a datagram was heard that came from each, in this order; the peer is the first."""
    sockets = {}
    one = UdpTransport.bind(HOST)
    heard: list[bytes] = []
    one.on_data = heard.append
    for port in sorted(set(ports)):
        sockets[port] = UdpTransport.bind(HOST)
        sockets[port].connect(HOST, one.port)
    one.connect(HOST, sockets[0].port)
    for turn, port in enumerate(ports):
        sockets[port].send(HELLO + bytes((turn, port)))
    sockets[0].send(b"end")
    await until(lambda: heard[-1:] == [b"end"])
    for each in (one, *sockets.values()):
        each.close()
    return [data[-1] for data in heard[:-1]]


async def test_the_port_that_the_peer_names_is_always_heard_and_another_only_before_it() -> None:
    assert await spoken(0, 1, 2, 0, 1) == [0, 0]
    assert await spoken(1, 2, 1, 0, 1, 2, 0) == [1, 1, 0, 0]


async def test_another_port_must_say_what_makes_sense() -> None:
    one, peer, noisy = UdpTransport.bind(HOST), UdpTransport.bind(HOST), UdpTransport.bind(HOST)
    heard: list[bytes] = []
    one.on_data = heard.append
    one.connect(HOST, peer.port)
    noisy.connect(HOST, one.port)
    for noise in (b"", b"x", bytes(12), b"\xff" * 40):
        noisy.send(noise)
    noisy.send(HELLO)
    await until(lambda: bool(heard))
    assert heard == [HELLO]
    for each in (one, peer, noisy):
        each.close()
