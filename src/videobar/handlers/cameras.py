"""`/rest/cameras`."""

from __future__ import annotations

from videobar.contract import cameras as contract
from videobar.contract.model import Download
from videobar.handlers import snapshots
from videobar.handlers.not_built_yet import honest
from videobar.room.video import Video


@honest
class CamerasHandler(contract.Cameras):
    """What is seen; the rest is not built yet."""

    def __init__(self, video: Video) -> None:
        self._video = video

    async def snapshot(self, snapshot_id: str) -> Download:
        """What is seen at this moment."""
        return await snapshots.snapshot(self._video, snapshot_id)
