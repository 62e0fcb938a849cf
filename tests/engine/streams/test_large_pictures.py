"""A far end whose pictures are beyond what was agreed on: its video is lost, and nobody else's."""

from __future__ import annotations

import asyncio
import logging

import pytest
from tests.codecs.test_picture_headers import x264
from tests.engine.conftest import PATIENCE_TURNS

from videobar.codecs.h264 import packetize
from videobar.vocabulary import MediaDirection


@pytest.mark.parametrize("size", [(4096, 2304), (16, 8192)])
async def test_only_its_own_video_is_lost(rooms, patience, bars, caplog, size):
    caplog.set_level(logging.WARNING, "videobar.engine")
    settings = {"video_codecs": ("h264",), "rate_kbps": 1024}
    called, bad, good = await rooms(**settings), await rooms(**settings), await rooms(**settings)
    sending, theirs = await bad.call(called, rate_kbps=1024)
    _, others = await good.call(called, rate_kbps=1024)
    await called.sees(theirs)
    await called.sees(others)
    leg = bad.endpoint._calls[sending]._media.video._leg
    send = leg.send
    leg.send = lambda payloads, at_s: None
    payloads = [packetize(each, mode=1) for each in x264(*size, 2, crf="51")]

    async def received():
        return (await called.rows(theirs))[MediaDirection.RX]

    for _ in range(PATIENCE_TURNS):
        if (await received()).refused:
            break
        for each in payloads:
            send(each, leg._sent_at + 1 / 30)
            await asyncio.sleep(0.02)
    row = await received()
    assert f"{size[0]}x{size[1]}" in row.refused
    assert (row.width, row.height) == (640, 360)
    assert "the video from 127.0.0.1 is not shown" in caplog.text
    assert (await called.sees(others)).refused == ""
    await called.far_becomes(bars, "what the other far end shows")

    leg.send = send
    bad.endpoint._calls[sending]._media.video.request_keyframe()

    for _ in range(PATIENCE_TURNS):
        if not (await received()).refused:
            break
        await asyncio.sleep(0.01)
    await called.sees(theirs)
