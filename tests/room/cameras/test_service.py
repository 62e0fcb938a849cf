import asyncio
import itertools

import pytest
from tests.waiting import until

from videobar.errors import CameraCannot, CameraNotConnected, NoSuchPreset, NoSuchSource
from videobar.room.cameras.position import HOME, Aim, Drive, Position
from videobar.room.cameras.service import LONGEST_MOVE_S
from videobar.room.cameras.sources import CONTENT, PEOPLE

LEFT, RIGHT = Drive(pan=-0.5), Drive(pan=0.5)


def looks(cameras, index=1):
    return cameras.source(index).camera.position()


async def test_the_list_is_that_of_a_device(cameras):
    assert [(each.index, each.name, each.connected) for each in cameras.sources()] == [
        (1, "Main", True),
        (2, "HDMI Input", True),
        (3, "Side", True),
        (4, "", True),
        (5, "", False),
        (6, "PPCIP", False),
        (7, "UILAYER1", False),
        (9, "rdpLP", False),
        (10, "VIRTDEV1", False),
        (11, "VIRTDEV2", False),
        (12, "VIRTDEV3", False),
        (13, "VIRTDEV4", False),
    ]
    assert cameras.source(5).facts.model == ""
    assert [each.index for each in cameras.sources(CONTENT)] == [2, 6, 7]
    with pytest.raises(NoSuchSource):
        cameras.source(8)


async def test_a_move_starts_joins_another_and_stops(cameras, clock, picture):
    cameras.drive(1, RIGHT)
    cameras.drive(1, Drive(tilt=0.5))
    await clock.advance(0.25)
    assert looks(cameras) == Position(2_500, 2_500)
    await clock.advance(1.0)
    assert looks(cameras) == Position(22_500, 22_500)
    cameras.halt(1)
    for _ in range(10):
        await clock.advance(0.1)
    assert looks(cameras) == Position(25_000, 25_000)
    assert picture.shown[-1] == ("one:", Position(25_000, 25_000))
    assert len(picture.shown) > 5  # it was shown while it moved


@pytest.mark.parametrize(
    ("drive", "axis", "sign"),
    [
        (Drive(pan=-0.5), "pan", -1),
        (Drive(pan=0.5), "pan", 1),
        (Drive(tilt=-0.5), "tilt", -1),
        (Drive(tilt=0.5), "tilt", 1),
        (Drive(zoom=-0.5), "zoom", -1),
        (Drive(zoom=0.5), "zoom", 1),
        (Drive(focus=-0.5), "focus", -1),
        (Drive(focus=0.5), "focus", 1),
    ],
)
async def test_every_direction_up_to_its_limit(cameras, clock, drive, axis, sign):
    cameras.drive(1, drive)
    await clock.advance(9)
    assert getattr(looks(cameras), axis) == sign * 50_000


async def test_a_lost_stop_does_not_move_for_ever(cameras, clock):
    cameras.drive(1, Drive(pan=0.01))
    await clock.advance(LONGEST_MOVE_S)
    moved = looks(cameras).pan
    await clock.advance(60)
    assert moved <= looks(cameras).pan <= moved + 10


async def test_closer_is_slower(cameras, clock):
    cameras.go_to(1, Aim(zoom=50_000))
    await clock.advance(5)
    cameras.drive(1, RIGHT)
    await clock.advance(1)
    cameras.halt(1)
    await clock.advance(1)
    assert 5_000 < looks(cameras).pan < 7_000


async def test_positions_absolute_and_relative(cameras, clock):
    cameras.go_to(1, Aim(-10_000, 20_000, 0))
    await clock.advance(5)
    assert looks(cameras) == Position(-10_000, 20_000, 0)
    cameras.go_to(1, Aim(pan=-45_000, tilt=-1), relative=True)
    await clock.advance(5)
    assert looks(cameras) == Position(-50_000, 19_999, 0)


async def test_axes_arrive_together(cameras, clock):
    cameras.go_to(1, Aim(40_000, 4_000, -46_000))
    duration = 40_000 / 40_000 + 0.5
    await clock.advance(duration / 2)
    assert looks(cameras) == Position(20_000, 2_000, -48_000)
    await clock.advance(duration / 2 - 0.01)
    assert looks(cameras).tilt < 4_000
    await clock.advance(0.02)
    assert looks(cameras) == Position(40_000, 4_000, -46_000)


async def test_what_cannot_move_says_so(cameras, clock):
    with pytest.raises(CameraCannot, match="source 4: it cannot pan"):
        cameras.drive(4, LEFT)
    with pytest.raises(CameraCannot):
        cameras.go_to(4, Aim(1, 2, 3))
    with pytest.raises(CameraCannot, match="cannot follow people"):
        cameras.start_tracking(4)
    with pytest.raises(CameraNotConnected):
        cameras.drive(5, LEFT)
    with pytest.raises(NoSuchSource):
        cameras.halt(8)
    cameras.halt(4)


