"""The blocking twin of `AsyncRoom`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Self

from videobar.client.aio import AsyncRoom
from videobar.client.areas_sync import BlockingAreas
from videobar.client.blocking import Blocking
from videobar.client.call import Call
from videobar.client.camera import Camera
from videobar.client.search import MOST_PAGES, PAGE
from videobar.client.session import Password
from videobar.client.trust import Trust
from videobar.client.watch import Change
from videobar.client.wire import Answer
from videobar.contract.calls import Connection
from videobar.contract.cameras import CameraDirection
from videobar.contract.directory import Entry
from videobar.contract.streams import MediaStatistics
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
        """Cause of the end (ITU-T Q.850); else 0."""
        return self._call.cause

    def connection(self) -> Connection | None:
        """All that the room says of it now; `None` when the room does not know it."""
        return self._blocking.wait(self._call.connection())

    def state(self) -> ConnectionState:
        """Its state; gone is `DISCONNECTED`."""
        return self._blocking.wait(self._call.state())

    def connected(
        self, timeout: float | None = 90.0, *, on_state: Callable[[ConnectionState], None] | None = None
    ) -> Connection:
        """Wait until it is answered; `on_state` is called on the room's thread. Raises `CallEnded` and `TimedOut`."""
        return self._blocking.wait(self._call.connected(timeout, on_state=on_state))

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


class BlockingCamera:
    """A camera with blocking methods; see `videobar.client.camera.Camera`."""

    def __init__(self, camera: Camera, blocking: Blocking) -> None:
        self._camera = camera
        self._blocking = blocking

    def __repr__(self) -> str:
        return repr(self._camera)

    def left(self, seconds: float = 0.5) -> None:
        """Turn left."""
        self._blocking.wait(self._camera.left(seconds))

    def right(self, seconds: float = 0.5) -> None:
        """Turn right."""
        self._blocking.wait(self._camera.right(seconds))

    def up(self, seconds: float = 0.5) -> None:
        """Tilt up."""
        self._blocking.wait(self._camera.up(seconds))

    def down(self, seconds: float = 0.5) -> None:
        """Tilt down."""
        self._blocking.wait(self._camera.down(seconds))

    def zoom_in(self, seconds: float = 0.5) -> None:
        """Zoom in."""
        self._blocking.wait(self._camera.zoom_in(seconds))

    def zoom_out(self, seconds: float = 0.5) -> None:
        """Zoom out."""
        self._blocking.wait(self._camera.zoom_out(seconds))

    def move(self, direction: CameraDirection, seconds: float) -> None:
        """Move for so many seconds; an interrupt (Ctrl-C) stops the camera too."""
        self._blocking.wait(self._camera.move(direction, seconds))

    def stop(self) -> None:
        """Stop the move that is under way."""
        self._blocking.wait(self._camera.stop())

    def look_at(self, pan: int = 0, tilt: int = 0, zoom: int = 0, *, relative: bool = False) -> None:
        """Go to a position, or by a distance, in the device's units: -50000 to 50000."""
        self._blocking.wait(self._camera.look_at(pan, tilt, zoom, relative=relative))

    def store(self, preset: int) -> None:
        """Store where the camera looks as a preset, 0 to 9."""
        self._blocking.wait(self._camera.store(preset))

    def recall(self, preset: int) -> None:
        """Go to a preset, 0 to 9."""
        self._blocking.wait(self._camera.recall(preset))

    def clear(self, preset: int) -> None:
        """Forget a preset, 0 to 9."""
        self._blocking.wait(self._camera.clear(preset))


class Room(BlockingAreas):
    """A room at `host` with blocking methods: `Room("10.0.0.5", password="…").audio.volume()`.

    The arguments and errors are those of `AsyncRoom`, which does the work on a thread of its own. A `password` function
    is called on that thread. Use it in a `with`, or `close` it.
    """

    def __init__(
        self,
        host: str,
        *,
        port: int | None = None,
        user: str | None = None,
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
        self.camera = BlockingCamera(self._room.camera, self._blocking)
        self.far_camera = BlockingCamera(self._room.far_camera, self._blocking)

    @classmethod
    def open(cls, address: str, *, password: Password = None, **options: Any) -> Self:
        """A room by address; the same as the class itself."""
        return cls(address, password=password, **options)

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

    def log_in(self) -> Answer | None:
        """Log in now, unless that is done, and return what the room said to it; nothing without a password."""
        return self._blocking.wait(self._room.log_in())

    def log_out(self) -> Answer | None:
        """Give the session back now, and return what the room said to it; the next action logs in again."""
        return self._blocking.wait(self._room.log_out())

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
        """Changes in the room, as they happen; see `videobar.client.watch`."""
        return self._blocking.iterate(self._room.watch(interval, initial=initial))

    def search(self, text: str, *, limit: int = PAGE * MOST_PAGES) -> list[Entry]:
        """The first entries of the directory that `text` finds, read page by page."""
        return self._blocking.wait(self._room.search(text, limit=limit))
