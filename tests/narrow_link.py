"""A narrow link between two SIP ends: a relay for UDP that rewrites descriptions, so that media passes through it.

Each direction has a rate, a queue of 300 ms that drops what does not fit, and loss by a seeded chance, for the sum of
all media. What passes is written down, with the time that the media itself tells.
"""

from __future__ import annotations

import heapq
import random
import re
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

HOST = "127.0.0.1"
QUEUE_S = 0.3
HEADERS = 28
VIDEO_CLOCK = 90_000


@dataclass(frozen=True)
class Passed:
    """A datagram that was sent over the link."""

    kind: str
    size: int
    """With IP and UDP headers."""
    arrived: bool
    media_s: float
    """Seconds of the sender's video so far, by its timestamps."""


@dataclass
class Direction:
    """One way over the link."""

    kbps: float
    loss: float = 0.0
    passed: list[Passed] = field(default_factory=list)
    media_s: float = 0.0
    free_at: float = 0.0
    _first: int | None = None

    def follow(self, datagram: bytes) -> None:
        """Move the media's time on to that of a video packet."""
        (timestamp,) = struct.unpack_from("!I", datagram, 4)
        if self._first is None:
            self._first = timestamp
        ticks = (timestamp - self._first + 0x8000_0000 & 0xFFFF_FFFF) - 0x8000_0000
        self.media_s = max(self.media_s, ticks / VIDEO_CLOCK)

    def kbps_of(self, from_s: float, to_s: float, *, arrived: bool = False, kind: str | None = None) -> float:
        """What was sent, or arrived, within that part of the media's time."""
        chosen = (
            each.size
            for each in self.passed
            if from_s <= each.media_s < to_s
            and (each.arrived or not arrived)
            and (kind is None or each.kind == kind)
        )
        return sum(chosen) * 8 / 1000 / (to_s - from_s)


@dataclass
class _Line:
    """A media line: its kind, the pairs of sockets facing each side, and where each side's media is."""

    kind: str
    facing: dict[str, tuple[socket.socket, socket.socket]]
    ports: dict[str, int] = field(default_factory=dict)


class NarrowLink:
    """Calls made to `port` reach the end at `called`; `a` is who calls, and `there` what it sends."""

    def __init__(self, called: int, kbps: float, seed: int = 1) -> None:
        self.there, self.back = Direction(kbps), Direction(kbps)
        self.on_media: Callable[[NarrowLink], None] = lambda link: None
        """Called after each datagram of media, on the relay's thread; may change rates."""
        self._ways = {"a": self.there, "b": self.back}
        self._chance = random.Random(seed)
        self._selector = selectors.DefaultSelector()
        self._signalling = {"a": _bound(), "b": _bound()}
        self.port: int = self._signalling["a"].getsockname()[1]
        self._peers: dict[str, tuple[str, int]] = {"b": (HOST, called)}
        self._lines: list[_Line] = []
        self._queue: list[tuple[float, int, socket.socket, bytes, tuple[str, int]]] = []
        self._count = 0
        self._stopping = False
        for side, sock in self._signalling.items():
            self._selector.register(
                sock, selectors.EVENT_READ, lambda sock=sock, side=side: self._signal(sock, side)
            )
        self._thread = threading.Thread(target=self._run, name="narrow-link")
        self._thread.start()

    def close(self) -> None:
        self._stopping = True
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def _run(self) -> None:
        while not self._stopping:
            wait_s = min(0.05, max(0.0, self._queue[0][0] - time.monotonic())) if self._queue else 0.05
            for key, _ in self._selector.select(wait_s):
                key.data()
            now = time.monotonic()
            while self._queue and self._queue[0][0] <= now:
                _, _, sock, datagram, to = heapq.heappop(self._queue)
                _send(sock, datagram, to)

    def _signal(self, sock: socket.socket, side: str) -> None:
        for datagram, source in _received(sock):
            self._peers.setdefault(side, source)
            other = "b" if side == "a" else "a"
            _send(self._signalling[other], self._rewritten(datagram, side, other), self._peers[other])

    def _rewritten(self, datagram: bytes, side: str, other: str) -> bytes:
        """With our addresses in place of the sender's, so that answers and media come here."""
        head, gap, body = datagram.decode("latin1").partition("\r\n\r\n")
        port = self._signalling[other].getsockname()[1]
        head = re.sub(r"(?im)^(contact: *.*?@)127\.0\.0\.1:\d+", rf"\g<1>{HOST}:{port}", head)
        if body.startswith("v=0"):
            indexes = iter(range(64))
            body = re.sub(
                r"(?m)^m=(\w+) (\d+)",
                lambda found: (
                    f"m={found[1]} {self._relayed(next(indexes), found[1], int(found[2]), side, other)}"
                ),
                body,
            )
            head = re.sub(r"(?im)^(content-length): *\d+", rf"\1: {len(body)}", head)
        return (head + gap + body).encode("latin1")

    def _relayed(self, index: int, kind: str, port: int, side: str, other: str) -> int:
        while len(self._lines) <= index:
            line = _Line(kind, {"a": _bound_pair(), "b": _bound_pair()})
            self._lines.append(line)
            for facing, pair in line.facing.items():
                for number, sock in enumerate(pair):
                    self._selector.register(
                        sock,
                        selectors.EVENT_READ,
                        lambda sock=sock, line=line, facing=facing, number=number: self._media(
                            sock, line, facing, number
                        ),
                    )
        line = self._lines[index]
        if not port:
            return 0
        line.kind, line.ports[side] = kind, port
        return int(line.facing[other][0].getsockname()[1])

    def _media(self, sock: socket.socket, line: _Line, side: str, number: int) -> None:
        """What one side has sent goes on to the other, if there is room for it."""
        other = "b" if side == "a" else "a"
        way = self._ways[side]
        for datagram, _ in _received(sock):
            if other not in line.ports:
                continue
            if line.kind == "video" and not number:
                way.follow(datagram)
            now, size = time.monotonic(), len(datagram) + HEADERS
            waits_s = max(0.0, way.free_at - now)
            arrives = waits_s <= QUEUE_S and self._chance.random() >= way.loss
            if arrives:
                way.free_at = max(now, way.free_at) + size * 8 / way.kbps / 1000
                self._count += 1
                to = (HOST, line.ports[other] + number)
                item = (way.free_at, self._count, line.facing[other][number], datagram, to)
                heapq.heappush(self._queue, item)
            kind = f"{line.kind}-rtcp" if number else line.kind
            way.passed.append(Passed(kind, size, arrives, way.media_s))
            self.on_media(self)


@contextmanager
def narrow_link(called: int, kbps: float, seed: int = 1) -> Iterator[NarrowLink]:
    """A link for the time of a block."""
    link = NarrowLink(called, kbps, seed)
    try:
        yield link
    finally:
        link.close()


def _bound(port: int = 0) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.bind((HOST, port))
    sock.setblocking(False)
    return sock


def _bound_pair() -> tuple[socket.socket, socket.socket]:
    for _ in range(100):
        first = _bound()
        try:
            return first, _bound(first.getsockname()[1] + 1)
        except OSError:
            first.close()
    raise OSError("no pair of ports is free")


def _received(sock: socket.socket) -> Iterator[tuple[bytes, tuple[str, int]]]:
    for _ in range(100):
        try:
            yield sock.recvfrom(65_535)
        except OSError:
            return


def _send(sock: socket.socket, datagram: bytes, to: tuple[str, int]) -> None:
    try:
        sock.sendto(datagram, to)
    except OSError:
        pass