async def test_selection_is_shown_and_kept(cameras, make, picture):
    assert cameras.selected(PEOPLE).index == 1
    assert cameras.selected(CONTENT).index == 2
    await cameras.select(3)
    assert cameras.selected(PEOPLE).index == 3
    assert picture.shown[-1] == ("two:", HOME)
    with pytest.raises(CameraNotConnected):
        await cameras.select(5)
    again = make()
    assert again.selected(PEOPLE).index == 3


async def test_an_unplugged_camera_comes_back(cameras, clock, plug, picture):
    await cameras.select(3)
    cameras.drive(3, RIGHT)
    plug.inserted = False
    await clock.advance(2.5)
    assert not cameras.source(3).connected
    assert cameras.selected(PEOPLE).index == 3
    assert picture.shown[-1][0] == "none:"
    with pytest.raises(CameraNotConnected):
        cameras.drive(3, LEFT)
    with pytest.raises(CameraNotConnected):
        await cameras.store_preset(1, with_image=False)
    plug.inserted = True
    await clock.advance(2.5)
    assert cameras.source(3).connected
    assert picture.shown[-1][0] == "two:"


async def test_a_preset_brings_back_camera_and_position(cameras, clock, make):
    cameras.go_to(1, Aim(10_000, -5_000, 20_000, 300))
    await clock.advance(5)
    await cameras.store_preset(4, with_image=True)
    await until(lambda: cameras.preset(4).has_image)
    assert await cameras.preset_image(4) == b"\xff\xd8thumbnail"
    await cameras.select(3)
    await cameras.store_preset(5, with_image=False)

    again = make()
    assert again.preset(4).has_image
    assert again.preset(4).position == Position(10_000, -5_000, 20_000, 300)
    assert not again.preset(5).has_image
    with pytest.raises(NoSuchPreset):
        await again.preset_image(5)
    await again.activate_preset(4)
    assert again.selected(PEOPLE).index == 1
    await clock.advance(0.2)
    assert looks(again) != HOME
    assert looks(again) != Position(10_000, -5_000, 20_000, 300)  # on its way
    await clock.advance(5)
    assert looks(again) == Position(10_000, -5_000, 20_000, 300)

    await again.clear_preset(4)
    await again.clear_preset(4)
    assert again.preset(4) is None
    with pytest.raises(NoSuchPreset):
        await again.activate_preset(4)
    assert make().preset(4) is None


async def test_a_preset_stored_again_loses_its_old_image(cameras, picture):
    await cameras.store_preset(0, with_image=True)
    await until(lambda: cameras.preset(0).has_image)
    picture.down = True
    await cameras.store_preset(0, with_image=True)
    await cameras.store_preset(1, with_image=False)
    await no_more_thumbnails()
    assert not cameras.preset(0).has_image
    with pytest.raises(NoSuchPreset):
        await cameras.preset_image(0)


async def test_presets_stored_at_once_all_count(cameras):
    await asyncio.gather(*(cameras.store_preset(index, with_image=True) for index in range(10)))
    await until(lambda: all(cameras.preset(index).has_image for index in range(10)))


async def no_more_thumbnails():
    """Let the thumbnails that are asked for be taken."""
    await until(lambda: not any(task.get_name() == "preset-thumbnails" for task in asyncio.all_tasks()))


async def test_a_preset_is_stored_before_its_picture_comes(cameras, clock, picture, make):
    picture.ready.clear()
    await cameras.store_preset(3, with_image=True)
    stored = cameras.preset(3)
    assert (stored.position, stored.has_image) == (HOME, False)
    await cameras.activate_preset(3)
    assert make().preset(3) == stored
    picture.ready.set()
    await until(lambda: cameras.preset(3).has_image)
    assert cameras.preset(3).position == HOME
    assert await cameras.preset_image(3) == b"\xff\xd8thumbnail"
    assert make().preset(3).has_image


async def test_the_position_is_that_of_the_moment_of_the_order(cameras, clock, picture):
    cameras.go_to(1, Aim(10_000))
    await clock.advance(5)
    storing = asyncio.create_task(cameras.store_preset(3, with_image=True))
    await asyncio.sleep(0)
    cameras.go_to(1, Aim(-10_000))
    await clock.advance(5)
    await storing
    await no_more_thumbnails()
    assert cameras.preset(3).position.pan == 10_000
    assert not cameras.preset(3).has_image  # what is seen now is something else


