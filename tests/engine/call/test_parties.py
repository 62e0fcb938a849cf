"""Several parties in one call: who sees whom, and how often it is encoded."""

from __future__ import annotations

import numpy as np
import pytest

from videobar.engine.mixing import video_router
from videobar.media.video.frame import filled, yuv
from videobar.media.video.layout import LayoutStyle
from videobar.media.video.sources import schemes as picture_sources

SHADES = {"white": (220, 220, 220), "red": (220, 30, 30), "green": (30, 220, 30), "blue": (30, 30, 220)}


class Shade:
    """A camera that sees one colour, with some life in it."""

    def __init__(self, name):
        self.colour = yuv(*SHADES[name])
        self.count = 0

    def frame(self, at_s):
        self.count += 1
        picture = filled(1280, 720, *self.colour)
        picture.y[:16, :16] = 60 + self.count % 40
        return picture

    def close(self):
        pass


@pytest.fixture(autouse=True)
def shades(monkeypatch):
    monkeypatch.setitem(picture_sources.SCHEMES, "shade", picture_sources.Scheme(Shade))


def share(pixels, name) -> float:
    """How much of a picture has a colour."""
    return float((np.abs(pixels.astype(int) - SHADES[name]).max(axis=2) < 50).mean())


def shows(*names, without=()):
    return lambda pixels: (
        all(share(pixels, name) > 0.04 for name in names)
        and all(share(pixels, name) < 0.02 for name in without)
    )


async def test_three_parties_see_the_other_two(rooms, patience):
    hub = await rooms(near_source="shade:white")
    red, green = await rooms(near_source="shade:red"), await rooms(near_source="shade:green")
    await red.call(hub)
    await red.far_becomes(shows("white", without=["red", "green"]), "white alone")
    await green.call(hub)
    await red.far_becomes(shows("white", "green", without=["red"]), "white and green")
    await green.far_becomes(shows("white", "red", without=["green"]), "white and red")
    await hub.far_becomes(shows("red", "green", without=["white"]), "red and green")
    assert hub.endpoint._routing.encodings == 2

    hub.endpoint.set_video_muted(True)
    await red.far_becomes(shows("green", without=["white", "red"]), "green alone")
    hub.endpoint.set_video_muted(False)
    await red.far_becomes(shows("white", "green"), "white again")

    green.endpoint.hang_up("out")
    await red.far_becomes(shows("white", without=["green", "red"]), "white alone again")
    assert hub.endpoint._routing.encodings == 1
    await patience(lambda: hub.endpoint._routing._composing is None, "the end of the composition")


async def test_a_party_that_shows_nothing_has_no_tile_and_sees_all(rooms):
    hub = await rooms(near_source="shade:white")
    red, mute = await rooms(near_source="shade:red"), await rooms(near_source="nothing:")
    await red.call(hub)
    await mute.call(hub)
    await mute.far_becomes(shows("white", "red"), "white and red")


async def test_a_party_with_sound_alone_leaves_the_picture_as_it_is(rooms):
    hub = await rooms(near_source="shade:white")
    red, voice = await rooms(near_source="shade:red"), await rooms(video_codecs=())
    await red.call(hub)
    await voice.call(hub)
    await red.far_becomes(shows("white", without=["red"]), "white alone")
    assert share(await red.far(), "white") > 0.9


async def test_many_parties_share_one_view_and_its_encoding(rooms, monkeypatch, patience):
    monkeypatch.setattr(video_router, "MOST_OWN_VIEWS", 1)
    hub = await rooms(near_source="shade:white", layout=LayoutStyle.GRID)
    parties = [await rooms(near_source=f"shade:{name}", rate_kbps=256) for name in ("red", "green", "blue")]
    for party in parties:
        await party.call(hub, rate_kbps=256)
    for party in parties:
        await party.far_becomes(shows("white", "red", "green", "blue"), "everybody")
    assert hub.endpoint._routing.encodings == 1
    assert len({id(party.encoding) for party, _ in hub.endpoint._routing._parties.values()}) == 1


async def test_the_speaker_is_large_for_the_others(rooms, monkeypatch, patience):
    monkeypatch.setattr(video_router, "MOST_OWN_VIEWS", 1)
    hub = await rooms(near_source="shade:white")
    red = await rooms(near_source="shade:red", rate_kbps=256)
    green = await rooms(near_source="shade:green", rate_kbps=256, microphones=("tone:500",))
    for party in (red, green):
        await party.call(hub, rate_kbps=256)
    await red.far_becomes(lambda pixels: share(pixels, "green") > 0.5, "mostly green")
    await green.far_becomes(lambda pixels: share(pixels, "green") < 0.2, "not mostly itself")


async def test_what_the_machine_cannot_encode_becomes_smaller(rooms, monkeypatch):
    hub, red = await rooms(near_source="shade:white"), await rooms(near_source="shade:red")
    monkeypatch.setattr(video_router, "PIXELS_PER_S_AND_CORE", 1000)
    await red.call(hub, rate_kbps=1920)
    row = await red.sees("out")
    assert (row.width, row.height) == (640, 360)
