from __future__ import annotations

from videobar.engine.mixing import snapshots
from videobar.engine.mixing.snapshots import Snapshots
from videobar.media.video.capture import VideoCapture
from videobar.media.video.frame import Frame, filled, jpeg
from videobar.room.video import Snapshot

SHADES = {"left:": 50, "right:": 90}


class Camera:
    """Always shows the same."""

    def __init__(self, url: str) -> None:
        self._picture = filled(64, 36, y=SHADES[url])

    def frame(self, at_s: float) -> Frame:
        return self._picture

    def close(self) -> None:
        pass


async def test_another_camera_is_seen_at_once(monkeypatch) -> None:
    """However young the picture of the one before is: a preset's thumbnail must show its own camera."""
    monkeypatch.setattr(snapshots, "KEPT_S", 3600.0)
    near = VideoCapture("left:", opener=Camera)
    made = Snapshots(near)
    try:
        first = await made.image(Snapshot.NEAR)
        assert first == jpeg(filled(64, 36, y=50))
        assert await made.image(Snapshot.NEAR) is first
        near.open("right:")
        assert near.latest is None
        assert await made.image(Snapshot.NEAR) == jpeg(filled(64, 36, y=90))
    finally:
        made.close()
        near.close()
