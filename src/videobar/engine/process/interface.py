"""The interface of the media process."""

from __future__ import annotations

from typing import Final, Protocol

from videobar.engine.process.rpc import Interface
from videobar.room.audio.port import AudioPath
from videobar.room.calls.port import CallEngine
from videobar.room.cameras.port import People
from videobar.room.content import ContentPath
from videobar.room.far_cameras import FarCameraPath
from videobar.room.video import PicturePath
from videobar.sip.registration.account import Account


class Engine(CallEngine, AudioPath, PicturePath, People, ContentPath, FarCameraPath, Protocol):
    """Engine of calls, as the room sees it: all of the room's ports to it, and what only the media process has.

    The room's proxy (`adapters.calls.sip_engine`) and the server in the media process (`process.host`) are made of it.
    """

    def use_account(self, user: str, account: Account | None) -> None:
        """Call as this user from now on, and register this account, or none, in place of the one before."""
        ...

    async def pulse(self) -> int:
        """Ticks of the audio clock: more than before, in a process that works."""
        ...


ENGINE: Final = Interface(Engine)
