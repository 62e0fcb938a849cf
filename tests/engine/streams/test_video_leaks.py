"""Many calls with video, one after the other, leave nothing behind."""

from __future__ import annotations

import gc
import threading

from videobar.engine.streams.video import VideoLeg
from videobar.media.video.codec import VideoDecoder, VideoEncoder
from videobar.media.video.encoder_thread import EncoderThread

KINDS = (VideoLeg, EncoderThread, VideoEncoder, VideoDecoder)
MEDIA_THREADS = ("encode", "decode", "near-pictures", "compose")


def left() -> list[str]:
    """What is still there of calls."""
    gc.collect()
    things = [type(each).__name__ for each in gc.get_objects() if isinstance(each, KINDS)]
    return things + [thread.name for thread in threading.enumerate() if thread.name in MEDIA_THREADS]


async def test_ten_calls_leave_nothing_behind(rooms, patience):
    caller, called = await rooms(rate_kbps=256), await rooms(rate_kbps=256)
    for number in range(10):
        ours, theirs = await caller.call(called, leg=f"out-{number}", rate_kbps=256)
        if number % 3 == 0:
            await called.sees(theirs)
        (caller, called)[number % 2].endpoint.hang_up((ours, theirs)[number % 2])
        await patience(lambda: not caller.endpoint._calls and not called.endpoint._calls, "the end")
    await patience(lambda: not left(), "nothing left")
    assert caller.endpoint._shared.video.capacity.used == called.endpoint._shared.video.capacity.used == 0
