"""Lets joysticks and controllers drive the room: the selected people camera as a VISCA over IP camera.

There is no password in VISCA: whoever reaches the port may move the camera. So the port is closed unless it is set.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from videobar.adapters.cameras import visca
from videobar.adapters.cameras.visca import Packet
from videobar.errors import CameraNotConnected, VideobarError
from videobar.room.cameras.port import Camera
from videobar.room.cameras.position import HOME, Aim, Drive
from videobar.room.cameras.service import PRESETS, Cameras
from videobar.vocabulary import SourceType

log = logging.getLogger("videobar.cameras")

PEERS: Final = 64
"""Controllers whose last message is remembered."""
REST_POLL_S: Final = 0.05
LONGEST_MOVE_S: Final = 15.0
_SIDES: Final = {1: -1.0, 2: 1.0, 3: 0.0}
"""Left, right and neither; and for tilt with the opposite sign, up, down and neither."""
_STANDARD_SPEED: Final = 3
"""Of zoom and focus, where the command names none."""

Address = tuple[Any, ...]


def bind_visca(host: str, port: int) -> socket.socket:
    """A bound UDP socket; port 0 finds a free one. Raises `OSError`."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening


class _NotUnderstood(Exception):
    """No such command."""


class _NotNow(Exception):
    """A command that this camera cannot carry out."""


class ViscaServer:
    """Serves on a bound UDP socket until closed.

    A command is carried out before it is acknowledged; one that goes to a position is completed when the camera rests.
    A message that comes again with the same sequence number is answered again, but not carried out again.
    """

    def __init__(self, cameras: Cameras, listening: socket.socket) -> None:
        self._cameras = cameras
        self._socket = listening
        self._transport: asyncio.DatagramTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: OrderedDict[Address, tuple[int, list[bytes]]] = OrderedDict()

    async def start(self) -> None:
        """Listen."""
        self._socket.setblocking(False)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self.hear), sock=self._socket
        )

    async def stop(self) -> None:
        """Close the port."""
        for task in self._tasks:
            task.cancel()
        if self._transport is not None:
            self._transport.close()
        await asyncio.sleep(0)

    def hear(self, data: bytes, peer: Address) -> None:
        """Take a datagram."""
        packet = visca.read_packet(data)
        if packet is None:
            return
        last = self._last.get(peer)
        if packet.kind == visca.CONTROL:
            self._last.pop(peer, None)
            if packet.payload == visca.RESET:
                self._send(Packet(visca.CONTROL_REPLY, packet.sequence, visca.RESET).encoded(), peer)
            return
        if last is not None and last[0] == packet.sequence:
            for reply in last[1]:
                self._send(reply, peer)
            return
        self._last[peer] = (packet.sequence, [])
        self._last.move_to_end(peer)
        if len(self._last) > PEERS:
            self._last.popitem(last=False)
        self._begin(self._take(packet, peer))

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, packet: Packet, peer: Address) -> None:
        payload = packet.payload
        try:
            if payload[0] & 0xF0 != 0x80 or payload[-1] != 0xFF or len(payload) < 4:
                raise _NotUnderstood
            body = payload[1:-1]
            if body[0] == 0x09:
                self._reply(packet, peer, visca.ANSWERED + self._answer(body[1:]))
            elif body[0] == 0x01:
                wait = await self._obey(body[1:])
                self._reply(packet, peer, visca.ACKNOWLEDGED)
                if wait:
                    await self._rest()
                self._reply(packet, peer, visca.COMPLETED)
            else:
                raise _NotUnderstood
        except (_NotUnderstood, IndexError):
            self._reply(packet, peer, visca.SYNTAX_ERROR)
        except (_NotNow, VideobarError):
            self._reply(packet, peer, visca.NOT_EXECUTABLE)

    def _reply(self, packet: Packet, peer: Address, body: bytes) -> None:
        data = Packet(visca.REPLY, packet.sequence, b"\x90" + body + b"\xff").encoded()
        last = self._last.get(peer)
        if last is not None and last[0] == packet.sequence:
            last[1].append(data)
        self._send(data, peer)

    def _send(self, data: bytes, peer: Address) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, peer)

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
            case b"\x04\x48" if len(order) == 6:
                self._aim(Aim(focus=visca.FOCUS.units(visca.from_nibbles(order[2:], signed=False))))
                return True
            case b"\x04\x3f" if len(order) == 4:
                return await self._memory(order[2], order[3])
            case b"\x00\x01" if len(order) == 2:
                pass  # clear the interface: nothing is buffered here
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

    async def _rest(self) -> None:
        """Return when the camera no longer moves."""
        before = None
        for _ in range(round(LONGEST_MOVE_S / REST_POLL_S)):
            _, camera = self._selected()
            now = camera.position()
            if now == before:
                return
            before = now
            await asyncio.sleep(REST_POLL_S)


class _Datagrams(asyncio.DatagramProtocol):
    """Hands datagrams over."""

    def __init__(self, hear: Callable[[bytes, Address], None]) -> None:
        self._hear = hear

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Take one."""
        self._hear(data, addr)


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
