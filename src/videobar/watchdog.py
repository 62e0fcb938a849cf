"""Watchdog of systemd (sd_notify(3)): a room whose event loop stands still is restarted."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Mapping


def interval_s(environment: Mapping[str, str]) -> float | None:
    """Seconds between signs of life, a third of what systemd waits for; None where it waits for none."""
    microseconds = environment.get("WATCHDOG_USEC", "")
    if not environment.get("NOTIFY_SOCKET") or not microseconds.isdecimal() or not int(microseconds):
        return None
    return int(microseconds) / 3_000_000


async def feed(environment: Mapping[str, str]) -> None:
    """Give signs of life until cancelled; returns at once where nobody waits for them."""
    pause_s = interval_s(environment)
    if pause_s is None:
        return
    place = environment["NOTIFY_SOCKET"]
    address = "\0" + place[1:] if place.startswith("@") else place
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notifying:
        notifying.setblocking(False)
        while True:
            with contextlib.suppress(OSError):
                notifying.sendto(b"WATCHDOG=1", address)
            await asyncio.sleep(pause_s)
