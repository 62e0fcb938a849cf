"""The far ends' cameras, and far ends at ours."""

from __future__ import annotations

import pytest
from tests.waiting import until

from videobar.errors import CameraCannot, NoSuchSource
from videobar.room.cameras.sources import CONTENT, PEOPLE
from videobar.room.far_cameras import (
    CameraAbility,
    FarCameras,
    FarCamerasKnown,
    FarCamerasLost,
    FarEndMoves,
    FarEndPreset,
    FarEndSelects,
    Motion,
    NearControl,
)

MAIN = CameraAbility(1, pan=True, tilt=True, zoom=True)
DOCUMENT = CameraAbility(3)
RIGHT, STILL = Motion(pan=1), Motion()


@pytest.fixture
def far(engine):
    return FarCameras(engine, None)


def test_nothing_is_allowed_unless_it_is(engine, far):
    assert engine.told == []
    far.hear(FarEndMoves("leg", RIGHT))
    far.hear(FarCamerasLost())


def test_sources_of_all_far_ends_are_numbered(far):
    far.hear(FarCamerasKnown("one", (MAIN, DOCUMENT), 1))
    far.hear(FarCamerasKnown("two", (MAIN,), 2))
    far.hear(FarCamerasKnown("three", (), 0))
    assert [(s.index, s.leg, s.kind, s.selected) for s in far.sources()] == [
        (1, "one", PEOPLE, True),
        (2, "one", CONTENT, False),
        (3, "two", PEOPLE, False),
    ]
    assert far.selected_people().leg == "one"
    far.hear(FarCamerasKnown("one", (), 0))
    assert far.selected_people().leg == "two"
    far.hear(FarCamerasLost())
    assert far.sources() == []
    with pytest.raises(NoSuchSource):
        far.selected_people()
    with pytest.raises(NoSuchSource):
        far.source(1)


def test_why_a_far_camera_cannot_be_moved(far):
    assert "H.281" in far.hint("one", video=True)
    assert "no video" in far.hint("one", video=False)
    with pytest.raises(NoSuchSource, match="no far end lets its camera be moved"):
        far.source(1)
    far.hear(FarCamerasKnown("one", (MAIN,), 1))
    assert far.hint("one", video=True) == ""
    assert "H.281" in far.hint("two", video=True)
    with pytest.raises(NoSuchSource, match=r"^NoSuchSource: there is no far source 9$"):
        far.source(9)
    far.hear(FarCamerasKnown("one", (), 0))
    assert "H.281" in far.hint("one", video=True)


def test_moving(engine, far):
    far.hear(FarCamerasKnown("one", (MAIN, DOCUMENT), 3))
    main, document = far.sources()
    far.move(main, RIGHT)
    far.stop(main)
    assert engine.told == [("select far", "one", 1), ("move far", "one", RIGHT), ("move far", "one", STILL)]
    with pytest.raises(CameraCannot, match="pan"):
        far.move(document, RIGHT)


async def test_far_ends_move_ours(make, engine, clock):
    cameras = make()
    far = FarCameras(engine, NearControl(cameras))
    _, abilities, presets = engine.told[0]
    assert sorted(each.number for each in abilities) == [1, 2, 3]
    assert presets == 10
    before = cameras.selected(PEOPLE).camera.position()
    far.hear(FarEndMoves("leg", RIGHT))
    for _ in range(10):
        await clock.advance(0.1)
    far.hear(FarEndMoves("leg", STILL))
    for _ in range(10):
        await clock.advance(0.1)  # it slows down
    moved = cameras.selected(PEOPLE).camera.position()
    assert moved.pan > before.pan
    for _ in range(10):
        await clock.advance(0.1)
    assert cameras.selected(PEOPLE).camera.position() == moved
    far.hear(FarEndMoves("leg", STILL))


async def test_far_ends_select_and_store(make, engine, clock):
    cameras = make()
    far = FarCameras(engine, NearControl(cameras))
    far.hear(FarEndPreset("leg", 3, store=True))
    far.hear(FarEndPreset("leg", 12, store=True))
    far.hear(FarEndPreset("leg", 5, store=False))
    await until(lambda: cameras.preset(3) is not None)
    far.hear(FarEndSelects("leg", 2))
    far.hear(FarEndSelects("leg", 9))
    await until(lambda: cameras.selected(PEOPLE).index == 3)
    far.hear(FarEndPreset("leg", 3, store=False))
    await until(lambda: cameras.selected(PEOPLE).index == 1)
