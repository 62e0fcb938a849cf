"""videobar: an open video room system behind the REST API of Poly G7500 and Studio X systems.

The client's names can be imported from here: `AsyncRoom`, `Room` and `open_room`; and `local_room`, a room in this
process. They are loaded when they are first used, so that `import videobar` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from videobar.client.aio import AsyncRoom, open_room
    from videobar.client.sync import Room
    from videobar.in_process import local_room

__all__ = ["AsyncRoom", "Room", "local_room", "open_room"]


def __getattr__(name: str) -> Any:
    if name in ("AsyncRoom", "open_room"):
        return getattr(import_module("videobar.client.aio"), name)
    if name == "Room":
        return import_module("videobar.client.sync").Room
    if name == "local_room":
        return import_module("videobar.in_process").local_room
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
