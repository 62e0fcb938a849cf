"""Camera factory: from settings to cameras."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import assert_never

from videobar.adapters.cameras.context import CameraContext
from videobar.adapters.cameras.drawn import drawn_camera
from videobar.adapters.cameras.file import file_camera
from videobar.adapters.cameras.rtsp import rtsp_camera
from videobar.adapters.cameras.setting import CameraScheme, CameraSetting
from videobar.adapters.cameras.v4l2 import v4l2_camera
from videobar.adapters.cameras.visca_client import visca_camera
from videobar.room.cameras.port import Camera
from videobar.room.cameras.sources import Mounted
from videobar.vocabulary import SourceType

Maker = Callable[[str, CameraContext], Camera]
"""Makes the camera of a URL. It opens nothing before the camera is started."""


def onvif_camera(url: str, context: CameraContext) -> Camera:
    """The camera behind `onvif:`. Its HTTP client is large: 13 MiB that a room without such a camera does not need."""
    from videobar.adapters.cameras import onvif

    return onvif.onvif_camera(url, context)


def maker_of(scheme: CameraScheme) -> Maker:
    """Maker of a camera, by the scheme of its URL."""
    match scheme:
        case CameraScheme.DRAWN | CameraScheme.PATTERN:
            return drawn_camera
        case CameraScheme.FILE:
            return file_camera
        case CameraScheme.V4L2:
            return v4l2_camera
        case CameraScheme.RTSP:
            return rtsp_camera
        case CameraScheme.VISCA:
            return visca_camera
        case CameraScheme.ONVIF:
            return onvif_camera
        case _:
            assert_never(scheme)


def mount(configured: Sequence[CameraSetting], context: CameraContext) -> list[Mounted]:
    """Make the cameras; nothing is opened before they are started."""
    still = replace(context, tracking=False, pointing=False)
    of_kind = {SourceType.PEOPLE: context, SourceType.CONTENT: still}
    return [
        Mounted(each.kind, each.name, maker_of(each.scheme)(each.url, of_kind[each.kind]))
        for each in configured
    ]
