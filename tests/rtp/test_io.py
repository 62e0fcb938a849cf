from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from videobar.rtp.io import RtpIo


def open_descriptors() -> int:
    """How many there are; always 0 where the system does not tell."""
    listing = Path("/proc/self/fd")
    return sum(1 for _ in listing.iterdir()) if listing.is_dir() else 0


class Probe:
    """An endpoint with one socket that remembers what it was asked."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ours.setblocking(False)
        self.heard: list[bytes] = []
        self.heard_something = threading.Event()
        self.threads: set[str] = set()
        self.due_at = float("inf")
        self.due_calls = 0
        self.released = threading.Event()
        self.broken = False

    def readers(self) -> Sequence[tuple[socket.socket, Callable[[], None]]]:
        return ((self.ours, self.read),)

    def read(self) -> None:
        self.heard.append(self.ours.recv(100))
        self.threads.add(threading.current_thread().name)
        self.heard_something.set()
        if self.broken:
            raise RuntimeError("broken")

    def due(self) -> float:
        return self.due_at

    def on_due(self, now: float) -> None:
        self.due_calls += 1
        self.due_at = now + 1000

    def release(self) -> None:
        self.ours.close()
        self.released.set()


@pytest.fixture
def probe() -> Iterator[Probe]:
    made = Probe()
    yield made
    made.ours.close()
    made.theirs.close()


def test_datagrams_reach_the_endpoint_on_the_thread(probe: Probe) -> None:
    io = RtpIo()
    io.start()
    io.start()
    io.add(probe)
    probe.theirs.send(b"hello")
    assert probe.heard_something.wait(5)
    assert probe.heard == [b"hello"]
    assert probe.threads == {"rtp-io"}
    io.discard(probe)
    assert probe.released.wait(5)
    io.close()
    io.close()


def test_timers_are_called_when_due(io: RtpIo, driven_time: Callable[[], float], probe: Probe) -> None:
    io.add(probe)
    probe.due_at = driven_time() + 1
    io.poll()
    assert probe.due_calls == 0
    driven_time.advance(1.5)  # type: ignore[attr-defined]
    io.poll()
    io.poll()
    assert probe.due_calls == 1


def test_a_broken_endpoint_does_not_stop_the_others(probe: Probe, caplog: pytest.LogCaptureFixture) -> None:
    io = RtpIo()
    other = Probe()
    probe.broken = True
    io.add(probe)
    io.add(other)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            probe.theirs.send(b"x")
            other.theirs.send(b"y")
            io.poll()
    assert io.failures == 3
    assert len(caplog.records) == 1
    assert other.heard == [b"y"] * 3
    io.close()
    other.theirs.close()


def test_discard_twice_and_after_close_releases(probe: Probe) -> None:
    io = RtpIo()
    io.add(probe)
    io.poll()
    io.discard(probe)
    io.discard(probe)
    io.poll()
    assert probe.released.is_set()
    io.close()
    late = Probe()
    io.discard(late)
    assert late.released.is_set()
    late.theirs.close()
    with pytest.raises(RuntimeError, match="closed"):
        io.add(probe)


def test_close_releases_every_endpoint_and_descriptor(probe: Probe) -> None:
    before = open_descriptors()
    io = RtpIo()
    io.start()
    others = [Probe() for _ in range(5)]
    for other in others:
        io.add(other)
    io.close()
    assert all(other.released.is_set() for other in others)
    for other in others:
        other.theirs.close()
    assert open_descriptors() == before
    assert "rtp-io" not in {thread.name for thread in threading.enumerate()}
