"""Ports that are free at the moment, and that no other worker of the test run is given."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import re
import socket

FIRST = 10_000
"""Below what the system gives for port 0 and below a room's RTP ports, so that neither takes one of these meanwhile."""
PORTS_A_WORKER = 600
APART = 6
"""Foreign agents take some ports beside the one that they are given, for RTP and RTCP."""
WORKERS = 16


def _ports_of_this_worker() -> itertools.cycle[int]:
    number = re.search(r"\d+", os.environ.get("PYTEST_XDIST_WORKER", ""))
    first = FIRST + (int(number[0]) + 1 if number else 0) % WORKERS * PORTS_A_WORKER
    ports = list(range(first, first + PORTS_A_WORKER, APART))
    random.SystemRandom().shuffle(ports)
    return itertools.cycle(ports)


CANDIDATES = _ports_of_this_worker()


def free_ports(count: int) -> list[int]:
    """So many different ports of 127.0.0.1, free for TCP and UDP."""
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        for port in itertools.islice(CANDIDATES, PORTS_A_WORKER):
            tcp = held.enter_context(socket.socket())
            udp = held.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            with contextlib.suppress(OSError):
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
                ports.append(port)
            if len(ports) == count:
                return ports
    raise RuntimeError(f"there are no {count} free ports from {FIRST} on")


def free_ports_in_a_row(count: int) -> int:
    """The first of so many ports that follow each other, all within this worker's."""
    for port in itertools.islice(CANDIDATES, PORTS_A_WORKER):
        row = range(port, port + count)
        if (row[0] - FIRST) // PORTS_A_WORKER != (row[-1] - FIRST) // PORTS_A_WORKER:
            continue
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for each in row:
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    held.enter_context(socket.socket(type=kind)).bind(("127.0.0.1", each))
            return port
    raise RuntimeError(f"there are no {count} free ports in a row from {FIRST} on")


def free_port() -> int:
    """One of them."""
    (port,) = free_ports(1)
    return port
