"""A camera that moves by itself, somewhere on the network: connects to it, keeps asking it, and connects again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from videobar.errors import VideobarError
from videobar.room.cameras.port import CameraFacts
from videobar.room.cameras.position import HOME, STOP, Aim, Drive, Position

log = logging.getLogger("videobar.cameras")

RETRY_S: Final = 5.0
"""Pause before a camera that did not answer is asked again."""
LOGIN_RETRY_S: Final = 60.0
"""Pause after a refused login: cameras lock users out who try too often."""
IDLE_POLL_S: Final = 3.0
MOVING_POLL_S: Final = 0.2
"""Interval at which a moving camera is asked for its position."""
UNKNOWN: Final = CameraFacts("")


class CameraLost(Exception):
    """The camera does not answer, or not as one of its kind; the text says why, for people."""


class LoginRefused(CameraLost):
    """The camera does not take the user name and the password, or wants some."""


class OrderRefused(Exception):
    """The camera answered that it cannot do that."""


class Head(Protocol):
    """Driver of a camera, in its own protocol. Every method raises `CameraLost`, and orders `OrderRefused`."""

    async def connect(self) -> tuple[CameraFacts, str]:
        """Begin to speak with it: what it can do, and the URL of its picture (empty where that is not known)."""
        ...

    async def drive(self, drive: Drive) -> None:
        """Move with these speeds; all four axes are given."""
        ...

    async def go_to(self, aim: Aim, now: Position, pace: float) -> None:
        """Go to a position; `now` is where it looks."""
        ...

    async def position(self) -> Position:
        """Current position of the camera."""
        ...

    async def close(self) -> None:
        """Close the sockets; twice is harmless."""
        ...


class RemoteCamera:
    """Implements `Camera`. Of several orders that wait, only the last counts."""

    def __init__(self, head: Head, shown: str) -> None:
        self.facts = UNKNOWN
        self.picture = ""
        self._head = head
        self._shown = shown
        self._connected = False
        self._position = HOME
        self._speeds = STOP
        self._order: Drive | tuple[Aim, float] | None = None
        self._ordered = asyncio.Event()
        self._on_change: Callable[[], None] = lambda: None
        self._life: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """True if the camera answers."""
        return self._connected

    def position(self) -> Position:
        """Position that the camera last reported."""
        return self._position

    def view(self) -> Position:
        """All of the picture: the camera moves itself."""
        return HOME

    def drive(self, drive: Drive) -> None:
        """Move with these speeds; axes that are not given go on as they do."""
        given = {axis: speed for axis, speed in drive.given() if speed is not None}
        self._speeds = replace(self._speeds, **given)
        self._give(self._speeds)

    def go_to(self, aim: Aim, pace: float = 1.0) -> None:
        """Go to a position."""
        self._speeds = STOP
        self._give((aim.limited(), pace))

    def start(self, on_change: Callable[[], None]) -> None:
        """Connect, and stay connected."""
        self._on_change = on_change
        self._life = asyncio.create_task(self._live(), name="camera-remote")

    async def close(self) -> None:
        """Disconnect from the camera."""
        if self._life is not None:
            self._life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._life
        await self._head.close()

    def _give(self, order: Drive | tuple[Aim, float]) -> None:
        self._order = order
        self._ordered.set()

    async def _live(self) -> None:
        told = ""
        while True:
            pause_s = RETRY_S
            try:
                self.facts, self.picture = await self._head.connect()
                self._position = await self._head.position()
                self._connected, self._order = True, None
                log.info("camera %s is connected", self._shown)
                self._on_change()
                told = ""
                await self._serve()
            except (CameraLost, OrderRefused, VideobarError) as error:
                if str(error) != told:
                    log.warning("camera %s: %s", self._shown, error)
                told = str(error)
                if isinstance(error, LoginRefused):
                    pause_s = LOGIN_RETRY_S
            except Exception:  # a camera that answers as nobody expected must not be given up
                log.exception("camera %s: unexpected error", self._shown)
            if self._connected:
                self._connected = False
                self._on_change()
            await asyncio.sleep(pause_s)

    async def _serve(self) -> None:
        """Pass orders on and ask for the position, until the camera is lost."""
        moves = False
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(MOVING_POLL_S if moves else IDLE_POLL_S):
                    await self._ordered.wait()
            self._ordered.clear()
            order, self._order = self._order, None
            if order is not None:
                try:
                    await self._obey(order)
                except OrderRefused as error:
                    log.warning("camera %s: %s", self._shown, error)
            before, self._position = self._position, await self._head.position()
            moves = order is not None or before != self._position

    async def _obey(self, order: Drive | tuple[Aim, float]) -> None:
        if isinstance(order, Drive):
            await self._head.drive(order)
        else:
            await self._head.go_to(order[0], self._position, order[1])
