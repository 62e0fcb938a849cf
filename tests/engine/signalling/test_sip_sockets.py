"""Sockets for SIP: one port for UDP and TCP, another for TLS, on each address."""

from __future__ import annotations

import socket

import pytest

from videobar.engine.signalling.sip_sockets import SipSockets, bind_sip_sockets


@pytest.fixture
def bind():
    made: list[SipSockets] = []

    def make(*arguments) -> SipSockets:
        made.append(bind_sip_sockets(*arguments))
        return made[-1]

    yield make
    for each in made:
        each.close()


def needs_ipv6() -> None:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this host has no IPv6 loopback")


def test_udp_and_tcp_have_the_same_port_and_a_taken_one_is_refused(bind):
    sockets = bind(["127.0.0.1"], 0)
    port = sockets.port("UDP")
    assert sockets.port("TCP") == port > 0
    assert sockets.port("TLS") == 0
    with pytest.raises(OSError, match="in use"):
        bind(["127.0.0.1"], port)


def test_two_addresses_share_the_ports(bind):
    needs_ipv6()
    sockets = bind(["127.0.0.1", "::1"], 0, 0)
    assert sockets.hosts == ("127.0.0.1", "::1")
    for protocol in ("UDP", "TCP", "TLS"):
        ports = [each.port for each in sockets if each.protocol == protocol]
        assert len(ports) == 2
        assert set(ports) == {sockets.port(protocol)}
    assert sockets.port("TLS") != sockets.port("TCP")


def test_an_ipv6_wildcard_takes_ipv4_too_unless_that_has_its_own(bind):
    needs_ipv6()
    alone = next(iter(bind(["::"], 0)))
    assert alone.carries("127.0.0.1")
    assert alone.carries("::1")
    both = {each.host: each for each in bind(["0.0.0.0", "::"], 0) if each.protocol == "UDP"}
    assert not both["::"].carries("127.0.0.1")
    assert both["0.0.0.0"].carries("127.0.0.1")
    assert not both["0.0.0.0"].carries("::1")


def test_the_sockets_pass_to_another_process_as_arguments(bind):
    sockets = bind(["127.0.0.1"], 0, 0)
    copies = SipSockets.inherited(
        f"{name}={socket.dup(int(number))}" for name, number in (a.split("=") for a in sockets.arguments())
    )
    with copies.bound[0].socket, copies.bound[1].socket, copies.bound[2].socket:
        assert [(each.protocol, each.port) for each in copies] == [(e.protocol, e.port) for e in sockets]
