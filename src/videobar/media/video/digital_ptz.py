"""Showing a part of a picture in full size. Needs OpenCV."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from videobar.media.video.frame import Frame, Plane
from videobar.media.video.lens import LIMIT, ViewWindow

BLUR: Final = 14.0
"""Strongest blur, of the worst focus: standard deviation in pixels, of a picture 1280 wide."""

_FINE: Final = 1.99
"""Scale (source pixels for one) from which pixels are averaged; below it they are interpolated, which costs a third."""

cv2.setNumThreads(1)  # the process has calls to carry; its sound must not wait for pictures


def show(picture: Frame, window: ViewWindow, width: int, height: int, focus: int = 0) -> Frame:
    """Crop `window` out of the picture and scale it to `width` by `height` (even); unsharp where `focus` is not 0."""
    y, u, v = (
        _scaled(plane, window, half, width // half, height // half)
        for plane, half in zip(picture.planes, (1, 2, 2), strict=True)
    )
    if focus:
        sigma = abs(focus) / LIMIT * BLUR * width / 1280
        y, u, v = _blurred(y, sigma), _blurred(u, sigma / 2), _blurred(v, sigma / 2)
    return Frame(width, height, y, u, v)


def _blurred(plane: Plane, sigma: float) -> Plane:
    return cv2.GaussianBlur(plane, (0, 0), sigma).astype(np.uint8, copy=False)


def _scaled(plane: Plane, window: ViewWindow, half: int, width: int, height: int) -> Plane:
    left, top = window.left / half, window.top / half
    across, down = window.width / half / width, window.height / half / height
    if across >= 1:
        # Fewer pixels than there are: whole pixels are exact enough, and each counts.
        first_x, first_y = round(left), round(top)
        part = plane[
            first_y : first_y + round(window.height / half), first_x : first_x + round(window.width / half)
        ]
        if part.shape == (height, width):
            return part.copy()
        method = cv2.INTER_AREA if across >= _FINE else cv2.INTER_LINEAR
        return cv2.resize(part, (width, height), interpolation=method).astype(np.uint8, copy=False)
    # More pixels than there are: a slow pan must not go from pixel to pixel.
    matrix = np.array([[across, 0, left + across / 2 - 0.5], [0, down, top + down / 2 - 0.5]], np.float32)
    return cv2.warpAffine(
        plane,
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    ).astype(np.uint8, copy=False)
