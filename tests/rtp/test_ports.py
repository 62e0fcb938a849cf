from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from videobar.rtp.ports import PortPair, PortRange, PortsExhausted


@pytest.fixture
def undo() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def allocated(undo: ExitStack, ports: PortRange, address: str = "127.0.0.1") -> PortPair:
    pair = ports.allocate(address)
    undo.callback(pair.close)
    return pair


def free_range(pairs: int) -> PortRange:
    """A range whose ports are all free at the moment."""
    for first in range(40_000, 60_000, 2 * pairs):
        ports = PortRange(first, first + 2 * pairs - 1)
        with ExitStack() as undo:
            try:
                for _ in range(pairs):
                    allocated(undo, ports)
            except PortsExhausted:
                continue
            return ports
    pytest.skip("no free UDP ports")


def test_a_pair_is_an_even_port_and_the_next(undo: ExitStack) -> None:
    pair = allocated(undo, PortRange(40_001, 49_998))
    assert pair.port % 2 == 0
    assert pair.rtp.getsockname() == ("127.0.0.1", pair.port)
    assert pair.rtcp.getsockname() == ("127.0.0.1", pair.port + 1)
    assert not pair.rtp.getblocking()


def test_the_whole_range_is_used_and_then_exhausted(undo: ExitStack) -> None:
    ports = free_range(3)
    pairs = [allocated(undo, ports) for _ in range(3)]
    assert sorted(pair.port for pair in pairs) == [ports.first, ports.first + 2, ports.first + 4]
    with pytest.raises(PortsExhausted, match=f"{ports.first} to {ports.last} on 127.0.0.1"):
        ports.allocate("127.0.0.1")
    pairs[1].close()
    assert allocated(undo, ports).port == pairs[1].port


def test_a_pair_with_a_taken_rtcp_port_is_passed_over(undo: ExitStack) -> None:
    ports = free_range(2)
    taken = undo.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    taken.bind(("127.0.0.1", ports.first + 1))
    assert allocated(undo, ports).port == ports.first + 2
    with pytest.raises(PortsExhausted):
        ports.allocate("127.0.0.1")
    probe = undo.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    probe.bind(("127.0.0.1", ports.first))  # the half that was free was given back


def test_the_search_begins_anywhere(undo: ExitStack) -> None:
    chosen = {
        allocated(undo, PortRange(40_000, 59_999, chance=random.Random(seed))).port for seed in range(5)
    }
    assert len(chosen) > 1


def test_ipv6(undo: ExitStack) -> None:
    try:
        pair = allocated(undo, PortRange(40_000, 59_999), "::1")
    except OSError as error:
        pytest.skip(f"no IPv6 loopback: {error}")
    assert pair.rtp.family is socket.AF_INET6


@pytest.mark.parametrize(
    ("first", "last"), [(0, 10), (10, 9), (10, 10), (11, 12), (65535, 65535), (1, 70_000)]
)
def test_ranges_without_a_pair_are_refused(first: int, last: int) -> None:
    with pytest.raises(ValueError, match="hold no pair"):
        PortRange(first, last)


@pytest.mark.parametrize("address", ["host.invalid", "203.0.113.1", "300.1.1.1"])
def test_a_wrong_address_is_not_a_lack_of_ports(address: str) -> None:
    with pytest.raises(OSError, match=r".+") as caught:
        PortRange(40_000, 59_999).allocate(address)
    assert not isinstance(caught.value, PortsExhausted)
