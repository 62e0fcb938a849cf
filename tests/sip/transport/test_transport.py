import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from videobar.engine.signalling.sip_sockets import bind_sip_sockets
from videobar.sip.errors import DestinationUnreachable
from videobar.sip.syntax.uri import NameAddr, SipUri
from videobar.sip.transport.flow import BoundSocket, ConnectionLimits, Flow
from videobar.sip.transport.resolver import Destination, NextHop, Resolver
from videobar.sip.transport.transport import Transport
from videobar.sip.user_agent import UserAgent

MESSAGE = b"OPTIONS sip:a@h SIP/2.0\r\nContent-Length: 0\r\n\r\n"


class End:
    """A transport, what it received, and which flows broke."""

    def __init__(self, transport: Transport, port: int) -> None:
        self.transport = transport
        self.port = port
        self.received: list[tuple[bytes, Flow]] = []
        self.broken: list[Flow] = []
        self.needed = False
        transport.attach(
            on_message=lambda data, flow: self.received.append((data, flow)),
            on_broken=self.broken.append,
            is_needed=lambda flow: self.needed,
        )


@pytest.fixture
async def end(sockets: Any) -> AsyncIterator[Callable[..., Any]]:
    made: list[End] = []

    async def make(limits: ConnectionLimits | None = None, bound: Any = None) -> End:
        udp, tcp = bound or sockets()
        made.append(
            End(
                await Transport.open([BoundSocket("UDP", udp), BoundSocket("TCP", tcp)], limits=limits),
                udp.getsockname()[1],
            )
        )
        return made[-1]

    yield make
    for each in made:
        await each.transport.close()


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port)


async def test_datagrams_go_both_ways(end: Any, eventually: Any) -> None:
    a, b = await end(), await end()
    a.transport.send(Flow("UDP", "127.0.0.1", b.port), MESSAGE)
    await eventually(lambda: b.received)
    assert b.received == [(MESSAGE, Flow("UDP", "127.0.0.1", a.port))]
    assert (a.transport.counters.sent, b.transport.counters.received) == (1, 1)


async def test_a_dead_port_is_told_at_once_and_for_the_right_peer(
    end: Any, sockets: Any, eventually: Any
) -> None:
    a, b = await end(), await end()
    gone_udp, gone_tcp = sockets()
    gone = Flow("UDP", "127.0.0.1", gone_udp.getsockname()[1])
    gone_udp.close()
    gone_tcp.close()
    for _ in range(3):
        a.transport.send(gone, MESSAGE)
        a.transport.send(Flow("UDP", "127.0.0.1", b.port), MESSAGE)
    await eventually(lambda: len(b.received) == 3 and a.broken)
    assert set(a.broken) == {gone}


async def test_the_drop_hook_sees_each_datagram(end: Any, eventually: Any) -> None:
    a, b = await end(), await end()
    b.transport.drop = lambda data: data.startswith(b"OPTIONS")
    a.transport.send(Flow("UDP", "127.0.0.1", b.port), MESSAGE)
    a.transport.send(Flow("UDP", "127.0.0.1", b.port), b"INFO" + MESSAGE)
    await eventually(lambda: b.received)
    assert b.received[0][0].startswith(b"INFO")
    assert b.transport.counters.dropped == 1


async def test_a_connection_is_used_again_both_ways(end: Any, eventually: Any) -> None:
    a, b = await end(), await end()
    flow = await a.transport.reach(NextHop("127.0.0.1", b.port, "TCP"))
    a.transport.send(flow, MESSAGE + MESSAGE[:10])
    a.transport.send(flow, MESSAGE[10:])
    await eventually(lambda: len(b.received) == 2)
    b.transport.send(b.received[0][1], MESSAGE)
    await eventually(lambda: a.received)
    assert a.received[0][1] == flow
    assert await a.transport.reach(NextHop("127.0.0.1", b.port, "TCP")) == flow
    assert a.transport.flow_at_once(NextHop("127.0.0.1", b.port, "TCP")) == flow


async def test_a_closed_connection_breaks_its_flow(end: Any, eventually: Any) -> None:
    a, b = await end(), await end()
    flow = await a.transport.reach(NextHop("127.0.0.1", b.port, "TCP"))
    await b.transport.close()
    await eventually(lambda: a.broken)
    assert a.broken == [flow]
    assert not a.transport.is_open(flow)
    a.transport.send(flow, MESSAGE)
    await eventually(lambda: len(a.broken) == 2)


async def test_a_refused_connection_and_an_unknown_name_are_unreachable(end: Any, sockets: Any) -> None:
    a = await end()
    udp, tcp = sockets()
    port = udp.getsockname()[1]
    udp.close()
    tcp.close()
    with pytest.raises(DestinationUnreachable, match="refuses"):
        await a.transport.reach(NextHop("127.0.0.1", port, "TCP"))
    with pytest.raises(DestinationUnreachable, match="cannot be resolved"):
        await a.transport.reach(NextHop("no-such-host.invalid", 5060, "UDP"))
    with pytest.raises(DestinationUnreachable, match="cannot be resolved"):
        await a.transport.reach(NextHop("a" * 64 + ".x", 5060, "UDP"))


