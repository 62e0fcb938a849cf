"""RTP I/O thread: receives all RTP and RTCP and sends reports when they are due; and the clock of RTP."""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

log = logging.getLogger("videobar.rtp")

_LONGEST_WAIT_S: Final = 0.25

_NTP_EPOCH_S: Final = 2_208_988_800
"""Seconds from 1900, where NTP time begins, to 1970."""


class MediaTime:
    """Media time: monotonic seconds, and NTP times that run with them.

    The host's clock is read once: a clock that somebody sets must not show up as jitter or round-trip time.
    """

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, epoch: Callable[[], float] = time.time
    ) -> None:
        self.now = monotonic
        """Seconds that only ever grow."""
        self._ntp_offset_s = epoch() - monotonic() + _NTP_EPOCH_S

    def ntp(self, now: float) -> int:
        """The 64-bit NTP time at monotonic `now` (RFC 3550 section 4): seconds, then 1/2³² seconds."""
        return int((now + self._ntp_offset_s) * 2**32) & 0xFFFF_FFFF_FFFF_FFFF

    def ntp_middle(self, now: float) -> int:
        """The middle 32 bits of `ntp(now)`, in 1/65536 s."""
        return self.ntp(now) >> 16 & 0xFFFF_FFFF


class IoHandler(Protocol):
    """Interface of sockets and timers that `RtpIo` serves. All methods are called from its thread."""

    def readers(self) -> Sequence[tuple[socket.socket, Callable[[], None]]]:
        """Sockets, each with what is to be called when it can be read."""
        ...

    def due(self) -> float:
        """Time of the next call of `on_due`, in monotonic seconds."""
        ...

    def on_due(self, now: float) -> None:
        """Do what is due."""
        ...

    def release(self) -> None:
        """Close the sockets; nothing is called afterwards."""
        ...


class RtpIo:
    """Serves endpoints from one thread, `rtp-io`, between `start` and `close`.

    Without `start`, its owner calls `poll`. `add` and `discard` may be called from any thread and
    never wait.
    """

    def __init__(self, time: MediaTime | None = None) -> None:
        self.time = time or MediaTime()
        self.failures = 0
        """Exceptions out of endpoints: each is a defect, the first is logged."""
        self._selector = selectors.DefaultSelector()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._selector.register(self._wake_reader, selectors.EVENT_READ, self._drain_wakes)
        self._endpoints: set[IoHandler] = set()
        self._orders: deque[Callable[[], None]] = deque()
        self._gate = threading.Lock()
        self._closed = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name="rtp-io", daemon=True)
            self._thread.start()

    def add(self, endpoint: IoHandler) -> None:
        """Serve `endpoint` from now on. Raises `RuntimeError` after `close`."""
        if not self._order(lambda: self._register(endpoint)):
            raise RuntimeError("the RTP thread is closed")

    def discard(self, endpoint: IoHandler) -> None:
        """Serve `endpoint` no more and release it, now or shortly after; twice is harmless."""
        if not self._order(lambda: self._unregister(endpoint)):
            endpoint.release()

    def wake(self) -> None:
        """Ask the endpoints anew when they are due."""
        self._order(lambda: None)

    def poll(self, timeout_s: float = 0.0) -> None:
        """One turn: wait for something to do at most `timeout_s` seconds, then do all there is."""
        self._apply_changes()
        for key, _ in self._selector.select(timeout_s):
            self._guarded(key.data)
        self._apply_changes()
        now = self.time.now()
        for endpoint in tuple(self._endpoints):
            if endpoint.due() <= now:
                self._guarded(lambda endpoint=endpoint: endpoint.on_due(now))  # type: ignore[misc]

    def close(self) -> None:
        """Stop the thread and release every endpoint; twice is harmless."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
        self._wake()
        if self._thread is not None:
            self._thread.join()
        self._apply_changes()
        for endpoint in tuple(self._endpoints):
            self._unregister(endpoint)
        self._selector.close()
        self._wake_reader.close()
        self._wake_writer.close()

    def _run(self) -> None:
        while not self._closed:
            next_due = min((endpoint.due() for endpoint in self._endpoints), default=float("inf"))
            self.poll(max(0.0, min(_LONGEST_WAIT_S, next_due - self.time.now())))

    def _order(self, order: Callable[[], None]) -> bool:
        with self._gate:
            if self._closed:
                return False
            self._orders.append(order)
            self._wake()
        return True

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # a full buffer wakes as well
            self._wake_writer.send(b"\0")

    def _drain_wakes(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_reader.recv(4096)

    def _apply_changes(self) -> None:
        while self._orders:
            self._orders.popleft()()

    def _register(self, endpoint: IoHandler) -> None:
        for readable, callback in endpoint.readers():
            self._selector.register(readable, selectors.EVENT_READ, callback)
        self._endpoints.add(endpoint)

    def _unregister(self, endpoint: IoHandler) -> None:
        if endpoint in self._endpoints:
            self._endpoints.discard(endpoint)
            for readable, _ in endpoint.readers():
                self._selector.unregister(readable)
        endpoint.release()

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception:
            self.failures += 1
            if self.failures == 1:
                log.exception("an RTP endpoint failed; further failures are only counted")
