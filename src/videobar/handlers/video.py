"""`/rest/video`."""

from __future__ import annotations

from videobar.contract import video as contract
from videobar.contract.model import Result, Success
from videobar.contract.video import VideoMute
from videobar.handlers.not_built_yet import honest
from videobar.room.video import Video


@honest
class VideoHandler(contract.Video):
    """The room's own picture."""

    def __init__(self, video: Video) -> None:
        self._video = video

    async def local_mute(self) -> Result:
        """Whether it is hidden."""
        return Result(result=self._video.muted)

    async def set_local_mute(self, request: VideoMute | bool) -> Success:
        """Hide or show it."""
        self._video.set_muted(request.mute if isinstance(request, VideoMute) else request)
        return Success()
