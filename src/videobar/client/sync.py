"""The blocking twin of `AsyncRoom`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from videobar.client.aio import HTTPS_PORT, SEARCH_PAGE, AsyncRoom
from videobar.client.areas_sync import BlockingAreas
from videobar.client.blocking import Blocking
from videobar.client.call import Call
from videobar.client.session import Password
from videobar.client.trust import Trust
from videobar.client.watch import Change
from videobar.contract.conferences import Connection, MediaStatistics
from videobar.contract.directory import Entry
from videobar.vocabulary import ConnectionState, DialType


class BlockingCall:
    """One connection of a room, with blocking methods; see `videobar.client.call.Call`."""

    def __init__(self, call: Call, blocking: Blocking) -> None:
        self._call = call
        self._blocking = blocking

    def __repr__(self) -> str:
        return repr(self._call)

    @property
    def id(self) -> str:
        """Its id."""
        return self._call.id

    @property
    def conference_id(self) -> str:
        """The conference that it is in, as far as it is known."""
        return self._call.conference_id

    @property
    def cause(self) -> int:
        """Why it ended, as ITU-T Q.850 numbers causes; else 0."""
        return self._call.cause

    def connection(self) -> Connection | None:
        """All that the room says of it now; `None` when the room does not know it."""
        return self._blocking.wait(self._call.connection())

    def state(self) -> ConnectionState:
        """Its state; gone is `DISCONNECTED`."""
        return self._blocking.wait(self._call.state())

    def connected(self, timeout: float = 90.0) -> Connection:
        """Wait until it is answered. Raises `CallEnded` and `TimedOut`."""
        return self._blocking.wait(self._call.connected(timeout))

    def ended(self, timeout: float | None = None) -> int:
        """Wait until it has ended, and return its cause. Raises `TimedOut`."""
        return self._blocking.wait(self._call.ended(timeout))

    def stats(self) -> list[MediaStatistics]:
        """Counters of its streams."""
        return self._blocking.wait(self._call.stats())

    def answer(self) -> None:
        """Answer it."""
        self._blocking.wait(self._call.answer())

    def hang_up(self) -> None:
        """End it, or refuse it."""
        self._blocking.wait(self._call.hang_up())


class Room(BlockingAreas):
    """A room at `host` with blocking methods: `Room("10.0.0.5", password="…").audio.volume()`.

    The arguments and errors are those of `AsyncRoom`, which does the work on a thread of its own. A `password` function
    is called on that thread. Use it in a `with`, or `close` it.
    """

    def __init__(
        self,
        host: str,
        *,
        port: int = HTTPS_PORT,
        user: str = "admin",
        password: Password = None,
        tls: Trust | None = None,
        insecure: bool = False,
        timeout: float = 10.0,
        connections: int = 1,
        **more: Any,
    ) -> None:
        self._blocking = Blocking()
        try:
            self._room = self._blocking.build(
                lambda: AsyncRoom(
                    host,
                    port=port,
                    user=user,
                    password=password,
                    tls=tls,
                    insecure=insecure,
                    timeout=timeout,
                    connections=connections,
                    **more,
                )
            )
        except BaseException:
            self._blocking.close()
            raise
        super().__init__(self._room, self._blocking)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._room).replace("Async", "", 1)

    def close(self) -> None:
        """Give the session back and end the thread; may be called twice."""
        if self._blocking.is_closed:
            return
        try:
            self._blocking.wait(self._room.close())
        finally:
            self._blocking.close()

    def dial(
        self,
        address: str,
        *,
        rate: int = 0,
        dial_type: DialType = DialType.AUTO,
        password: str | None = None,
    ) -> BlockingCall:
        """Dial; returns at once, while the far end still rings. Raises as `conferences.dial` does."""
        work = self._room.dial(address, rate=rate, dial_type=dial_type, password=password)
        return BlockingCall(self._blocking.wait(work), self._blocking)

    def calls(self) -> list[BlockingCall]:
        """All calls, also those that wait for an answer."""
        return [BlockingCall(call, self._blocking) for call in self._blocking.wait(self._room.calls())]

    def watch(self, interval: float = 2.0, *, initial: bool = False) -> Iterator[Change]:
        """What changes in the room, as it changes; see `videobar.client.watch`."""
        return self._blocking.iterate(self._room.watch(interval, initial=initial))

    def search(self, text: str, *, limit: int = SEARCH_PAGE) -> list[Entry]:
        """The first entries of the directory that `text` finds."""
        return self._blocking.wait(self._room.search(text, limit=limit))
