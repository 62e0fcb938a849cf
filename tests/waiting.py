"""Waiting for states, patiently: a machine with much else to do must not fail a test."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 60.0
_TURN_S = 0.01
_LOOK_S = 0.05
"""Between two looks at another process, which is not to be kept from its work."""


async def until(condition: Callable[[], Any], what: str = "", patience_s: float = PATIENCE_S) -> Any:
    """Let the loop run until `condition`, which may be a coroutine function, gives something true; that is returned."""
    deadline = time.monotonic() + patience_s
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < deadline, f"never came true: {what or condition}"
        await asyncio.sleep(_TURN_S)


def until_so(condition: Callable[[], Any], what: str = "", patience_s: float = PATIENCE_S) -> Any:
    """The same outside of a loop, for what threads and processes do."""
    deadline = time.monotonic() + patience_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"never came true: {what or condition}"
        time.sleep(_LOOK_S)
    return value
