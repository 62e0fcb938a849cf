"""The way from any thread to the event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable


def on_loop(call: Callable[[], None]) -> Callable[[], None]:
    """`call` on the event loop that runs now; to be called from any thread, also after the loop has ended."""
    loop = asyncio.get_running_loop()

    def soon() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(call)

    return soon
