"""Face detection, and the framing that shows all people. Needs OpenCV, whose package has the cascade of faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from videobar.media.video.lens import Lens

SURVEY_WIDTH: Final = 960
"""Pictures are searched in this width: a face needs 24 pixels, and more width takes much more time."""
REMEMBERED_S: Final = 3.0
"""Time for which a face that is not found still counts: somebody looks away, or another one passes."""

_CASCADE: Final = "haarcascade_frontalface_alt2.xml"
_SIDE_MARGIN: Final = 1.4
_HEAD_ROOM: Final = 1.3
_BODY: Final = 2.6
_CLOSEST: Final = 7.0
"""A view is at least so many faces wide."""


@dataclass(frozen=True)
class Survey:
    """All that a source could show, as luma of `SURVEY_WIDTH`, and the lens through which it shows a part of that."""

    luma: NDArray[np.uint8]
    lens: Lens


@dataclass(frozen=True)
class Face:
    """A face: middle and size as shares of the whole picture's width and height."""

    x: float
    y: float
    width: float
    height: float


def shrink(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A copy in `SURVEY_WIDTH`, the shape kept."""
    height = max(2, round(SURVEY_WIDTH * luma.shape[0] / luma.shape[1]))
    return cv2.resize(luma, (SURVEY_WIDTH, height), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


class FaceFinder:
    """Finds faces that look into the camera. One search takes about 0.1 s; not for two threads at once."""

    def __init__(self) -> None:
        file = Path(cv2.__file__).parent / "data" / _CASCADE
        self._cascade = cv2.CascadeClassifier(str(file))

    def find(self, luma: NDArray[np.uint8]) -> list[Face]:
        """The faces in a picture as `shrink` makes it."""
        height, width = luma.shape
        found = self._cascade.detectMultiScale(
            luma, 1.1, 3, minSize=(width // 36, width // 36), maxSize=(width // 3, width // 3)
        )
        return [
            Face((x + across / 2) / width, (y + down / 2) / height, across / width, down / height)
            for x, y, across, down in found
        ]


class Group:
    """The people seen of late, and the view that shows them all."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, Face]] = []

    def see(self, faces: Sequence[Face], at_s: float) -> None:
        """Remember faces that were found at a time."""
        self._seen = [(when, face) for when, face in self._seen if at_s - when < REMEMBERED_S]
        self._seen += [(at_s, face) for face in faces]

    def framing(self, lens: Lens) -> tuple[int, int, int] | None:
        """Pan, tilt and zoom that show everybody with some room about them, or `None` when there is nobody."""
        faces = [face for _, face in self._seen]
        if not faces:
            return None
        left = min(face.x - _SIDE_MARGIN * face.width for face in faces) * lens.width
        right = max(face.x + _SIDE_MARGIN * face.width for face in faces) * lens.width
        top = min(face.y - _HEAD_ROOM * face.height for face in faces) * lens.height
        bottom = max(face.y + _BODY * face.height for face in faces) * lens.height
        width = max(
            right - left,
            (bottom - top) * lens.width / lens.height,
            _CLOSEST * max(face.width for face in faces) * lens.width,
        )
        return lens.position((left + right) / 2, (top + bottom) / 2, width)
