"""VISCA commands and inquiries to the room: the selected people camera answers as a Sony network camera.

Pan, tilt and presets take the first of VISCA's two sockets, zoom and focus the second. An order takes the place of one
on the same socket that still goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from videobar.adapters.cameras import visca
from videobar.errors import CameraNotConnected, VideobarError
from videobar.room.cameras.port import Camera
from videobar.room.cameras.position import HOME, Aim, Drive
from videobar.room.cameras.service import PRESETS, Cameras
from videobar.vocabulary import SourceType

REST_POLL_S: Final = 0.05
LONGEST_MOVE_S: Final = 15.0
_SIDES: Final = {1: -1.0, 2: 1.0, 3: 0.0}
"""Left, right and neither; and for tilt with the opposite sign, up, down and neither."""
_STANDARD_SPEED: Final = 3
"""Speed of zoom and focus, where the command names none."""
_PAN_TILT_SOCKET: Final = 1
_LENS_SOCKET: Final = 2
_LENS: Final = (b"\x04\x07", b"\x04\x08", b"\x04\x47", b"\x04\x48")

Reply = Callable[[bytes], None]
"""Takes what the camera says, from its own address to the terminator."""


class _NotUnderstood(Exception):
    """No such command."""


class _NotNow(Exception):
    """A command that this camera cannot carry out."""


class ViscaCommands:
    """Carries out messages of VISCA, without the header that they have on some networks.

    A command is carried out before it is acknowledged; one that goes to a position is completed when the camera rests.
    """

    def __init__(self, cameras: Cameras) -> None:
        self._cameras = cameras
        self._waiting: dict[int, Reply] = {}
        """Replies that wait until the camera is at rest, by socket."""

    async def take(self, message: bytes, reply: Reply) -> None:
        """Carry out one message; returns after its last reply."""
        try:
            if len(message) < 3 or message[0] & 0xF0 != 0x80 or message[-1] != 0xFF:
                raise _NotUnderstood
            await self._take(message[1:-1], message[:1] == visca.BROADCAST, reply)
        except (_NotUnderstood, IndexError):
            reply(_said(visca.SYNTAX_ERROR))
        except (_NotNow, VideobarError):
            reply(_said(visca.NOT_EXECUTABLE))

    async def _take(self, body: bytes, broadcast: bool, reply: Reply) -> None:
        match body:
            case b"\x30\x01" if broadcast:
                reply(visca.BROADCAST + b"\x30\x02\xff")  # this one is camera 1; the next one would be 2
            case b"\x01\x00\x01":
                self._waiting.clear()
                reply(visca.BROADCAST + body + b"\xff" if broadcast else _said(visca.ANSWERED))
            case _ if body[0] == 0x09:
                reply(_said(visca.ANSWERED + self._answer(body[1:])))
            case _ if body[0] == 0x01:
                await self._command(body[1:], reply)
            case _ if body[0] & 0xF0 == 0x20 and len(body) == 1:
                self._cancel(body[0] & 0x0F, reply)
            case _:
                raise _NotUnderstood

    async def _command(self, order: bytes, reply: Reply) -> None:
        wait = await self._obey(order)
        socket = _LENS_SOCKET if order[:2] in _LENS else _PAN_TILT_SOCKET
        self._end(socket, visca.of_socket(visca.COMPLETED, socket))
        reply(_said(visca.of_socket(visca.ACKNOWLEDGED, socket)))
        if wait:
            self._waiting[socket] = reply
            result = await self._rest(socket, reply)
            if self._waiting.get(socket) is reply:
                self._end(socket, visca.of_socket(result, socket))
        else:
            reply(_said(visca.of_socket(visca.COMPLETED, socket)))

    def _cancel(self, socket: int, reply: Reply) -> None:
        if socket not in self._waiting:
            reply(_said(visca.NO_SOCKET))
            return
        index, _ = self._selected()
        self._cameras.halt(index)
        self._end(socket, visca.of_socket(visca.CANCELLED, socket))

    def _end(self, socket: int, body: bytes) -> None:
        """End the command that waits on a socket, if there is one, with a reply."""
        reply = self._waiting.pop(socket, None)
        if reply is not None:
            reply(_said(body))

    def _selected(self) -> tuple[int, Camera]:
        source = self._cameras.selected(SourceType.PEOPLE)
        if source is None or source.camera is None or not source.connected:
            raise CameraNotConnected
        return source.index, source.camera

    def _answer(self, asked: bytes) -> bytes:
        """The answer to an inquiry, without the reply's own bytes."""
        _, camera = self._selected()
        looks = camera.position()
        match asked:
            case b"\x06\x12":
                return visca.nibbles(visca.PAN.raw(looks.pan), 4) + visca.nibbles(
                    visca.TILT.raw(looks.tilt), 4
                )
            case b"\x04\x47":
                return visca.nibbles(visca.ZOOM.raw(looks.zoom), 4)
            case b"\x04\x48":
                return visca.nibbles(visca.FOCUS.raw(looks.focus), 4)
            case b"\x04\x38":
                return b"\x02" if camera.facts.auto_focus else b"\x03"
            case b"\x04\x00":
                return b"\x02"  # power is on
            case b"\x06\x11":
                return bytes((visca.FASTEST_PAN, visca.FASTEST_TILT))
            case b"\x00\x02":
                return b"\x00\x01\x05\x1c\x01\x00\x02"  # vendor, model, ROM version, sockets
            case _:
                raise _NotUnderstood

    async def _obey(self, order: bytes) -> bool:
        """Carry out a command; whether it takes until the camera rests."""
        match order[:2]:
            case b"\x06\x01" if len(order) == 6:
                self._drive_pan_tilt(*order[2:])
            case b"\x06\x02" | b"\x06\x03" if len(order) == 12:
                self._go_to(order)
                return True
            case b"\x06\x04" | b"\x06\x05" if len(order) == 2:
                index, _ = self._selected()
                self._cameras.go_to(index, Aim(pan=HOME.pan, tilt=HOME.tilt))
                return True
            case b"\x04\x07" if len(order) == 3:
                self._drive(Drive(zoom=_speed(order[2])))
            case b"\x04\x08" if len(order) == 3:
                self._drive(Drive(focus=_speed(order[2])))
            case b"\x04\x47" if len(order) == 6:
                zoom = visca.from_nibbles(order[2:], signed=False)
                if zoom > visca.ZOOM.highest:
                    raise _NotNow
                self._aim(Aim(zoom=visca.ZOOM.units(zoom)))
                return True
            case b"\x04\x47" if len(order) == 10:
                zoom, focus = (visca.from_nibbles(order[at : at + 4], signed=False) for at in (2, 6))
                self._aim(Aim(zoom=visca.ZOOM.units(zoom), focus=visca.FOCUS.units(focus)))
                return True
            case b"\x04\x48" if len(order) == 6:
                self._aim(Aim(focus=visca.FOCUS.units(visca.from_nibbles(order[2:], signed=False))))
                return True
            case b"\x04\x3f" if len(order) == 4:
                return await self._memory(order[2], order[3])
            case b"\x04\x00" if order[2:] == b"\x02":
                self._selected()  # power is on
            case b"\x04\x00" | b"\x04\x38" if len(order) == 3:
                raise _NotNow
            case _:
                raise _NotUnderstood
        return False

    def _drive_pan_tilt(self, pan_speed: int, tilt_speed: int, side: int, height: int) -> None:
        if side not in _SIDES or height not in _SIDES:
            raise _NotUnderstood
        self._drive(
            Drive(
                pan=_SIDES[side] * min(pan_speed, visca.FASTEST_PAN) / visca.FASTEST_PAN,
                tilt=-_SIDES[height] * min(tilt_speed, visca.FASTEST_TILT) / visca.FASTEST_TILT,
            )
        )

    def _go_to(self, order: bytes) -> None:
        pan, tilt = visca.from_nibbles(order[4:8]), visca.from_nibbles(order[8:12])
        pace = min(max(order[2] / visca.FASTEST_PAN, 1 / visca.FASTEST_PAN), 1.0)
        if order[1] == 2:
            self._aim(Aim(visca.PAN.units(pan), visca.TILT.units(tilt)), pace)
        else:
            index, _ = self._selected()
            distance = Aim(visca.PAN.distance(pan), visca.TILT.distance(tilt))
            self._cameras.go_to(index, distance, relative=True, pace=pace)

    async def _memory(self, action: int, number: int) -> bool:
        if number >= PRESETS:
            raise _NotNow
        actions: dict[int, Callable[[], Awaitable[None]]] = {
            0: lambda: self._cameras.clear_preset(number),
            1: lambda: self._cameras.store_preset(number, with_image=False),
            2: lambda: self._cameras.activate_preset(number),
        }
        if action not in actions:
            raise _NotUnderstood
        await actions[action]()
        return action == 2

    def _drive(self, drive: Drive) -> None:
        index, _ = self._selected()
        self._cameras.drive(index, drive)

    def _aim(self, aim: Aim, pace: float = 1.0) -> None:
        index, _ = self._selected()
        self._cameras.go_to(index, aim, pace=pace)

    async def _rest(self, socket: int, reply: Reply) -> bytes:
        """Wait until the camera rests, or another command has taken the socket; returns the reply for the command."""
        before = None
        for _ in range(round(LONGEST_MOVE_S / REST_POLL_S)):
            try:
                _, camera = self._selected()
            except CameraNotConnected:
                return visca.NOT_EXECUTABLE
            now = camera.position()
            if now == before or self._waiting.get(socket) is not reply:
                break
            before = now
            await asyncio.sleep(REST_POLL_S)
        return visca.COMPLETED


def _said(body: bytes) -> bytes:
    """A reply of camera 1 to a controller."""
    return b"\x90" + body + b"\xff"


def _speed(byte: int) -> float:
    """The speed in the last byte of zoom and focus: stop, standard, or one of eight in each direction."""
    match byte >> 4, byte & 15:
        case 0, 0:
            return 0.0
        case 0, 2:
            return (_STANDARD_SPEED + 1) / (visca.FASTEST_ZOOM + 1)
        case 0, 3:
            return -(_STANDARD_SPEED + 1) / (visca.FASTEST_ZOOM + 1)
        case 2, speed if speed <= visca.FASTEST_ZOOM:
            return (speed + 1) / (visca.FASTEST_ZOOM + 1)
        case 3, speed if speed <= visca.FASTEST_ZOOM:
            return -(speed + 1) / (visca.FASTEST_ZOOM + 1)
        case _:
            raise _NotUnderstood