async def test_a_ping_is_answered_with_a_pong(end: Any) -> None:
    a = await end()
    reader, writer = await connect(a.port)
    writer.write(b"\r\n\r\n\r\n\r\n")
    assert await reader.readexactly(4) == b"\r\n\r\n"
    assert a.received == []
    writer.close()


async def test_a_stream_that_cannot_be_followed_is_closed(end: Any) -> None:
    a = await end()
    reader, writer = await connect(a.port)
    writer.write(b"INFO sip:a@h SIP/2.0\r\nContent-Length: 99999999\r\n\r\n")
    assert await reader.read() == b""
    assert a.transport.counters.malformed == 1
    writer.close()


async def test_an_idle_connection_is_closed_unless_it_is_needed(end: Any) -> None:
    a = await end(ConnectionLimits(idle=0.02, check=0.01))
    a.needed = True
    reader, writer = await connect(a.port)
    assert await reader.readexactly(12) == b"\r\n" * 6
    a.needed = False
    assert (await reader.read()).replace(b"\r\n", b"") == b""
    writer.close()


async def test_a_message_that_never_ends_closes_even_a_needed_connection(end: Any) -> None:
    a = await end(ConnectionLimits(check=0.01))
    a.needed = True
    reader, writer = await connect(a.port)
    writer.write(b"INVITE sip:")
    assert (await reader.read()).replace(b"\r\n", b"") == b""
    writer.close()


async def test_there_are_only_so_many_connections(end: Any, eventually: Any) -> None:
    a = await end(ConnectionLimits(connections=2))
    a.needed = True
    writers = []
    for count in (1, 2):
        _, writer = await connect(a.port)
        writers.append(writer)
        writer.write(MESSAGE)
        await eventually(lambda count=count: len(a.received) == count)
    reader, third = await connect(a.port)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    assert a.transport.counters.refused_connections == 1
    a.needed = False
    _, fourth = await connect(a.port)
    fourth.write(MESSAGE)
    await eventually(lambda: len(a.received) == 3)
    assert len(a.broken) == 1
    for writer in (*writers, third, fourth):
        writer.close()


async def test_says_the_address_that_a_peer_can_reach(end: Any) -> None:
    while True:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("0.0.0.0", 0))
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            tcp.bind(udp.getsockname())
            break
        except OSError:
            udp.close()
            tcp.close()
    a, b = await end(bound=(udp, tcp)), await end()
    assert a.transport.local_address(Flow("UDP", "127.0.0.1", 9)) == ("127.0.0.1", a.port)
    flow = await a.transport.reach(NextHop("127.0.0.1", b.port, "TCP"))
    assert a.transport.local_address(flow) == ("127.0.0.1", a.port)


async def test_closing_twice_and_sending_afterwards_do_no_harm(end: Any) -> None:
    a = await end()
    await a.transport.close()
    await a.transport.close()
    a.transport.send(Flow("UDP", "127.0.0.1", 9), MESSAGE)
    assert not a.transport.is_open(Flow("UDP", "127.0.0.1", 9))


async def test_what_came_before_somebody_was_attached_is_not_lost(sockets: Any, eventually: Any) -> None:
    """A room starts its media process when the first caller knocks: that caller must be heard."""
    udp, tcp = sockets()
    tcp.listen()
    port = udp.getsockname()[1]
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller,
        socket.create_connection(("127.0.0.1", port)) as other,
    ):
        caller.sendto(MESSAGE, ("127.0.0.1", port))
        other.sendall(MESSAGE)
        transport = await Transport.open([BoundSocket("UDP", udp), BoundSocket("TCP", tcp)])
        await eventually(lambda: transport.counters.received == 2)
        end = End(transport, port)
        await eventually(lambda: len(end.received) == 2)
    assert [data for data, _ in end.received] == [MESSAGE, MESSAGE]
    assert {flow.protocol for _, flow in end.received} == {"UDP", "TCP"}
    await transport.close()


async def test_a_message_too_large_for_a_datagram_goes_over_tcp_where_the_peer_has_it(
    phone: Any, new_recorder: Any
) -> None:
    """RFC 3261 section 18.1.1; a URI that asks for UDP gets UDP."""
    large = b"v=0\r\ns=" + b"x" * 1400 + b"\r\n"
    a = await phone(limits=ConnectionLimits(largest_datagram=1300))
    b = await phone(lambda session: session.accept(b"v=0\r\n"))
    used = []
    for offer, parameters in (
        (large, ()),
        (b"v=0\r\n", ()),
        (large, (("transport", "udp"),)),
    ):
        listener = new_recorder()
        session = a.call(SipUri("127.0.0.1", "b", b.port, parameters), listener, offer=offer)
        await listener.wait("established")
        used.append((session.transport_name, b.incoming[-1].transport_name))
    assert used == [("TCP", "TCP"), ("UDP", "UDP"), ("UDP", "UDP")]


