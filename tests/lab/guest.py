"""Runs inside the virtual machine of `run`: our V4L2 code on the kernel's own virtual camera (the driver `vivid`)."""

import asyncio
import time
from pathlib import Path

import numpy as np

from videobar.adapters.cameras.context import CameraContext
from videobar.adapters.cameras.v4l2 import V4l2Device, v4l2_camera
from videobar.clock import SystemClock
from videobar.media.video.sources.schemes import open_source
from videobar.room.egress import EgressPolicy

BRIGHTNESS = 0x00980900


def main() -> None:
    paths = sorted(str(path) for path in Path("/dev").glob("video*"))
    cards = {path: V4l2Device(path).card() for path in paths}
    print("devices", cards, flush=True)
    assert "vivid" in cards.values()
    assert None in cards.values()  # its output devices are no cameras
    path = next(path for path, card in cards.items() if card == "vivid")

    device = V4l2Device(path)
    control = device.control(BRIGHTNESS)
    print("brightness", control, flush=True)
    assert control is not None
    assert control.lowest == 0
    assert control.highest == 255
    assert device.control(0x009A0908) is None  # it cannot pan

    async def find():
        camera = v4l2_camera(
            f"v4l2:{path}", CameraContext(SystemClock(), EgressPolicy(None, ()), tracking=True)
        )
        there = asyncio.Event()
        camera.start(there.set)
        await there.wait()
        print("camera", camera.facts, camera.picture, flush=True)
        assert camera.facts.model == "vivid"
        assert camera.facts.pan  # by showing a part
        await camera.close()
        return camera.picture

    source = open_source(asyncio.run(find()))

    def mean(count):
        seen = []
        while len(seen) < count:
            picture = source.frame(time.monotonic())
            if picture is not None:
                seen.append(float(picture.y.mean()))
            time.sleep(0.01)
        print("pictures", picture.size, [round(each) for each in seen], flush=True)
        assert np.ptp(picture.y) > 50
        return seen[-1]

    before = mean(4)
    device.set(BRIGHTNESS, 255)
    assert mean(8) > before + 20
    source.close()
    print("LAB PASSED", flush=True)


if __name__ == "__main__":
    main()
