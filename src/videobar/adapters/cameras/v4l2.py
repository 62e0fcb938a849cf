"""A camera of this computer: `v4l2:/dev/video0`. Linux only.

Where its driver can pan, tilt and zoom (the controls of the camera class, `linux/v4l2-controls.h`), it moves itself; a
part of its picture is shown otherwise.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import struct
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol

from videobar.adapters.cameras.context import CameraContext
from videobar.adapters.cameras.drawn import digital_facts
from videobar.files import require_video_device
from videobar.room.cameras.digital import DigitalCamera, FoundCamera
from videobar.room.cameras.port import CameraFacts
from videobar.room.cameras.position import HIGHEST, LOWEST, Position

CONTROLS: Final = {"pan": 0x009A0908, "tilt": 0x009A0909, "focus": 0x009A090A, "zoom": 0x009A090D}
"""`V4L2_CID_PAN_ABSOLUTE`, `V4L2_CID_TILT_ABSOLUTE`, `V4L2_CID_FOCUS_ABSOLUTE`, `V4L2_CID_ZOOM_ABSOLUTE`."""

_QUERY_CAPABILITIES: Final = 0x80685600
_QUERY_CONTROL: Final = 0xC0445624
_SET_CONTROL: Final = 0xC008561C
_CAPABILITIES: Final = struct.Struct("=16s32s32sIII12x")
_CONTROL_FACTS: Final = struct.Struct("=II32siiiiI8x")
_CONTROL: Final = struct.Struct("=Ii")
_CAPTURE: Final = 0x00000001
_DISABLED: Final = 0x0001


@dataclass(frozen=True)
class Control:
    """The numbers that a control takes."""

    lowest: int
    highest: int
    step: int

    def value(self, units: int) -> int:
        """The number for -50000 to 50000, on one of the control's steps."""
        exact = (units - LOWEST) / (HIGHEST - LOWEST) * (self.highest - self.lowest)
        step = max(1, self.step)
        return min(self.lowest + round(exact / step) * step, self.highest)


class VideoDevice(Protocol):
    """A video device; every method raises `OSError`."""

    def card(self) -> str | None:
        """Name of the device; `None` where it does not capture pictures."""
        ...

    def control(self, identity: int) -> Control | None:
        """Range of a control; `None` where there is none."""
        ...

    def set(self, identity: int, value: int) -> None:
        """Set a control."""
        ...


class V4l2Device:
    """Implements `VideoDevice` by the kernel's ioctls. It is opened for each call, so that it can be unplugged."""

    def __init__(self, path: str) -> None:
        self._path = path

    def card(self) -> str | None:
        """Name of the device."""
        _, card, _, _, capabilities, of_this_node = _CAPABILITIES.unpack(
            self._call(_QUERY_CAPABILITIES, bytes(_CAPABILITIES.size))
        )
        if not (of_this_node or capabilities) & _CAPTURE:
            return None
        return str(card.split(b"\0")[0].decode("utf-8", "replace"))

    def control(self, identity: int) -> Control | None:
        """Range of a control; `None` where there is none."""
        asked = bytearray(_CONTROL_FACTS.size)
        struct.pack_into("=I", asked, 0, identity)
        try:
            answer = self._call(_QUERY_CONTROL, bytes(asked))
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOTTY):
                return None
            raise
        _, _, _, lowest, highest, step, _, flags = _CONTROL_FACTS.unpack(answer)
        return None if flags & _DISABLED or lowest >= highest else Control(lowest, highest, step)

    def set(self, identity: int, value: int) -> None:
        """Set a control."""
        self._call(_SET_CONTROL, _CONTROL.pack(identity, value))

    def _call(self, request: int, data: bytes) -> bytes:
        require_video_device(self._path)
        descriptor = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        try:
            return fcntl.ioctl(descriptor, request, data)
        finally:
            os.close(descriptor)


class V4l2Camera:
    """Looks for a device and moves it. The driver may take its time, so a thread of its own speaks to it."""

    def __init__(self, device: VideoDevice, picture: str, context: CameraContext) -> None:
        self._device, self._picture = device, picture
        self._surroundings = context
        self._worker = ThreadPoolExecutor(1, "v4l2")
        self._wanted: Position | None = None
        self._set: dict[int, int] = {}
        self._known: tuple[str, FoundCamera] | None = None

    async def find(self) -> FoundCamera | None:
        """The camera, if it is plugged in."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, self._look)
        except OSError:
            self._known = None
            return None

    def _look(self) -> FoundCamera | None:
        card = self._device.card()
        if card is None:
            return None
        if self._known is None or self._known[0] != card:
            self._known = card, self._describe(card)
        return self._known[1]

    def _describe(self, card: str) -> FoundCamera:
        controls = {axis: self._device.control(identity) for axis, identity in CONTROLS.items()}
        there = {axis: control for axis, control in controls.items() if control is not None}
        if not {"pan", "tilt", "zoom"} <= set(there):
            return FoundCamera(digital_facts(card, self._surroundings), self._picture)
        self._set.clear()
        facts = CameraFacts(card, pan=True, tilt=True, zoom=True, focus="focus" in there)

        def move(position: Position) -> None:
            waiting, self._wanted = self._wanted, position
            if waiting is None:
                self._worker.submit(self._move, there)

        return FoundCamera(facts, self._picture, move)

    def _move(self, controls: Mapping[str, Control]) -> None:
        """Set what has changed of the last position that was wanted."""
        wanted, self._wanted = self._wanted, None
        if wanted is None:
            return
        for axis, control in controls.items():
            identity, value = CONTROLS[axis], control.value(getattr(wanted, axis))
            if self._set.get(identity) != value:
                with contextlib.suppress(OSError):  # unplugged, which the next look finds out
                    self._device.set(identity, value)
                    self._set[identity] = value


def v4l2_camera(url: str, context: CameraContext, device: VideoDevice | None = None) -> DigitalCamera:
    """The camera behind `v4l2:`."""
    path = url.removeprefix("v4l2:")
    camera = V4l2Camera(device or V4l2Device(path), url, context)
    return DigitalCamera(clock=context.clock, find=camera.find)
