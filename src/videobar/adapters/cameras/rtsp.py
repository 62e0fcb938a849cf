"""A network camera that only gives its picture: `rtsp://[USER:PASSWORD@]HOST[:PORT]/PATH`."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from videobar.adapters.cameras.context import CameraContext
from videobar.adapters.cameras.drawn import digital_facts
from videobar.adapters.cameras.url import CameraUrl
from videobar.errors import VideobarError
from videobar.room.cameras.digital import DigitalCamera, FoundCamera

PORT: Final = 554
CONNECT_S: Final = 3.0
EVERY_S: Final = 5.0
"""Interval at which the camera is asked whether it is there."""


def rtsp_camera(url: str, context: CameraContext) -> DigitalCamera:
    """The camera behind `rtsp:`. It is there while its port can be connected to."""
    place = CameraUrl.of(url, PORT)
    facts = digital_facts("RTSP", context)

    async def find() -> FoundCamera | None:
        try:
            address = await place.address(context.egress)
            async with asyncio.timeout(CONNECT_S):
                _, writer = await asyncio.open_connection(address, place.port)
        except (VideobarError, OSError, TimeoutError):
            return None
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return FoundCamera(facts, place.url(address))

    return DigitalCamera(clock=context.clock, find=find, every_s=EVERY_S)
