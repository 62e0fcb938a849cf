"""Two rooms over a link that becomes narrower than their call."""

from __future__ import annotations

import av
import numpy as np
import pytest
from tests.narrow_link import narrow_link

pytestmark = pytest.mark.slow

STEP_S = 3.0
"""When the link becomes narrow, in the seconds of the media."""
SETTLED_S = STEP_S + 5.0
END_S = SETTLED_S + 3.0
WIDE_KBPS, NARROW_KBPS = 2000, 600


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """A moving picture that takes all the rate that it gets."""
    path = tmp_path_factory.mktemp("film") / "noise.mp4"
    chance = np.random.default_rng(3)
    scene = chance.integers(40, 215, (360 + 64, 640 + 200), dtype=np.uint8)
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=30, options={"preset": "ultrafast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for index in range(90):
            left = int(100 + 99 * np.sin(2 * np.pi * index / 90))
            luma = scene[index % 64 :, left:][:360, :640]
            frame = av.VideoFrame.from_ndarray(np.repeat(luma[:, :, None], 3, axis=2), format="rgb24")
            for packet in stream.encode(frame):
                film.mux(packet)
        for packet in stream.encode():
            film.mux(packet)
    return path


@pytest.fixture
async def link_between(rooms, patience, film):
    """Two rooms in a call over a link, which lasts for so many seconds of the media; the link."""

    async def between(**rates):
        settings = {"near_source": f"file:{film}", "rate_kbps": 1920, "video_codecs": ("h264",)}
        caller, called = await rooms(**settings), await rooms(**settings)
        port = int(called.address.rpartition(":")[2])
        with narrow_link(port, WIDE_KBPS) as link:

            def narrow(link):
                for name, way in (("there", link.there), ("back", link.back)):
                    if way.media_s >= STEP_S and name in rates:
                        way.kbps = rates[name]

            link.on_media = narrow
            address, called.address = called.address, f"sip:room@127.0.0.1:{link.port}"
            await caller.call(called, rate_kbps=1920)
            called.address = address
            await patience(
                lambda: min(link.there.media_s, link.back.media_s) >= END_S, "the end of what is measured"
            )
        return link

    return between


async def test_both_ways(link_between):
    link = await link_between(there=NARROW_KBPS, back=NARROW_KBPS)
    for way in (link.there, link.back):
        assert way.kbps_of(1, STEP_S) > NARROW_KBPS * 1.3, "the call needs more than the narrow link"
        assert way.kbps_of(SETTLED_S, END_S) <= 1.3 * NARROW_KBPS


async def test_one_way(link_between):
    """The healthy direction goes on: neither requests nor what is sent again get in its way."""
    link = await link_between(there=NARROW_KBPS)
    assert link.there.kbps_of(SETTLED_S, END_S) <= 1.3 * NARROW_KBPS
    sent, through = (link.back.kbps_of(STEP_S, END_S, arrived=arrived) for arrived in (False, True))
    assert through > 0.9 * sent
    assert through > 1.3 * NARROW_KBPS, "it takes more than the other direction has"