@pytest.mark.parametrize("later", ["go to", "drive", "halt"])
async def test_a_move_is_not_undone_by_a_preset_that_waited_for_the_disk(cameras, clock, disk, later):
    cameras.go_to(1, Aim(10_000))
    await clock.advance(5)
    await cameras.store_preset(3, with_image=False)
    cameras.go_to(1, Aim(-20_000))
    await clock.advance(5)
    disk.ready.clear()
    storing = asyncio.create_task(cameras.store_preset(4, with_image=False))
    activating = asyncio.create_task(cameras.activate_preset(3))
    await asyncio.sleep(0)
    if later == "go to":
        cameras.go_to(1, Aim(-30_000))
    elif later == "drive":
        cameras.drive(1, Drive(pan=-1))
    else:
        cameras.halt(1)
    disk.ready.set()
    await asyncio.gather(storing, activating)
    await clock.advance(5)
    assert cameras.source(1).camera.position().pan <= -20_000
    cameras.halt(1)
    await cameras.activate_preset(3)
    await clock.advance(5)
    assert cameras.source(1).camera.position().pan == 10_000


STORED_AT = {"store": 10_000, "store with image": 20_000, "clear": None, "activate": None}


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("orders", list(itertools.product(STORED_AT, repeat=3)), ids="-".join)
async def test_the_last_order_wins_however_late_pictures_come(cameras, clock, picture, orders, at_once, make):
    picture.ready.clear()
    answers = []
    for number, order in enumerate(orders):
        if order.startswith("store"):
            cameras.go_to(1, Aim(pan=STORED_AT[order] + number))
            await clock.advance(5)
            doing = cameras.store_preset(3, with_image=order.endswith("image"))
        else:
            doing = cameras.clear_preset(3) if order == "clear" else cameras.activate_preset(3)
        answers.append(asyncio.create_task(doing))
        if at_once:
            await asyncio.sleep(0)
        else:
            await asyncio.wait(answers)
    done = await asyncio.gather(*answers, return_exceptions=True)
    kept, illustrated = None, False
    for number, (order, answer) in enumerate(zip(orders, done, strict=True)):
        if order == "activate":
            assert isinstance(answer, NoSuchPreset) is (kept is None)
            continue
        assert answer is None
        kept = STORED_AT[order] and STORED_AT[order] + number
        illustrated = order.endswith("image")
    await clock.advance(5)
    picture.ready.set()
    await no_more_thumbnails()
    for room in (cameras, make()):
        preset = room.preset(3)
        assert (preset and preset.position.pan) == kept
        if not (at_once and "activate" in orders):  # which may have moved the camera after that was stored
            assert (preset is not None and preset.has_image) is illustrated
    if preset is not None and preset.has_image:
        assert await cameras.preset_image(3)


async def test_a_store_that_is_full_keeps_the_preset_without_its_picture(cameras, picture, database, caplog):
    picture.ready.clear()
    await cameras.store_preset(3, with_image=True)
    await database.write(
        lambda connection: connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON camera_preset BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    )
    picture.ready.set()
    await no_more_thumbnails()
    assert cameras.preset(3) is not None
    assert not cameras.preset(3).has_image
    assert "the picture of preset 3 could not be kept" in caplog.text


async def test_selections_and_presets_take_effect_in_their_order(cameras, clock):
    await cameras.select(3)
    await cameras.store_preset(1, with_image=False)
    await cameras.select(1)
    await cameras.store_preset(2, with_image=False)
    for last, source in ((1, 3), (2, 1)):
        await asyncio.gather(cameras.activate_preset(3 - last), cameras.activate_preset(last))
        assert cameras.selected(PEOPLE).index == source
        await asyncio.gather(cameras.activate_preset(3 - last), cameras.select(source))
        assert cameras.selected(PEOPLE).index == source


async def test_tracking_goes_where_the_people_are(cameras, clock, picture):
    cameras.start_tracking(1)
    cameras.start_tracking(1)
    assert cameras.tracks(1)
    picture.framing = (20_000, -4_000, 10_000)
    for _ in range(40):
        await clock.advance(0.5)
    assert looks(cameras) == Position(20_000, -4_000, 10_000)
    picture.framing = None
    for _ in range(60):
        await clock.advance(0.5)
    assert looks(cameras) == HOME
    picture.down = True
    await clock.advance(0.5)
    picture.down = False
    picture.framing = (-20_000, 0, 0)
    for _ in range(40):
        await clock.advance(0.5)
    assert looks(cameras) == Position(-20_000, 0, 0)


@pytest.mark.parametrize("order", [lambda c: c.drive(1, LEFT), lambda c: c.go_to(1, Aim(pan=1))])
async def test_who_moves_a_camera_ends_tracking(cameras, order):
    cameras.start_tracking(1)
    order(cameras)
    assert not cameras.tracks(1)
    cameras.stop_tracking(1)
