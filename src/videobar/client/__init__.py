"""A client for rooms that speak the contract over HTTPS: real devices and our own.

The names in `__all__` are public; they are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from videobar.client.aio import AsyncRoom, open_room
    from videobar.client.call import Call
    from videobar.client.sync import Room
    from videobar.client.trust import Insecure, Pinned, TrustOnFirstUse, Verified
    from videobar.client.watch import (
        CallStateChanged,
        CameraChanged,
        Change,
        MutedChanged,
        MuteLockChanged,
        RoomAway,
        RoomBack,
        SystemStateChanged,
        VideoMuteChanged,
        VolumeChanged,
    )
    from videobar.client.wire import Answer, Ask

__all__ = [
    "Answer",
    "Ask",
    "AsyncRoom",
    "Call",
    "CallStateChanged",
    "CameraChanged",
    "Change",
    "Insecure",
    "MuteLockChanged",
    "MutedChanged",
    "Pinned",
    "Room",
    "RoomAway",
    "RoomBack",
    "SystemStateChanged",
    "TrustOnFirstUse",
    "Verified",
    "VideoMuteChanged",
    "VolumeChanged",
    "open_room",
]

_HOME: Final = {
    "AsyncRoom": "videobar.client.aio",
    "open_room": "videobar.client.aio",
    "Call": "videobar.client.call",
    "Room": "videobar.client.sync",
    "Insecure": "videobar.client.trust",
    "Pinned": "videobar.client.trust",
    "TrustOnFirstUse": "videobar.client.trust",
    "Verified": "videobar.client.trust",
    "CallStateChanged": "videobar.client.watch",
    "CameraChanged": "videobar.client.watch",
    "Change": "videobar.client.watch",
    "MuteLockChanged": "videobar.client.watch",
    "MutedChanged": "videobar.client.watch",
    "RoomAway": "videobar.client.watch",
    "RoomBack": "videobar.client.watch",
    "SystemStateChanged": "videobar.client.watch",
    "VideoMuteChanged": "videobar.client.watch",
    "VolumeChanged": "videobar.client.watch",
    "Answer": "videobar.client.wire",
    "Ask": "videobar.client.wire",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
