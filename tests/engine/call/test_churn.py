"""Calls that come and go leave nothing behind in the media process."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from operator import gt

import pytest

from videobar.room.calls.port import Connected, DialOrder, Ended

CALLS = 120
AT_ONCE = 4


async def rounds(endpoint, told, count):
    for number in range(count):
        told.clear()
        legs = [f"leg-{number}-{index}" for index in range(AT_ONCE)]
        for leg in legs:
            endpoint.dial(leg, DialOrder("", loopback=True))
        assert len(told.of(Connected)) == AT_ONCE
        for leg in legs:
            endpoint.hold(leg, number % 2 == 0)
            endpoint.send_digits(leg, "1")
            endpoint.hang_up(leg)
        assert len(told.of(Ended)) == AT_ONCE
    async with asyncio.timeout(30):
        while endpoint._io._endpoints:  # noqa: ASYNC110 - the RTP thread says nothing of it
            await asyncio.sleep(0.01)
    gc.collect()


def in_use():
    """How many descriptors and threads there are."""
    return len(os.listdir("/proc/self/fd")), threading.active_count()  # noqa: PTH208


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="descriptors are counted in /proc")  # noqa: PTH112
async def test_calls_leave_no_sockets_and_threads(endpoint, told):
    await rounds(endpoint, told, 5)
    before = in_use()
    await rounds(endpoint, told, CALLS // AT_ONCE)
    async with asyncio.timeout(30):
        while any(map(gt, in_use(), before)):  # noqa: ASYNC110 - sockets are closed by the RTP thread
            await asyncio.sleep(0.01)
    assert endpoint._calls == {}
    assert endpoint._mixer._participants == ()
