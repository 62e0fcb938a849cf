"""Camera factory: from settings to cameras."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from videobar.adapters.cameras.context import CameraContext
from videobar.adapters.cameras.drawn import drawn_camera
from videobar.adapters.cameras.file import file_camera
from videobar.adapters.cameras.rtsp import rtsp_camera
from videobar.adapters.cameras.setting import CameraSetting
from videobar.adapters.cameras.v4l2 import v4l2_camera
from videobar.adapters.cameras.visca_client import visca_camera
from videobar.room.cameras.port import Camera
from videobar.room.cameras.sources import Mounted
from videobar.vocabulary import SourceType

Maker = Callable[[str, CameraContext], Camera]
"""Makes the camera of a URL. It opens nothing before the camera is started."""


def onvif_camera(url: str, surroundings: CameraContext) -> Camera:
    """The camera behind `onvif:`. Its HTTP client is large: 13 MiB that a room without such a camera does not need."""
    from videobar.adapters.cameras import onvif

    return onvif.onvif_camera(url, surroundings)


MAKERS: Final[dict[str, Maker]] = {
    "drawn": drawn_camera,
    "pattern": drawn_camera,
    "file": file_camera,
    "v4l2": v4l2_camera,
    "rtsp": rtsp_camera,
    "visca": visca_camera,
    "onvif": onvif_camera,
}
"""How a camera is made, by the scheme of its URL."""


def mount(configured: Sequence[CameraSetting], surroundings: CameraContext) -> list[Mounted]:
    """Make the cameras; nothing is opened before they are started."""
    still = replace(surroundings, tracking=False, pointing=False)
    of_kind = {SourceType.PEOPLE: surroundings, SourceType.CONTENT: still}
    return [
        Mounted(each.kind, each.name, MAKERS[each.scheme](each.url, of_kind[each.kind]))
        for each in configured
    ]
