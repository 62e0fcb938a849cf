"""`/rest/video`."""

from __future__ import annotations

from videobar.contract import video as contract
from videobar.contract.model import Result, Success
from videobar.contract.video import VideoMute
from videobar.room.room import Room


class VideoHandler(contract.Video):
    """The room's own picture, and what far ends signal of theirs."""

    def __init__(self, room: Room) -> None:
        self._video = room.video
        self._calls = room.calls

    async def local_mute(self) -> Result:
        """Mute state of the own picture."""
        return Result(result=self._video.muted)

    async def set_local_mute(self, request: VideoMute | bool) -> Success:
        """Hide or show it."""
        self._video.set_muted(request.mute if isinstance(request, VideoMute) else request)
        return Success()

    async def remote_mute(self, conference_id: str) -> Result:
        """True if all far ends with video hide their picture."""
        pictures = self._calls.pictures_of(conference_id)
        return Result(result=bool(pictures) and all(c.far_picture_muted for c in pictures))

    async def remote_mute_lock(self, conference_id: str) -> Result:
        """True if all far ends with video cannot show theirs before the call is changed."""
        pictures = self._calls.pictures_of(conference_id)
        return Result(result=bool(pictures) and all(c.far_picture_locked for c in pictures))