async def test_a_large_message_to_a_peer_without_tcp_goes_over_udp_all_the_same(
    phone: Any, peer: Any, recorder: Any
) -> None:
    a = await phone(limits=ConnectionLimits(largest_datagram=1300))
    a.call(SipUri("127.0.0.1", "raw", peer.port), recorder, offer=b"v=0\r\n" + b"x" * 1400)
    first = await peer.next()
    assert first.via.transport == "UDP"
    assert "transport" not in str(first.addresses("contact")[0])


async def test_ipv4_and_ipv6_side_by_side(new_recorder: Any) -> None:
    """Both addresses of one agent are called and call, over each transport, and each call keeps to its family."""
    try:
        a, b = bind_sip_sockets(["127.0.0.1", "::1"], 0), bind_sip_sockets(["127.0.0.1", "::1"], 0)
    except OSError:
        pytest.skip("this host has no IPv6 loopback")
    agents, incoming = [], []

    def answer(session: Any) -> None:
        session.listener = new_recorder()
        incoming.append(session)
        session.accept(b"v=0\r\n")

    for sockets in (a, b):
        transport = await Transport.open(sockets)
        agents.append(UserAgent(transport, product="test/1", on_invite=answer))
    for host in ("127.0.0.1", "::1"):
        for protocol in ("udp", "tcp"):
            target = SipUri(host, "b", b.port("UDP"), (("transport", protocol),))
            listener = new_recorder()
            agents[0].invite(target, from_=NameAddr(SipUri(host)), offer=b"v=0\r\n", listener=listener)
            await listener.wait("established")
            far = incoming[-1]
            assert far.signalling_host == host
            contact = far.dialog.remote_target
            assert (contact.host, contact.port) == (host, a.port("UDP"))
            far.hang_up()
            await listener.wait("ended")
    for agent in agents:
        await agent.close()


async def test_what_is_too_large_depends_on_the_path(end: Any) -> None:
    one = await end()
    limit = one.transport.largest_datagram(Flow("UDP", "127.0.0.1", 5060))
    assert limit > 10_000 if sys.platform == "linux" else limit == 1300
    other = await end(ConnectionLimits(largest_datagram=500))
    assert other.transport.largest_datagram(Flow("UDP", "127.0.0.1", 5060)) == 500


async def test_a_large_message_refused_by_a_peer_that_is_known_over_udp_alone_goes_there_once(
    phone: Any, new_recorder: Any
) -> None:
    """Seen with baresip: who is set to one transport is nobody over another one."""

    def take(session: Any) -> None:
        if session.transport_name == "TCP":
            session.reject(404)
        else:
            session.accept(b"v=0\r\n")

    large = b"v=0\r\n" + b"x" * 1400
    a, b = await phone(limits=ConnectionLimits(largest_datagram=1300)), await phone(take)
    for transports in (["TCP", "UDP"], ["UDP"]):
        b.incoming.clear()
        listener = new_recorder()
        session = a.call(SipUri("127.0.0.1", "b", b.port), listener, offer=large)
        await listener.wait("established")
        assert session.transport_name == "UDP"
        assert [each.transport_name for each in b.incoming] == transports
    nobody = await phone(lambda session: session.reject(404))
    listener = new_recorder()
    a.call(SipUri("127.0.0.1", "b", nobody.port), listener, offer=large)
    await listener.wait("ended")
    assert [each.transport_name for each in nobody.incoming] == ["TCP", "UDP"]


async def test_a_peer_that_answers_pings_no_more_is_gone(end: Any, eventually: Any) -> None:
    """RFC 5626 section 4.4.1; one that never answered any is left in peace."""
    room = await end(ConnectionLimits(check=0.02))
    room.needed = True
    answering, silent = await connect(room.port), await connect(room.port)
    reader, writer = answering
    assert await reader.readexactly(4) == b"\r\n\r\n"
    writer.write(b"\r\n")
    await eventually(lambda: room.broken)
    assert room.broken[0].port == writer.get_extra_info("sockname")[1]
    assert len(room.transport._connections) == 1
    assert await silent[0].readexactly(16) == b"\r\n\r\n" * 4
    for _, each in (answering, silent):
        each.close()


async def test_of_several_servers_the_next_is_tried_when_one_refuses(sockets: Any, end: Any) -> None:
    live = await end()
    with socket.socket() as refused:
        refused.bind(("127.0.0.1", 0))
        dead_port = refused.getsockname()[1]

    class Two(Resolver):
        async def locate(self, hop: NextHop, protocols: Any) -> list[Destination]:
            return [Destination("TCP", "127.0.0.1", port, hop.host) for port in (dead_port, live.port)]

    udp, tcp = sockets()
    transport = await Transport.open([BoundSocket("UDP", udp), BoundSocket("TCP", tcp)], resolver=Two())
    assert (await transport.reach(NextHop("example.test", None, "TCP"))).port == live.port
    await transport.close()


async def test_an_address_of_a_family_that_is_not_bound_is_said_to_be_so(end: Any) -> None:
    one = await end()
    with pytest.raises(DestinationUnreachable, match="address family"):
        await one.transport.reach(NextHop("::1", 5060, "UDP"))
