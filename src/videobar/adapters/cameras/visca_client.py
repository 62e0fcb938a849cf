"""A camera that is moved by VISCA over IP; its picture comes another way: `visca://HOST[:PORT]?picture=URL`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs

from videobar.adapters.cameras import visca
from videobar.adapters.cameras.context import CameraContext
from videobar.adapters.cameras.remote import CameraLost, OrderRefused, RemoteCamera
from videobar.adapters.cameras.url import CameraUrl
from videobar.adapters.cameras.visca import Packet, Range
from videobar.room.cameras.port import CameraFacts
from videobar.room.cameras.position import Aim, Drive, Position
from videobar.room.egress import EgressPolicy

ANSWER_S: Final = 0.4
TRIES: Final = 4
_SOCKETS: Final = {0x40, 0x50}


def visca_camera(url: str, context: CameraContext) -> RemoteCamera:
    """The camera behind `visca:`."""
    place = CameraUrl.of(url, visca.PORT)
    query = parse_qs(place.query)
    ranges = {
        "pan": _range(query, "pan", visca.PAN),
        "tilt": _range(query, "tilt", visca.TILT),
        "zoom": _range(query, "zoom", visca.ZOOM),
    }
    head = ViscaHead(place, query.get("picture", [""])[0], ranges, context.egress)
    return RemoteCamera(head, place.shown)


class ViscaHead:
    """Implements `Head`. One message is under way at a time, and is sent again until it is answered."""

    def __init__(
        self, place: CameraUrl, picture: str, ranges: dict[str, Range], egress: EgressPolicy
    ) -> None:
        self._place, self._picture, self._reach = place, picture, egress
        self._pan, self._tilt, self._zoom = ranges["pan"], ranges["tilt"], ranges["zoom"]
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: dict[tuple[int, int | None], asyncio.Future[bytes]] = {}
        self._sequence = 0

    async def connect(self) -> tuple[CameraFacts, str]:
        """Reset the count of messages, and see that it answers."""
        await self.close()
        address = await self._place.address(self._reach)
        loop = asyncio.get_running_loop()
        try:
            self._transport, _ = await loop.create_datagram_endpoint(
                lambda: _Replies(self._hear), remote_addr=(address, self._place.port)
            )
        except OSError as error:
            raise CameraLost(error.strerror or str(error)) from None
        self._sequence = 0
        await self._exchange(visca.CONTROL, visca.RESET)
        version = await self._ask(b"\x00\x02")
        model = f"VISCA {version[2:4].hex().upper()}" if len(version) >= 4 else "VISCA"
        return CameraFacts(model, pan=True, tilt=True, zoom=True, focus=True), self._picture

    async def drive(self, drive: Drive) -> None:
        """Three commands: pan and tilt, zoom, focus."""
        pan, tilt = drive.pan or 0.0, drive.tilt or 0.0
        await self._order(
            b"\x06\x01"
            + bytes(
                (_steps(pan, visca.FASTEST_PAN), _steps(tilt, visca.FASTEST_TILT), _side(pan), _side(-tilt))
            )
        )
        for command, speed in ((b"\x04\x07", drive.zoom or 0.0), (b"\x04\x08", drive.focus or 0.0)):
            direction = 0x20 if speed > 0 else 0x30
            step = direction | max(0, _steps(speed, visca.FASTEST_ZOOM + 1) - 1) if speed else 0
            await self._order(command + bytes((step,)))

    async def go_to(self, aim: Aim, now: Position, pace: float) -> None:
        """Up to three commands: pan and tilt, zoom, focus."""
        if aim.pan is not None or aim.tilt is not None:
            pan = self._pan.raw(now.pan if aim.pan is None else aim.pan)
            tilt = self._tilt.raw(now.tilt if aim.tilt is None else aim.tilt)
            speeds = bytes((_steps(pace, visca.FASTEST_PAN), _steps(pace, visca.FASTEST_TILT)))
            await self._order(b"\x06\x02" + speeds + visca.nibbles(pan, 4) + visca.nibbles(tilt, 4))
        if aim.zoom is not None:
            await self._order(b"\x04\x47" + visca.nibbles(self._zoom.raw(aim.zoom), 4))
        if aim.focus is not None:
            await self._order(b"\x04\x48" + visca.nibbles(visca.FOCUS.raw(aim.focus), 4))

    async def position(self) -> Position:
        """Three inquiries; a camera that does not tell its focus counts as sharp."""
        pan_tilt = await self._ask(b"\x06\x12")
        zoom = await self._ask(b"\x04\x47")
        if len(pan_tilt) < 8 or len(zoom) < 4:
            raise CameraLost("it gives strange answers")
        try:
            focus = visca.FOCUS.units(visca.from_nibbles((await self._ask(b"\x04\x48"))[:4], signed=False))
        except OrderRefused:
            focus = 0
        return Position(
            self._pan.units(visca.from_nibbles(pan_tilt[:4])),
            self._tilt.units(visca.from_nibbles(pan_tilt[4:8])),
            self._zoom.units(visca.from_nibbles(zoom[:4], signed=False)),
            focus,
        )

    async def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    async def _order(self, command: bytes) -> None:
        await self._exchange(visca.COMMAND, b"\x81\x01" + command + b"\xff")

    async def _ask(self, inquiry: bytes) -> bytes:
        """The answer, without the reply's own bytes."""
        reply = await self._exchange(visca.INQUIRY, b"\x81\x09" + inquiry + b"\xff")
        return reply[2:-1]

    async def _exchange(self, kind: int, payload: bytes) -> bytes:
        """Send until answered; the first reply. Raises `CameraLost` without one and `OrderRefused` for an error."""
        if self._transport is None:
            raise CameraLost("there is no connection")
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        sequence = self._sequence
        if kind == visca.CONTROL:
            self._sequence = 0
        expected = visca.CONTROL_REPLY if kind == visca.CONTROL else visca.REPLY
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[expected, sequence] = answer
        try:
            for _ in range(TRIES):
                self._transport.sendto(Packet(kind, sequence, payload).encoded())
                done, _ = await asyncio.wait({answer}, timeout=ANSWER_S)
                if done:
                    break
            else:
                raise CameraLost("it does not answer")
            reply = answer.result()
        finally:
            del self._waiting[expected, sequence]
        if expected == visca.REPLY and (len(reply) < 3 or reply[1] & 0xF0 not in _SOCKETS):
            raise OrderRefused(f"it refused {payload.hex()} with {reply.hex()}")
        return reply

    def _hear(self, data: bytes) -> None:
        packet = visca.read_packet(data)
        if packet is not None:
            waiting = self._waiting.get((packet.kind, packet.sequence))
            if waiting is not None and not waiting.done():
                waiting.set_result(packet.payload)


class _Replies(asyncio.DatagramProtocol):
    """Hands datagrams over; a closed port shows by the missing answer."""

    def __init__(self, hear: Callable[[bytes], None]) -> None:
        self._hear = hear

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Take a datagram."""
        self._hear(data)

    def error_received(self, exc: Exception) -> None:
        """Ignore that the port is closed."""


def _steps(speed: float, fastest: int) -> int:
    """A share of full speed in the camera's steps: at least 1."""
    return max(1, min(fastest, round(abs(speed) * fastest)))


def _side(speed: float) -> int:
    return 1 if speed < 0 else 2 if speed > 0 else 3


def _range(query: dict[str, list[str]], name: str, usual: Range) -> Range:
    """The range of an axis: `pan=2448` in the URL means that far to either side; zoom begins at 0."""
    text = query.get(name, [""])[0]
    if not text.isdecimal() or not 0 < int(text) <= 0x7FFF:
        return usual
    return Range(0 if name == "zoom" else -int(text), int(text))
