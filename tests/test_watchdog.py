from __future__ import annotations

import asyncio
import socket

import pytest

from videobar import watchdog


@pytest.mark.parametrize(
    "environment",
    [{}, {"NOTIFY_SOCKET": "/x"}, {"WATCHDOG_USEC": "1"}, {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "0"},
     {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "soon"}, {"NOTIFY_SOCKET": "", "WATCHDOG_USEC": "1"}],
)  # fmt: skip
async def test_where_nobody_waits_there_is_no_sign(environment):
    await watchdog.feed(environment)


@pytest.mark.parametrize("abstract", [False, True])
async def test_signs_come_while_the_loop_runs(tmp_path, abstract):
    place = f"@videobar-{tmp_path.name}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + place[1:] if abstract else place)
        systemd.setblocking(False)
        environment = {"NOTIFY_SOCKET": place, "WATCHDOG_USEC": "30000"}
        assert watchdog.interval_s(environment) == 0.01
        feeding = asyncio.create_task(watchdog.feed(environment))
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(30):
            assert [await loop.sock_recv(systemd, 100) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        feeding.cancel()


async def test_a_place_that_is_gone_does_no_harm(tmp_path):
    feeding = asyncio.create_task(
        watchdog.feed({"NOTIFY_SOCKET": str(tmp_path / "none"), "WATCHDOG_USEC": "3000"})
    )
    await asyncio.sleep(0.05)
    assert not feeding.done()
    feeding.cancel()
