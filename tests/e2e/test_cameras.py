"""What is seen follows the camera: in the room itself, in its presets, and at the far end of a call."""

import asyncio
import socket

import cv2
import numpy as np
import pytest
from tests.waiting import until

from videobar import local_room
from videobar.contract.cameras import (
    CameraAction,
    CameraDirection,
    CameraPosition,
    CameraRequest,
    PositionRequest,
    YesNo,
)
from videobar.errors import CameraCannot, NoSuchPreset, NotThere, StartError


async def picture(download):
    content = b"".join([chunk async for chunk in (await download).chunks])
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None, content[:20]
    return cv2.resize(pixels, (320, 180), interpolation=cv2.INTER_AREA).astype(int)


async def near(room):
    return await picture(room.cameras.snapshot("near_image_1.jpg"))


SAME, OTHER = 0.3, 0.4
"""People who move change a fifth of a picture at most; another view changes three quarters."""


def difference(one, other):
    """The share of pixels that differ."""
    return float((np.abs(one - other) > 12).mean())


async def rest(room):
    """Wait until the camera rests."""
    seen = []

    async def still():
        await asyncio.sleep(0.2)  # long enough to see that it moves
        view = await room.cameras.near_view("1")
        seen.append((view.pan, view.tilt, view.zoom, view.focus))
        return seen[-1:] * 2 == seen[-2:]

    await until(still, "the camera rests")
    return seen[-1]


async def go_to(room, **position):
    wanted = PositionRequest(cam_position=CameraPosition(**position))
    await room.cameras.move_to_position("SELECTED_PEOPLE", wanted)
    await rest(room)


async def illustrated(room, index):
    """Whether a preset has its thumbnail."""
    preset = await room.cameras.near_preset(index)
    return preset.image_location == f"/x/cameras/near/presets/{index}/image"


async def test_what_the_room_sees_follows_its_camera():
    async with local_room() as room:
        ahead = await near(room)
        assert np.ptp(ahead) > 150
        assert difference(ahead, await near(room)) < SAME  # people move, the room does not
        await room.cameras.act_on_near_selected_people(
            CameraRequest(action=CameraAction.MOVE_START, direction=CameraDirection.RIGHT)
        )
        await asyncio.sleep(0.5)
        await room.cameras.act_on_near_source("1", CameraRequest(action=CameraAction.MOVE_STOP))
        pan, *_ = await rest(room)
        assert pan > 2_000
        assert difference(ahead, await near(room)) > OTHER
        await go_to(room, pan=0, tilt=0, zoom=-50_000)
        assert difference(ahead, await near(room)) < SAME


async def test_a_preset_with_its_thumbnail_survives(tmp_path):
    async with local_room(tmp_path) as room:
        await go_to(room, pan=30_000, tilt=8_000, zoom=0)  # where nobody walks
        there = await near(room)
        await room.cameras.act_on_near_preset(
            2, CameraRequest(action=CameraAction.STORE, with_image=YesNo.YES)
        )
        stored = await room.cameras.near_preset(2)
        assert stored.stored
        await until(lambda: illustrated(room, 2), "the thumbnail")
        assert difference(there, await picture(room.cameras.near_preset_image(2))) < SAME
    async with local_room(tmp_path) as room:
        assert (await room.cameras.near_preset(2)).stored
        assert difference(there, await near(room)) > OTHER
        await room.cameras.act_on_near_preset(2, CameraRequest(action=CameraAction.ACTIVATE))
        assert await rest(room) == (30_000, 8_000, 0, 0)
        assert difference(there, await near(room)) < SAME
        assert difference(there, await picture(room.cameras.near_preset_image(2))) < SAME
        await room.cameras.act_on_near_preset(2, CameraRequest(action=CameraAction.CLEAR))
        with pytest.raises(NoSuchPreset):
            await room.cameras.near_preset_image(2)


async def test_tracking_shows_the_people_closer():
    async with local_room() as room:
        assert (await room.cameras.near_source("1")).trackable
        await go_to(room, pan=-50_000, tilt=50_000, zoom=50_000)  # a corner of the ceiling
        await room.cameras.start_tracking("1")
        assert (await room.cameras.near_view("1")).tracking

        async def framed():
            await near(room)  # somebody must look
            view = await room.cameras.near_view("1")
            return -50_000 < view.zoom < 0 and abs(view.pan) < 15_000 and view.tilt < 20_000

        await until(framed, "everybody is in the picture")
        await go_to(room, pan=0)
        assert not (await room.cameras.near_view("1")).tracking


async def test_no_media_no_tracking():
    async with local_room(engine="simulated") as room:
        assert not (await room.cameras.near_source("1")).trackable
        with pytest.raises(CameraCannot):
            await room.cameras.start_tracking("1")


async def test_the_far_end_sees_the_camera_move_and_a_call_survives_its_loss(tmp_path):
    slide = tmp_path / "slide.png"
    cv2.imwrite(str(slide), np.full((360, 640, 3), (0, 200, 0), np.uint8))
    async with (
        local_room(auto_answer="true", cameras=f"drawn:,people.Slide=file:{slide}") as far,
        local_room() as room,
    ):
        engine = await far.system.engine()
        call = await room.dial(f"room@127.0.0.1:{engine.sip_port}", dial_type="SIP")
        await call.connected()

        async def seen(test):
            try:
                return test(await picture(room.cameras.snapshot("far_image_1.jpg")))
            except NotThere:
                return False

        ahead = await near(far)
        await until(lambda: seen(lambda shown: difference(shown, ahead) < SAME), "the far room is seen")
        await go_to(far, pan=16_000, tilt=-6_000)
        aside = await near(far)
        assert difference(ahead, aside) > OTHER
        await until(lambda: seen(lambda shown: difference(shown, aside) < SAME), "it is seen to have panned")

        async def there():
            return (await far.cameras.near_source("3")).connected

        await until(there, "the second camera")
        await far.cameras.act_on_near_source("3", CameraRequest(action=CameraAction.ACTIVATE))
        await until(lambda: seen(lambda shown: np.ptp(shown) < 30), "the second camera is seen")
        slide.unlink()

        async def gone():
            return not (await far.cameras.near_selected_people()).connected

        await until(gone, "its loss")
        assert (await far.cameras.near_selected_people()).camera_index == 3
        await far.cameras.act_on_near_source("1", CameraRequest(action=CameraAction.ACTIVATE))
        await until(lambda: seen(lambda shown: difference(shown, aside) < SAME), "the first camera again")
        assert await call.state() == "CONNECTED"
        await call.hang_up()


async def test_a_joystick_at_the_room_s_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(StartError, match="VISCA port"):
            async with local_room(engine="simulated", visca_port=str(port)):
                pass
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as joystick:
        joystick.settimeout(30)
        joystick.connect(("127.0.0.1", port))
        async with local_room(engine="simulated", visca_port=str(port)) as room:
            joystick.send(bytes.fromhex("010000090000000181010601181803 02ff".replace(" ", "")))
            reply = await asyncio.to_thread(joystick.recv, 64)
            assert reply == bytes.fromhex("01110003000000019041ff")

            async def tilted():
                return (await room.cameras.near_view("1")).tilt < -3_000

            await until(tilted, "it tilts down")
